//! Who this installation is: made with the database, never changed.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{instant_at, rows, uuid_at};

/// Message-IDs and the sync's delay derive from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    pub uuid: Uuid,
    pub created_at: DateTime<Utc>,
}

/// The installation's row, once it is made.
pub fn made_installation(connection: &Connection) -> Result<Option<Installation>, Error> {
    let mut statement = connection.prepare("SELECT uuid, created_at FROM installation")?;
    let made = rows(&mut statement, [], |row| {
        Ok(Installation { uuid: uuid_at(row, "uuid")?, created_at: instant_at(row, "created_at")? })
    })?;
    Ok(made.into_iter().next())
}

/// The installation's row, made on first use from `uuid` and `now`.
pub fn installation(
    connection: &Connection,
    uuid: Uuid,
    now: DateTime<Utc>,
) -> Result<Installation, Error> {
    if let Some(made) = made_installation(connection)? {
        return Ok(made);
    }
    connection.execute(
        "INSERT OR IGNORE INTO installation (only, uuid, created_at) VALUES (1, ?1, ?2)",
        (uuid.to_string(), now.timestamp_millis()),
    )?;
    made_installation(connection)?.ok_or(Error::Sql(rusqlite::Error::QueryReturnedNoRows))
}
