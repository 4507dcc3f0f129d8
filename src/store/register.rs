//! The register as it is, and as it stood: a whole snapshot, from the versions that
//! hold now or held then. How they came to be is `versions`' business. People are the
//! exception: they are known by the name that they have now, or had last.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::people::people;
use super::register_now::kept_register;
use super::values::{Row, json_at, rows, uuid_at};
use super::versions::Versioned;
use crate::model::{Organization, RoleAssignment, Snapshot, SystemUsage};

const NOW: &str = "to_snapshot IS NULL";
/// Told to use the indexes, since SQLite takes the whole history for as good.
const VERSIONS_NOW: &str = "version INDEXED BY version_now";
const ASSIGNMENTS_NOW: &str = "role_assignment INDEXED BY role_assignment_now";

/// The state that the last committed pull saw; `None` before the first.
pub fn current_snapshot(connection: &Connection) -> Result<Option<Snapshot>, Error> {
    if let Some(kept) = kept_register(connection)? {
        return Ok(Some(kept));
    }
    let in_force = NOW.to_owned();
    Reader { connection, in_force, versions: VERSIONS_NOW, assignments: ASSIGNMENTS_NOW }.snapshot()
}

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
    let in_force = format!("from_snapshot <= {id} AND (to_snapshot IS NULL OR to_snapshot > {id})");
    Reader { connection, in_force, versions: "version", assignments: "role_assignment" }.snapshot()
}

struct Reader<'a> {
    connection: &'a Connection,
    /// Of the rows that are read.
    in_force: String,
    versions: &'static str,
    assignments: &'static str,
}

impl Reader<'_> {
    fn snapshot(&self) -> Result<Option<Snapshot>, Error> {
        let organization = self.all::<Organization>()?.into_values().next();
        let Some(organization) = organization else { return Ok(None) };
        let usages = self.usages()?;
        Ok(Some(Snapshot {
            organization,
            role_types: self.all()?,
            units: self.all()?,
            people: people(self.connection, &self.whom(&usages)?)?,
            systems: self.all()?,
            usages,
            contracts: self.all()?,
            data_processing: self.all()?,
            unknown: self.all()?.into_values().next().unwrap_or_default(),
        }))
    }

    fn all<T: Versioned>(&self) -> Result<BTreeMap<Uuid, T>, Error> {
        let Self { in_force, versions, .. } = self;
        let sql = format!("SELECT uuid, data FROM {versions} WHERE kind = ?1 AND {in_force}");
        let read = |row: &Row<'_>| Ok((uuid_at(row, "uuid")?, json_at(row, "data")?));
        let found = rows(&mut self.connection.prepare(&sql)?, [T::KIND], read)?;
        Ok(found.into_iter().collect())
    }

    fn usages(&self) -> Result<BTreeMap<Uuid, SystemUsage>, Error> {
        let mut usages: BTreeMap<Uuid, SystemUsage> = self.all()?;
        let Self { in_force, assignments, .. } = self;
        let sql = format!("SELECT usage, role, person FROM {assignments} WHERE {in_force}");
        rows(&mut self.connection.prepare(&sql)?, [], |row| {
            if let Some(usage) = usages.get_mut(&uuid_at(row, "usage")?) {
                let (role, person) = (uuid_at(row, "role")?, uuid_at(row, "person")?);
                usage.roles.insert(RoleAssignment { role, person });
            }
            Ok(())
        })?;
        Ok(usages)
    }

    /// Users, and those whom an assignment names; each with whether a user.
    fn whom(&self, usages: &BTreeMap<Uuid, SystemUsage>) -> Result<BTreeMap<Uuid, bool>, Error> {
        let in_force = &self.in_force;
        let sql = format!("SELECT person FROM membership WHERE {in_force}");
        let member = |row: &Row<'_>| Ok((uuid_at(row, "person")?, true));
        let members = rows(&mut self.connection.prepare(&sql)?, [], member)?;
        let assignments = usages.values().flat_map(|usage| usage.roles.iter());
        let named = assignments.map(|assignment| (assignment.person, false));
        Ok(named.chain(members).collect())
    }
}
