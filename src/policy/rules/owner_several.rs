//! One owner answers for a system. Holds when more than one does.

use uuid::Uuid;

use super::case::Case;
use super::def::{Falls, RuleDef, Source};
use crate::model::{Fault, FaultArg, Tab};

pub const RULE: RuleDef = RuleDef {
    grace: 30,
    tab: Tab::Roles,
    sources: &[Source::Iso27001 { now: "5.2", before: "A.6.1.1" }, Source::Guideline(&[4])],
    falls: Falls::WithOwner,
    ..RuleDef::new("owner-several", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    if case.owners.len() < 2 {
        return Vec::new();
    }
    case.owners.iter().map(|owner| one(owner.uuid)).collect()
}

fn one(person: Uuid) -> Fault {
    Fault::new("one-of-several-owners").with("person", FaultArg::Person(person))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bo_owns, id, said, sorted};

    #[test]
    fn several_owners_are_several_people() {
        let both = || sorted(vec![one(id("bo")), one(id("ida"))]);
        for (why, snapshot, expected) in [
            ("one", bo_owns(), vec![]),
            ("two", bo_owns().assign("løn", "ejer", "ida"), both()),
            ("two by two roles", bo_owns().assign("løn", "chef", "ida"), both()),
            ("the same person twice", bo_owns().assign("løn", "chef", "bo"), vec![]),
            ("owner and manager", bo_owns().assign("løn", "forvalter", "ida"), vec![]),
            ("one of them left", bo_owns().assign("løn", "ejer", "ida").left("ida"), vec![]),
        ] {
            assert_eq!(said(&RULE, &snapshot), expected, "{why}");
        }
    }
}
