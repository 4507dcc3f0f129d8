//! Pulls that the guard holds, kept whole: a release commits exactly what was
//! shown.

use std::io::{Read, Write};

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::Error;
use super::values::{instant_at, json_at, maybe_instant_at, named, rows, to_json};
use crate::model::{HeldEnd, HoldOutlook, HoldReason, Snapshot};

/// The pull that is held now.
#[derive(Debug, Clone, PartialEq)]
pub struct QuarantinedPull {
    pub id: i64,
    pub taken_at: DateTime<Utc>,
    pub reasons: Vec<HoldReason>,
    pub outlook: HoldOutlook,
    pub pull: KeptPull,
}

/// A pull as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptPull {
    pub snapshot: Snapshot,
    /// The machine that it was read from.
    pub host: String,
    pub requests: u64,
    pub bytes: u64,
    pub duration_ms: i64,
}

/// Keeps a pull. One that was held before is superseded by it.
pub fn hold_pull(
    connection: &Connection,
    pull: &KeptPull,
    (reasons, outlook): (&[HoldReason], &HoldOutlook),
    taken_at: DateTime<Utc>,
) -> Result<i64, Error> {
    decide_quarantine(connection, HeldEnd::Superseded, None, taken_at)?;
    connection.execute(
        "INSERT INTO quarantine (taken_at, pull, reasons, outlook, state)
         VALUES (?1, ?2, ?3, ?4, 'held')",
        (
            taken_at.timestamp_millis(),
            compress(&to_json(pull)?)?,
            to_json(&reasons)?,
            to_json(outlook)?,
        ),
    )?;
    Ok(connection.last_insert_rowid())
}

/// The held pull, if there is one.
pub fn quarantined_pull(connection: &Connection) -> Result<Option<QuarantinedPull>, Error> {
    let mut statement = connection.prepare("SELECT * FROM quarantine WHERE state = 'held'")?;
    let held = rows(&mut statement, [], |row| {
        let compressed: Vec<u8> = row.get("pull")?;
        let json = expand(&compressed)?;
        Ok(QuarantinedPull {
            id: row.get("id")?,
            taken_at: instant_at(row, "taken_at")?,
            reasons: json_at(row, "reasons")?,
            outlook: json_at(row, "outlook")?,
            pull: serde_json::from_str(&json)
                .map_err(|error| Error::Value { what: "a held pull", value: error.to_string() })?,
        })
    })?;
    Ok(held.into_iter().next())
}

/// The held pull's id alone.
pub fn quarantined_pull_id(connection: &Connection) -> Result<Option<i64>, Error> {
    Ok(connection
        .query_row("SELECT id FROM quarantine WHERE state = 'held'", [], |row| row.get(0))
        .optional()?)
}

/// A pull that was held, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierQuarantine {
    pub taken_at: DateTime<Utc>,
    pub reasons: Vec<HoldReason>,
    pub end: HeldEnd,
    pub decided_at: Option<DateTime<Utc>>,
    /// The person who did, if one did.
    pub decided_by: Option<String>,
}

/// Pulls that were held earlier, newest first; only as many as a person looks through.
pub fn earlier_quarantines(connection: &Connection) -> Result<Vec<EarlierQuarantine>, Error> {
    let mut statement = connection.prepare(
        "SELECT taken_at, reasons, state, decided_at, decided_by FROM quarantine
         WHERE state <> 'held' ORDER BY id DESC LIMIT 50",
    )?;
    rows(&mut statement, [], |row| {
        Ok(EarlierQuarantine {
            taken_at: instant_at(row, "taken_at")?,
            reasons: json_at(row, "reasons")?,
            end: named(row, "state", HeldEnd::parse)?,
            decided_at: maybe_instant_at(row, "decided_at")?,
            decided_by: row.get("decided_by")?,
        })
    })
}

/// Ends the quarantine of the held pull, if there is one. Its content goes, its
/// reasons stay.
/// `by`: the person who decided, if one did.
pub fn decide_quarantine(
    connection: &Connection,
    end: HeldEnd,
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    Ok(connection.execute(
        "UPDATE quarantine SET state = ?1, decided_at = ?2, decided_by = ?3, pull = NULL
         WHERE state = 'held'",
        (end.as_str(), now.timestamp_millis(), by),
    )? > 0)
}

fn compress(text: &str) -> Result<Vec<u8>, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .map_err(|error| Error::Value { what: "a pull to hold", value: error.to_string() })
}

fn expand(bytes: &[u8]) -> Result<String, Error> {
    let mut text = String::new();
    GzDecoder::new(bytes)
        .read_to_string(&mut text)
        .map_err(|error| Error::Value { what: "a held pull", value: error.to_string() })?;
    Ok(text)
}
