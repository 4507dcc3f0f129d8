//! What happened between two snapshots, in the words of the policy. Reads the
//! delta and the calendar: a usage that becomes decommissioned because a date
//! passed has changed too, with no edit in KITOS.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::{
    Change, Field, FieldChange, FieldStory, HeldRole, Interest, OrganizationUnit, PersonField,
    RoleAssignment, RoleType, RoleTypeFacts, Snapshot, Standing, StateOfUse, SystemUsage,
    Transition, UnitFacts, UsageFacts,
};
use crate::register::diff::Delta;

/// A snapshot and the day on which it was true.
#[derive(Debug, Clone, Copy)]
pub struct Dated<'a> {
    pub snapshot: &'a Snapshot,
    /// The day in `schedule.time_zone`.
    pub today: NaiveDate,
}

/// The role types that counted as owner: at the pull before, and at this one.
#[derive(Debug, Clone, Copy)]
pub struct OwnerRoles<'a> {
    pub then: &'a BTreeSet<Uuid>,
    pub now: &'a BTreeSet<Uuid>,
}

impl<'a> OwnerRoles<'a> {
    /// The same ones.
    pub fn unchanged(roles: &'a BTreeSet<Uuid>) -> Self {
        Self { then: roles, now: roles }
    }
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
    owner_roles: OwnerRoles<'_>,
) -> Vec<Change> {
    let mut found = Vec::new();
    for (uuid, moved) in &delta.usages {
        match (&moved.before, &moved.after) {
            (None, Some(usage)) => found.push(Change::Acquired {
                usage: *uuid,
                after: facts(after, usage, owner_roles.now),
            }),
            (Some(usage), None) => found.push(Change::Removed {
                usage: *uuid,
                before: facts(before, usage, owner_roles.then),
            }),
            _ => {}
        }
    }
    for (uuid, new) in &after.snapshot.usages {
        let Some(old) = before.snapshot.usages.get(uuid) else { continue };
        if old.kitos_uuid != new.kitos_uuid {
            let (before, after) = (old.kitos_uuid, new.kitos_uuid);
            found.push(Change::ReRegistered { usage: *uuid, before, after });
        }
        if old.roles != new.roles {
            role_changes(after.snapshot, old, new, owner_roles, &mut found);
        }
        usage_changes((before, old), (after, new), &mut found);
    }
    people_changes(before.snapshot, delta, owner_roles.then, &mut found);
    for (role, moved) in &delta.role_types {
        let facts =
            |role: &RoleType| RoleTypeFacts { name: role.name.clone(), available: role.available };
        let (before, after) = (moved.before.as_ref().map(facts), moved.after.as_ref().map(facts));
        found.push(Change::RoleTypeChanged { role: *role, before, after });
    }
    for (unit, moved) in &delta.units {
        let facts =
            |unit: &OrganizationUnit| UnitFacts { name: unit.name.clone(), parent: unit.parent };
        let (before, after) = (moved.before.as_ref().map(facts), moved.after.as_ref().map(facts));
        // FK-Organisation's uuid of it is nothing that people see.
        if before != after {
            found.push(Change::OrganizationUnitChanged { unit: *unit, before, after });
        }
    }
    found
}

fn facts(at: Dated<'_>, usage: &SystemUsage, owner_roles: &BTreeSet<Uuid>) -> UsageFacts {
    UsageFacts {
        name: at.snapshot.usage_name(usage).to_owned(),
        state: usage.state(at.today),
        owners: usage.holders(owner_roles),
        responsible_unit: usage.responsible_unit,
    }
}

fn role_changes(
    after: &Snapshot,
    old: &SystemUsage,
    new: &SystemUsage,
    owner_roles: OwnerRoles<'_>,
    found: &mut Vec<Change>,
) {
    let usage = new.uuid;
    // By the roles of either time: what counts as owner can change without anybody's role
    // changing, and that makes no one an owner and takes it from no one.
    let owners_by_either =
        |usage: &SystemUsage| &usage.holders(owner_roles.then) | &usage.holders(owner_roles.now);
    let lost = &old.holders(owner_roles.then) - &owners_by_either(new);
    let won = &new.holders(owner_roles.now) - &owners_by_either(old);
    let has_departed = |person: &Uuid| !after.is_member(*person);
    for person in &lost {
        let departed = has_departed(person);
        found.push(Change::OwnerRemoved { usage, person: *person, departed });
    }
    found.extend(won.iter().map(|person| Change::OwnerAssigned { usage, person: *person }));
    // Someone who changes from one owner role to another stays owner: the roles
    // moved, the ownership did not.
    let gone = old.roles.difference(&new.roles);
    let told = |a: &&RoleAssignment| owner_roles.then.contains(&a.role) && lost.contains(&a.person);
    for gone in gone.filter(|gone| !told(gone)) {
        let departed = has_departed(&gone.person);
        let (role, person) = (gone.role, gone.person);
        found.push(Change::RoleRemoved { usage, role, person, departed });
    }
    let came = new.roles.difference(&old.roles);
    let told = |a: &&RoleAssignment| owner_roles.now.contains(&a.role) && won.contains(&a.person);
    for came in came.filter(|came| !told(came)) {
        found.push(Change::RoleAssigned { usage, role: came.role, person: came.person });
    }
}

