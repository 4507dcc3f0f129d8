//! The lives of usages: since when each has been there or phased out, and the states of one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Row, date_at, json_at, maybe_date_at, rows, uuid_at};
use crate::model::LifeCycle;
use crate::register::timeline::Version;

/// For each present usage: the start of its current unbroken run of versions. Left out if it
/// was in the first pull.
pub(super) fn acquired(connection: &Connection) -> Result<BTreeMap<Uuid, NaiveDate>, Error> {
    // Nearly all are there since the first pull, without a gap: their versions cover the
    // time since. Only of the others it is asked which version came after a gap.
    let mut statement = connection.prepare(
        "WITH later AS (
             SELECT uuid FROM version INDEXED BY version_usage
             WHERE kind = 'usage' GROUP BY uuid
             HAVING count(*) > count(to_snapshot)
                AND sum(coalesce(to_snapshot, (SELECT max(id) FROM snapshot)) - from_snapshot)
                  < (SELECT max(id) FROM snapshot) - (SELECT min(id) FROM snapshot))
         SELECT uuid, local_date FROM (
             SELECT uuid, max(from_snapshot) AS since FROM version AS u INDEXED BY version_usage
             WHERE kind = 'usage' AND uuid IN later
               AND from_snapshot > (SELECT min(id) FROM snapshot)
               AND NOT EXISTS (
                   SELECT 1 FROM version AS before INDEXED BY version_usage
                   WHERE before.kind = 'usage' AND before.uuid = u.uuid
                     AND before.to_snapshot = u.from_snapshot)
             GROUP BY uuid) JOIN snapshot ON id = since",
    )?;
    let read = |row: &Row<'_>| Ok((uuid_at(row, "uuid")?, date_at(row, "local_date")?));
    Ok(rows(&mut statement, [], read)?.into_iter().collect())
}

/// For each usage that is being phased out now: the day since when it has been, without a break.
pub(super) fn phasing_out_since(
    connection: &Connection,
) -> Result<BTreeMap<Uuid, NaiveDate>, Error> {
    // Written exactly as in the index, so that SQLite uses it and reads only these rows.
    let phasing_out = format!("data ->> '$.life_cycle' = '{}'", LifeCycle::PhasingOut.as_kitos());
    let mut statement = connection.prepare(&format!(
        "SELECT uuid, coalesce({phasing_out}, 0) AS phasing_out, from_snapshot, to_snapshot, local_date
         FROM version JOIN snapshot ON id = from_snapshot
         WHERE kind = 'usage' AND uuid IN (
             SELECT uuid FROM version INDEXED BY version_phasing_out
             WHERE kind = 'usage' AND to_snapshot IS NULL AND {phasing_out})
         ORDER BY uuid, from_snapshot"
    ))?;
    let mut since: BTreeMap<Uuid, NaiveDate> = BTreeMap::new();
    let mut last: Option<(Uuid, i64)> = None;
    rows(&mut statement, [], |row| {
        let uuid = uuid_at(row, "uuid")?;
        let goes_on = last == Some((uuid, row.get("from_snapshot")?));
        last = row.get::<Option<i64>>("to_snapshot")?.map(|to| (uuid, to));
        if !goes_on || !row.get::<bool>("phasing_out")? {
            since.remove(&uuid);
        }
        if row.get("phasing_out")? {
            since.entry(uuid).or_insert(date_at(row, "local_date")?);
        }
        Ok(())
    })?;
    Ok(since)
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
