//! Writing history: what a delta does to the versions of the register. Closes what
//! no longer holds and opens what does; never changes or takes away a row that was
//! true once.

use std::collections::BTreeSet;

use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::to_json;
use crate::model::{LifeCycle, Person, SystemUsage};
use crate::register::diff::{Delta, Move};

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
                "INSERT INTO organization_unit (uuid, name, parent, external, from_snapshot)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    uuid.to_string(),
                    &unit.name,
                    unit.parent.map(|parent| parent.to_string()),
                    unit.external.map(|external| external.to_string()),
                    snapshot,
                ),
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
                "INSERT INTO data_processing (uuid, name, in_force, usages, from_snapshot)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    uuid.to_string(),
                    &registration.name,
                    registration.in_force,
                    to_json(&registration.usages)?,
                    snapshot,
                ),
            )?;
        }
    }
    for (uuid, moved) in &delta.people {
        write_person(connection, snapshot, *uuid, moved)?;
    }
    for (uuid, moved) in &delta.usages {
        write_usage(connection, snapshot, *uuid, moved)?;
    }
    for (field, is_unknown) in &delta.unknown {
        let sql = if *is_unknown {
            "INSERT INTO unknown_field (from_snapshot, field) VALUES (?1, ?2)"
        } else {
            "UPDATE unknown_field SET to_snapshot = ?1 WHERE field = ?2 AND to_snapshot IS NULL"
        };
        connection.execute(sql, (snapshot, field.as_str()))?;
    }
    for (before, after) in &delta.re_registered {
        connection.execute(
            "INSERT INTO re_registration (snapshot, before, after) VALUES (?1, ?2, ?3)",
            (snapshot, before.to_string(), after.to_string()),
        )?;
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
            "INSERT INTO person (uuid, name, email, api_access) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (uuid) DO UPDATE SET
                 name = excluded.name, email = excluded.email, api_access = excluded.api_access",
            (uuid.to_string(), &person.name, &person.email, person.api_access),
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
