//! A round of confirmation: each owner gets one letter about all their systems, a
//! reminder by the pace of what is medium while somebody has yet to answer, and after
//! the last day their leader is asked for help, with a copy to them (`docs/policy.md`,
//! "Ownership review"). It keeps to the days on which people hear from us.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::calendar::Calendar;
use super::diary::Diary;
use super::draft::{
    Draft, NotedPromise, Notification, NotificationKind, Promise, PromisedTo, Recipient,
    RecipientId,
};
use super::items::{Round, Situation};
use super::ledger::{AskedInRound, Mailed, later};
use super::recipients::leaders_of_owner;
use super::turn::{Plan, closed};
use super::writing::begun;
use crate::model::{DraftKind, Severity};

/// With fewer days left than this, nobody is asked for the first time or again.
const LEAST: u32 = 3;

/// The first day that can be a round's last one, if it starts now: its letters go out with
/// the next run, and leave people some days. `None` where no run comes within years.
pub fn earliest_due(calendar: &Calendar, now: DateTime<Utc>) -> Option<NaiveDate> {
    let run = calendar.next_run(now, calendar.day(now))?;
    Some(later(calendar.day(run), LEAST))
}

/// Somebody who has yet to answer.
struct Asked {
    /// On somebody's behalf where all of it is.
    reader: Recipient,
    /// Whom to ask for help if they do not, from the nearest up.
    leaders: Vec<Recipient>,
    /// Each with the owner for whom the reader stands in, if they do.
    systems: BTreeMap<Uuid, Option<String>>,
    told: AskedInRound,
}

/// The owners who have yet to answer, each once.
fn asked(situation: &Situation<'_>, round: &Round) -> Vec<Asked> {
    let directory = situation.directory;
    let sources = directory.sources;
    let mut all: BTreeMap<RecipientId, Asked> = BTreeMap::new();
    for usage in round.waiting.iter().filter_map(|usage| sources.snapshot.usages.get(usage)) {
        for owner in sources.snapshot.owners(usage, &sources.policy.owner_roles) {
            let Ok(reader) = directory.person(owner) else { continue };
            let asked = all.entry(reader.id).or_insert_with(|| Asked {
                leaders: match situation.leaders_unknown {
                    true => Vec::new(),
                    false => leaders_of_owner(directory, owner.uuid, usage.uuid),
                },
                told: situation.ledger.asked_in_round(reader.id, round.started_at),
                systems: BTreeMap::new(),
                reader: reader.clone(),
            });
            if asked.reader.on_behalf_of != reader.on_behalf_of {
                asked.reader.on_behalf_of = None;
            }
            asked.systems.insert(usage.uuid, reader.on_behalf_of);
        }
    }
    let with: BTreeMap<RecipientId, BTreeSet<RecipientId>> =
        all.iter().map(|(id, asked)| (*id, answering_for(&all, &asked.systems))).collect();
    for (id, asked) in &mut all {
        // Nobody is asked to take up with another what they have not answered themselves.
        asked.leaders.retain(|leader| !with[id].contains(&leader.id));
    }
    all.into_values().collect()
}

/// Who has yet to answer for any of these systems.
fn answering_for(
    all: &BTreeMap<RecipientId, Asked>,
    systems: &BTreeMap<Uuid, Option<String>>,
) -> BTreeSet<RecipientId> {
    let is_of = |asked: &Asked| asked.systems.keys().any(|system| systems.contains_key(system));
    all.iter().filter(|(_, asked)| is_of(asked)).map(|(id, _)| *id).collect()
}

/// Whom the round still concerns: who has yet to answer, and their leaders.
pub fn readers(situation: &Situation<'_>, round: &Round) -> Vec<Recipient> {
    let asked = asked(situation, round).into_iter();
    asked
        .flat_map(|asked| std::iter::once(asked.reader).chain(asked.leaders.into_iter().take(1)))
        .collect()
}

/// The day on which leaders are asked for help.
fn day_of_call(situation: &Situation<'_>, round: &Round) -> Option<NaiveDate> {
    situation.calendar.run_day(later(round.due, 1).max(situation.today()))
}

/// Those whose leader is yet to be asked for help, if they do not answer. Once the last day is
/// over nobody else is asked, and a leader hears only of systems that somebody was asked about.
fn uncalled(situation: &Situation<'_>, round: &Round) -> Vec<Asked> {
    let mut asked = asked(situation, round);
    asked.retain(|asked| !situation.ledger.is_called_in_round(asked.reader.id, round.started_at));
    if situation.today() > round.due {
        for Asked { systems, told, .. } in &mut asked {
            systems.retain(|system, _| told.systems.contains(system));
        }
        asked.retain(|asked| !asked.systems.is_empty());
    }
    asked
}

/// Keeps the day free on which leaders are to be asked for help.
pub(super) fn keep_day(situation: &Situation<'_>, diary: &mut Diary<'_>) {
    let Some(round) = situation.round else { return };
    let Some(day) = day_of_call(situation, round) else { return };
    for Asked { reader, leaders, .. } in uncalled(situation, round) {
        if let Some(leader) = leaders.first() {
            diary.keep_for_round(leader.id, reader.id, day);
        }
    }
}

