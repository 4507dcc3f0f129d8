//! Who this installation is: made with the database, never changed.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::values::{count, instant_at, rows, uuid_at};
use crate::policy::coverage::Coverage;

/// Message-IDs and the sync's delay derive from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    pub uuid: Uuid,
    pub created_at: DateTime<Utc>,
}

/// What the leaders file covered when it was last judged by.
pub fn leaders_coverage(connection: &Connection) -> Result<Option<Coverage>, Error> {
    let mut statement = connection.prepare("SELECT leaders, owners, known FROM leaders_file")?;
    let rows = rows(&mut statement, [], |row| {
        let number = |column: &str| row.get::<i64>(column);
        let number = |column| Ok::<_, rusqlite::Error>(number(column)?.try_into().unwrap_or(0));
        Ok(Coverage {
            leaders: number("leaders")?,
            owners: number("owners")?,
            known: number("known")?,
        })
    })?;
    Ok(rows.into_iter().next())
}

/// Notes what it covers now; `None` when there is no file any more.
pub fn record_leaders_coverage(
    connection: &Connection,
    coverage: Option<Coverage>,
) -> Result<(), Error> {
    // Only what changed is written: an unchanged pull writes one row.
    if leaders_coverage(connection)? == coverage {
        return Ok(());
    }
    match coverage {
        None => connection.execute("DELETE FROM leaders_file", [])?,
        Some(Coverage { leaders, owners, known }) => connection.execute(
            "INSERT INTO leaders_file (only, leaders, owners, known) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT (only) DO UPDATE SET leaders = excluded.leaders,
                 owners = excluded.owners, known = excluded.known",
            [count(leaders), count(owners), count(known)],
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
