//! A snapshot out of all that was read, closed in itself: people, role types and
//! systems that only a usage names are added.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::translate::{KeptRegistration, KeptUsage, text};
use crate::model::{
    Contract, DataProcessing, ItSystem, Missing, Organization, OrganizationUnit, Person,
    RiskAssessment, RoleType, Snapshot,
};

/// Everything that a pull read.
#[derive(Debug)]
pub struct Read {
    pub usages: Vec<KeptUsage>,
    pub people: Vec<(Uuid, Option<Person>)>,
    pub units: Vec<OrganizationUnit>,
    pub role_types: Vec<RoleType>,
    pub systems: Vec<ItSystem>,
    pub contracts: Vec<Contract>,
    pub registrations: Vec<KeptRegistration>,
}

/// Puts it together.
pub fn snapshot(organization: Organization, read: Read) -> Snapshot {
    let people = read.people.into_iter().filter_map(|(uuid, person)| Some((uuid, person?)));
    let mut snapshot = Snapshot {
        role_types: read.role_types.into_iter().map(|role| (role.uuid, role)).collect(),
        units: read.units.into_iter().map(|unit| (unit.uuid, unit)).collect(),
        people: people.collect(),
        systems: read.systems.into_iter().map(|system| (system.uuid, system)).collect(),
        contracts: read.contracts.into_iter().map(|it| (it.uuid, it)).collect(),
        data_processing: registrations(read.registrations),
        unknown: unknown(&read.usages),
        ..Snapshot::empty(organization)
    };
    let tells_risk_assessment = read.usages.iter().any(|kept| kept.tells_risk_assessment);
    for kept in read.usages {
        let KeptUsage { mut usage, system_name, named, .. } = kept;
        if !tells_risk_assessment {
            usage.gdpr.risk_assessment = RiskAssessment::Unknown;
        }
        let system = usage.system;
        snapshot.systems.entry(system).or_insert_with(|| ItSystem {
            uuid: system,
            name: system_name,
            deactivated: false,
        });
        for (user, role) in named {
            snapshot.people.entry(user.uuid).or_insert_with(|| Person {
                uuid: user.uuid,
                kitos_uuid: user.uuid,
                name: text(user.name).unwrap_or_default(),
                email: None,
                member: false,
                api_access: false,
            });
            snapshot.role_types.entry(role.uuid).or_insert_with(|| RoleType {
                uuid: role.uuid,
                name: text(role.name).unwrap_or_default(),
                available: false,
            });
        }
        snapshot.usages.insert(usage.uuid, usage);
    }
    snapshot
}

/// The fields that are in no row at all. Of the main contract each row says so
/// itself.
fn unknown(usages: &[KeptUsage]) -> BTreeSet<Missing> {
    if usages.is_empty() {
        return BTreeSet::new();
    }
    let mut unknown = Missing::ALL.iter().copied().collect::<BTreeSet<_>>();
    unknown.remove(&Missing::MainContract);
    for kept in usages {
        for field in &kept.told {
            unknown.remove(field);
        }
    }
    unknown
}

/// A registration is in force when its agreement is concluded and it is valid, as
/// far as KITOS says either of any registration.
fn registrations(rows: Vec<KeptRegistration>) -> BTreeMap<Uuid, DataProcessing> {
    let tells_concluded = rows.iter().any(|row| row.concluded.is_some());
    let tells_valid = rows.iter().any(|row| row.valid.is_some());
    let judged = rows.into_iter().map(|row| {
        let is_concluded = row.concluded.flatten() == Some(true) || !tells_concluded;
        let is_valid = row.valid == Some(true) || !tells_valid;
        let in_force = is_concluded && is_valid;
        (row.registration.uuid, DataProcessing { in_force, ..row.registration })
    });
    judged.collect()
}
