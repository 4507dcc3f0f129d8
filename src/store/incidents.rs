//! What is wrong with the program's own work, for as long as it is.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::Error;
use super::values::{Row, instant_at, json_at, maybe_instant_at, named, rows, to_json};
use crate::model::{AlertFact, Incident, IncidentKind};

/// Opens an incident. If one of its kind is open already, notes that it was seen again, with
/// the facts as they are now, and returns `None`.
pub fn open_incident(
    connection: &Connection,
    kind: IncidentKind,
    now: DateTime<Utc>,
    facts: Vec<AlertFact>,
) -> Result<Option<Incident>, Error> {
    let (ms, told) = (now.timestamp_millis(), to_json(&facts)?);
    let renewed = connection.execute(
        "UPDATE incident SET seen_at = ?2, facts = ?3 WHERE kind = ?1 AND closed_at IS NULL",
        (kind.as_str(), ms, &told),
    )?;
    if renewed > 0 {
        return Ok(None);
    }
    connection.execute(
        "INSERT INTO incident (kind, opened_at, seen_at, facts) VALUES (?1, ?2, ?2, ?3)",
        (kind.as_str(), ms, &told),
    )?;
    let id = connection.last_insert_rowid();
    Ok(Some(Incident { id, kind, opened_at: now, closed_at: None, facts }))
}

/// Closes the open incident of a kind. `None` if none is open.
pub fn close_incident(
    connection: &Connection,
    kind: IncidentKind,
    now: DateTime<Utc>,
) -> Result<Option<Incident>, Error> {
    let Some(open) = incidents(connection)?.into_iter().find(|i| i.kind == kind) else {
        return Ok(None);
    };
    connection.execute(
        "UPDATE incident SET closed_at = ?2 WHERE id = ?1",
        (open.id, now.timestamp_millis()),
    )?;
    Ok(Some(Incident { closed_at: Some(now), ..open }))
}

/// The open incidents, oldest first.
pub fn incidents(connection: &Connection) -> Result<Vec<Incident>, Error> {
    let mut statement =
        connection.prepare("SELECT * FROM incident WHERE closed_at IS NULL ORDER BY id")?;
    rows(&mut statement, [], read_incident)
}

/// Those that are over, too, newest first.
pub fn all_incidents(connection: &Connection) -> Result<Vec<Incident>, Error> {
    let mut statement = connection.prepare("SELECT * FROM incident ORDER BY id DESC")?;
    rows(&mut statement, [], read_incident)
}

fn read_incident(row: &Row<'_>) -> Result<Incident, Error> {
    Ok(Incident {
        id: row.get("id")?,
        kind: named(row, "kind", IncidentKind::parse)?,
        opened_at: instant_at(row, "opened_at")?,
        closed_at: maybe_instant_at(row, "closed_at")?,
        facts: json_at(row, "facts")?,
    })
}
