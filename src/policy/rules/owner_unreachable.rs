//! The owner can be told. Holds when an owner's address is missing, malformed,
//! outside `mail.allowed_domains`, or refused for good.

use super::case::Case;
use super::def::{Audience, RuleDef, Source};
use crate::model::{Fault, Person, Severity, Unreachable};
use crate::text::addresses::{folded, reachability};
use crate::text::links::Tab;

pub const RULE: RuleDef = RuleDef {
    severity: Severity::Medium,
    audience: Audience::It,
    tab: Tab::Roles,
    sources: &[Source::Guideline(&[6])],
    asks_mail_server: true,
    ..RuleDef::new("owner-unreachable", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let fault = |person: &Person| {
        let why = match reachability(person.email.as_deref(), &case.policy.allowed_domains) {
            Err(why) => why,
            Ok(address) if case.history.refused.contains(&folded(address)) => Unreachable::Refused,
            Ok(_) => return None,
        };
        Some(Fault::UnreachableOwner { person: person.uuid, why })
    };
    case.owners().into_iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::register::history::History;
    use crate::testing::{bo_owns, id, løn, only, said_by};

    #[test]
    fn owners_whom_mail_cannot_reach() {
        let policy = Policy { allowed_domains: ["randers.dk".to_owned()].into(), ..only(&RULE) };
        let refused =
            History { refused: ["bo@randers.dk".to_owned()].into(), ..History::default() };
        let nobody = History::default();
        let address = |email: Option<&str>| {
            let mut snapshot = bo_owns();
            snapshot.people.get_mut(&id("bo")).expect("bo").email = email.map(str::to_owned);
            snapshot
        };
        for (email, history, expected) in [
            (Some("bo@randers.dk"), &nobody, None),
            (Some(" Bo@Randers.DK "), &nobody, None),
            (Some("bo@randers.dk.example"), &nobody, Some(Unreachable::ForeignDomain)),
            (Some("bo@it.randers.dk"), &nobody, Some(Unreachable::ForeignDomain)),
            (Some("bo at randers.dk"), &nobody, Some(Unreachable::Malformed)),
            (Some(""), &nobody, Some(Unreachable::NoAddress)),
            (None, &nobody, Some(Unreachable::NoAddress)),
            (Some("BO@randers.dk"), &refused, Some(Unreachable::Refused)),
            (Some("ida@randers.dk"), &refused, None),
        ] {
            let expected = expected.map(|why| Fault::UnreachableOwner { person: id("bo"), why });
            let expected: Vec<Fault> = expected.into_iter().collect();
            assert_eq!(said_by(&policy, history, &address(email)), expected, "{email:?}");
        }
        // Someone who left is another rule's; a manager is nobody's.
        assert_eq!(said_by(&policy, &nobody, &address(None).left("bo")), []);
        let manager = løn().assign("løn", "forvalter", "bo");
        assert_eq!(said_by(&policy, &refused, &manager), []);
    }
}
