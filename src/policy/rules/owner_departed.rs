//! The owner still works here. Holds when an owner assignment names someone who is
//! no user of the organisation. Resolved when KITOS no longer names that person.

use super::case::Case;
use super::def::{Audience, RuleDef, Source};
use crate::model::FaultArg::Person;
use crate::model::{Fault, NoticeReason, Severity, Tab};

pub const RULE: RuleDef = RuleDef {
    severity: Severity::High,
    audience: Audience::UnitLeader,
    tab: Tab::Roles,
    sources: &[Source::Iso27001 { now: "5.9", before: "A.8.1.2" }],
    nobody_owns: true,
    told_with: &[NoticeReason::Left],
    ..RuleDef::new("owner-departed", judge)
};

pub(super) fn judge(case: &Case<'_>) -> Vec<Fault> {
    case.usage
        .holders(&case.policy.owner_roles)
        .into_iter()
        .filter(|person| !case.snapshot.is_member(*person))
        .map(|person| Fault::new("departed-owner").with("departed", Person(person)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::history::History;
    use crate::testing::{bo_owns, id, løn, policy, said, said_by, sorted};

    #[test]
    fn owners_who_left() {
        let departed = |person| Fault::new("departed-owner").with("departed", Person(id(person)));
        for (why, snapshot, expected) in [
            ("here", bo_owns(), vec![]),
            // Anonymised in place in KITOS: the pull does not take them for users.
            ("gone", bo_owns().left("bo"), vec![departed("bo")]),
            ("gone, named by both roles", bo_owns().assign("løn", "chef", "bo").left("bo"), {
                vec![departed("bo")]
            }),
            ("beside one who is here", bo_owns().assign("løn", "ejer", "ida").left("bo"), {
                vec![departed("bo")]
            }),
            ("two", bo_owns().assign("løn", "chef", "ida").left("bo").left("ida"), {
                sorted(vec![departed("bo"), departed("ida")])
            }),
            ("a manager who left", bo_owns().assign("løn", "forvalter", "ida").left("ida"), vec![]),
        ] {
            // With the rule on missing owners: never both.
            assert_eq!(said_by(&policy(), &History::default(), &snapshot), expected, "{why}");
        }
        assert_eq!(said(&RULE, &løn()), [], "nobody is the other rule's");
    }
}
