//! Who is away, and who stands in.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::Error;
use super::values::{date_at, rows};
use crate::notify::directory::Away;
use crate::text::addresses::folded;

/// Notes that nothing goes to `address` until the end of a day. Replaces an earlier note.
pub fn set_away(
    connection: &Connection,
    address: &str,
    away: &Away,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO away (address, until, substitute, by, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (address) DO UPDATE SET until = excluded.until,
             substitute = excluded.substitute, by = excluded.by,
             created_at = excluded.created_at",
        (folded(address), away.until.to_string(), &away.to, by, now.timestamp_millis()),
    )?;
    Ok(())
}

/// Ends it before its time. `false` when nothing was noted.
pub fn end_away(connection: &Connection, address: &str) -> Result<bool, Error> {
    Ok(connection.execute("DELETE FROM away WHERE address = ?1", [folded(address)])? > 0)
}

/// Who noted that `address` is away.
pub fn away_noted_by(connection: &Connection, address: &str) -> Result<Option<String>, Error> {
    let by =
        connection.query_row("SELECT by FROM away WHERE address = ?1", [folded(address)], |row| {
            row.get(0)
        });
    Ok(by.optional()?)
}

/// Who is away on `today`, by folded address.
pub fn away(connection: &Connection, today: NaiveDate) -> Result<BTreeMap<String, Away>, Error> {
    let mut statement = connection.prepare("SELECT * FROM away WHERE until >= ?1")?;
    let all = rows(&mut statement, [today.to_string()], |row| {
        let away = Away { until: date_at(row, "until")?, to: row.get("substitute")? };
        Ok((row.get("address")?, away))
    })?;
    Ok(all.into_iter().collect())
}

/// Forgets what is over.
pub fn prune_away(connection: &Connection, today: NaiveDate) -> Result<usize, Error> {
    Ok(connection.execute("DELETE FROM away WHERE until < ?1", [today.to_string()])?)
}
