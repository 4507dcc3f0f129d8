//! Who is told of what one pull saw happen: one mail per person for all of it
//! (`policy.md`, "Changes"). What the mails say of each change is [`items`]'s.

mod items;
mod undone;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::{
    Change, Letter, MailKind, Notice, NoticeItem, NoticeReason, Person, Reader as Audienced,
    SuggestionLine,
};
use crate::notify::contacts::{Contacts, Reader};
use crate::policy::Policy;
use crate::register::changes::Dated;
use crate::text::addresses::{folded, reachability};
use crate::text::danish;
use crate::time::calendar::WorkingDays;

pub use undone::{holds, without_undone};

/// A mail that is to be written; the shell puts it into words and the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedMail {
    /// What, to whom, for which occasion; the shell puts the mode before it.
    pub key: String,
    pub kind: MailKind,
    /// The reader, where it is a KITOS user.
    pub person: Option<Uuid>,
    pub to: Vec<String>,
    pub letter: Letter,
    pub not_before: DateTime<Utc>,
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

/// What the notices are made of.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The snapshot that saw the changes.
    pub snapshot_id: i64,
    pub before: Dated<'a>,
    pub after: Dated<'a>,
    pub changes: &'a [Change],
    /// Those of the day before.
    pub earlier: &'a [Change],
    /// Who could own a usage, in words.
    pub suggestions: &'a BTreeMap<Uuid, Vec<SuggestionLine>>,
    pub now: DateTime<Utc>,
}

/// One thing to tell, and whom.
#[derive(Debug, Clone)]
struct News {
    item: NoticeItem,
    /// People who are told, if they can be reached.
    people: BTreeSet<Uuid>,
    /// The unit whose leader is told.
    leader_of: Option<Uuid>,
    it: ToIt,
}

/// Whether IT is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ToIt {
    Always,
    /// Where nobody else can be reached.
    Else,
    Never,
}

/// The notices of one pull.
pub fn notices(
    occasion: &Occasion<'_>,
    policy: &Policy,
    audience: &Audience,
    working_days: &WorkingDays,
    kitos_url: &str,
) -> Vec<PlannedMail> {
    let snapshot = occasion.after.snapshot;
    let contacts = Contacts { snapshot, audience, refused: &BTreeSet::new() };
    let mut to_people: BTreeMap<Reader, Vec<NoticeItem>> = BTreeMap::new();
    let mut to_it: Vec<NoticeItem> = Vec::new();
    for News { item, people, leader_of, it } in items::news(occasion, policy, kitos_url) {
        let people =
            people.iter().filter_map(|uuid| contacts.person(snapshot.people.get(uuid)?)?.ok());
        let leader = leader_of
            .zip(policy.leaders.as_ref())
            .and_then(|(unit, leaders)| leaders.of_unit(unit, snapshot))
            .and_then(|leader| contacts.leader(leader).ok());
        let readers: BTreeSet<Reader> = people.chain(leader).collect();
        if it == ToIt::Always || (it == ToIt::Else && readers.is_empty()) {
            to_it.push(item.clone());
        }
        for reader in readers {
            to_people.entry(reader).or_default().push(item.clone());
        }
    }

    let letter = |reader, name: Option<&str>, mut items: Vec<NoticeItem>| {
        items.sort_by(|a, b| {
            // Each leaver is a story of its own.
            let leaver = |item: &NoticeItem| match item.reason {
                NoticeReason::Left => item.other.clone(),
                _ => None,
            };
            a.reason
                .cmp(&b.reason)
                .then_with(|| leaver(a).cmp(&leaver(b)))
                .then_with(|| b.ownerless.cmp(&a.ownerless))
                .then_with(|| danish::compare(&a.system, &b.system))
        });
        Letter::Notice(Notice {
            organization: snapshot.organization.name.clone(),
            date: occasion.after.today,
            reader,
            name: name.map(str::to_owned),
            items,
            deadline: None,
            next: None,
        })
    };
    let mut planned = Vec::new();
    for (reader, items) in to_people {
        planned.push(PlannedMail {
            key: format!("notice/{}/{}", occasion.snapshot_id, reader.id),
            kind: MailKind::Notice,
            person: reader.person,
            to: vec![reader.address],
            letter: letter(Audienced::Owner, Some(&reader.name), items),
            not_before: working_days.earliest(occasion.now),
        });
    }
    if !to_it.is_empty() {
        let mut told = BTreeSet::new();
        for address in audience.it.iter().filter(|address| told.insert(folded(address))) {
            planned.push(PlannedMail {
                key: format!("notice/{}/it/{address}", occasion.snapshot_id),
                kind: MailKind::Notice,
                person: None,
                to: vec![address.clone()],
                letter: letter(Audienced::It, None, to_it.clone()),
                not_before: occasion.now,
            });
        }
    }
    planned
}

#[cfg(test)]
mod tests;
