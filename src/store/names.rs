//! Names of what is not there any more, and of everyone.

use std::collections::BTreeMap;

use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Row, json_at, rows, uuid_at};
use crate::model::SystemUsage;

/// Names of usages that KITOS no longer has, as they were last known.
pub fn former_usage_names(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    // SQLite takes the other columns from the row with the maximum.
    names(
        connection,
        "SELECT u.uuid, max(u.from_snapshot), coalesce(nullif(trim(u.data ->> '$.local_name'), ''), (
                    SELECT s.data ->> '$.name' FROM version AS s
                    WHERE s.kind = 'system' AND s.uuid = u.data ->> '$.system'
                    ORDER BY s.from_snapshot DESC LIMIT 1), '') AS name
         FROM version AS u
         WHERE u.kind = 'usage' AND u.uuid NOT IN (
             SELECT uuid FROM version WHERE kind = 'usage' AND to_snapshot IS NULL)
         GROUP BY u.uuid",
    )
}

/// Usages that KITOS no longer has, as they were last, without roles.
pub fn former_usages(connection: &Connection) -> Result<BTreeMap<Uuid, SystemUsage>, Error> {
    // SQLite takes the other columns from the row with the maximum.
    let mut statement = connection.prepare(
        "SELECT uuid, max(from_snapshot), data FROM version
         WHERE kind = 'usage' AND uuid NOT IN (
             SELECT uuid FROM version WHERE kind = 'usage' AND to_snapshot IS NULL)
         GROUP BY uuid",
    )?;
    let found = rows(&mut statement, [], |row| Ok((uuid_at(row, "uuid")?, json_at(row, "data")?)))?;
    Ok(found.into_iter().collect())
}

/// Names of units, role types and shared systems that KITOS no longer has, as they
/// were last known.
pub fn former_names(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    names(
        connection,
        "SELECT uuid, max(from_snapshot), data ->> '$.name' AS name FROM version
         WHERE kind IN ('unit', 'roleType', 'system') AND (kind, uuid) NOT IN (
             SELECT kind, uuid FROM version WHERE to_snapshot IS NULL)
         GROUP BY uuid",
    )
}

/// Names of everyone who was ever seen and is not forgotten.
pub fn person_names(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    names(connection, "SELECT uuid, name FROM person")
}

fn names(connection: &Connection, sql: &str) -> Result<BTreeMap<Uuid, String>, Error> {
    let read = |row: &Row<'_>| Ok((uuid_at(row, "uuid")?, row.get("name")?));
    Ok(rows(&mut connection.prepare(sql)?, [], read)?.into_iter().collect())
}
