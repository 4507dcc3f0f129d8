//! The cache that a pull leaves in the table `register_now`. Its format belongs to this build:
//! only the same executable reads it.

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;
use crate::config::program;

/// The piece in `column`. `None` if this build did not write the cache; rebuild from the
/// version tables, which are authoritative.
pub fn kept<T: DeserializeOwned>(
    connection: &Connection,
    column: &'static str,
) -> Result<Option<T>, Error> {
    let Some(program) = stored_program() else { return Ok(None) };
    let sql = format!("SELECT {column} FROM register_now WHERE program = ?1");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([program])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let data = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(postcard::from_bytes(data).ok())
}

pub fn to_keep(what: &impl Serialize) -> Result<Vec<u8>, Error> {
    postcard::to_stdvec(what)
        .map_err(|error| Error::Value { what: "a register to keep", value: error.to_string() })
}

/// The program as SQLite keeps it.
pub fn stored_program() -> Option<i64> {
    program().map(u64::cast_signed)
}
