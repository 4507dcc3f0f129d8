//! What the last pull had: what a pull may expect, and what it must not lose
//! without asking.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::Snapshot;

/// What the last committed snapshot had, by KITOS's uuids; empty before the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub organization: Option<Uuid>,
    /// Each with the number of roles that were assigned on it.
    pub usages: BTreeMap<Uuid, usize>,
    /// Users of the organisation only.
    pub people: BTreeSet<Uuid>,
    pub role_types: BTreeSet<Uuid>,
    /// Those of them that KITOS did not offer any more.
    pub withdrawn: BTreeSet<Uuid>,
    pub units: BTreeSet<Uuid>,
    pub systems: BTreeSet<Uuid>,
    pub contracts: BTreeSet<Uuid>,
    pub data_processing: BTreeSet<Uuid>,
}

impl Known {
    /// What `snapshot` had.
    pub fn of(snapshot: &Snapshot) -> Self {
        let members = snapshot.members();
        let withdrawn = snapshot.role_types.values().filter(|role| !role.available);
        Self {
            organization: Some(snapshot.organization.uuid),
            usages: snapshot.usages.values().map(|u| (u.kitos_uuid, u.roles.len())).collect(),
            people: members.map(|person| person.kitos_uuid).collect(),
            role_types: snapshot.role_types.keys().copied().collect(),
            withdrawn: withdrawn.map(|role| role.uuid).collect(),
            units: snapshot.units.keys().copied().collect(),
            systems: snapshot.systems.keys().copied().collect(),
            contracts: snapshot.contracts.keys().copied().collect(),
            data_processing: snapshot.data_processing.keys().copied().collect(),
        }
    }
}
