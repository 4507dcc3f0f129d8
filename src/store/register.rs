//! The register's versions: the current snapshot, what a delta does to it, and
//! the questions that only history answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::Error;
use super::values::{
    Conditions, date_at, json_at, maybe_date_at, maybe_uuid_at, named, rows, to_json, uuid_at,
};
use crate::core::diff::{Delta, Move};
use crate::core::history::{History, LastOwner};
use crate::core::roles::RecordedRoles;
use crate::model::{
    Contract, DataProcessing, ItSystem, LifeCycle, MainContract, Organization, OrganizationUnit,
    Person, RoleAssignment, RoleType, Snapshot, SystemUsage,
};

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
    Ok(Some(Snapshot {
        organization,
        role_types: role_types.into_iter().collect(),
        units: units.into_iter().collect(),
        people: people.into_iter().collect(),
        systems: systems.into_iter().collect(),
        usages,
        contracts: contracts.into_iter().collect(),
        data_processing: data_processing.into_iter().collect(),
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
    let parent = maybe_uuid_at(row, "parent")?;
    Ok((uuid, OrganizationUnit { uuid, name: row.get("name")?, parent }))
}

pub(super) fn read_system(row: &Row<'_>) -> Result<(Uuid, ItSystem), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let deactivated = row.get("deactivated")?;
    Ok((uuid, ItSystem { uuid, name: row.get("name")?, deactivated }))
}

/// From a query that says of each person whether it is a `member`.
pub(super) fn read_person(row: &Row<'_>) -> Result<(Uuid, Person), Error> {
    let uuid = uuid_at(row, "uuid")?;
    let member = row.get("member")?;
    Ok((uuid, Person { uuid, name: row.get("name")?, email: row.get("email")?, member }))
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
    let usages = json_at(row, "usages")?;
    Ok((uuid, DataProcessing { uuid, name: row.get("name")?, usages }))
}

/// Carries a delta into the versions: closes what no longer holds, and opens
/// what does from `snapshot` on. An empty delta writes nothing.
pub fn write_delta(connection: &Connection, snapshot: i64, delta: &Delta) -> Result<(), Error> {
    let close = |table: &str, key: &str, uuid: Uuid| {
        connection
            .prepare_cached(&format!(
                "UPDATE {table} SET to_snapshot = ?1 WHERE {key} = ?2 AND to_snapshot IS NULL"
            ))?
            .execute((snapshot, uuid.to_string()))
    };
    if let Some(moved) = &delta.organization {
        if let Some(before) = &moved.before {
            close("organization", "uuid", before.uuid)?;
        }
        if let Some(o) = &moved.after {
            connection.execute(
                "INSERT INTO organization (uuid, name, cvr, from_snapshot) VALUES (?1, ?2, ?3, ?4)",
                (o.uuid.to_string(), &o.name, &o.cvr, snapshot),
            )?;
        }
    }
    for (uuid, moved) in &delta.role_types {
        close("role_type", "uuid", *uuid)?;
        if let Some(role) = &moved.after {
            connection.execute(
                "INSERT INTO role_type (uuid, name, available, from_snapshot) VALUES (?1, ?2, ?3, ?4)",
                (uuid.to_string(), &role.name, role.available, snapshot),
            )?;
        }
    }
    for (uuid, moved) in &delta.units {
        close("organization_unit", "uuid", *uuid)?;
        if let Some(unit) = &moved.after {
            connection.execute(
                "INSERT INTO organization_unit (uuid, name, parent, from_snapshot) VALUES (?1, ?2, ?3, ?4)",
                (uuid.to_string(), &unit.name, unit.parent.map(|p| p.to_string()), snapshot),
            )?;
        }
    }
    for (uuid, moved) in &delta.systems {
        close("it_system", "uuid", *uuid)?;
        if let Some(system) = &moved.after {
            connection.execute(
                "INSERT INTO it_system (uuid, name, deactivated, from_snapshot) VALUES (?1, ?2, ?3, ?4)",
                (uuid.to_string(), &system.name, system.deactivated, snapshot),
            )?;
        }
    }
    for (uuid, moved) in &delta.contracts {
        close("contract", "uuid", *uuid)?;
        if let Some(contract) = &moved.after {
            connection.execute(
                "INSERT INTO contract (uuid, name, active, supplier, usages, from_snapshot)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    uuid.to_string(),
                    &contract.name,
                    contract.active,
                    contract.supplier.map(|supplier| supplier.to_string()),
                    to_json(&contract.usages)?,
                    snapshot,
                ),
            )?;
        }
    }
    for (uuid, moved) in &delta.data_processing {
        close("data_processing", "uuid", *uuid)?;
        if let Some(registration) = &moved.after {
            connection.execute(
                "INSERT INTO data_processing (uuid, name, usages, from_snapshot) VALUES (?1, ?2, ?3, ?4)",
                (uuid.to_string(), &registration.name, to_json(&registration.usages)?, snapshot),
            )?;
        }
    }
    for (uuid, moved) in &delta.people {
        write_person(connection, snapshot, *uuid, moved)?;
    }
    for (uuid, moved) in &delta.usages {
        write_usage(connection, snapshot, *uuid, moved)?;
    }
    Ok(())
}

fn write_person(
    connection: &Connection,
    snapshot: i64,
    uuid: Uuid,
    moved: &Move<Person>,
) -> Result<(), Error> {
    if let Some(person) = &moved.after {
        connection.execute(
            "INSERT INTO person (uuid, name, email) VALUES (?1, ?2, ?3)
             ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, email = excluded.email",
            (uuid.to_string(), &person.name, &person.email),
        )?;
    }
    let member = |person: &Option<Person>| person.as_ref().is_some_and(|p| p.member);
    match (member(&moved.before), member(&moved.after)) {
        (false, true) => connection.execute(
            "INSERT INTO membership (person, from_snapshot) VALUES (?1, ?2)",
            (uuid.to_string(), snapshot),
        )?,
        (true, false) => connection.execute(
            "UPDATE membership SET to_snapshot = ?1 WHERE person = ?2 AND to_snapshot IS NULL",
            (snapshot, uuid.to_string()),
        )?,
        _ => 0,
    };
    Ok(())
}

fn write_usage(
    connection: &Connection,
    snapshot: i64,
    uuid: Uuid,
    moved: &Move<SystemUsage>,
) -> Result<(), Error> {
    let nobody = BTreeSet::new();
    let roles = |usage: &Option<SystemUsage>| usage.as_ref().map(|u| u.roles.clone());
    let (before, after) = (roles(&moved.before), roles(&moved.after));
    let (before, after) = (before.as_ref().unwrap_or(&nobody), after.as_ref().unwrap_or(&nobody));
    for gone in before.difference(after) {
        connection.execute(
            "UPDATE role_assignment SET to_snapshot = ?1
             WHERE usage = ?2 AND role = ?3 AND person = ?4 AND to_snapshot IS NULL",
            (snapshot, uuid.to_string(), gone.role.to_string(), gone.person.to_string()),
        )?;
    }
    for new in after.difference(before) {
        connection.execute(
            "INSERT INTO role_assignment (usage, role, person, from_snapshot) VALUES (?1, ?2, ?3, ?4)",
            (uuid.to_string(), new.role.to_string(), new.person.to_string(), snapshot),
        )?;
    }
    // A usage whose roles alone moved keeps its version.
    let without_roles = |usage: &Option<SystemUsage>| {
        usage.clone().map(|usage| SystemUsage { roles: BTreeSet::new(), ..usage })
    };
    if without_roles(&moved.before) == without_roles(&moved.after) {
        return Ok(());
    }
    connection.execute(
        "UPDATE system_usage SET to_snapshot = ?1 WHERE uuid = ?2 AND to_snapshot IS NULL",
        (snapshot, uuid.to_string()),
    )?;
    if let Some(usage) = &moved.after {
        connection.execute(
            "INSERT INTO system_usage (uuid, system, local_name, life_cycle, valid_from, valid_to,
                                       responsible_unit, using_units, main_contract, has_purpose,
                                       last_modified, relations, gdpr, from_snapshot)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            (
                uuid.to_string(),
                usage.system.to_string(),
                &usage.local_name,
                usage.life_cycle.as_ref().map(LifeCycle::as_kitos),
                usage.valid_from.map(|day| day.to_string()),
                usage.valid_to.map(|day| day.to_string()),
                usage.responsible_unit.map(|unit| unit.to_string()),
                to_json(&usage.using_units)?,
                usage.main_contract.as_str(),
                usage.has_purpose,
                usage.last_modified.map(|day| day.to_string()),
                to_json(&usage.relations)?,
                to_json(&usage.gdpr)?,
                snapshot,
            ),
        )?;
    }
    Ok(())
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

/// One person's time in one role on one usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    pub usage: Uuid,
    pub role: Uuid,
    pub person: Uuid,
    pub from: NaiveDate,
    /// It was so already in the first snapshot.
    pub since_baseline: bool,
    /// The day on which a pull first saw it gone; `None` while it holds.
    pub to: Option<NaiveDate>,
    /// It ended, and the person was no user of the organisation (any more) in
    /// the pull that saw it (`policy.md`, "Departed").
    pub departed: bool,
}

