//! Keeping promises: on the day that the last reminder named, the next leader up is asked for
//! help, with a copy to the people asked before. If nobody is left up the chain, it is IT's
//! from that day on and stands in that day's digest. Only what was promised is escalated.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::diary::Diary;
use super::draft::{Draft, DraftItem, Notification, NotificationKind, Recipient, RecipientId};
use super::held::{Held, Why};
use super::items::{Item, Parties, Party, Situation};
use super::ledger::{Mailed, later};
use super::recipients::{Destination, Route, next_up};
use super::round::keep_day;
use super::turn::{Plan, closed};
use super::writing::{begun, sort, unit_leader};
use crate::model::{Capacity, DraftKind, MailKind};

/// An item whose promised day has come.
struct Due<'p> {
    party: &'p Party<'p>,
    item: &'p Item<'p>,
    next: Route,
}

/// Keeps the days free on which somebody was promised to be asked, and notes those on which
/// people were told that they hear from us again.
pub(super) fn keep_promised_days(
    situation: &Situation<'_>,
    parties: &Parties<'_>,
    diary: &mut Diary<'_>,
) {
    keep_day(situation, diary);
    let today = situation.today();
    for party in parties.values() {
        for item in party.items.iter().filter(|item| !item.is_promised(today)) {
            let Some((day, by)) = item.due.zip(item.told_on().last().copied()) else { continue };
            diary.name(&party.ids(), day, by);
        }
    }
    for party in parties.values() {
        for item in party.items.iter().filter(|item| !item.is_passed_on()) {
            let Some((promise, route)) = item.promise(today).zip(item.route.as_ref()) else {
                continue;
            };
            if promise.to.is_none() {
                continue;
            }
            let next = next_up(situation.directory, item.finding, route);
            if let Some(leader) = next.recipients().first() {
                diary.keep(leader.id, &party.ids(), promise.on.max(today));
            }
        }
    }
}

/// Keeps the promises whose day has come.
pub(super) fn escalate(
    situation: &Situation<'_>,
    parties: &Parties<'_>,
    diary: &mut Diary<'_>,
    plan: &mut Plan,
) {
    let mut by_leader: BTreeMap<RecipientId, Vec<Due<'_>>> = BTreeMap::new();
    for party in parties.values() {
        for item in party.items.iter().filter(|item| !item.is_passed_on()) {
            let today = situation.today();
            let promise = item.promise(today).filter(|promise| promise.on <= today);
            let Some((promise, route)) = promise.zip(item.route.as_ref()) else { continue };
            let next = next_up(situation.directory, item.finding, route);
            let leader = next.recipients().first().cloned().filter(|_| promise.to.is_some());
            let Some(leader) = leader else {
                // The chain cannot be known today; IT it is only if IT was promised.
                if promise.to.is_some() && situation.leaders_unknown {
                    plan.held.push(held(situation, item, None, (Why::LeadersUnknown, today)));
                } else {
                    plan.passed_on.extend(noted(party, item, situation));
                }
                continue;
            };
            let is_as_promised = promise.to == Some(leader.id);
            match obstacle(situation, diary, &leader, is_as_promised) {
                Some(why) => plan.held.push(held(situation, item, Some(&leader), why)),
                None => by_leader.entry(leader.id).or_default().push(Due { party, item, next }),
            }
        }
    }
    for due in by_leader.into_values() {
        plan.drafts.extend(draft(situation, &due, diary));
    }
}

/// Why the leader is not asked today, if so, and when it is looked at again. No day was kept
/// free for a leader other than the promised one.
fn obstacle(
    situation: &Situation<'_>,
    diary: &Diary<'_>,
    leader: &Recipient,
    is_as_promised: bool,
) -> Option<(Why, NaiveDate)> {
    let today = situation.today();
    if situation.leaders_unknown {
        return Some((Why::LeadersUnknown, today));
    }
    if let Some(why) = closed(situation) {
        return Some((why, today));
    }
    if diary.is_mailed_on(leader.id, today) {
        return Some((Why::MailedToday, later(today, 1)));
    }
    let deadline = diary.running_deadline(leader.id).filter(|_| !is_as_promised)?;
    Some((Why::AwaitsDeadline, later(deadline, 1)))
}

