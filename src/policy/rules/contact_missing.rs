//! A system has a daily contact. Holds when no user of the organisation has one of
//! the roles in `policy.contact_roles`. Silent when KITOS has none of them.

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::{Fault, Severity};
use crate::text::links::Tab;

pub const RULE: RuleDef = RuleDef {
    enabled: false,
    severity: Severity::Info,
    tab: Tab::Roles,
    sources: &[Source::Guideline(&[3])],
    ..RuleDef::new("contact-missing", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let nobody = case.nobody_in(&case.policy.contact_roles);
    Vec::from_iter(nobody.then(|| Fault::new("no-contact")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::register::history::History;
    use crate::testing::{bo_owns, id, løn, only, said, said_by};

    #[test]
    fn nobody_has_the_role() {
        let policy = Policy { contact_roles: [id("forvalter")].into(), ..only(&RULE) };
        let in_role = |person| løn().assign("løn", "forvalter", person);
        for (why, snapshot, missing) in [
            ("nobody", løn(), true),
            ("somebody", in_role("bo"), false),
            ("somebody who left", in_role("bo").left("bo"), true),
            ("the owner is not", bo_owns(), true),
            ("the owner is, too", bo_owns().assign("løn", "forvalter", "bo"), false),
        ] {
            let expected = if missing { vec![Fault::new("no-contact")] } else { vec![] };
            let seen = said_by(&policy, &History::default(), &snapshot);
            assert_eq!(seen, expected, "{why}");
        }
        assert_eq!(said(&RULE, &løn()), [], "KITOS has no such role");
    }
}
