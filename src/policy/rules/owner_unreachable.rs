//! The owner can be told. Holds when an owner's address is missing, malformed,
//! outside `mail.allowed_domains`, or refused for good.

use uuid::Uuid;

use super::case::Case;
use super::def::{Audience, Falls, RuleDef, Source};
use crate::model::{Fault, FaultArg, Person, Severity, Tab, Unreachable};
use crate::text::addresses::{folded, reachability};

pub const RULE: RuleDef = RuleDef {
    severity: Severity::Medium,
    audience: Audience::It,
    tab: Tab::Roles,
    sources: &[Source::Guideline(&[6])],
    asks_mail_server: true,
    falls: Falls::WithOwner,
    ..RuleDef::new("owner-unreachable", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let fault = |person: &Person| {
        let why = match reachability(person.email.as_deref(), &case.policy.allowed_domains) {
            Err(why) => why,
            Ok(address) if case.history.refused.contains(&folded(address)) => Unreachable::Refused,
            Ok(_) => return None,
        };
        Some(Fault::new(kind(why)).with("person", FaultArg::Person(person.uuid)))
    };
    case.owners.iter().copied().filter_map(fault).collect()
}

/// The owner whom a fault of this rule is about, and why mail does not reach them.
pub fn unreachable(fault: &Fault) -> Option<(Uuid, Unreachable)> {
    let why = fault.kind().strip_prefix("unreachable-")?.parse().ok()?;
    Some((fault.person("person")?, why))
}

fn kind(why: Unreachable) -> &'static str {
    match why {
        Unreachable::NoAddress => "unreachable-no-address",
        Unreachable::Malformed => "unreachable-malformed",
        Unreachable::ForeignDomain => "unreachable-foreign-domain",
        Unreachable::Refused => "unreachable-refused",
    }
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
            (Some("bo@randers.dk.example"), &nobody, Some("unreachable-foreign-domain")),
            (Some("bo@it.randers.dk"), &nobody, Some("unreachable-foreign-domain")),
            (Some("bo at randers.dk"), &nobody, Some("unreachable-malformed")),
            (Some(""), &nobody, Some("unreachable-no-address")),
            (None, &nobody, Some("unreachable-no-address")),
            (Some("BO@randers.dk"), &refused, Some("unreachable-refused")),
            (Some("ida@randers.dk"), &refused, None),
        ] {
            let fault = |kind| Fault::new(kind).with("person", FaultArg::Person(id("bo")));
            let expected = Vec::from_iter(expected.map(fault));
            assert_eq!(said_by(&policy, history, &address(email)), expected, "{email:?}");
        }
        // Someone who left is another rule's; a manager is nobody's.
        assert_eq!(said_by(&policy, &nobody, &address(None).left("bo")), []);
        let manager = løn().assign("løn", "forvalter", "bo");
        assert_eq!(said_by(&policy, &refused, &manager), []);
    }
}
