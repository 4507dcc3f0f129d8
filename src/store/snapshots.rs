//! Snapshot rows: one per committed pull, with its figures.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::Error;
use super::values::{Row, count, date_at, instant_at, rows};
use crate::policy::assess::Figures;

/// A pull about to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSnapshot {
    pub taken_at: DateTime<Utc>,
    /// Later than `taken_at` for a pull that the guard held.
    pub committed_at: DateTime<Utc>,
    pub local_date: NaiveDate,
    pub duration_ms: i64,
    pub requests: u64,
    pub bytes: u64,
    pub figures: Figures,
}

/// A committed pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotRow {
    pub id: i64,
    pub taken_at: DateTime<Utc>,
    pub committed_at: DateTime<Utc>,
    pub local_date: NaiveDate,
    pub usages: u32,
    pub people: u32,
    pub in_scope: u32,
    pub with_owner: u32,
}

/// Writes the row without its count of findings; [`super::apply_transitions`]
/// fills those in.
pub fn insert_snapshot(connection: &Connection, new: &NewSnapshot) -> Result<i64, Error> {
    let figures = new.figures;
    connection.execute(
        "INSERT INTO snapshot (taken_at, committed_at, local_date, duration_ms, requests, bytes, usages, people,
                               in_scope, with_owner, open_info, open_low, open_medium, open_high)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, 0)",
        (
            new.taken_at.timestamp_millis(),
            new.committed_at.timestamp_millis(),
            new.local_date.to_string(),
            new.duration_ms,
            i64::try_from(new.requests).unwrap_or(i64::MAX),
            i64::try_from(new.bytes).unwrap_or(i64::MAX),
            count(figures.usages),
            count(figures.people),
            count(figures.in_scope),
            count(figures.with_owner),
        ),
    )?;
    Ok(connection.last_insert_rowid())
}

/// The newest committed pull, if there is one.
pub fn last_snapshot(connection: &Connection) -> Result<Option<SnapshotRow>, Error> {
    let mut statement = connection.prepare("SELECT * FROM snapshot ORDER BY id DESC LIMIT 1")?;
    Ok(rows(&mut statement, [], read)?.pop())
}

/// When monitoring began: the time of the first committed pull.
pub fn monitoring_since(connection: &Connection) -> Result<Option<DateTime<Utc>>, Error> {
    let mut statement = connection.prepare("SELECT * FROM snapshot ORDER BY id LIMIT 1")?;
    Ok(rows(&mut statement, [], read)?.pop().map(|row| row.taken_at))
}

/// The pulls committed in that time, oldest first.
pub fn snapshots_committed(
    connection: &Connection,
    time: &RangeInclusive<DateTime<Utc>>,
) -> Result<Vec<SnapshotRow>, Error> {
    let mut statement = connection
        .prepare("SELECT * FROM snapshot WHERE committed_at BETWEEN ?1 AND ?2 ORDER BY id")?;
    rows(&mut statement, [time.start().timestamp_millis(), time.end().timestamp_millis()], read)
}

/// The pulls taken on or after `day`, oldest first.
pub fn snapshots_since(connection: &Connection, day: NaiveDate) -> Result<Vec<SnapshotRow>, Error> {
    let mut statement =
        connection.prepare("SELECT * FROM snapshot WHERE local_date >= ?1 ORDER BY id")?;
    rows(&mut statement, [day.to_string()], read)
}

fn read(row: &Row<'_>) -> Result<SnapshotRow, Error> {
    Ok(SnapshotRow {
        id: row.get("id")?,
        taken_at: instant_at(row, "taken_at")?,
        committed_at: instant_at(row, "committed_at")?,
        local_date: date_at(row, "local_date")?,
        usages: row.get("usages")?,
        people: row.get("people")?,
        in_scope: row.get("in_scope")?,
        with_owner: row.get("with_owner")?,
    })
}
