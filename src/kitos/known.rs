//! What the last pull had: what a pull may expect, and what it must not lose
//! without asking.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Snapshot, SystemUsage};

/// What the last committed snapshot had, by KITOS's uuids; empty before the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub organization: Option<Uuid>,
    pub usages: BTreeMap<Uuid, Filled>,
    /// Users of the organisation only.
    pub people: BTreeSet<Uuid>,
    pub role_types: BTreeSet<Uuid>,
    /// Those of them that KITOS did not offer any more.
    pub withdrawn: BTreeSet<Uuid>,
    pub units: BTreeSet<Uuid>,
    pub systems: BTreeSet<Uuid>,
    pub contracts: BTreeSet<Uuid>,
    pub data_processing: BTreeSet<Uuid>,
    /// Contracts and registrations of data processing, with the usages that they named.
    pub naming: BTreeMap<Uuid, BTreeSet<Uuid>>,
}

/// Which of a usage's collections had something in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    pub roles: bool,
    /// Roles, using units or relations.
    pub any: bool,
}

impl Filled {
    pub fn by(usage: &SystemUsage) -> Self {
        let roles = !usage.roles.is_empty();
        let others = !usage.using_units.is_empty() || !usage.relations.is_empty();
        Self { roles, any: roles || others }
    }
}

impl Known {
    /// What `snapshot` had.
    pub fn of(snapshot: &Snapshot) -> Self {
        let members = snapshot.members();
        let contracts = snapshot.contracts.values().map(|it| (it.uuid, &it.usages));
        let registrations = snapshot.data_processing.values().map(|it| (it.uuid, &it.usages));
        // Under the uuids that KITOS has them by.
        let in_kitos = |usage: &Uuid| snapshot.usages.get(usage).map(|found| found.kitos_uuid);
        let naming = contracts.chain(registrations);
        let withdrawn = snapshot.role_types.values().filter(|role| !role.available);
        Self {
            organization: Some(snapshot.organization.uuid),
            usages: snapshot.usages.values().map(|u| (u.kitos_uuid, Filled::by(u))).collect(),
            people: members.map(|person| person.kitos_uuid).collect(),
            role_types: snapshot.role_types.keys().copied().collect(),
            withdrawn: withdrawn.map(|role| role.uuid).collect(),
            units: snapshot.units.keys().copied().collect(),
            systems: snapshot.systems.keys().copied().collect(),
            contracts: snapshot.contracts.keys().copied().collect(),
            data_processing: snapshot.data_processing.keys().copied().collect(),
            naming: naming
                .map(|(uuid, usages)| (uuid, usages.iter().filter_map(in_kitos).collect()))
                .collect(),
        }
    }
}
