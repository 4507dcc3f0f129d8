//! Who is away, who stands in, and who decided that.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::Error;
use super::values::{Row, date_at, instant_at, maybe_instant_at, rows};
use crate::notify::directory::Away;
use crate::text::addresses::folded;

/// What was noted of somebody, whether it still holds or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedAway {
    /// Folded.
    pub address: String,
    pub away: Away,
    pub by: String,
    pub at: DateTime<Utc>,
    /// Before its time.
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_by: Option<String>,
}

/// Notes that nothing goes to `address` until the end of a day.
pub fn set_away(
    connection: &Connection,
    address: &str,
    away: &Away,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO away (address, until, substitute, by, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        (folded(address), away.until.to_string(), &away.to, by, now.timestamp_millis()),
    )?;
    Ok(())
}

/// Ends what holds on `today` before its time.
pub fn end_away(
    connection: &Connection,
    address: &str,
    (by, now, today): (&str, DateTime<Utc>, NaiveDate),
) -> Result<(), Error> {
    connection.execute(
        "UPDATE away SET ended_at = ?2, ended_by = ?3
         WHERE address = ?1 AND ended_at IS NULL AND until >= ?4",
        (folded(address), now.timestamp_millis(), by, today.to_string()),
    )?;
    Ok(())
}

/// Who noted that `address` is away on `today`.
pub fn away_noted_by(
    connection: &Connection,
    address: &str,
    today: NaiveDate,
) -> Result<Option<String>, Error> {
    let by = connection.query_row(
        "SELECT by FROM away WHERE address = ?1 AND ended_at IS NULL AND until >= ?2",
        (folded(address), today.to_string()),
        |row| row.get(0),
    );
    Ok(by.optional()?)
}

/// Who is away on `today`, by folded address.
pub fn away(connection: &Connection, today: NaiveDate) -> Result<BTreeMap<String, Away>, Error> {
    let mut statement =
        connection.prepare("SELECT * FROM away WHERE ended_at IS NULL AND until >= ?1")?;
    let all =
        rows(&mut statement, [today.to_string()], |row| Ok((row.get("address")?, away_of(row)?)))?;
    Ok(all.into_iter().collect())
}

/// All that was ever noted, oldest first.
pub fn all_away(connection: &Connection) -> Result<Vec<NotedAway>, Error> {
    rows(&mut connection.prepare("SELECT * FROM away ORDER BY id")?, [], |row| {
        Ok(NotedAway {
            address: row.get("address")?,
            away: away_of(row)?,
            by: row.get("by")?,
            at: instant_at(row, "created_at")?,
            ended_at: maybe_instant_at(row, "ended_at")?,
            ended_by: row.get("ended_by")?,
        })
    })
}

fn away_of(row: &Row<'_>) -> Result<Away, Error> {
    Ok(Away { until: date_at(row, "until")?, to: row.get("substitute")? })
}

/// Forgets what was over before `day`.
pub fn prune_away(connection: &Connection, day: NaiveDate) -> Result<usize, Error> {
    Ok(connection.execute("DELETE FROM away WHERE until < ?1", [day.to_string()])?)
}
