//! Every system has an owner. Holds when nobody is assigned; an assignment to
//! someone who left is `owner-departed`'s, never both. Resolved by an owner who is
//! a user.

use super::case::Case;
use super::def::{Audience, RuleDef, Source};
use super::owner_departed;
use crate::model::FaultArg::{Date, Person};
use crate::model::{Fault, Missing, NoticeReason, Severity, Tab};

pub const RULE: RuleDef = RuleDef {
    severity: Severity::High,
    audience: Audience::UnitLeader,
    tab: Tab::Roles,
    sources: &[Source::Iso27001 { now: "5.9", before: "A.8.1.2" }, Source::Guideline(&[3, 4])],
    told_with: &[NoticeReason::Left],
    ..RuleDef::new("owner-missing", judge)
};

/// Nobody is assigned.
pub const NO_OWNER: &str = "no-owner";

/// Whether these faults of a finding say that nobody owns the system: its mails ask for an
/// owner then, and suggest some.
pub fn nobody_owns(faults: &[Fault]) -> bool {
    faults.iter().any(|fault| [NO_OWNER, owner_departed::LAST_OWNER].contains(&fault.kind()))
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    if case.is_unknown(Missing::Owner.as_str()) {
        return Vec::new();
    }
    if case.usage.holders(&case.policy.owner_roles).is_empty() {
        let last = case.history.last_owner.get(&case.usage.uuid);
        // Never owned, but seen to come: since then.
        let acquired = case.history.acquired.get(&case.usage.uuid);
        let since = last.map(|last| last.gone).or(acquired.copied());
        let fault = Fault::new(NO_OWNER).with("since", since.map(Date));
        let Some(last) = last.map(|last| last.person) else { return vec![fault] };
        let is_here = if case.snapshot.is_member(last) { "person" } else { "departed" };
        return vec![fault.with(is_here, Person(last))];
    }
    // With the other rule off, someone must still say that only those who left
    // are assigned.
    if !case.is_on(owner_departed::RULE.id) && case.owners.is_empty() {
        return owner_departed::judge(case);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RoleType;
    use crate::policy::Policy;
    use crate::policy::roles::{RecordedRoles, match_roles};
    use crate::register::history::{History, LastOwner};
    use crate::testing::{bo_owns, day, id, løn, only, policy, said, said_by};

    fn no_owner() -> Fault {
        Fault::new("no-owner")
    }

    #[test]
    fn whoever_manages_a_system_is_no_owner() {
        for (why, snapshot, expected) in [
            ("nobody", løn(), vec![no_owner()]),
            ("an owner", bo_owns(), vec![]),
            ("an owner by the other role", løn().assign("løn", "chef", "bo"), vec![]),
            ("a manager", løn().assign("løn", "forvalter", "bo"), vec![no_owner()]),
            ("owner and manager in one", bo_owns().assign("løn", "forvalter", "bo"), vec![]),
            ("the same person by both roles", bo_owns().assign("løn", "chef", "bo"), vec![]),
        ] {
            assert_eq!(said_by(&policy(), &History::default(), &snapshot), expected, "{why}");
        }
    }

    #[test]
    fn it_speaks_for_the_rule_on_those_who_left_when_that_is_off() {
        let gone = bo_owns().left("bo");
        let departed = Fault::new("departed-owner").with("departed", Person(id("bo")));
        assert_eq!(said(&RULE, &gone), [departed]);
        // … but an owner who is here is owner enough.
        assert_eq!(said(&RULE, &gone.assign("løn", "ejer", "ida")), []);
    }

    /// Who is owner when the policy says "Systemejer" and KITOS says something else.
    #[test]
    fn role_types_that_are_renamed_withdrawn_or_unknown() {
        let matched = |recorded: &RecordedRoles, snapshot| {
            let owners = match_roles(&["Systemejer".to_owned()], recorded, snapshot);
            let policy = Policy { owner_roles: owners.roles, ..only(&RULE) };
            said_by(&policy, &History::default(), snapshot)
        };
        let recorded: RecordedRoles = [("Systemejer".to_owned(), id("ejer"))].into();
        let role = |edit: fn(&mut RoleType)| {
            let mut snapshot = bo_owns();
            edit(snapshot.role_types.get_mut(&id("ejer")).expect("the role"));
            snapshot
        };
        let renamed = role(|role| role.name = "Ansvarlig ejer".to_owned());
        let withdrawn = role(|role| role.available = false);
        let unknown = {
            let mut snapshot = løn().assign("løn", "ukendt", "bo");
            let role = RoleType { uuid: id("ukendt"), name: String::new(), available: false };
            snapshot.role_types.insert(role.uuid, role);
            snapshot
        };
        assert_eq!(matched(&recorded, &renamed), []);
        assert_eq!(matched(&recorded, &withdrawn), []);
        assert_eq!(matched(&RecordedRoles::new(), &withdrawn), []);
        assert_eq!(matched(&recorded, &unknown), [no_owner()]);
    }

    #[test]
    fn since_when_and_who_was_last() {
        let last = LastOwner { person: id("bo"), gone: day("2026-11-03") };
        let acquired = day("2026-10-01");
        let unowned = |since: Option<_>, last: Option<_>| {
            no_owner().with("since", since.map(Date)).with("person", last.map(Person))
        };
        for (why, history, expected) in [
            ("before monitoring", History::default(), unowned(None, None)),
            (
                "since it came",
                History { acquired: [(id("løn"), acquired)].into(), ..History::default() },
                unowned(Some(acquired), None),
            ),
            (
                "since its owner went",
                History {
                    acquired: [(id("løn"), acquired)].into(),
                    last_owner: [(id("løn"), last)].into(),
                    ..History::default()
                },
                unowned(Some(last.gone), Some(id("bo"))),
            ),
        ] {
            assert_eq!(said_by(&only(&RULE), &history, &løn()), [expected], "{why}");
        }
    }

    #[test]
    fn whether_the_last_owner_is_still_here() {
        let gone = day("2026-11-03");
        let history = History {
            last_owner: [(id("løn"), LastOwner { person: id("bo"), gone })].into(),
            ..History::default()
        };
        let bo_elsewhere =
            løn().usage("post").assign("post", "forvalter", "bo").left("bo").removed("post");
        for (why, snapshot, name) in [
            ("here", løn(), "person"),
            ("gone without a trace", løn().left("bo"), "departed"),
            ("known from an assignment only", bo_elsewhere, "departed"),
        ] {
            let fault = no_owner().with("since", Date(gone)).with(name, Person(id("bo")));
            assert_eq!(said_by(&only(&RULE), &history, &snapshot), [fault], "{why}");
        }
    }
}
