//! From a turn to a draft: the deadline, what is promised, and what the ledger keeps.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::diary::Diary;
use super::draft::{
    Draft, DraftItem, Help, NotedPromise, Notification, NotificationKind, Promise, PromisedTo,
    Recipient, RecipientId,
};
use super::items::{Item, Situation};
use super::ledger::{Ledger, Mailed, later};
use super::recipients::{Destination, Route, leader_of_owner, leader_of_unit, next_up};
use super::turn::Turn;
use crate::model::{DraftKind, Finding};
use crate::policy::rules::def;

/// Writes the draft and notes it in the diary.
///
/// # Errors
/// The first day on which it could be written, where a promised day leaves no room
/// for a deadline before it.
pub(super) fn write(
    situation: &Situation<'_>,
    turn: &Turn<'_>,
    diary: &mut Diary<'_>,
) -> Result<Draft, NaiveDate> {
    let today = situation.today();
    let ids = turn.ids();
    let asks_again = turn.items.iter().filter_map(|item| asks_again(situation, item)).min();
    let is_asking = turn.asking().next().is_some();
    let deadline = match is_asking {
        true => deadline(diary, &ids, today, asks_again)?,
        false => None,
    };
    let own = own_deadlines(situation, turn, deadline, diary);
    for id in &ids {
        diary.note(*id, Mailed { on: today, deadline, is_reminder: true, yields: false });
    }
    let promises = promises(situation, turn, deadline, diary);
    let notifications = notifications(situation, turn, &own, &noted(&promises));
    let next_due = asks_again.into_iter().chain(turn.in_grace).min().filter(|_| is_asking);
    let next = next(situation, &ids, next_due, &promises, diary);
    let (number, of) = count(situation, turn);
    let item = |item: &&Item<'_>| DraftItem {
        deadline: own.get(&item.finding.id).copied(),
        ..draft_item(situation, turn, item)
    };
    let mut items: Vec<DraftItem> = turn.items.iter().map(item).collect();
    sort(&mut items);
    let to = turn.members.iter().map(|member| addressed(turn, member)).collect();
    let systems = systems(situation, turn);
    Ok(Draft {
        leader: match turn.kind {
            DraftKind::FirstLetter => {
                systems.first().and_then(|usage| leader(situation, turn, *usage))
            }
            // Of the mail before the last it tells who is asked after that.
            _ => of.filter(|of| number + 1 == *of).and_then(|_| asked_after(situation, turn)),
        },
        systems,
        deadline,
        promises,
        next,
        number,
        of,
        notifications,
        ..begun(situation, turn.kind, to, items)
    })
}

/// What the ledger keeps of the mail: each reader was told of each item.
fn notifications(
    situation: &Situation<'_>,
    turn: &Turn<'_>,
    deadlines: &BTreeMap<i64, NaiveDate>,
    promises: &BTreeMap<i64, NotedPromise>,
) -> Vec<Notification> {
    let kind = match turn.kind {
        DraftKind::FirstLetter => NotificationKind::FirstLetter,
        _ => NotificationKind::Reminder,
    };
    let today = situation.today();
    let told = |recipient: RecipientId, item: &Item<'_>| Notification {
        finding: Some(item.finding.id),
        due: item.is_due(today),
        deadline: deadlines.get(&item.finding.id).copied(),
        promise: promises.get(&item.finding.id).copied(),
        ..Notification::new(recipient, kind, today)
    };
    let to_each = turn.ids().into_iter();
    to_each.flat_map(|id| turn.items.iter().map(move |item| told(id, item))).collect()
}

/// By when the readers are asked to act, if any day is left.
fn deadline(
    diary: &Diary<'_>,
    ids: &[RecipientId],
    today: NaiveDate,
    asks_again: Option<NaiveDate>,
) -> Result<Option<NaiveDate>, NaiveDate> {
    let deadline = diary.deadline(ids, today, asks_again);
    match diary.booked_after(ids, today) {
        Some(promised) if deadline.is_none() => {
            Err(later(diary.booked_until(ids, promised).unwrap_or(promised), 1))
        }
        _ => Ok(deadline),
    }
}

