//! What happened between two snapshots, in the words of the policy. Reads the
//! delta and the calendar: a usage that becomes decommissioned because a date
//! passed has changed too, with no edit in KITOS.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::{Change, ChangeKind, OrganizationUnit, Snapshot, StateOfUse, SystemUsage};
use crate::register::diff::{Delta, Move};

/// A snapshot and the day on which it was true.
#[derive(Debug, Clone, Copy)]
pub struct Dated<'a> {
    pub snapshot: &'a Snapshot,
    /// The day in `schedule.time_zone`.
    pub today: NaiveDate,
}

/// The changes from `before` to `after`; `delta` is their difference. Sorted by
/// entity, so that equal snapshots give equal lists.
///
/// What belongs to one story says so: a role that went because its holder left has
/// `departed` set, and the leaving itself lists all the roles; a usage that was
/// deleted and registered anew is one change, not two.
pub fn changes(
    before: Dated<'_>,
    after: Dated<'_>,
    delta: &Delta,
    owner_roles: &BTreeSet<Uuid>,
) -> Vec<Change> {
    let mut found = Vec::new();
    let heirs = &delta.re_registered;
    let replaced: BTreeMap<Uuid, Uuid> = heirs.iter().map(|(old, new)| (*new, *old)).collect();
    for (uuid, moved) in &delta.usages {
        match (&moved.before, &moved.after) {
            (None, Some(usage)) if !replaced.contains_key(uuid) => found.push(Change {
                kind: ChangeKind::Acquired,
                usage: Some(*uuid),
                subject: None,
                before: Value::Null,
                after: life(after, usage, owner_roles),
            }),
            (Some(usage), None) if !heirs.contains_key(uuid) => found.push(Change {
                kind: ChangeKind::Removed,
                usage: Some(*uuid),
                subject: None,
                before: life(before, usage, owner_roles),
                after: Value::Null,
            }),
            _ => {}
        }
    }
    for (uuid, new) in &after.snapshot.usages {
        let was = replaced.get(uuid).unwrap_or(uuid);
        let Some(old) = before.snapshot.usages.get(was) else { continue };
        if was != uuid {
            let mut old_life = life(before, old, owner_roles);
            old_life["systemUsageUuid"] = json!(was);
            found.push(Change {
                kind: ChangeKind::ReRegistered,
                usage: Some(*uuid),
                subject: None,
                before: old_life,
                after: life(after, new, owner_roles),
            });
        }
        if old.roles != new.roles {
            role_changes(after.snapshot, old, new, owner_roles, &mut found);
        }
        usage_changes((before, old), (after, new), heirs, &mut found);
    }
    people_changes(before.snapshot, delta, owner_roles, &mut found);
    for (uuid, moved) in &delta.role_types {
        found.push(named(
            ChangeKind::RoleTypeChanged,
            *uuid,
            moved,
            |role| json!({ "name": role.name, "available": role.available }),
        ));
    }
    for (uuid, moved) in &delta.units {
        let seen = |unit: &Option<OrganizationUnit>| {
            unit.as_ref().map(|unit| (unit.name.clone(), unit.parent))
        };
        // FK-Organisation's uuid of it is nothing that people see.
        if seen(&moved.before) == seen(&moved.after) {
            continue;
        }
        found.push(named(
            ChangeKind::OrganizationUnitChanged,
            *uuid,
            moved,
            |unit| json!({ "name": unit.name, "parent": unit.parent }),
        ));
    }
    found
}

/// What is worth remembering of a usage that came or went.
fn life(at: Dated<'_>, usage: &SystemUsage, owner_roles: &BTreeSet<Uuid>) -> Value {
    json!({
        "name": at.snapshot.usage_name(usage),
        "state": usage.state(at.today).as_str(),
        "owners": usage.holders(owner_roles),
        "responsibleUnit": usage.responsible_unit,
    })
}

