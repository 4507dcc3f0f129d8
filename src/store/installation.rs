//! Who this installation is: made with the database, never changed.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::values::{instant_at, rows, uuid_at};

/// Message-IDs and the sync's delay derive from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    pub uuid: Uuid,
    pub created_at: DateTime<Utc>,
}

/// How many leaders the leaders file had when it was last trusted.
pub fn leader_lines(connection: &Connection) -> Result<Option<usize>, Error> {
    let leaders: Option<i64> = connection
        .query_row("SELECT leaders FROM leaders_file", [], |row| row.get(0))
        .optional()?;
    Ok(leaders.and_then(|leaders| usize::try_from(leaders).ok()))
}

/// Notes how many it has now; `None` when there is no file any more.
pub fn record_leader_lines(connection: &Connection, leaders: Option<usize>) -> Result<(), Error> {
    // Only what changed is written: an unchanged pull writes one row.
    if leader_lines(connection)? == leaders {
        return Ok(());
    }
    match leaders {
        None => connection.execute("DELETE FROM leaders_file", [])?,
        Some(leaders) => connection.execute(
            "INSERT INTO leaders_file (only, leaders) VALUES (1, ?1)
             ON CONFLICT (only) DO UPDATE SET leaders = excluded.leaders",
            [super::values::count(leaders)],
        )?,
    };
    Ok(())
}

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
