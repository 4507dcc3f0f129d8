//! The register as it stood: read from the versions that held at an earlier
//! snapshot. People are the exception: they are known by the name that they have
//! now, or had last.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::lives::OF_LINE;
use super::register::{
    read_assignment, read_contract, read_data_processing, read_organization, read_person,
    read_role_type, read_system, read_unit, read_unknown, read_usage,
};
use super::values::{date_at, maybe_date_at, rows};
use crate::model::Snapshot;
use crate::register::timeline::Version;

/// Ends a query for what held at snapshot ?1.
const HELD: &str = "from_snapshot <= ?1 AND (to_snapshot IS NULL OR to_snapshot > ?1)";

/// The state that was known at `instant`; `None` before the first pull. A pull that
/// the guard held counts from its release, as what follows from it does: what is
/// told of a day never changes afterwards.
pub fn snapshot_at(
    connection: &Connection,
    instant: DateTime<Utc>,
) -> Result<Option<Snapshot>, Error> {
    let id: Option<i64> = connection
        .query_row(
            "SELECT id FROM snapshot WHERE committed_at <= ?1 ORDER BY id DESC LIMIT 1",
            [instant.timestamp_millis()],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let query = |table: &str| connection.prepare(&format!("SELECT * FROM {table} WHERE {HELD}"));
    let organization = rows(&mut query("organization")?, [id], read_organization)?;
    let Some(organization) = organization.into_iter().next() else { return Ok(None) };
    let mut snapshot = Snapshot::empty(organization);
    snapshot.role_types =
        rows(&mut query("role_type")?, [id], read_role_type)?.into_iter().collect();
    snapshot.units = rows(&mut query("organization_unit")?, [id], read_unit)?.into_iter().collect();
    snapshot.systems = rows(&mut query("it_system")?, [id], read_system)?.into_iter().collect();
    snapshot.usages = rows(&mut query("system_usage")?, [id], read_usage)?.into_iter().collect();
    for (usage, assignment) in rows(&mut query("role_assignment")?, [id], read_assignment)? {
        if let Some(usage) = snapshot.usages.get_mut(&usage) {
            usage.roles.insert(assignment);
        }
    }
    snapshot.contracts = rows(&mut query("contract")?, [id], read_contract)?.into_iter().collect();
    snapshot.data_processing =
        rows(&mut query("data_processing")?, [id], read_data_processing)?.into_iter().collect();
    snapshot.unknown =
        rows(&mut query("unknown_field")?, [id], read_unknown)?.into_iter().collect();
    let mut statement = connection.prepare(&format!(
        "SELECT person.*, m.person IS NOT NULL AS member
         FROM person LEFT JOIN (SELECT person FROM membership WHERE {HELD}) AS m
              ON m.person = person.uuid
         WHERE m.person IS NOT NULL OR uuid IN (SELECT person FROM role_assignment WHERE {HELD})"
    ))?;
    snapshot.people = rows(&mut statement, [id], read_person)?.into_iter().collect();
    Ok(Some(snapshot))
}

/// The versions of a usage and of those that it replaced, without roles, oldest first, each with the days on which
/// pulls first saw it, and first saw it no more.
pub fn usage_versions(connection: &Connection, usage: Uuid) -> Result<Vec<Version>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT u.*, began.local_date AS began, ended.local_date AS ended
         FROM (SELECT *, uuid AS usage FROM system_usage) AS u
         JOIN snapshot AS began ON began.id = u.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = u.to_snapshot
         WHERE u.{OF_LINE} ORDER BY u.from_snapshot"
    ))?;
    rows(&mut statement, [usage.to_string()], |row| {
        let from = date_at(row, "began")?;
        Ok(Version { from, to: maybe_date_at(row, "ended")?, usage: read_usage(row)?.1 })
    })
}
