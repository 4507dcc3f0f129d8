//! The register as it is now: the current snapshot, and what the policy's role
//! names were matched with. Reads only rows that still hold; how they came to be
//! is `versions`' business, what was before `lives`'.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::Error;
use super::values::{json_at, maybe_date_at, maybe_uuid_at, named, rows, uuid_at};
use crate::model::{
    Contract, DataProcessing, ItSystem, LifeCycle, MainContract, Missing, Organization,
    OrganizationUnit, Person, RoleAssignment, RoleType, Snapshot, SystemUsage,
};
use crate::policy::roles::RecordedRoles;

/// The state that the last committed pull saw; `None` before the first.
pub fn current_snapshot(connection: &Connection) -> Result<Option<Snapshot>, Error> {
    let mut statement =
        connection.prepare("SELECT * FROM organization WHERE to_snapshot IS NULL")?;
    let organization = rows(&mut statement, [], read_organization)?;
    let Some(organization) = organization.into_iter().next() else { return Ok(None) };

    let mut statement = connection.prepare("SELECT * FROM role_type WHERE to_snapshot IS NULL")?;
    let role_types = rows(&mut statement, [], read_role_type)?;
    let mut statement =
        connection.prepare("SELECT * FROM organization_unit WHERE to_snapshot IS NULL")?;
    let units = rows(&mut statement, [], read_unit)?;
    let mut statement = connection.prepare("SELECT * FROM it_system WHERE to_snapshot IS NULL")?;
    let systems = rows(&mut statement, [], read_system)?;
    // Users, and those whom an assignment still names.
    let mut statement = connection.prepare(
        "SELECT person.*, member.person IS NOT NULL AS member
         FROM person
         LEFT JOIN membership AS member ON member.person = person.uuid AND member.to_snapshot IS NULL
         WHERE member.person IS NOT NULL
            OR uuid IN (SELECT person FROM role_assignment INDEXED BY role_assignment_now
                        WHERE to_snapshot IS NULL)",
    )?;
    let people = rows(&mut statement, [], read_person)?;
    let mut statement =
        connection.prepare("SELECT * FROM system_usage WHERE to_snapshot IS NULL")?;
    let mut usages: BTreeMap<Uuid, SystemUsage> =
        rows(&mut statement, [], read_usage)?.into_iter().collect();
    // Told to, since SQLite takes the whole table for as good as this index.
    let mut statement = connection.prepare(
        "SELECT * FROM role_assignment INDEXED BY role_assignment_now WHERE to_snapshot IS NULL",
    )?;
    for (usage, assignment) in rows(&mut statement, [], read_assignment)? {
        if let Some(usage) = usages.get_mut(&usage) {
            usage.roles.insert(assignment);
        }
    }
    let mut statement = connection.prepare("SELECT * FROM contract WHERE to_snapshot IS NULL")?;
    let contracts = rows(&mut statement, [], read_contract)?;
    let mut statement =
        connection.prepare("SELECT * FROM data_processing WHERE to_snapshot IS NULL")?;
    let data_processing = rows(&mut statement, [], read_data_processing)?;
    let mut statement =
        connection.prepare("SELECT field FROM unknown_field WHERE to_snapshot IS NULL")?;
    let unknown = rows(&mut statement, [], read_unknown)?;
    Ok(Some(Snapshot {
        organization,
        role_types: role_types.into_iter().collect(),
        units: units.into_iter().collect(),
        people: people.into_iter().collect(),
        systems: systems.into_iter().collect(),
        usages,
        contracts: contracts.into_iter().collect(),
        data_processing: data_processing.into_iter().collect(),
        unknown: unknown.into_iter().collect(),
    }))
}

pub(super) fn read_organization(row: &Row<'_>) -> Result<Organization, Error> {
    Ok(Organization { uuid: uuid_at(row, "uuid")?, name: row.get("name")?, cvr: row.get("cvr")? })
}