fn role_changes(
    after: &Snapshot,
    old: &SystemUsage,
    new: &SystemUsage,
    owner_roles: &BTreeSet<Uuid>,
    found: &mut Vec<Change>,
) {
    let (owners_before, owners_after) = (old.holders(owner_roles), new.holders(owner_roles));
    let departed = |person: &Uuid| !after.people.get(person).is_some_and(|p| p.member);
    let mut push = |kind, person: Uuid, before: Value, after: Value| {
        found.push(Change { kind, usage: Some(new.uuid), subject: Some(person), before, after });
    };
    for person in owners_before.difference(&owners_after) {
        let before = json!({ "person": person, "departed": departed(person) });
        push(ChangeKind::OwnerRemoved, *person, before, Value::Null);
    }
    for person in owners_after.difference(&owners_before) {
        push(ChangeKind::OwnerAssigned, *person, Value::Null, json!({ "person": person }));
    }
    // Someone who changes from one owner role to another stays owner: the roles
    // moved, the ownership did not.
    let ownership_moved =
        |person: &Uuid| owners_before.contains(person) != owners_after.contains(person);
    let told = |role: &Uuid, person: &Uuid| owner_roles.contains(role) && ownership_moved(person);
    for gone in old.roles.difference(&new.roles).filter(|a| !told(&a.role, &a.person)) {
        let departed = departed(&gone.person);
        let before = json!({ "role": gone.role, "person": gone.person, "departed": departed });
        push(ChangeKind::RoleRemoved, gone.person, before, Value::Null);
    }
    for came in new.roles.difference(&old.roles).filter(|a| !told(&a.role, &a.person)) {
        push(ChangeKind::RoleAssigned, came.person, Value::Null, json!(came));
    }
}

