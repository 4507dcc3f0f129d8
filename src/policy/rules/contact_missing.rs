//! A system has a daily contact. Holds when no user of the organisation has one of
//! the roles in `policy.contact_roles`. Silent when KITOS has none of them.

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::{Fault, Severity, Tab};

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
    use crate::testing::{id, misses_whoever_has_the_role, only};

    #[test]
    fn nobody_has_the_role() {
        let policy = Policy { contact_roles: [id("forvalter")].into(), ..only(&RULE) };
        misses_whoever_has_the_role(&RULE, &policy, Fault::new("no-contact"));
    }
}
