//! Rounds of confirmation.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Row, date_at, instant_at, maybe_instant_at, maybe_uuid_at, rows};
use crate::model::{Review, ReviewEnd};

/// Opens a round. Returns its id, or `None` where one is open.
pub fn insert_review(
    connection: &Connection,
    (due, unit): (NaiveDate, Option<Uuid>),
    by: &str,
    now: DateTime<Utc>,
) -> Result<Option<i64>, Error> {
    let added = connection.execute(
        "INSERT INTO review (due, unit, started_at, started_by) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
        (due.to_string(), unit.map(|unit| unit.to_string()), now.timestamp_millis(), by),
    )?;
    Ok((added > 0).then(|| connection.last_insert_rowid()))
}

/// Closes the open round. `false` where none is open.
pub fn close_review(connection: &Connection, end: &ReviewEnd) -> Result<bool, Error> {
    let closed = connection.execute(
        "UPDATE review SET closed_at = ?1, closed_by = ?2 WHERE closed_at IS NULL",
        (end.at.timestamp_millis(), &end.by),
    )?;
    Ok(closed > 0)
}

/// The round that was started last, by `at`.
pub fn last_review(connection: &Connection, at: DateTime<Utc>) -> Result<Option<Review>, Error> {
    let mut statement = connection
        .prepare("SELECT * FROM review WHERE started_at <= ?1 ORDER BY id DESC LIMIT 1")?;
    Ok(rows(&mut statement, [at.timestamp_millis()], read)?.pop())
}

fn read(row: &Row<'_>) -> Result<Review, Error> {
    let closed = match maybe_instant_at(row, "closed_at")? {
        None => None,
        Some(at) => Some(ReviewEnd { at, by: row.get("closed_by")? }),
    };
    Ok(Review {
        id: row.get("id")?,
        due: date_at(row, "due")?,
        unit: maybe_uuid_at(row, "unit")?,
        started_at: instant_at(row, "started_at")?,
        started_by: row.get("started_by")?,
        closed,
    })
}