fn held(
    situation: &Situation<'_>,
    item: &Item<'_>,
    leader: Option<&Recipient>,
    (why, day): (Why, NaiveDate),
) -> Held {
    Held {
        finding: item.finding.id,
        kind: MailKind::Escalation,
        reader: leader.map(|leader| leader.name.clone()),
        why,
        because: None,
        next: situation.calendar.next_run(situation.now, day),
    }
}

/// For the ledger alone: from today on it is IT's.
fn noted(party: &Party<'_>, item: &Item<'_>, situation: &Situation<'_>) -> Vec<Notification> {
    let of = |recipient| Notification {
        finding: Some(item.finding.id),
        ..Notification::new(recipient, NotificationKind::PassedOn, situation.today())
    };
    party.ids().into_iter().map(of).collect()
}

/// One mail to a leader about all that was promised for today.
fn draft(situation: &Situation<'_>, due: &[Due<'_>], diary: &mut Diary<'_>) -> Option<Draft> {
    let today = situation.today();
    let leader = due.first()?.next.recipients().first()?.clone();
    let mut copies: BTreeMap<RecipientId, Recipient> = BTreeMap::new();
    for member in due.iter().flat_map(|due| &due.party.members) {
        // Someone who gets a mail today, or has a deadline running, needs no copy: they were
        // told by the promise.
        let is_busy =
            diary.is_mailed_on(member.id, today) || diary.running_deadline(member.id).is_some();
        if member.id != leader.id && !is_busy {
            copies.entry(member.id).or_insert_with(|| member.clone());
        }
    }
    let readers: Vec<RecipientId> = copies.keys().copied().chain([leader.id]).collect();
    let deadline = diary.deadline(&readers, today, None);
    for id in &readers {
        diary.note(*id, Mailed { on: today, deadline, is_reminder: false, yields: false });
    }
    let mut notifications = Vec::new();
    for Due { party, item, .. } in due {
        let told = |recipient, kind| Notification {
            finding: Some(item.finding.id),
            deadline: deadline.filter(|_| kind != NotificationKind::PassedOn),
            ..Notification::new(recipient, kind, today)
        };
        notifications.push(told(leader.id, NotificationKind::Escalation));
        notifications.extend(party.ids().into_iter().map(|id| {
            let is_copied = copies.contains_key(&id);
            told(id, if is_copied { NotificationKind::Copy } else { NotificationKind::PassedOn })
        }));
    }
    let mut items: Vec<DraftItem> = due.iter().map(|due| item(situation, due)).collect();
    sort(&mut items);
    Some(Draft {
        cc: copies.into_values().collect(),
        deadline,
        notifications,
        ..begun(situation, DraftKind::Escalation, vec![leader], items)
    })
}

fn item(situation: &Situation<'_>, due: &Due<'_>) -> DraftItem {
    let (capacity, unit) = match due.next.to {
        Destination::People { capacity, unit, .. } => (capacity, unit),
        Destination::It(_) => (Capacity::UnitLeader, None),
    };
    let leader = due.next.recipients().first();
    let asked: Vec<RecipientId> = leader.iter().map(|leader| leader.id).collect();
    DraftItem {
        finding: due.item.finding.clone(),
        capacity,
        unit,
        on_behalf_of: leader.and_then(|leader| leader.on_behalf_of.clone()),
        number: 1,
        due: true,
        for_information: false,
        answered: None,
        deadline: None,
        first_deadline: due.item.first_deadline(),
        told_on: due.item.told_on().to_vec(),
        asked: due.party.members.clone(),
        reader_told_on: leader
            .map(|leader| situation.ledger.clock(due.item.finding.id, leader.id).told_on)
            .unwrap_or_default(),
        passed_over: due.next.passed_over.clone(),
        unit_leader: unit_leader(situation, due.item.finding, &asked),
        help: None,
    }
}
