//! Which machine the register was read from (a test KITOS holds the same uuids), and how its
//! clock differs from ours.

use rusqlite::{Connection, OptionalExtension};

use super::Error;

/// The machine that the last committed pull was read from.
pub fn kitos_host(connection: &Connection) -> Result<Option<String>, Error> {
    Ok(connection.query_row("SELECT host FROM kitos_host", [], |row| row.get(0)).optional()?)
}

/// Notes the machine that a pull was read from.
pub fn record_kitos_host(connection: &Connection, host: &str) -> Result<(), Error> {
    // Only what changed is written: an unchanged pull writes one row.
    if kitos_host(connection)?.as_deref() != Some(host) {
        connection.execute(
            "INSERT INTO kitos_host (only, host) VALUES (1, ?1)
             ON CONFLICT (only) DO UPDATE SET host = excluded.host",
            [host],
        )?;
    }
    Ok(())
}

/// How many seconds KITOS's clock was ahead of ours in the last pull, where that is worth a
/// word (R6).
pub fn clock_skew(connection: &Connection) -> Result<Option<i64>, Error> {
    Ok(connection.query_row("SELECT ahead_s FROM kitos_clock", [], |row| row.get(0)).optional()?)
}

/// Notes the same.
pub fn record_clock_skew(connection: &Connection, ahead: Option<i64>) -> Result<(), Error> {
    if clock_skew(connection)? == ahead {
        return Ok(());
    }
    connection.execute("DELETE FROM kitos_clock", [])?;
    if let Some(ahead) = ahead {
        connection.execute("INSERT INTO kitos_clock (only, ahead_s) VALUES (1, ?1)", [ahead])?;
    }
    Ok(())
}