pub(super) fn read_role_type(row: &Row<'_>) -> Result<(Uuid, RoleType), Error> {
    let uuid = uuid_at(row, "uuid")?;
    Ok((uuid, RoleType { uuid, name: row.get("name")?, available: row.get("available")? }))
}

pub(super) fn read_unit(row: &Row<'_>) -> Result<(Uuid, OrganizationUnit), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let (parent, external) = (maybe_uuid_at(row, "parent")?, maybe_uuid_at(row, "external")?);
    Ok((uuid, OrganizationUnit { uuid, name: row.get("name")?, parent, external }))
}

pub(super) fn read_system(row: &Row<'_>) -> Result<(Uuid, ItSystem), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let deactivated = row.get("deactivated")?;
    Ok((uuid, ItSystem { uuid, name: row.get("name")?, deactivated }))
}

/// From a query that says of each person whether it is a `member`.
pub(super) fn read_person(row: &Row<'_>) -> Result<(Uuid, Person), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let person = Person {
        uuid,
        name: row.get("name")?,
        email: row.get("email")?,
        member: row.get("member")?,
        api_access: row.get("api_access")?,
    };
    Ok((uuid, person))
}

/// Without its roles: they are rows of their own.
pub(super) fn read_usage(row: &Row<'_>) -> Result<(Uuid, SystemUsage), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let life_cycle: Option<String> = row.get("life_cycle")?;
    let usage = SystemUsage {
        uuid,
        system: uuid_at(row, "system")?,
        local_name: row.get("local_name")?,
        life_cycle: life_cycle.as_deref().map(LifeCycle::from_kitos),
        valid_from: maybe_date_at(row, "valid_from")?,
        valid_to: maybe_date_at(row, "valid_to")?,
        responsible_unit: maybe_uuid_at(row, "responsible_unit")?,
        using_units: json_at(row, "using_units")?,
        main_contract: named(row, "main_contract", MainContract::parse)?,
        has_purpose: row.get("has_purpose")?,
        last_modified: maybe_date_at(row, "last_modified")?,
        relations: json_at(row, "relations")?,
        gdpr: json_at(row, "gdpr")?,
        roles: BTreeSet::new(),
    };
    Ok((uuid, usage))
}

/// The usage, and who has which role on it.
pub(super) fn read_assignment(row: &Row<'_>) -> Result<(Uuid, RoleAssignment), Error> {
    let assignment =
        RoleAssignment { role: uuid_at(row, "role")?, person: uuid_at(row, "person")? };
    Ok((uuid_at(row, "usage")?, assignment))
}

pub(super) fn read_contract(row: &Row<'_>) -> Result<(Uuid, Contract), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let contract = Contract {
        uuid,
        name: row.get("name")?,
        active: row.get("active")?,
        supplier: maybe_uuid_at(row, "supplier")?,
        usages: json_at(row, "usages")?,
    };
    Ok((uuid, contract))
}

pub(super) fn read_data_processing(row: &Row<'_>) -> Result<(Uuid, DataProcessing), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let (in_force, usages) = (row.get("in_force")?, json_at(row, "usages")?);
    Ok((uuid, DataProcessing { uuid, name: row.get("name")?, in_force, usages }))
}

pub(super) fn read_unknown(row: &Row<'_>) -> Result<Missing, Error> {
    named(row, "field", Missing::parse)
}

/// Names of `policy.…_roles` and the role types that they were matched with.
pub fn recorded_roles(connection: &Connection) -> Result<RecordedRoles, Error> {
    let mut statement = connection.prepare("SELECT name, role FROM policy_role")?;
    let recorded = rows(&mut statement, [], |row| Ok((row.get("name")?, uuid_at(row, "role")?)))?;
    Ok(recorded.into_iter().collect())
}

/// Records names matched for the first time.
pub fn record_roles(
    connection: &Connection,
    snapshot: i64,
    matched: &RecordedRoles,
) -> Result<(), Error> {
    for (name, role) in matched {
        connection.execute(
            "INSERT INTO policy_role (name, role, matched_snapshot) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO NOTHING",
            (name, role.to_string(), snapshot),
        )?;
    }
    Ok(())
}