/// Who had which role when, oldest first; of one usage or of all.
pub fn ownerships(connection: &Connection, usage: Option<Uuid>) -> Result<Vec<Ownership>, Error> {
    let mut of_usage = Conditions::default();
    of_usage.and("a.usage = ?", usage.map(|uuid| uuid.to_string()));
    let mut statement = connection.prepare(&format!(
        "SELECT a.usage, a.role, a.person, began.local_date AS began, ended.local_date AS ended,
                a.from_snapshot = (SELECT min(id) FROM snapshot) AS since_baseline,
                a.to_snapshot IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM membership AS m
                    WHERE m.person = a.person AND m.from_snapshot <= a.to_snapshot
                      AND (m.to_snapshot IS NULL OR m.to_snapshot > a.to_snapshot)) AS departed
         FROM role_assignment AS a
         JOIN snapshot AS began ON began.id = a.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = a.to_snapshot
         {}
         ORDER BY a.from_snapshot, a.to_snapshot, a.person DESC",
        of_usage.sql()
    ))?;
    rows(&mut statement, of_usage.params(), |row| {
        Ok(Ownership {
            usage: uuid_at(row, "usage")?,
            role: uuid_at(row, "role")?,
            person: uuid_at(row, "person")?,
            from: date_at(row, "began")?,
            since_baseline: row.get("since_baseline")?,
            to: maybe_date_at(row, "ended")?,
            departed: row.get("departed")?,
        })
    })
}

