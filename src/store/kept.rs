//! What a pull leaves in the table `register_now`: pieces of this program's own form, read
//! by this very file of the program alone.

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;
use crate::config::program;

/// The piece in `column`; `None` where the versions have to be asked. They count, and say
/// the same.
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
