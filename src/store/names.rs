//! Names of things that KITOS no longer has, and of all people.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::values::{Row, json_at, rows, uuid_at};
use crate::model::SystemUsage;

/// Usages that KITOS no longer has, as they were last, without roles.
pub(super) fn usages_that_went(
    connection: &Connection,
) -> Result<BTreeMap<Uuid, SystemUsage>, Error> {
    let mut statement = connection.prepare(
        "WITH gone AS (
             SELECT uuid, max(from_snapshot) AS last FROM version INDEXED BY version_usage
             WHERE kind = 'usage' GROUP BY uuid HAVING count(*) = count(to_snapshot))
         SELECT u.uuid, u.data FROM gone JOIN version AS u
             ON u.kind = 'usage' AND u.uuid = gone.uuid AND u.from_snapshot = gone.last",
    )?;
    let found = rows(&mut statement, [], |row| Ok((uuid_at(row, "uuid")?, json_at(row, "data")?)))?;
    Ok(found.into_iter().collect())
}

/// Names of units, role types and shared systems that KITOS no longer has, as they
/// were last known.
pub(super) fn names_that_went(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    // SQLite takes the other columns from the row with the maximum.
    names(
        connection,
        "SELECT uuid, max(from_snapshot), data ->> '$.name' AS name FROM version
         WHERE kind IN ('unit', 'roleType', 'system')
         GROUP BY kind, uuid HAVING count(*) = count(to_snapshot)",
    )
}

/// What a shared system was called last; empty where nothing is known of it.
pub fn last_system_name(connection: &Connection, system: Uuid) -> Result<String, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT data ->> '$.name' FROM version WHERE kind = 'system' AND uuid = ?1
         ORDER BY from_snapshot DESC LIMIT 1",
    )?;
    let name = statement.query_row([system.to_string()], |row| row.get(0));
    Ok(name.optional()?.unwrap_or_default())
}

/// Names of everyone who was ever seen and is not forgotten.
pub fn person_names(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    names(connection, "SELECT uuid, name FROM person")
}

fn names(connection: &Connection, sql: &str) -> Result<BTreeMap<Uuid, String>, Error> {
    let read = |row: &Row<'_>| Ok((uuid_at(row, "uuid")?, row.get("name")?));
    Ok(rows(&mut connection.prepare(sql)?, [], read)?.into_iter().collect())
}