/// What [`History::advance`] over every pair of snapshots gives.
pub fn load_history(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<History, Error> {
    let last_owner = last_owners(connection, owner_roles)?;
    let mut history = History { last_owner, ..History::default() };
    load_lives(connection, &mut history)?;
    Ok(history)
}

/// Who owned each usage last, for usages that lost an owner.
pub fn last_owners(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, LastOwner>, Error> {
    let roles: Vec<String> = owner_roles.iter().map(Uuid::to_string).collect();
    // Someone who holds another owner role at that moment is owner still. Rows
    // that come later win: the latest snapshot, and of several people in one
    // the smallest uuid, as `History` has it.
    let mut statement = connection.prepare(
        "WITH owned AS (SELECT * FROM role_assignment
                        WHERE role IN (SELECT value FROM json_each(?1)))
         SELECT a.usage, a.person, ended.local_date AS gone
         FROM owned AS a JOIN snapshot AS ended ON ended.id = a.to_snapshot
         WHERE NOT EXISTS (
             SELECT 1 FROM owned AS other
             WHERE other.usage = a.usage AND other.person = a.person
               AND other.from_snapshot <= a.to_snapshot
               AND (other.to_snapshot IS NULL OR other.to_snapshot > a.to_snapshot))
         ORDER BY a.to_snapshot, a.person DESC",
    )?;
    let ended = rows(&mut statement, [to_json(&roles)?], |row| {
        let last = LastOwner { person: uuid_at(row, "person")?, gone: date_at(row, "gone")? };
        Ok((uuid_at(row, "usage")?, last))
    })?;
    Ok(ended.into_iter().collect())
}

/// Since when each present usage is there, and since when it is phased out.
fn load_lives(connection: &Connection, history: &mut History) -> Result<(), Error> {
    let mut statement = connection.prepare(
        "SELECT u.uuid, u.life_cycle, u.from_snapshot, u.to_snapshot, began.local_date AS began,
                u.from_snapshot = (SELECT min(id) FROM snapshot) AS since_baseline
         FROM system_usage AS u
         JOIN snapshot AS began ON began.id = u.from_snapshot
         WHERE u.uuid IN (SELECT uuid FROM system_usage WHERE to_snapshot IS NULL)
         ORDER BY u.uuid, u.from_snapshot",
    )?;
    let mut previous: Option<(Uuid, Option<i64>)> = None;
    rows(&mut statement, [], |row| {
        let uuid = uuid_at(row, "uuid")?;
        let (from, to): (i64, Option<i64>) = (row.get("from_snapshot")?, row.get("to_snapshot")?);
        let began = date_at(row, "began")?;
        // A version that does not go on from the one before is a new beginning.
        if previous.replace((uuid, to)) != Some((uuid, Some(from))) {
            history.phasing_out_since.remove(&uuid);
            if !row.get::<_, bool>("since_baseline")? {
                history.acquired.insert(uuid, began);
            }
        }
        let life_cycle: Option<String> = row.get("life_cycle")?;
        if life_cycle.as_deref() == Some(LifeCycle::PhasingOut.as_kitos()) {
            history.phasing_out_since.entry(uuid).or_insert(began);
        } else {
            history.phasing_out_since.remove(&uuid);
        }
        Ok(())
    })?;
    Ok(())
}

/// Names of usages that KITOS no longer has, as they were last known.
pub fn former_usage_names(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    // SQLite takes the other columns from the row with the maximum.
    let mut statement = connection.prepare(
        "SELECT u.uuid, max(u.from_snapshot), coalesce(nullif(trim(u.local_name), ''), (
                    SELECT s.name FROM it_system AS s WHERE s.uuid = u.system
                    ORDER BY s.from_snapshot DESC LIMIT 1), '') AS name
         FROM system_usage AS u
         WHERE u.uuid NOT IN (SELECT uuid FROM system_usage WHERE to_snapshot IS NULL)
         GROUP BY u.uuid",
    )?;
    Ok(rows(&mut statement, [], |row| Ok((uuid_at(row, "uuid")?, row.get("name")?)))?
        .into_iter()
        .collect())
}

/// Names of everyone who was ever seen and is not forgotten.
pub fn person_names(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    let mut statement = connection.prepare("SELECT uuid, name FROM person")?;
    Ok(rows(&mut statement, [], |row| Ok((uuid_at(row, "uuid")?, row.get("name")?)))?
        .into_iter()
        .collect())
}
