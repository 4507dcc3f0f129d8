//! Who is reminded of a finding (`policy.md`, the column "To"), and who is whose
//! leader.

use std::collections::BTreeMap;

use super::{Material, OnlyIt};
use crate::model::{Capacity, Finding, SystemUsage};
use crate::notify::contacts::{Contacts, Reader};
use crate::policy::rules::{Audience, def};

fn contacts<'a>(material: &Material<'a>) -> Contacts<'a> {
    let Material { lines, audience, refused, .. } = *material;
    Contacts { snapshot: lines.snapshot, audience, refused }
}

/// The readers of one finding, or why IT alone is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Readers {
    pub told: BTreeMap<Reader, Capacity>,
    pub only_it: Option<OnlyIt>,
}

/// Who is to be reminded of `finding`.
pub(super) fn of(material: &Material<'_>, finding: &Finding) -> Readers {
    let Some(usage) = material.lines.snapshot.usages.get(&finding.usage) else {
        return Readers { only_it: Some(OnlyIt::NoOwner), ..Readers::default() };
    };
    match def(finding.rule).audience {
        Audience::UnitLeader => without_owner(material, usage),
        Audience::OwnersLeader => leaders_of_owners(material, finding),
        Audience::LastOwner => owners(material, usage, true),
        Audience::Owners => owners(material, usage, false),
        Audience::It => Readers { only_it: Some(OnlyIt::ItsRule), ..Readers::default() },
    }
}

/// The leader of the responsible unit, else IT; the system's managers are told
/// that they are no substitute (Policy: responsibility is never delegated).
fn without_owner(material: &Material<'_>, usage: &SystemUsage) -> Readers {
    let snapshot = material.lines.snapshot;
    let leader = usage
        .responsible_unit
        .zip(material.leaders)
        .and_then(|(unit, leaders)| leaders.of_unit(unit, snapshot));
    let mut readers = Readers::default();
    match leader.map(|leader| contacts(material).leader(leader)) {
        Some(Ok(leader)) => {
            readers.told.insert(leader, Capacity::UnitLeader);
        }
        Some(Err(why)) => readers.only_it = Some(OnlyIt::Unreachable(why)),
        None => readers.only_it = Some(OnlyIt::NoLeader),
    }
    for manager in snapshot.owners(usage, &material.policy.manager_roles) {
        if let Some(Ok(reader)) = contacts(material).person(manager) {
            readers.told.entry(reader).or_insert(Capacity::Manager);
        }
    }
    readers
}

/// The leaders of the owners whom a finding names.
fn leaders_of_owners(material: &Material<'_>, finding: &Finding) -> Readers {
    let mut readers = Readers::default();
    for fault in &finding.faults {
        let Some(person) = fault.person("person") else { continue };
        let owner = material.lines.snapshot.people.get(&person);
        let leader = owner
            .zip(material.leaders)
            .and_then(|(owner, leaders)| leaders.manager_of(owner))
            .map(|leader| contacts(material).leader(leader));
        match leader {
            Some(Ok(leader)) => {
                readers.told.insert(leader, Capacity::OwnersLeader);
            }
            Some(Err(why)) => readers.only_it = Some(OnlyIt::Unreachable(why)),
            None => readers.only_it = Some(OnlyIt::NoLeader),
        }
    }
    readers.only_it = readers.only_it.filter(|_| readers.told.is_empty());
    readers
}

/// The system's owners; `last`: else whoever was it last and is still here.
fn owners(material: &Material<'_>, usage: &SystemUsage, last: bool) -> Readers {
    let snapshot = material.lines.snapshot;
    let mut owners = snapshot.owners(usage, &material.policy.owner_roles);
    let capacity = if owners.is_empty() { Capacity::LastOwner } else { Capacity::Owner };
    if owners.is_empty() && last {
        let last = material.last_owners.get(&usage.uuid);
        let last = last.and_then(|last| snapshot.people.get(&last.person));
        owners.extend(last.filter(|person| person.member));
    }
    let mut readers = Readers { only_it: Some(OnlyIt::NoOwner), ..Readers::default() };
    for owner in owners {
        match contacts(material).person(owner) {
            None => {}
            Some(Ok(reader)) => {
                readers.told.insert(reader, capacity);
            }
            Some(Err(why)) => readers.only_it = Some(OnlyIt::Unreachable(why)),
        }
    }
    readers.only_it = readers.only_it.filter(|_| readers.told.is_empty());
    readers
}

/// Whose leader hears that reminders to `reader` had no effect; `None` means IT.
pub(super) fn leader_of(material: &Material<'_>, reader: &Reader) -> Option<Reader> {
    let leaders = material.leaders?;
    let manager = leaders.by_email(&reader.address)?.manager_email.as_deref()?;
    let leader = contacts(material).leader(leaders.by_email(manager)?).ok()?;
    (leader.id != reader.id).then_some(leader)
}
