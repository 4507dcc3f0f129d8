//! What usages went through: since when each is there and phased out, and the states
//! that one was in.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::ownerships::last_owners;
use super::values::{date_at, json_at, maybe_date_at, rows, uuid_at};
use crate::model::LifeCycle;
use crate::register::history::History;
use crate::register::timeline::Version;

/// What is known of the time before now: what [`History::advance`] over every
/// pair of snapshots gives.
pub fn load_history(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<History, Error> {
    let last_owner = last_owners(connection, owner_roles)?;
    let mut history = History { last_owner, ..History::default() };
    load_lives(connection, &mut history)?;
    Ok(history)
}

/// Since when each present usage is there, and since when it is phased out.
fn load_lives(connection: &Connection, history: &mut History) -> Result<(), Error> {
    let mut statement = connection.prepare(
        "SELECT u.uuid, u.data ->> '$.life_cycle' AS life_cycle, u.from_snapshot, u.to_snapshot,
                began.local_date AS began,
                u.from_snapshot = (SELECT min(id) FROM snapshot) AS since_baseline
         FROM version AS u
         JOIN snapshot AS began ON began.id = u.from_snapshot
         WHERE u.kind = 'usage' AND u.uuid IN (
             SELECT uuid FROM version WHERE kind = 'usage' AND to_snapshot IS NULL)
         ORDER BY u.from_snapshot",
    )?;
    let mut ends: BTreeMap<Uuid, Option<i64>> = BTreeMap::new();
    rows(&mut statement, [], |row| {
        let uuid = uuid_at(row, "uuid")?;
        let (from, to): (i64, Option<i64>) = (row.get("from_snapshot")?, row.get("to_snapshot")?);
        let began = date_at(row, "began")?;
        // A version that does not go on from the one before is a new beginning.
        if ends.insert(uuid, to) != Some(Some(from)) {
            history.phasing_out_since.remove(&uuid);
            history.acquired.remove(&uuid);
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

/// The versions of a usage, without roles, oldest first, each with the days on which
/// pulls first saw it, and first saw it no more.
pub fn usage_versions(connection: &Connection, usage: Uuid) -> Result<Vec<Version>, Error> {
    let mut statement = connection.prepare(
        "SELECT u.data, began.local_date AS began, ended.local_date AS ended
         FROM version AS u
         JOIN snapshot AS began ON began.id = u.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = u.to_snapshot
         WHERE u.kind = 'usage' AND u.uuid = ?1 ORDER BY u.from_snapshot",
    )?;
    rows(&mut statement, [usage.to_string()], |row| {
        let from = date_at(row, "began")?;
        Ok(Version { from, to: maybe_date_at(row, "ended")?, usage: json_at(row, "data")? })
    })
}
