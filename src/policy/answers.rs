//! What an answer means: for how long its findings pause, and what a pull shows to be
//! done.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::Policy;
use crate::model::{Answer, AnswerKind, AnswerState, Finding, GivenAnswer, Snapshot, StateOfUse};

/// How long an answer pauses mails at most while it waits for IT.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::days(28);

/// Until when an answer keeps its findings out of mails; `None` where it does not.
pub fn paused_until(answer: &Answer) -> Option<DateTime<Utc>> {
    (answer.state == AnswerState::Open).then(|| answer.given.at + LONGEST_PAUSE)
}

/// An answer about a finding with which IT has yet to do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAnswer {
    /// Who gave it, and on which day.
    pub by: String,
    pub on: NaiveDate,
    pub kind: AnswerKind,
    /// Who should own instead, where it says so.
    pub owner: Option<Uuid>,
    pub paused_until: DateTime<Utc>,
}

/// The latest open answer about each of the `open` findings.
pub fn open_answers(answers: &[Answer], open: &[Finding]) -> BTreeMap<i64, OpenAnswer> {
    let mut all: BTreeMap<i64, OpenAnswer> = BTreeMap::new();
    for answer in answers {
        let Some(paused_until) = paused_until(answer) else { continue };
        let given = &answer.given;
        for finding in open.iter().filter(|finding| is_about(given, finding)) {
            if all.get(&finding.id).is_none_or(|other| other.paused_until < paused_until) {
                let GivenAnswer { kind, owner, .. } = *given;
                let (by, on) = (given.name.clone(), given.day);
                all.insert(finding.id, OpenAnswer { by, on, kind, owner, paused_until });
            }
        }
    }
    all
}

/// Who says that a system has another owner, or is not used, speaks of all that is open
/// there, then or later; what is right as it is was seen by whoever says so.
fn is_about(given: &GivenAnswer, finding: &Finding) -> bool {
    let is_of_system = matches!(given.kind, AnswerKind::NewOwner | AnswerKind::NotUsed)
        && given.usage == Some(finding.usage);
    is_of_system || given.findings.contains(&finding.id)
}

/// Whether KITOS shows that what the answer asks for is done. What is right as it is
/// ends with its findings, of which a snapshot says nothing.
pub fn is_done(answer: &Answer, snapshot: &Snapshot, policy: &Policy, today: NaiveDate) -> bool {
    let Some(uuid) = answer.given.usage else { return true };
    let Some(usage) = snapshot.usages.get(&uuid) else { return true };
    match answer.given.kind {
        AnswerKind::NewOwner => {
            let owner = answer.given.owner;
            owner.is_some_and(|owner| usage.holders(&policy.owner_roles).contains(&owner))
        }
        AnswerKind::NotUsed => usage.state(today) == StateOfUse::Decommissioned,
        AnswerKind::RightAsItIs => false,
        AnswerKind::Confirmed | AnswerKind::LookedThrough | AnswerKind::Away => true,
    }
}

/// Whether the person whom the answer names as owner has left.
pub fn has_lapsed(answer: &Answer, snapshot: &Snapshot) -> bool {
    let is_here = |owner| snapshot.is_member(owner);
    answer.given.kind == AnswerKind::NewOwner && !answer.given.owner.is_some_and(is_here)
}

