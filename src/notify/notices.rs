//! Who is told of what one pull saw happen: one mail per person for all of it
//! (`docs/policy.md`, "Changes"). What the mails say of each change is [`items`]'s.

mod items;
mod pull_event;
mod superseded;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::model::{
    Finding, Notice, NoticeFact, NoticeItem, NoticeReason, Person, Reader as Audienced,
};
use crate::notify::diary::{APART, Diary};
use crate::notify::draft::{Notification, NotificationKind, Recipient, RecipientId};
use crate::notify::escalation::keep_promised_days;
use crate::notify::items::{Parties, Situation, parties};
use crate::notify::ledger::later;
use crate::notify::plan::owed;
use crate::notify::recipients::{leader_of_unit, route};
use crate::policy::rules::def;
use crate::text::addresses::{folded, reachability};
use crate::text::danish;
use crate::time::civil;

use pull_event::{NoticeDraft, ToIt};

pub use pull_event::PullEvent;
pub use superseded::holds;

/// A notice that is to be written; `mail` puts it into words.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedNotice {
    /// What, to whom, for which occasion; the mode is put before it.
    pub key: String,
    /// The reader, where it is a KITOS user.
    pub person: Option<Uuid>,
    pub to: String,
    pub notice: Notice,
    pub not_before: DateTime<Utc>,
    /// What goes into the ledger together with the mail.
    pub notifications: Vec<Notification>,
}

/// Whom mail may reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audience {
    /// `mail.it`.
    pub it: Vec<String>,
    /// `mail.allowed_domains`, lower case; empty allows all.
    pub allowed_domains: BTreeSet<String>,
}

impl Audience {
    /// The person's address, if mail may be sent to it: a user of the
    /// organisation with an address in an allowed domain.
    pub fn address<'a>(&self, person: &'a Person) -> Option<&'a str> {
        let address = reachability(person.email.as_deref(), &self.allowed_domains).ok()?;
        person.member.then_some(address)
    }
}

/// The notices of one pull.
pub fn notices(
    event: &PullEvent<'_>,
    situation: &Situation<'_>,
    it: &[String],
    ui_url: &str,
) -> Vec<PlannedNotice> {
    let directory = situation.directory;
    let sources = directory.sources;
    let mut to_people: BTreeMap<RecipientId, (Recipient, Vec<NoticeItem>)> = BTreeMap::new();
    let mut to_it: Vec<NoticeItem> = Vec::new();
    for NoticeDraft { item, people, leader_of, it } in items::news(event, sources.policy, ui_url) {
        let people = people
            .iter()
            .filter_map(|uuid| directory.person(sources.snapshot.people.get(uuid)?).ok());
        let leader = leader_of.and_then(|unit| leader_of_unit(directory, unit));
        let readers: BTreeMap<RecipientId, Recipient> =
            people.chain(leader).map(|recipient| (recipient.id, recipient)).collect();
        if it == ToIt::Always || (it == ToIt::Else && readers.is_empty()) {
            to_it.push(NoticeItem { untold: readers.is_empty(), ..item.clone() });
        }
        for (id, reader) in readers {
            let item = NoticeItem { on_behalf_of: reader.on_behalf_of.clone(), ..item.clone() };
            to_people.entry(id).or_insert((reader, Vec::new())).1.push(item);
        }
    }
    let mut diary = Diary::new(situation.ledger, situation.calendar, situation.today());
    let parties = parties(situation, &mut Vec::new());
    keep_promised_days(situation, &parties, &mut diary);
    let days = Days { situation, parties: &parties, diary: &diary };
    let is_news = |address: &str, item: &NoticeItem| !superseded::takes_back(event, address, item);
    let mut planned = Vec::new();
    for (reader, mut items) in to_people.into_values() {
        items.retain(|item| is_news(&reader.address, item));
        with_what_waited(event, &reader.address, &mut items);
        planned.extend(to_person(event, &days, &reader, items));
    }
    let mut told = BTreeSet::new();
    for address in it.iter().filter(|address| told.insert(folded(address))) {
        let mut items: Vec<NoticeItem> =
            to_it.iter().filter(|item| is_news(address, item)).cloned().collect();
        with_what_waited(event, address, &mut items);
        if !items.is_empty() {
            planned.push(PlannedNotice {
                key: format!("notice/{}/it/{address}", event.snapshot_id),
                person: None,
                to: address.clone(),
                notice: notice(event, Audienced::It, None, items),
                not_before: event.now,
                notifications: Vec::new(),
            });
        }
    }
    planned
}

