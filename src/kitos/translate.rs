//! From KITOS's rows to our snapshot, closed in itself: people, role types and
//! systems that only a usage names are added.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::wire::{Pair, UnitRow, UsageRow, UserRow};
use crate::model::{
    ItSystem, LifeCycle, Organization, OrganizationUnit, Person, RoleAssignment, RoleType,
    Snapshot, SystemUsage,
};

/// Everything that a pull read.
#[derive(Debug)]
pub struct Rows {
    pub usages: Vec<UsageRow>,
    pub users: Vec<UserRow>,
    pub units: Vec<UnitRow>,
    pub role_types: Vec<RoleType>,
}

/// Whether a user with this address is a person: someone deleted from KITOS is
/// anonymised in place and stays in the list as "Slettet bruger".
pub fn is_member(email: Option<&str>) -> bool {
    !email.is_some_and(|email| email.trim().to_lowercase().ends_with("_deleted_user@kitos.dk"))
}

/// Translates.
pub fn snapshot(organization: Organization, rows: Rows) -> Snapshot {
    let mut people: BTreeMap<Uuid, Person> = rows
        .users
        .into_iter()
        .filter(|row| is_member(row.email.as_deref()))
        .map(|row| (row.uuid, person(row)))
        .collect();
    let mut role_types: BTreeMap<Uuid, RoleType> =
        rows.role_types.into_iter().map(|role| (role.uuid, role)).collect();
    let mut systems = BTreeMap::new();
    let mut usages = BTreeMap::new();
    for row in rows.usages {
        let name = text(row.system_context.name).unwrap_or_default();
        let system = row.system_context.uuid;
        systems.insert(system, ItSystem { uuid: system, name });
        let mut roles = BTreeSet::new();
        for assigned in row.roles.into_iter().flatten().flatten() {
            let (Some(user), Some(role)) = (assigned.user, assigned.role) else { continue };
            roles.insert(RoleAssignment { role: role.uuid, person: user.uuid });
            people.entry(user.uuid).or_insert_with(|| departed(user));
            role_types.entry(role.uuid).or_insert_with(|| RoleType {
                uuid: role.uuid,
                name: text(role.name).unwrap_or_default(),
                available: false,
            });
        }
        let general = row.general.unwrap_or_default();
        let validity = general.validity.unwrap_or_default();
        let usage = SystemUsage {
            uuid: row.uuid,
            system,
            local_name: text(general.local_call_name),
            life_cycle: validity.life_cycle_status.as_deref().map(LifeCycle::from_kitos),
            valid_from: validity.valid_from,
            valid_to: validity.valid_to,
            responsible_unit: row
                .organization_usage
                .and_then(|usage| usage.responsible_organization_unit)
                .map(|unit| unit.uuid),
            roles,
        };
        usages.insert(usage.uuid, usage);
    }
    let units = rows.units.into_iter().map(|row| {
        let parent = row.parent_organization_unit.map(|parent| parent.uuid);
        let name = text(row.name).unwrap_or_default();
        (row.uuid, OrganizationUnit { uuid: row.uuid, name, parent })
    });
    Snapshot { organization, role_types, units: units.collect(), people, systems, usages }
}

fn person(row: UserRow) -> Person {
    let parts = [row.first_name, row.last_name];
    let name = text(row.name)
        .unwrap_or_else(|| parts.into_iter().filter_map(text).collect::<Vec<_>>().join(" "));
    Person { uuid: row.uuid, name, email: text(row.email), member: true }
}

fn departed(user: Pair) -> Person {
    let name = text(user.name).unwrap_or_default();
    Person { uuid: user.uuid, name, email: None, member: false }
}

/// Trimmed; blank is nothing.
fn text(value: Option<String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
