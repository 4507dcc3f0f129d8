//! Which machine the register was read from: a test KITOS holds the same uuids.

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
