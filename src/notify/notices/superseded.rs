//! What was undone before it was told is history, and not a mail (`docs/policy.md`,
//! "Flapping"). People who were told of the first change hear of the second; others hear of
//! neither.

use chrono::NaiveDate;
use uuid::Uuid;

use super::pull_event::PullEvent;
use crate::model::{ChangeKind, NoticeFact, NoticeItem, NoticeReason, Snapshot};
use crate::policy::Policy;
use crate::text::addresses::folded;

/// Whether what a notice tells `reader` is still so.
pub fn holds(
    fact: &NoticeFact,
    reader: Option<Uuid>,
    snapshot: &Snapshot,
    policy: &Policy,
    today: NaiveDate,
) -> bool {
    let usage = snapshot.usages.get(&fact.about);
    let state = usage.map(|usage| usage.state(today));
    let is_so = |kind: ChangeKind| kind.is_still_so(state);
    let owns = usage
        .zip(reader)
        .map(|(usage, reader)| usage.holders(&policy.owner_roles).contains(&reader));
    match fact.reason {
        // Whoever left a system in use has left it without an owner.
        NoticeReason::Acquired | NoticeReason::Left => is_so(ChangeKind::Acquired),
        NoticeReason::Revived => is_so(ChangeKind::Revived),
        NoticeReason::Assigned => usage.is_some() && owns != Some(false),
        NoticeReason::HandedOver => usage.is_some() && owns != Some(true),
        NoticeReason::PhasingOut => is_so(ChangeKind::PhasingOut),
        NoticeReason::Decommissioned => is_so(ChangeKind::Decommissioned),
        NoticeReason::Removed => is_so(ChangeKind::Removed),
        NoticeReason::Neighbour => is_so(ChangeKind::PhasingOut) || is_so(ChangeKind::Removed),
    }
}

/// The news that takes this one back.
fn opposite(reason: NoticeReason) -> Option<NoticeReason> {
    match reason {
        NoticeReason::Decommissioned => Some(NoticeReason::Revived),
        NoticeReason::Revived => Some(NoticeReason::Decommissioned),
        NoticeReason::Acquired => Some(NoticeReason::Removed),
        NoticeReason::Removed => Some(NoticeReason::Acquired),
        NoticeReason::Assigned => Some(NoticeReason::HandedOver),
        NoticeReason::HandedOver => Some(NoticeReason::Assigned),
        NoticeReason::Left | NoticeReason::PhasingOut | NoticeReason::Neighbour => None,
    }
}

/// Whether `item` takes back something that the reader at `address` was not told.
pub(super) fn takes_back(event: &PullEvent<'_>, address: &str, item: &NoticeItem) -> bool {
    let fact = item.fact();
    opposite(fact.reason).is_some_and(|reason| {
        event.withdrawn.contains(&(folded(address), NoticeFact { reason, ..fact }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LifeCycle;
    use crate::testing::{day, id, policy, randers};

    #[test]
    fn news_holds_for_as_long_as_it_is_so() {
        use NoticeReason::{
            Acquired, Assigned, Decommissioned, HandedOver, Left, Neighbour, PhasingOut, Removed,
            Revived,
        };
        let used = || randers().user("bo").usage("Aula");
        let state = |state| used().edit("Aula", |usage| usage.life_cycle = Some(state));
        let ended = |on| used().edit("Aula", |usage| usage.valid_to = Some(day(on)));
        let owned = used().assign("Aula", "ejer", "bo");
        let managed = used().assign("Aula", "forvalter", "bo");
        let shut = [Decommissioned, Neighbour, HandedOver];
        for (why, snapshot, expected) in [
            ("in use", used(), &[Acquired, Left, Revived, HandedOver][..]),
            ("owned by the reader", owned, &[Assigned, Acquired, Left, Revived]),
            ("managed by the reader", managed, &[Acquired, Left, Revived, HandedOver]),
            (
                "phasing out",
                state(LifeCycle::PhasingOut),
                &[Acquired, Left, PhasingOut, Neighbour, Revived, HandedOver],
            ),
            (
                "shut",
                state(LifeCycle::NotInUse),
                &[PhasingOut, Decommissioned, Neighbour, HandedOver],
            ),
            ("ended yesterday", ended("2026-03-01"), &[PhasingOut, shut[0], shut[1], shut[2]]),
            ("ends today", ended("2026-03-02"), &[Acquired, Left, Revived, HandedOver]),
            ("gone", randers(), &[Decommissioned, Removed, Neighbour]),
        ] {
            let held = NoticeReason::ALL.iter().copied().filter(|reason| {
                let fact = NoticeFact { about: id("Aula"), reason: *reason };
                holds(&fact, Some(id("bo")), &snapshot, &policy(), day("2026-03-02"))
            });
            assert_eq!(held.collect::<Vec<_>>(), expected, "{why}");
        }
    }

    #[test]
    fn what_takes_news_back_is_taken_back_by_it() {
        use NoticeReason::{Acquired, Assigned, Decommissioned, HandedOver, Removed, Revived};
        for reason in [Acquired, Assigned, Decommissioned, HandedOver, Removed, Revived] {
            assert_eq!(opposite(reason).and_then(opposite), Some(reason));
        }
    }
}
