//! A system has somebody who manages it. Holds when no user of the organisation has one of
//! the roles in `policy.manager_roles`. Silent when KITOS has none of them.

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::{Fault, Severity, Tab};

pub const RULE: RuleDef = RuleDef {
    enabled: false,
    severity: Severity::Info,
    tab: Tab::Roles,
    sources: &[Source::Guideline(&[3])],
    ..RuleDef::new("manager-missing", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let nobody = case.nobody_in(&case.policy.manager_roles);
    Vec::from_iter(nobody.then(|| Fault::new("no-manager")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::testing::{id, misses_whoever_has_the_role, only};

    #[test]
    fn nobody_has_the_role() {
        let policy = Policy { manager_roles: [id("forvalter")].into(), ..only(&RULE) };
        misses_whoever_has_the_role(&RULE, &policy, Fault::new("no-manager"));
    }
}