/// By when the readers of a mail with this deadline are asked to see to each of its items.
fn own_deadlines(
    situation: &Situation<'_>,
    turn: &Turn<'_>,
    of_mail: Option<NaiveDate>,
    diary: &Diary<'_>,
) -> BTreeMap<i64, NaiveDate> {
    let (ids, Some(of_mail)) = (turn.ids(), of_mail) else { return BTreeMap::new() };
    let own = |item: &&Item<'_>| {
        Some((item.finding.id, own_deadline(situation, item, (&ids, of_mail), diary)?))
    };
    turn.items.iter().filter_map(own).collect()
}

/// By when the readers are asked to see to one item of a mail with this deadline: the mail
/// is over before its most pressing item asks again, and the others have their own time, from
/// the end of their grace on. A deadline that was stated is kept; what is overdue has no more
/// time than the mail.
fn own_deadline(
    situation: &Situation<'_>,
    item: &Item<'_>,
    (ids, of_mail): (&[RecipientId], NaiveDate),
    diary: &Diary<'_>,
) -> Option<NaiveDate> {
    if item.for_information {
        return None;
    }
    let today = situation.today();
    let from = item.eligible.max(today);
    let own =
        item.first_deadline().or_else(|| diary.deadline(ids, from, asks_again(situation, item)));
    Some(own.unwrap_or(of_mail).max(of_mail))
}

/// Which mail this is about what is due, and of how many before a leader is asked; only
/// where that holds for all that the mail asks for, and there is one to ask.
fn count(situation: &Situation<'_>, turn: &Turn<'_>) -> (u32, Option<u32>) {
    let today = situation.today();
    // Escalated items no longer count towards "mail 2 of 3".
    let is_counted = |item: &&Item<'_>| item.is_due(today) && !item.is_passed_on();
    let counted = turn.items.iter().copied().filter(is_counted);
    let number = counted.clone().map(|item| item.due_mails() + 1).max().unwrap_or(1);
    let mut asking = turn.asking().peekable();
    let again = asking.peek().and_then(|item| asks_again(situation, item));
    let is_in_step = |item: &Item<'_>| {
        is_counted(&item)
            && item.due_mails() + 1 == number
            && item.answer.is_none()
            && asks_again(situation, item) == again
            && situation.pace.escalates(item.finding.severity)
            && item.route.as_ref().is_some_and(|route| {
                !situation.leaders_unknown && next_leader(situation, item, route).is_some()
            })
    };
    let of = asking.peek().is_some() && asking.all(is_in_step);
    (number, of.then_some(situation.pace.escalate_after))
}

/// Who is asked for help when those on `route` do not act; `None` where it is IT's.
fn next_leader(situation: &Situation<'_>, item: &Item<'_>, route: &Route) -> Option<Recipient> {
    let next = next_up(situation.directory, item.finding, route);
    next.recipients().first().cloned()
}

/// Who is asked for help after the last mail, where it is one leader for all of it.
fn asked_after(situation: &Situation<'_>, turn: &Turn<'_>) -> Option<Recipient> {
    let leaders: Option<BTreeSet<Recipient>> =
        turn.asking().map(|item| next_leader(situation, item, item.route.as_ref()?)).collect();
    let mut leaders = leaders?.into_iter();
    leaders.next().filter(|_| leaders.next().is_none())
}

/// A mail of today about these items, the first of its kind; it asks for nothing by
/// itself, and is noted nowhere.
pub(super) fn begun(
    situation: &Situation<'_>,
    kind: DraftKind,
    to: Vec<Recipient>,
    items: Vec<DraftItem>,
) -> Draft {
    let ids: Vec<RecipientId> = to.iter().map(|recipient| recipient.id).collect();
    Draft {
        kind,
        key: key(kind, &ids, &items, situation.ledger),
        to,
        cc: Vec::new(),
        date: situation.today(),
        items,
        systems: Vec::new(),
        awaited: BTreeMap::new(),
        deadline: None,
        promises: Vec::new(),
        next: None,
        number: 1,
        of: None,
        leader: None,
        last_day: None,
        not_before: situation.calendar.working_days.earliest(situation.now),
        notifications: Vec::new(),
    }
}

/// The day on which an item asks for another mail after today's.
fn asks_again(situation: &Situation<'_>, item: &Item<'_>) -> Option<NaiveDate> {
    let (today, pace) = (situation.today(), situation.pace);
    let severity = item.finding.severity;
    if item.for_information {
        return None;
    }
    if item.is_passed_on() {
        return Some(later(today, pace.slowest(severity)?));
    }
    if let Some(promise) = item.promise(today) {
        return Some(promise.on);
    }
    let times = item.due_mails() + u32::from(item.is_due(today));
    Some(later(today, pace.pause(severity, times.max(1))?).max(item.eligible))
}

