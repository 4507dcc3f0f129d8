//! Who is told of what one pull saw happen: one mail per person for all of it
//! (`policy.md`, "Changes").

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::addresses::reachability;
use super::calendar::WorkingDays;
use super::changes::Dated;
use super::danish;
use super::links::{self, Tab};
use super::policy::Policy;
use crate::model::{
    Change, ChangeKind, Letter, LifeCycle, MailKind, Missing, Notice, NoticeItem, NoticeReason,
    Person, Reader, StateOfUse, SystemUsage,
};

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
    pub now: DateTime<Utc>,
}

/// The notices about systems acquired, decommissioned and removed. The owner is
/// told; IT is told where there is no owner to tell, and of every shut-down.
pub fn notices(
    occasion: &Occasion<'_>,
    policy: &Policy,
    audience: &Audience,
    working_days: &WorkingDays,
    kitos_url: &str,
) -> Vec<PlannedMail> {
    let mut to_owners: BTreeMap<Uuid, Vec<NoticeItem>> = BTreeMap::new();
    let mut to_it: Vec<NoticeItem> = Vec::new();
    for change in occasion.changes {
        let Some((item, owners)) = item(occasion, policy, kitos_url, change) else { continue };
        let reachable: Vec<Uuid> = owners
            .iter()
            .filter_map(|uuid| occasion.after.snapshot.people.get(uuid))
            .filter(|person| audience.address(person).is_some())
            .map(|person| person.uuid)
            .collect();
        if reachable.is_empty() || item.reason != NoticeReason::Acquired {
            to_it.push(item.clone());
        }
        for owner in reachable {
            to_owners.entry(owner).or_default().push(item.clone());
        }
    }

    let letter = |reader, name: Option<&str>, mut items: Vec<NoticeItem>| {
        items.sort_by(|a, b| {
            a.reason.cmp(&b.reason).then_with(|| danish::compare(&a.system, &b.system))
        });
        Letter::Notice(Notice {
            organization: occasion.after.snapshot.organization.name.clone(),
            date: occasion.after.today,
            reader,
            name: name.map(str::to_owned),
            items,
        })
    };
    let mut planned = Vec::new();
    for (uuid, items) in to_owners {
        let Some(person) = occasion.after.snapshot.people.get(&uuid) else { continue };
        let Some(address) = audience.address(person) else { continue };
        planned.push(PlannedMail {
            key: format!("notice/{}/{uuid}", occasion.snapshot_id),
            kind: MailKind::Notice,
            person: Some(uuid),
            to: vec![address.to_owned()],
            letter: letter(Reader::Owner, Some(&person.name), items),
            not_before: working_days.earliest(occasion.now),
        });
    }
    if !to_it.is_empty() {
        let mut told = BTreeSet::new();
        for address in &audience.it {
            if !told.insert(address.to_lowercase()) {
                continue;
            }
            planned.push(PlannedMail {
                key: format!("notice/{}/{address}", occasion.snapshot_id),
                kind: MailKind::Notice,
                person: None,
                to: vec![address.clone()],
                letter: letter(Reader::It, None, to_it.clone()),
                not_before: occasion.now,
            });
        }
    }
    planned
}

/// The notice's line for a change, and the owners whom it concerns; `None` for
/// a change that nobody is told of.
fn item(
    occasion: &Occasion<'_>,
    policy: &Policy,
    kitos_url: &str,
    change: &Change,
) -> Option<(NoticeItem, BTreeSet<Uuid>)> {
    let uuid = change.usage?;
    let (reason, at) = match change.kind {
        ChangeKind::Acquired => (NoticeReason::Acquired, occasion.after),
        ChangeKind::Decommissioned => (NoticeReason::Decommissioned, occasion.after),
        ChangeKind::Removed => (NoticeReason::Removed, occasion.before),
        _ => return None,
    };
    let usage = at.snapshot.usages.get(&uuid)?;
    let state = usage.state(at.today);
    let told_before = reason != NoticeReason::Decommissioned && state == StateOfUse::Decommissioned;
    if policy.excludes(at.snapshot, usage) || told_before {
        return None;
    }
    let mut owners = usage.holders(&policy.owner_roles);
    // The owner may have gone in the very act of shutting the system down.
    if owners.is_empty()
        && let Some(old) = occasion.before.snapshot.usages.get(&uuid)
    {
        owners = old.holders(&policy.owner_roles);
    }
    let item = NoticeItem {
        reason,
        system: at.snapshot.usage_name(usage).to_owned(),
        url: (reason != NoticeReason::Removed).then(|| links::page(kitos_url, uuid, Tab::Front)),
        state,
        missing: missing(occasion.after, usage, policy, reason),
    };
    Some((item, owners))
}

/// What KITOS does not say yet and an owner must see to.
fn missing(
    at: Dated<'_>,
    usage: &SystemUsage,
    policy: &Policy,
    reason: NoticeReason,
) -> Vec<Missing> {
    let no_unit = usage.responsible_unit.is_none_or(|unit| !at.snapshot.units.contains_key(&unit));
    let no_life_cycle = matches!(usage.life_cycle, None | Some(LifeCycle::Undecided));
    let checks: &[(bool, Missing)] = match reason {
        NoticeReason::Acquired => &[
            (at.snapshot.owners(usage, &policy.owner_roles).is_empty(), Missing::Owner),
            (no_life_cycle, Missing::LifeCycle),
            (no_unit, Missing::ResponsibleUnit),
        ],
        NoticeReason::Decommissioned => &[(usage.valid_to.is_none(), Missing::EndDate)],
        NoticeReason::Removed => &[],
    };
    checks.iter().filter(|(is_missing, _)| *is_missing).map(|(_, field)| *field).collect()
}

/// The day of an instant in a zone.
pub fn local_date(at: DateTime<Utc>, zone: chrono_tz::Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests;
