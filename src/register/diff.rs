//! Which rows moved between two snapshots: the part of the difference that the
//! store needs, entity by entity. What it means is `register::changes`' business.
//!
//! Invariants (property-tested in `tests/properties/diff.rs`):
//! `apply(diff(a, b), a) == b`, and `diff(a, a)` is empty.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{
    Contract, DataProcessing, ItSystem, Missing, Organization, OrganizationUnit, Person, RoleType,
    Snapshot, SystemUsage,
};

/// How one entity moved. Never both `None`, never twice the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move<T> {
    pub before: Option<T>,
    pub after: Option<T>,
}

/// All that moved, keyed by the entity's uuid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delta {
    pub organization: Option<Move<Organization>>,
    pub role_types: BTreeMap<Uuid, Move<RoleType>>,
    pub units: BTreeMap<Uuid, Move<OrganizationUnit>>,
    pub people: BTreeMap<Uuid, Move<Person>>,
    pub systems: BTreeMap<Uuid, Move<ItSystem>>,
    pub usages: BTreeMap<Uuid, Move<SystemUsage>>,
    pub contracts: BTreeMap<Uuid, Move<Contract>>,
    pub data_processing: BTreeMap<Uuid, Move<DataProcessing>>,
    pub unknown: Option<Move<BTreeSet<Missing>>>,
}

impl Delta {
    /// Whether nothing moved at all.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// What moved from `before` to `after`.
pub fn diff(before: &Snapshot, after: &Snapshot) -> Delta {
    if std::ptr::eq(before, after) {
        return Delta::default();
    }
    Delta {
        organization: moved(&before.organization, &after.organization),
        role_types: moves(&before.role_types, &after.role_types),
        units: moves(&before.units, &after.units),
        people: moves(&before.people, &after.people),
        systems: moves(&before.systems, &after.systems),
        usages: moves(&before.usages, &after.usages),
        contracts: moves(&before.contracts, &after.contracts),
        data_processing: moves(&before.data_processing, &after.data_processing),
        unknown: moved(&before.unknown, &after.unknown),
    }
}

/// Everything in `snapshot`, as if it had come from nothing: what the first
/// pull writes.
pub fn from_nothing(snapshot: &Snapshot) -> Delta {
    let nothing = Snapshot::empty(snapshot.organization.clone());
    Delta {
        organization: Some(Move { before: None, after: Some(snapshot.organization.clone()) }),
        ..diff(&nothing, snapshot)
    }
}

/// `snapshot` with `delta` carried out.
pub fn apply(delta: &Delta, mut snapshot: Snapshot) -> Snapshot {
    if let Some(Move { after: Some(organization), .. }) = &delta.organization {
        snapshot.organization = organization.clone();
    }
    carry_out(&delta.role_types, &mut snapshot.role_types);
    carry_out(&delta.units, &mut snapshot.units);
    carry_out(&delta.people, &mut snapshot.people);
    carry_out(&delta.systems, &mut snapshot.systems);
    carry_out(&delta.usages, &mut snapshot.usages);
    carry_out(&delta.contracts, &mut snapshot.contracts);
    carry_out(&delta.data_processing, &mut snapshot.data_processing);
    if let Some(Move { after: Some(unknown), .. }) = &delta.unknown {
        snapshot.unknown = unknown.clone();
    }
    snapshot
}

fn moved<T: Clone + PartialEq>(before: &T, after: &T) -> Option<Move<T>> {
    (before != after).then(|| Move { before: Some(before.clone()), after: Some(after.clone()) })
}

fn moves<T: Clone + PartialEq>(
    before: &BTreeMap<Uuid, T>,
    after: &BTreeMap<Uuid, T>,
) -> BTreeMap<Uuid, Move<T>> {
    let gone = before
        .iter()
        .filter(|(uuid, _)| !after.contains_key(uuid))
        .map(|(uuid, old)| (*uuid, Move { before: Some(old.clone()), after: None }));
    let new_or_changed = after.iter().filter_map(|(uuid, new)| {
        let old = before.get(uuid);
        (old != Some(new)).then(|| (*uuid, Move { before: old.cloned(), after: Some(new.clone()) }))
    });
    gone.chain(new_or_changed).collect()
}

fn carry_out<T: Clone>(moves: &BTreeMap<Uuid, Move<T>>, rows: &mut BTreeMap<Uuid, T>) {
    for (uuid, moved) in moves {
        match &moved.after {
            Some(row) => {
                rows.insert(*uuid, row.clone());
            }
            None => {
                rows.remove(uuid);
            }
        }
    }
}