/// What this mail promises: an escalation of each item for which this is the last mail before it.
fn promises(
    situation: &Situation<'_>,
    turn: &Turn<'_>,
    deadline: Option<NaiveDate>,
    diary: &mut Diary<'_>,
) -> Vec<Promise> {
    let Situation { pace, calendar, leaders_unknown, .. } = *situation;
    let today = situation.today();
    let mut groups: BTreeMap<(Option<Recipient>, NaiveDate), Vec<i64>> = BTreeMap::new();
    for item in turn.items.iter().filter(|item| item.is_due(today) && !item.is_passed_on()) {
        let mails = item.due_mails() + 1;
        let severity = item.finding.severity;
        let is_last =
            mails >= pace.escalate_after && pace.escalates(severity) && item.answer.is_none();
        let Some(route) = item.route.as_ref().filter(|_| is_last && !leaders_unknown) else {
            continue;
        };
        let leader = next_leader(situation, item, route);
        let by_pace = later(today, pace.pause(severity, mails).unwrap_or_default());
        let from = deadline.map_or(by_pace, |deadline| by_pace.max(later(deadline, 1)));
        groups.entry((leader, from)).or_default().push(item.finding.id);
    }
    let mut promises: Vec<Promise> = Vec::new();
    for ((leader, from), findings) in groups {
        let on = match &leader {
            Some(leader) => diary.book(leader.id, &turn.ids(), from),
            None => calendar.digest_day(from),
        };
        let to = leader.map_or(PromisedTo::It, PromisedTo::Leader);
        let Some(on) = on else { continue };
        match promises.iter_mut().find(|other| other.on == on && other.to == to) {
            Some(other) => other.findings.extend(findings),
            None => promises.push(Promise { to, on, findings }),
        }
    }
    for item in turn.items.iter().filter(|item| !item.is_due(today) && !item.is_passed_on()) {
        add_standing(situation, item, &mut promises);
    }
    promises.sort_by_key(|promise| promise.on);
    promises
}

/// Adds what was promised about an item before and stands: the next mail says so, too.
fn add_standing(situation: &Situation<'_>, item: &Item<'_>, promises: &mut Vec<Promise>) {
    let Some((NotedPromise { to, on }, route)) =
        item.promise(situation.today()).zip(item.route.as_ref())
    else {
        return;
    };
    let leader = next_leader(situation, item, route);
    if leader.as_ref().map(|leader| leader.id) != to {
        return;
    }
    let to = leader.map_or(PromisedTo::It, PromisedTo::Leader);
    match promises.iter_mut().find(|other| other.on == on && other.to == to) {
        Some(other) => other.findings.push(item.finding.id),
        None => promises.push(Promise { to, on, findings: vec![item.finding.id] }),
    }
}

/// The promises as the ledger keeps them, by finding.
fn noted(promises: &[Promise]) -> BTreeMap<i64, NotedPromise> {
    let mut noted = BTreeMap::new();
    for Promise { to, on, findings } in promises {
        let to = match to {
            PromisedTo::Leader(leader) => Some(leader.id),
            PromisedTo::It => None,
        };
        noted.extend(findings.iter().map(|finding| (*finding, NotedPromise { to, on: *on })));
    }
    noted
}

/// The day of our next mail if everything stays open.
fn next(
    situation: &Situation<'_>,
    ids: &[RecipientId],
    next_due: Option<NaiveDate>,
    promises: &[Promise],
    diary: &Diary<'_>,
) -> Option<NaiveDate> {
    let day = next_due?;
    let free = ids.iter().map(|id| diary.free_after(*id, day)).max();
    let by_pace = situation.calendar.run_day(free?);
    promises.iter().map(|promise| promise.on).chain(by_pace).min()
}

/// Every system of the reader of a first letter.
fn systems(situation: &Situation<'_>, turn: &Turn<'_>) -> Vec<Uuid> {
    match (turn.kind, turn.members.as_slice()) {
        (DraftKind::FirstLetter, [member]) => situation.owned(member),
        _ => Vec::new(),
    }
}

