//! What KITOS refused when it refused a login: when, and which one.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::Error;
use super::values::{maybe_instant_at, rows};
use crate::model::IncidentKind;

/// When KITOS refused the login the last time, whether that is over or not.
pub fn login_refused_at(connection: &Connection) -> Result<Option<DateTime<Utc>>, Error> {
    let mut statement =
        connection.prepare("SELECT max(seen_at) AS seen_at FROM incident WHERE kind = ?1")?;
    let kind = IncidentKind::LoginRefused.as_str();
    let latest = rows(&mut statement, [kind], |row| maybe_instant_at(row, "seen_at"))?;
    Ok(latest.into_iter().next().flatten())
}

/// The login that KITOS refused the last time, as the configuration calls it.
pub fn refused_login(connection: &Connection) -> Result<Option<String>, Error> {
    let login = connection.query_row("SELECT login FROM refused_login", [], |row| row.get(0));
    Ok(login.optional()?)
}

/// Notes the same.
pub fn record_refused_login(connection: &Connection, login: &str) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO refused_login (only, login) VALUES (1, ?1)
         ON CONFLICT (only) DO UPDATE SET login = excluded.login",
        [login],
    )?;
    Ok(())
}