/// Asks the people whose turn it is today: owners until the last day, their leaders after it.
pub(super) fn ask(situation: &Situation<'_>, diary: &mut Diary<'_>, plan: &mut Plan) {
    let Some(round) = situation.round.filter(|_| closed(situation).is_none()) else { return };
    let today = situation.today();
    if today > round.due {
        return call(situation, round, diary, plan);
    }
    if later(today, LEAST) > round.due {
        return;
    }
    let most = situation.pace.max_mails_per_run.max(1);
    let mut left = most.saturating_sub(situation.ledger.reminded_on(today));
    for asked in asked(situation, round) {
        let times = u32::try_from(asked.told.days.len()).unwrap_or(u32::MAX);
        let due = asked.told.days.last().map_or(Some(today), |last| {
            Some(later(*last, situation.pace.pause(Severity::Medium, times)?))
        });
        let is_free =
            diary.free_from(asked.reader.id).0 <= today && !diary.is_named(asked.reader.id, today);
        if left > 0 && is_free && due.is_some_and(|due| due <= today) {
            left -= 1;
            plan.drafts.push(letter(situation, round, asked, diary));
        }
    }
}

fn letter(situation: &Situation<'_>, round: &Round, asked: Asked, diary: &mut Diary<'_>) -> Draft {
    let today = situation.today();
    let id = asked.reader.id;
    // The last day is the round's: other mail does not wait for it.
    diary.note(id, Mailed { on: today, deadline: None, is_reminder: true, yields: true });
    let promise = asked.leaders.first().cloned().zip(day_of_call(situation, round));
    let notification = |usage: &Uuid| Notification {
        usage: Some(*usage),
        promise: promise.as_ref().map(|(to, on)| NotedPromise { to: Some(to.id), on: *on }),
        ..Notification::new(id, NotificationKind::Review, today)
    };
    let notifications = asked.systems.keys().map(notification).collect();
    let promises =
        promise.map(|(to, on)| Promise { to: PromisedTo::Leader(to), on, findings: Vec::new() });
    Draft {
        systems: asked.systems.keys().copied().collect(),
        awaited: awaited(std::slice::from_ref(&asked)),
        number: u32::try_from(asked.told.days.len()).unwrap_or(u32::MAX).saturating_add(1),
        deadline: Some(round.due),
        promises: promises.into_iter().collect(),
        notifications,
        ..begun(situation, DraftKind::Review, vec![asked.reader], Vec::new())
    }
}

/// Who is to answer for each system.
fn awaited(asked: &[Asked]) -> BTreeMap<Uuid, Vec<Recipient>> {
    let mut awaited: BTreeMap<Uuid, Vec<Recipient>> = BTreeMap::new();
    for Asked { reader, systems, .. } in asked {
        for (system, on_behalf_of) in systems {
            let reader = Recipient { on_behalf_of: on_behalf_of.clone(), ..reader.clone() };
            awaited.entry(*system).or_default().push(reader);
        }
    }
    awaited
}

/// Asks the leaders for help, each once, about all who were asked and have not answered.
fn call(situation: &Situation<'_>, round: &Round, diary: &mut Diary<'_>, plan: &mut Plan) {
    let mut by_leader: BTreeMap<RecipientId, (Recipient, Vec<Asked>)> = BTreeMap::new();
    for asked in uncalled(situation, round) {
        if let Some(leader) = asked.leaders.first().cloned() {
            by_leader.entry(leader.id).or_insert((leader, Vec::new())).1.push(asked);
        }
    }
    let today = situation.today();
    let leaders: BTreeSet<RecipientId> = by_leader.keys().copied().collect();
    for (leader, asked) in by_leader.into_values() {
        // A day that was named for their own reminder is that one's.
        if diary.is_mailed_on(leader.id, today) || diary.is_named(leader.id, today) {
            continue;
        }
        // A leader who has not answered for their own systems has a mail today.
        let is_busy = |id| {
            leaders.contains(&id)
                || diary.is_mailed_on(id, today)
                || diary.is_named(id, today)
                || diary.running_deadline(id).is_some()
        };
        let (busy, copied): (Vec<&Asked>, Vec<&Asked>) =
            asked.iter().partition(|asked| is_busy(asked.reader.id));
        let told = |recipient, kind| Notification::new(recipient, kind, today);
        let readers: Vec<RecipientId> =
            copied.iter().map(|asked| asked.reader.id).chain([leader.id]).collect();
        let deadline = diary.deadline(&readers, today, None);
        let awaited = awaited(&asked);
        // Of which systems, so that the leader's own page has them.
        let asks = |usage: &Uuid| Notification {
            usage: Some(*usage),
            deadline,
            ..told(leader.id, NotificationKind::Escalation)
        };
        let mut notifications: Vec<Notification> = awaited.keys().map(asks).collect();
        // The last day was theirs; the leader's deadline keeps no other mail from them.
        let copies = copied.iter().map(|a| told(a.reader.id, NotificationKind::Copy));
        notifications.extend(copies);
        let noted = busy.iter().map(|a| told(a.reader.id, NotificationKind::PassedOn));
        notifications.extend(noted);
        for id in &readers {
            let deadline = deadline.filter(|_| *id == leader.id);
            diary.note(*id, Mailed { on: today, deadline, is_reminder: false, yields: true });
        }
        plan.drafts.push(Draft {
            systems: awaited.keys().copied().collect(),
            awaited,
            cc: copied.iter().map(|asked| asked.reader.clone()).collect(),
            deadline,
            notifications,
            ..begun(situation, DraftKind::ReviewCall, vec![leader], Vec::new())
        });
    }
}