/// Who leads the reader of a first letter.
fn leader(situation: &Situation<'_>, turn: &Turn<'_>, usage: Uuid) -> Option<Recipient> {
    let owner = turn.members.first()?.person.filter(|_| !situation.leaders_unknown)?;
    leader_of_owner(situation.directory, owner, usage)
}

fn draft_item(situation: &Situation<'_>, turn: &Turn<'_>, item: &Item<'_>) -> DraftItem {
    let today = situation.today();
    let told_on = item.told_on().to_vec();
    let route = item.route.as_ref();
    DraftItem {
        finding: item.finding.clone(),
        capacity: item.capacity,
        unit: route.and_then(|route| match route.to {
            Destination::People { unit, .. } => unit,
            Destination::It(_) => None,
        }),
        on_behalf_of: match turn.members.as_slice() {
            [reader] => on_behalf_of(item, reader).map(str::to_owned),
            // One of several owners may stand in for somebody, and the others do not.
            _ => None,
        },
        number: u32::try_from(told_on.len()).unwrap_or(u32::MAX).saturating_add(1),
        due: item.is_due(today),
        for_information: item.for_information,
        answered: item.answer.cloned(),
        deadline: None,
        first_deadline: item.first_deadline(),
        told_on,
        asked: Vec::new(),
        reader_told_on: Vec::new(),
        passed_over: route.map(|route| route.passed_over.clone()).unwrap_or_default(),
        unit_leader: unit_leader(situation, item.finding, &turn.ids()),
        help: help(situation, turn, item),
    }
}

/// Who would be asked as the leader of the responsible unit, where the owner's unit is
/// another: nobody agrees with somebody who left, or with themselves.
pub(super) fn unit_leader(
    situation: &Situation<'_>,
    finding: &Finding,
    readers: &[RecipientId],
) -> Option<String> {
    let is_outside = def(finding.rule).names_unit_leader && !situation.leaders_unknown;
    let snapshot = situation.directory.sources.snapshot;
    let usage = snapshot.usages.get(&finding.usage).filter(|_| is_outside)?;
    let leader = leader_of_unit(situation.directory, usage.responsible_unit?)?;
    (!readers.contains(&leader.id)).then_some(leader.name)
}

/// Who was asked for help because this item's readers did not act, or those did not who were
/// to see to it before its reader.
fn help(situation: &Situation<'_>, turn: &Turn<'_>, item: &Item<'_>) -> Option<Help> {
    let asked = situation.ledger.asked_for_help(item.finding.id)?;
    let readers = turn.ids();
    if readers.contains(&asked.recipient) {
        return (readers.len() == 1).then_some(Help { leader: None, on: asked.on });
    }
    item.passed_on()?;
    let leader = situation.directory.name_of(asked.recipient)?.to_owned();
    Some(Help { leader: Some(leader), on: asked.on })
}

/// The most severe and oldest first, what is for information last.
pub(super) fn sort(items: &mut [DraftItem]) {
    items.sort_by_key(|item| (item.for_information, item.finding.urgency()));
}

/// The reader as the draft addresses them: on somebody's behalf where all of it is.
fn addressed(turn: &Turn<'_>, member: &Recipient) -> Recipient {
    let mut behalf: BTreeSet<Option<&str>> =
        turn.items.iter().map(|item| on_behalf_of(item, member)).collect();
    let all = behalf.pop_first().flatten().filter(|_| behalf.is_empty());
    Recipient { on_behalf_of: all.map(str::to_owned), ..member.clone() }
}

/// For whom this reader stands in with this item.
fn on_behalf_of<'a>(item: &'a Item<'_>, reader: &Recipient) -> Option<&'a str> {
    let recipients = item.route.as_ref().map(Route::recipients).unwrap_or_default();
    recipients.iter().find(|to| to.id == reader.id)?.on_behalf_of.as_deref()
}

/// Derived from what the mail says and to whom, so that the same facts give the same mail. The
/// number of earlier mails counts too, so that a mail in place of a withdrawn one gets a new
/// key.
fn key(kind: DraftKind, to: &[RecipientId], items: &[DraftItem], ledger: &Ledger) -> String {
    let to = to.iter().map(|id| format!("{}#{}", id.0, ledger.written_to(*id)));
    let items = items.iter().map(|item| item.finding.id.to_string());
    let text = to.chain(items).collect::<Vec<_>>().join("\n");
    let name = kind.as_str();
    format!("{name}/{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{name}\n{text}").as_bytes()))
}
