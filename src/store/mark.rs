//! Which register the database holds: a cache compares its own mark with this one to see
//! whether it is still valid.

use rusqlite::{Connection, OptionalExtension};

use super::Error;

/// Random, so that no other state of any database has it: not one from before a backup
/// was put back, either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterMark([u8; 16]);

/// The register's mark; `None` before the first pull.
pub fn register_mark(connection: &Connection) -> Result<Option<RegisterMark>, Error> {
    let mark = connection.query_row("SELECT mark FROM register_mark", [], |row| row.get(0));
    Ok(mark.optional()?.map(RegisterMark))
}

/// Marks the register or its history as changed: call it after writing to their tables.
pub(super) fn renew_register_mark(connection: &Connection) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO register_mark (only, mark) VALUES (1, randomblob(16))
         ON CONFLICT (only) DO UPDATE SET mark = excluded.mark",
        [],
    )?;
    Ok(())
}
