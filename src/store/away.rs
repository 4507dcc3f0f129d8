//! Who is away, who stands in, and who decided that.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::Error;
use super::values::{date_at, instant_at, maybe_instant_at, rows};
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

impl NotedAway {
    /// Whether it holds on `day`.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.ended_at.is_none() && self.away.until >= day
    }
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

/// Who is away on `today`, by folded address.
pub fn away(connection: &Connection, today: NaiveDate) -> Result<BTreeMap<String, Away>, Error> {
    let noted = all_away(connection)?.into_iter().filter(|noted| noted.holds(today));
    Ok(noted.map(|noted| (noted.address, noted.away)).collect())
}

/// All that was ever noted, oldest first.
pub fn all_away(connection: &Connection) -> Result<Vec<NotedAway>, Error> {
    rows(&mut connection.prepare("SELECT * FROM away ORDER BY id")?, [], |row| {
        Ok(NotedAway {
            address: row.get("address")?,
            away: Away { until: date_at(row, "until")?, to: row.get("substitute")? },
            by: row.get("by")?,
            at: instant_at(row, "created_at")?,
            ended_at: maybe_instant_at(row, "ended_at")?,
            ended_by: row.get("ended_by")?,
        })
    })
}

/// Forgets what was over before `day`.
pub fn prune_away(connection: &Connection, day: NaiveDate) -> Result<usize, Error> {
    Ok(connection.execute("DELETE FROM away WHERE until < ?1", [day.to_string()])?)
}
