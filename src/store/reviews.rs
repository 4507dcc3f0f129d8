//! Rounds of confirmation.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{
    Row, date_at, instant_at, json_at, maybe_instant_at, maybe_uuid_at, rows, to_json, uuid_at,
};
use crate::model::{Review, ReviewEnd, ReviewedSystem};

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

/// Closes an open round, with what it asked about.
pub fn close_review(
    connection: &Connection,
    id: i64,
    end: &ReviewEnd,
    asked: &[ReviewedSystem],
) -> Result<(), Error> {
    let mut insert = connection.prepare(
        "INSERT INTO review_system (review, usage, unit, owners) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for system in asked {
        let unit = system.unit.map(|unit| unit.to_string());
        insert.execute((id, system.usage.to_string(), unit, to_json(&system.owners)?))?;
    }
    connection.execute(
        "UPDATE review SET closed_at = ?2, closed_by = ?3 WHERE id = ?1 AND closed_at IS NULL",
        (id, end.at.timestamp_millis(), &end.by),
    )?;
    Ok(())
}

/// What a round asked about when it closed.
pub fn reviewed_systems(
    connection: &Connection,
    review: i64,
) -> Result<Vec<ReviewedSystem>, Error> {
    let mut statement = connection.prepare("SELECT * FROM review_system WHERE review = ?1")?;
    rows(&mut statement, [review], |row| {
        Ok(ReviewedSystem {
            usage: uuid_at(row, "usage")?,
            unit: maybe_uuid_at(row, "unit")?,
            owners: json_at(row, "owners")?,
        })
    })
}

/// The rounds that were open on some instant of that time, oldest first.
pub fn reviews_in(
    connection: &Connection,
    time: RangeInclusive<DateTime<Utc>>,
) -> Result<Vec<Review>, Error> {
    let mut statement = connection.prepare(
        "SELECT * FROM review
         WHERE started_at <= ?2 AND (closed_at IS NULL OR closed_at >= ?1) ORDER BY id",
    )?;
    let (from, to) = (time.start().timestamp_millis(), time.end().timestamp_millis());
    rows(&mut statement, [from, to], read)
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