/// Whether the system got another owner between two pulls than the one whom the answer
/// names: then IT has nothing to enter.
pub fn is_overtaken(answer: &Answer, before: &Snapshot, after: &Snapshot, policy: &Policy) -> bool {
    let GivenAnswer { kind: AnswerKind::NewOwner, usage: Some(uuid), owner, .. } = answer.given
    else {
        return false;
    };
    let owners = |snapshot: &Snapshot| -> BTreeSet<Uuid> {
        let usage = snapshot.usages.get(&uuid);
        let owners = usage.map(|usage| snapshot.owners(usage, &policy.owner_roles));
        owners.into_iter().flatten().map(|person| person.uuid).collect()
    };
    let (before, after) = (owners(before), owners(after));
    !after.is_subset(&before) && !owner.is_some_and(|owner| after.contains(&owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LifeCycle, Severity};
    use crate::policy::rules::owner_missing;
    use crate::testing::{TODAY, at, day, id, policy, randers};

    fn answer(kind: AnswerKind) -> Answer {
        let given = GivenAnswer {
            name: "Anna".to_owned(),
            email: "anna@randers.dk".to_owned(),
            person: None,
            review: None,
            usage: Some(id("løn")),
            as_owner: false,
            kind,
            owner: (kind == AnswerKind::NewOwner).then(|| id("bo")),
            until: None,
            comment: None,
            findings: vec![1, 2],
            at: at("2026-11-01T08:00:00Z"),
            day: day("2026-11-01"),
            noted_by: None,
        };
        Answer { id: 1, given, state: AnswerState::Open, closed: None }
    }

    fn finding(number: i64, usage: &str) -> Finding {
        Finding {
            id: number,
            rule: owner_missing::RULE.id,
            severity: Severity::High,
            usage: id(usage),
            faults: Vec::new(),
            opened_at: at("2026-10-01T08:00:00Z"),
            resolved_at: None,
            ending: None,
            since_baseline: false,
            by_policy_change: false,
        }
    }

    #[test]
    fn an_open_answer_pauses_for_four_weeks_what_it_is_about() {
        // 3 opened later; 4 is another system's.
        let open = [1, 2, 3].map(|number| finding(number, "løn"));
        let open = [open.as_slice(), &[finding(4, "byg")]].concat();
        for (kind, state, expected) in [
            (AnswerKind::NewOwner, AnswerState::Open, &[1, 2, 3][..]),
            (AnswerKind::NotUsed, AnswerState::Open, &[1, 2, 3]),
            (AnswerKind::RightAsItIs, AnswerState::Open, &[1, 2]),
            (AnswerKind::NotUsed, AnswerState::Done, &[]),
        ] {
            let given = Answer { state, ..answer(kind) };
            let all = open_answers(std::slice::from_ref(&given), &open);
            assert_eq!(all.keys().copied().collect::<Vec<_>>(), expected, "{kind:?} {state:?}");
            let waiting = OpenAnswer {
                by: "Anna".to_owned(),
                on: day("2026-11-01"),
                kind,
                owner: given.given.owner,
                paused_until: at("2026-11-29T08:00:00Z"),
            };
            assert!(all.values().all(|answer| *answer == waiting), "{kind:?}");
        }
    }

    #[test]
    fn kitos_says_when_it_is_done() {
        let free = randers().usage("løn");
        let owned = randers().user("bo").usage("løn").assign("løn", "ejer", "bo");
        let closed = randers()
            .usage("løn")
            .edit("løn", |usage| usage.life_cycle = Some(LifeCycle::NotInUse));
        for (kind, snapshot, expected) in [
            (AnswerKind::NewOwner, &free, false),
            (AnswerKind::NewOwner, &owned, true),
            (AnswerKind::NotUsed, &free, false),
            (AnswerKind::NotUsed, &closed, true),
            (AnswerKind::NotUsed, &randers(), true),
            (AnswerKind::RightAsItIs, &free, false),
            (AnswerKind::Confirmed, &free, true),
        ] {
            let done = is_done(&answer(kind), snapshot, &policy(), day(TODAY));
            assert_eq!(done, expected, "{kind:?}");
        }
        // Everything else is noted, and is done with that.
        for &kind in AnswerKind::ALL {
            let done = is_done(&answer(kind), &free, &policy(), day(TODAY));
            assert_eq!(done, !kind.asks_for_something(), "{kind:?}");
        }
    }

    #[test]
    fn another_owner_than_the_one_named_overtakes_the_answer() {
        let people = || randers().user("bo").user("eva").user("ib").usage("løn");
        let (none, eva) = (people(), people().assign("løn", "ejer", "eva"));
        let both = people().assign("løn", "ejer", "eva").assign("løn", "ejer", "bo");
        let ib = people().assign("løn", "ejer", "ib");
        let new_owner = AnswerKind::NewOwner;
        for (kind, before, after, expected) in [
            (new_owner, &none, &eva, true),
            (new_owner, &eva, &ib, true),
            (new_owner, &eva, &eva, false),
            (new_owner, &eva, &none, false),
            (new_owner, &eva, &both, false),
            (AnswerKind::NotUsed, &none, &eva, false),
        ] {
            let overtaken = is_overtaken(&answer(kind), before, after, &policy());
            assert_eq!(overtaken, expected, "{kind:?}");
        }
    }

    #[test]
    fn an_answer_lapses_when_the_one_named_leaves() {
        let here = randers().user("bo").usage("løn");
        let gone = here.clone().left("bo");
        assert!(!has_lapsed(&answer(AnswerKind::NewOwner), &here));
        assert!(has_lapsed(&answer(AnswerKind::NewOwner), &gone));
        assert!(!has_lapsed(&answer(AnswerKind::NotUsed), &gone));
    }
}
