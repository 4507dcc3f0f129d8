//! What the policy's names were matched with, and its uuids mean.

use std::collections::BTreeSet;

use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::lineage::settled_uuids;
use super::values::{json_at, rows, to_json, uuid_at};
use crate::policy::Bindings;
use crate::policy::bindings::BoundNames;
use crate::policy::roles::RecordedRoles;

/// What the configuration's names and uuids were found to mean.
pub fn bindings(connection: &Connection) -> Result<Bindings, Error> {
    let mut statement = connection.prepare("SELECT name, role FROM policy_role")?;
    let recorded = rows(&mut statement, [], |row| Ok((row.get("name")?, uuid_at(row, "role")?)))?;
    let roles = recorded.into_iter().collect();
    let identities = settled_uuids(connection)?;
    let (units, usages) = (bound_names(connection, "unit")?, bound_names(connection, "usage")?);
    Ok(Bindings { roles, units, usages, identities })
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

fn bound_names(connection: &Connection, kind: &str) -> Result<BoundNames, Error> {
    let mut statement = connection.prepare("SELECT name, uuid FROM policy_name WHERE kind = ?1")?;
    let bound = rows(&mut statement, [kind], |row| {
        Ok((row.get::<String>("name")?, uuid_at(row, "uuid")?))
    })?;
    let mut names = BoundNames::new();
    for (name, uuid) in bound {
        names.entry(name).or_default().insert(uuid);
    }
    Ok(names)
}

/// Records what names of units, or of usages, mean now. Replaces an earlier meaning that is gone.
pub fn record_names(
    connection: &Connection,
    snapshot: i64,
    kind: &str,
    names: &BoundNames,
) -> Result<(), Error> {
    for (name, uuids) in names {
        connection
            .execute("DELETE FROM policy_name WHERE kind = ?1 AND name = ?2", (kind, name))?;
        for uuid in uuids {
            connection.execute(
                "INSERT INTO policy_name (kind, name, uuid, matched_snapshot)
                 VALUES (?1, ?2, ?3, ?4)",
                (kind, name, uuid.to_string(), snapshot),
            )?;
        }
    }
    Ok(())
}

/// The role types that counted as owner when the last pull was judged.
pub fn owner_roles_then(connection: &Connection) -> Result<BTreeSet<Uuid>, Error> {
    let mut statement =
        connection.prepare("SELECT roles FROM owner_roles ORDER BY from_snapshot DESC LIMIT 1")?;
    let latest = rows(&mut statement, [], |row| json_at(row, "roles"))?;
    Ok(latest.into_iter().next().unwrap_or_default())
}

/// Notes those that count now, where they are others.
pub fn record_owner_roles(
    connection: &Connection,
    snapshot: i64,
    roles: &BTreeSet<Uuid>,
) -> Result<(), Error> {
    if owner_roles_then(connection)? != *roles {
        connection.execute(
            "INSERT INTO owner_roles (from_snapshot, roles) VALUES (?1, ?2)",
            (snapshot, to_json(roles)?),
        )?;
    }
    Ok(())
}