/// Adds what `address` was not told yet: nobody has two notices waiting.
fn with_what_waited(event: &PullEvent<'_>, address: &str, items: &mut Vec<NoticeItem>) {
    let told: BTreeSet<NoticeFact> = items.iter().map(NoticeItem::fact).collect();
    let waited = event.waiting.get(&folded(address)).into_iter().flatten();
    items.extend(waited.filter(|item| !told.contains(&item.fact())).cloned());
}

/// What is known of the days on which people hear from us.
struct Days<'a> {
    situation: &'a Situation<'a>,
    parties: &'a Parties<'a>,
    diary: &'a Diary<'a>,
}

/// When a notice goes.
struct Slot {
    day: NaiveDate,
    not_before: DateTime<Utc>,
    /// The day of the reminder that its reader is to get otherwise.
    owed: Option<NaiveDate>,
    gives_way: bool,
}

/// A day without another mail to `reader`. News give way for a day to a reminder that
/// has waited, which says all that is open, too; never twice.
fn slot(event: &PullEvent<'_>, days: &Days<'_>, reader: &Recipient, items: &[NoticeItem]) -> Slot {
    let Days { situation, parties, diary } = *days;
    let calendar = situation.calendar;
    let earliest = calendar.working_days.earliest(event.now);
    let about = items.iter().map(|item| item.about).collect();
    let owed = owed(situation, parties, diary, reader.id, &about);
    let has_waited = event.waiting.contains_key(&folded(&reader.address));
    let first = diary.day_for_notice(reader.id, calendar.day(earliest));
    let gives_way = owed == Some(first) && !has_waited;
    let day = match gives_way {
        true => diary.day_for_notice(reader.id, later(first, 1)),
        false => first,
    };
    let not_before = match day == calendar.day(earliest) {
        true => earliest,
        false => {
            let zone = calendar.working_days.zone;
            let midnight = civil::start_of(day, zone);
            calendar.working_days.earliest(midnight)
        }
    };
    Slot { day, not_before, owed, gives_way }
}

/// A notice to somebody who is not IT. It is the first reminder of the findings that it
/// names; where a reminder goes first, that tells of them. `None` if nothing is left to tell.
fn to_person(
    event: &PullEvent<'_>,
    days: &Days<'_>,
    reader: &Recipient,
    mut items: Vec<NoticeItem>,
) -> Option<PlannedNotice> {
    let Days { situation, diary, .. } = *days;
    if items.is_empty() {
        return None;
    }
    let Slot { day, not_before, owed, gives_way } = slot(event, days, reader, &items);
    if gives_way {
        let is_in_reminder = |item: &NoticeItem| {
            item.reason == NoticeReason::Left
                && !named(situation, reader, std::slice::from_ref(item)).is_empty()
        };
        items.retain(|item| !is_in_reminder(item));
        items.first()?;
    }
    let named = if gives_way { Vec::new() } else { named(situation, reader, &items) };
    for item in &mut items {
        item.faulty = is_faulty(situation, reader, item);
    }
    let deadline = match named.is_empty() {
        true => None,
        // The next mail waits for it; one that waits already does not wait for more.
        false => match owed.filter(|owed| *owed > day) {
            Some(owed) => diary.deadline_before(owed, &[reader.id], day),
            None => diary.deadline(&[reader.id], day, diary.named_after(&[reader.id], day)),
        },
    };
    let again = deadline.and_then(|deadline| again(days, reader, &named, (day, deadline)));
    let is_welcome =
        |item: &NoticeItem| matches!(item.reason, NoticeReason::Assigned | NoticeReason::Acquired);
    let kind = match items.iter().any(is_welcome) {
        true => NotificationKind::Welcome,
        false => NotificationKind::Notice,
    };
    let notification = |finding: Option<i64>| Notification {
        finding,
        due: finding.is_some() && deadline.is_some(),
        deadline,
        ..Notification::new(reader.id, kind, day)
    };
    let notifications = match named.is_empty() {
        true => vec![notification(None)],
        false => named.iter().map(|finding| notification(Some(finding.id))).collect(),
    };
    let notice = notice(event, Audienced::Owner, Some(reader), items);
    Some(PlannedNotice {
        key: format!("notice/{}/{}", event.snapshot_id, reader.id.0),
        person: reader.person,
        to: reader.address.clone(),
        notice: Notice { deadline, next: again, ..notice },
        not_before,
        notifications,
    })
}

