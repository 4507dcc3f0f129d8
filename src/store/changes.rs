//! What happened, as written with the snapshot that saw it.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Conditions, Row, date_at, instant_at, json_at, rows, to_json};
use crate::model::{Change, ChangeKind};

/// A change with when it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    pub snapshot_id: i64,
    pub detected_at: DateTime<Utc>,
    /// The local day of the snapshot.
    pub date: NaiveDate,
    pub change: Change,
}

/// What to list; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// First and last local day, both included.
    pub since: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    pub kind: Option<ChangeKind>,
    /// Under the uuid that it was first seen with.
    pub usage: Option<Uuid>,
}

pub fn insert_changes(
    connection: &Connection,
    snapshot: i64,
    changes: &[Change],
) -> Result<(), Error> {
    let mut statement =
        connection.prepare("INSERT INTO change (snapshot, change) VALUES (?1, ?2)")?;
    for change in changes {
        statement.execute((snapshot, to_json(change)?))?;
    }
    Ok(())
}

/// The changes that fit, oldest first.
pub fn list_changes(
    connection: &Connection,
    filter: &ChangeFilter,
) -> Result<Vec<ChangeRow>, Error> {
    let mut wanted = Conditions::default();
    // As lists of snapshots, so that a few days are found by an index.
    wanted.and(
        "change.snapshot IN (SELECT id FROM snapshot WHERE local_date >= ?)",
        filter.since.map(|day| day.to_string()),
    );
    wanted.and(
        "change.snapshot IN (SELECT id FROM snapshot WHERE local_date <= ?)",
        filter.until.map(|day| day.to_string()),
    );
    wanted.and("change.kind = ?", filter.kind.map(|kind| kind.as_str().to_owned()));
    wanted.and("usage = ?", filter.usage.map(|uuid| uuid.to_string()));
    let mut statement = connection.prepare(&format!(
        "SELECT change.*, snapshot.taken_at, snapshot.local_date
         FROM change JOIN snapshot ON snapshot.id = change.snapshot
         {} ORDER BY change.id",
        wanted.sql()
    ))?;
    rows(&mut statement, wanted.params(), read)
}

/// The changes that were committed after `instant`, oldest first: those of a pull
/// that the guard held count from its release.
pub fn changes_since(
    connection: &Connection,
    instant: DateTime<Utc>,
) -> Result<Vec<ChangeRow>, Error> {
    let mut statement = connection.prepare(
        "SELECT change.*, snapshot.taken_at, snapshot.local_date
         FROM change JOIN snapshot ON snapshot.id = change.snapshot
         WHERE committed_at > ?1 ORDER BY change.id",
    )?;
    rows(&mut statement, [instant.timestamp_millis()], read)
}

fn read(row: &Row<'_>) -> Result<ChangeRow, Error> {
    Ok(ChangeRow {
        snapshot_id: row.get("snapshot")?,
        detected_at: instant_at(row, "taken_at")?,
        date: date_at(row, "local_date")?,
        change: json_at(row, "change")?,
    })
}