fn usage_changes(
    (then, old): (Dated<'_>, &SystemUsage),
    (now, new): (Dated<'_>, &SystemUsage),
    heirs: &BTreeMap<Uuid, Uuid>,
    found: &mut Vec<Change>,
) {
    let mut push = |kind, before: Value, after: Value| {
        found.push(Change { kind, usage: Some(new.uuid), subject: None, before, after });
    };
    let (state_before, state_after) = (old.state(then.today), new.state(now.today));
    let of_life = |usage: &SystemUsage, state: StateOfUse| json!({ "state": state.as_str(), "lifeCycle": usage.life_cycle, "validTo": usage.valid_to });
    let moved = state_before != state_after;
    if moved {
        push(
            transition(state_before, state_after),
            of_life(old, state_before),
            of_life(new, state_after),
        );
    }
    let (name_before, name_after) = (then.snapshot.usage_name(old), now.snapshot.usage_name(new));
    if name_before != name_after {
        push(ChangeKind::Renamed, json!(name_before), json!(name_after));
    }
    if old.responsible_unit != new.responsible_unit {
        push(ChangeKind::UnitChanged, json!(old.responsible_unit), json!(new.responsible_unit));
    }
    // Whoever is migrated to a system that is closed already is told of the
    // migration alone.
    let deactivated =
        |at: Dated<'_>| at.snapshot.systems.get(&new.system).is_some_and(|s| s.deactivated);
    let closed = (deactivated(then), deactivated(now));
    if old.system == new.system && closed == (false, true) {
        push(ChangeKind::SystemDeactivated, Value::Null, json!({ "system": new.system }));
    }
    // A relation to a usage that was registered anew is the same relation.
    let related = |usage: &SystemUsage| -> BTreeSet<Uuid> {
        usage.relations.iter().map(|to| heirs.get(to).copied().unwrap_or(*to)).collect()
    };
    // The other fields, and those of the life cycle where no transition told them.
    let registration = |usage: &SystemUsage, deactivated: bool| {
        let mut fields = BTreeMap::from([
            ("system", json!(usage.system)),
            ("localName", json!(usage.local_name)),
            ("validFrom", json!(usage.valid_from)),
            ("usingUnits", json!(usage.using_units)),
            ("mainContract", json!(usage.main_contract)),
            ("purpose", json!(usage.has_purpose)),
            ("relations", json!(related(usage))),
            ("gdpr", json!(usage.gdpr)),
        ]);
        if !moved {
            fields.insert("lifeCycle", json!(usage.life_cycle));
            fields.insert("validTo", json!(usage.valid_to));
        }
        // Opened again by KITOS.
        if old.system == new.system && closed == (true, false) {
            fields.insert("systemDeactivated", json!(deactivated));
        }
        fields
    };
    let (mut before, mut after) = (registration(old, closed.0), registration(new, closed.1));
    let same: Vec<_> = before.keys().filter(|k| before.get(*k) == after.get(*k)).copied().collect();
    for key in same {
        before.remove(key);
        after.remove(key);
    }
    if name_before != name_after {
        before.remove("localName");
        after.remove("localName");
    }
    if !after.is_empty() {
        push(ChangeKind::RegistrationChanged, json!(before), json!(after));
    }
}

/// The name of a transition between two different states of use.
fn transition(before: StateOfUse, after: StateOfUse) -> ChangeKind {
    match (before, after) {
        (_, StateOfUse::Decommissioned) => ChangeKind::Decommissioned,
        (StateOfUse::Decommissioned, _) => ChangeKind::Revived,
        (_, StateOfUse::InUse) => ChangeKind::InUse,
        (_, StateOfUse::Pilot) => ChangeKind::Pilot,
        (_, StateOfUse::PhasingIn) => ChangeKind::PhasingIn,
        (_, StateOfUse::PhasingOut) => ChangeKind::PhasingOut,
    }
}

fn people_changes(
    before: &Snapshot,
    delta: &Delta,
    owner_roles: &BTreeSet<Uuid>,
    found: &mut Vec<Change>,
) {
    for (uuid, moved) in &delta.people {
        let was = moved.before.as_ref().is_some_and(|person| person.member);
        let is = moved.after.as_ref().is_some_and(|person| person.member);
        let mut fields = Vec::new();
        if let (Some(before), Some(after)) = (&moved.before, &moved.after) {
            if before.name != after.name {
                fields.push("name");
            }
            if before.email != after.email {
                fields.push("email");
            }
        }
        let (kind, before, after) = match (was, is) {
            (false, true) => (ChangeKind::PersonJoined, Value::Null, Value::Null),
            (true, false) => {
                (ChangeKind::PersonLeft, duties(before, *uuid, delta, owner_roles), Value::Null)
            }
            // API access alone is nothing that happened to the register.
            (true, true) if fields.is_empty() => continue,
            (true, true) => (ChangeKind::PersonChanged, Value::Null, json!({ "fields": fields })),
            // Someone who never was a user appears in, or goes from, an
            // assignment: the assignment's change tells it.
            (false, false) => continue,
        };
        found.push(Change { kind, usage: None, subject: Some(*uuid), before, after });
    }
}

/// What someone had to do with systems before leaving: the whole of the story.
fn duties(before: &Snapshot, person: Uuid, delta: &Delta, owner_roles: &BTreeSet<Uuid>) -> Value {
    let heir = |usage: Uuid| delta.re_registered.get(&usage).copied().unwrap_or(usage);
    let (mut owned, mut roles) = (BTreeSet::new(), Vec::new());
    for usage in before.usages.values() {
        for held in usage.roles.iter().filter(|held| held.person == person) {
            if owner_roles.contains(&held.role) {
                owned.insert(heir(usage.uuid));
            } else {
                roles.push(json!({ "systemUsageUuid": heir(usage.uuid), "role": held.role }));
            }
        }
    }
    json!({ "owned": owned, "roles": roles })
}

fn named<T>(kind: ChangeKind, uuid: Uuid, moved: &Move<T>, shape: impl Fn(&T) -> Value) -> Change {
    Change {
        kind,
        usage: None,
        subject: Some(uuid),
        before: moved.before.as_ref().map_or(Value::Null, &shape),
        after: moved.after.as_ref().map_or(Value::Null, &shape),
    }
}

#[cfg(test)]
mod tests;
