//! The owner still works here. Holds when an owner assignment names someone who is
//! no user of the organisation. Resolved when KITOS no longer names that person.
//!
//! With no other owner the system has none; beside an owner who is here only a line is left
//! to remove. The two are different faults: one is no occurrence of the other.

use uuid::Uuid;

use super::case::Case;
use super::def::{Audience, Falls, RuleDef, Source};
use crate::model::FaultArg::Person;
use crate::model::{Fault, NoticeReason, Severity, Tab};

pub const RULE: RuleDef = RuleDef {
    severity: Severity::High,
    audience: Audience::UnitLeader,
    tab: Tab::Roles,
    sources: &[Source::Iso27001 { now: "5.9", before: "A.8.1.2" }],
    told_with: &[NoticeReason::Left],
    falls: Falls::WithOwner,
    ..RuleDef::new("owner-departed", judge)
};

/// Nobody else is assigned: the system has no owner.
pub const LAST_OWNER: &str = "departed-owner";

/// Somebody who is here is assigned, too.
const BESIDE_ANOTHER: &str = "departed-beside-another";

/// Whose line the fault says is left beside an owner who is here.
pub fn beside_another(fault: &Fault) -> Option<Uuid> {
    (fault.kind() == BESIDE_ANOTHER).then(|| fault.person("departed")).flatten()
}

pub(super) fn judge(case: &Case<'_>) -> Vec<Fault> {
    let kind = if case.owners.is_empty() { LAST_OWNER } else { BESIDE_ANOTHER };
    case.usage
        .holders(&case.policy.owner_roles)
        .into_iter()
        .filter(|person| !case.snapshot.is_member(*person))
        .map(|person| Fault::new(kind).with("departed", Person(person)))
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
                vec![Fault::new(BESIDE_ANOTHER).with("departed", Person(id("bo")))]
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