/// The day of the next mail to `reader`, which a notice of that day with that deadline tells:
/// the reminder whose day was named already says all that is open.
fn again(
    days: &Days<'_>,
    reader: &Recipient,
    named: &[&Finding],
    (day, deadline): (NaiveDate, NaiveDate),
) -> Option<NaiveDate> {
    let Days { situation, diary, .. } = *days;
    let by_pace = next(situation, named, (day, deadline))?;
    let reminded = diary.named_after(&[reader.id], day);
    let reminded = reminded.and_then(|named| situation.calendar.run_day(named));
    reminded.into_iter().chain([by_pace]).min().filter(|next| *next > deadline)
}

/// The day of the reminder about these findings that follows a notice of that day with that
/// deadline.
fn next(
    situation: &Situation<'_>,
    named: &[&Finding],
    (day, deadline): (NaiveDate, NaiveDate),
) -> Option<NaiveDate> {
    let pauses = named.iter().filter_map(|finding| situation.pace.pause(finding.severity, 1));
    let by_pace = later(day, pauses.min()?.max(APART));
    situation.calendar.run_day(by_pace.max(later(deadline, 1)))
}

/// The open findings that the notice asks its reader to put right.
fn named<'a>(
    situation: &Situation<'a>,
    reader: &Recipient,
    items: &[NoticeItem],
) -> Vec<&'a Finding> {
    let names = |item: &NoticeItem, finding: &Finding| {
        def(finding.rule).told_with.contains(&item.reason)
            && match item.reason {
                NoticeReason::Left => item.ownerless,
                NoticeReason::Assigned | NoticeReason::Acquired => !item.missing.is_empty(),
                _ => true,
            }
    };
    let is_for = |finding: &Finding| {
        route(situation.directory, finding).recipients().iter().any(|to| to.id == reader.id)
    };
    let mut of_usage: BTreeMap<Uuid, Vec<&NoticeItem>> = BTreeMap::new();
    for item in items {
        of_usage.entry(item.about).or_default().push(item);
    }
    let is_named = |finding: &&Finding| {
        let mut items = of_usage.get(&finding.usage).into_iter().flatten();
        items.any(|item| names(item, finding))
    };
    let named = situation.open.iter().filter(is_named);
    named.filter(|finding| is_for(finding)).collect()
}

/// Whether the reader is to put something else right at the system than what the item names.
fn is_faulty(situation: &Situation<'_>, reader: &Recipient, item: &NoticeItem) -> bool {
    let of_system = situation.open.iter().filter(|finding| finding.usage == item.about);
    let mut asked = of_system.filter(|finding| {
        let is_waived = situation.waivers.get(&finding.id).is_some_and(|end| *end > situation.now);
        !is_waived && situation.pace.pause(finding.severity, 0).is_some()
    });
    asked.any(|finding| {
        let is_named = def(finding.rule).told_with.contains(&item.reason);
        let route = route(situation.directory, finding);
        !is_named && route.recipients().iter().any(|to| to.id == reader.id)
    })
}

fn notice(
    event: &PullEvent<'_>,
    reader: Audienced,
    to: Option<&Recipient>,
    mut items: Vec<NoticeItem>,
) -> Notice {
    items.sort_by(|a, b| {
        a.story()
            .cmp(&b.story())
            .then_with(|| b.ownerless.cmp(&a.ownerless))
            .then_with(|| danish::compare(&a.system, &b.system))
    });
    Notice {
        organization: event.after.snapshot.organization.name.clone(),
        date: event.after.today,
        reader,
        name: to.map(|to| to.name.clone()),
        address: to.map(|to| to.address.clone()),
        deadline: None,
        next: None,
        items,
    }
}

#[cfg(test)]
mod tests;