fn usage_changes(
    (then, old): (Dated<'_>, &SystemUsage),
    (now, new): (Dated<'_>, &SystemUsage),
    found: &mut Vec<Change>,
) {
    let usage = new.uuid;
    let standing = |at: Dated<'_>, usage: &SystemUsage| Standing {
        state: usage.state(at.today),
        life_cycle: usage.life_cycle.clone(),
        valid_to: usage.valid_to,
    };
    let (before, after) = (standing(then, old), standing(now, new));
    let moved = before.state != after.state;
    if moved {
        found.push(transition(Transition { usage, before, after }));
    }
    let (before, after) = (then.snapshot.usage_name(old), now.snapshot.usage_name(new));
    let renamed = before != after;
    if renamed {
        let (before, after) = (before.to_owned(), after.to_owned());
        found.push(Change::Renamed { usage, before, after });
    }
    if old.responsible_unit != new.responsible_unit {
        let (before, after) = (old.responsible_unit, new.responsible_unit);
        found.push(Change::UnitChanged { usage, before, after });
    }
    // When a usage moves to a system that is already closed, only the migration is told.
    let deactivated = |at: Dated<'_>| {
        at.snapshot.systems.get(&new.system).filter(|s| s.deactivated).map(|s| s.uuid)
    };
    let (before, after) = (deactivated(then), deactivated(now));
    if old.system == new.system && before != after {
        found.push(Change::SystemDeactivated { usage, before, after });
    }
    // What one of the above has told is not told again.
    let is_told = |field: Field| match field.interest() {
        Interest::Unseen => true,
        _ => field.story().is_some_and(|story| match story {
            FieldStory::State => moved,
            FieldStory::Name => renamed,
            FieldStory::Unit => true,
        }),
    };
    if old == new {
        return;
    }
    let fields: Vec<_> =
        field_changes(old, new).into_iter().filter(|change| !is_told(change.field)).collect();
    if !fields.is_empty() {
        found.push(Change::RegistrationChanged { usage, fields });
    }
}

/// The fields of a usage that changed.
fn field_changes(old: &SystemUsage, new: &SystemUsage) -> Vec<FieldChange> {
    Field::all().filter_map(|field| FieldChange::between(field, old, new)).collect()
}

/// The name of a transition between two different states of use.
fn transition(transition: Transition) -> Change {
    match (transition.before.state, transition.after.state) {
        (_, StateOfUse::Decommissioned) => Change::Decommissioned(transition),
        (StateOfUse::Decommissioned, _) => Change::Revived(transition),
        (_, StateOfUse::InUse) => Change::InUse(transition),
        (_, StateOfUse::Pilot) => Change::Pilot(transition),
        (_, StateOfUse::PhasingIn) => Change::PhasingIn(transition),
        (_, StateOfUse::PhasingOut) => Change::PhasingOut(transition),
    }
}

fn people_changes(
    before: &Snapshot,
    delta: &Delta,
    owner_roles: &BTreeSet<Uuid>,
    found: &mut Vec<Change>,
) {
    let held = OnceCell::new();
    for (person, moved) in &delta.people {
        let was = moved.before.as_ref().filter(|person| person.member);
        let is = moved.after.as_ref().filter(|person| person.member);
        found.extend(match (was, is) {
            (None, Some(_)) => Some(Change::PersonJoined { person: *person }),
            (Some(_), None) => {
                let held = held.get_or_init(|| before.roles_by_person());
                let of_person = held.get(person).into_iter().flatten();
                Some(left(*person, of_person, owner_roles))
            }
            (Some(before), Some(after)) => {
                let name = (before.name != after.name).then_some(PersonField::Name);
                let email = (before.email != after.email).then_some(PersonField::Email);
                let fields: Vec<_> = name.into_iter().chain(email).collect();
                // API access alone is nothing that happened to the register.
                (!fields.is_empty()).then_some(Change::PersonChanged { person: *person, fields })
            }
            // Someone who never was a user appears in, or goes from, an
            // assignment: the assignment's change tells it.
            (None, None) => None,
        });
    }
}

/// What someone had to do with systems before leaving: the whole of the story.
fn left<'a>(
    person: Uuid,
    held: impl Iterator<Item = &'a (&'a SystemUsage, Uuid)>,
    owner_roles: &BTreeSet<Uuid>,
) -> Change {
    let (mut owned, mut roles) = (BTreeSet::new(), Vec::new());
    for (usage, role) in held {
        if owner_roles.contains(role) {
            owned.insert(usage.uuid);
        } else {
            roles.push(HeldRole { usage: usage.uuid, role: *role });
        }
    }
    Change::PersonLeft { person, owned, roles }
}

#[cfg(test)]
mod tests;
