//! Waivers: exceptions with an end and a reason. Rows are only ever added or
//! closed, never taken away: an auditor reads them years later.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::findings::finding_by_id;
use super::in_force::RUNS;
use super::values::{Row, date_at, instant_at, maybe_instant_at, named, rows};
use crate::model::{Finding, Waiver, WaiverEnd, WaiverEnding};
use crate::policy::waivers::NewWaiver;

/// Those in force at ?1.
fn in_force() -> String {
    format!(
        "SELECT w.* FROM waiver AS w JOIN finding AS f ON f.id = w.finding
         WHERE {RUNS} AND (f.resolved_at IS NULL OR f.resolved_at > ?1)"
    )
}

/// Writes a waiver. One of the same finding that is in force then must have been
/// ended before ([`end_waiver`]).
pub fn insert_waiver(connection: &Connection, new: &NewWaiver) -> Result<Waiver, Error> {
    connection.execute(
        "INSERT INTO waiver (finding, until, ends_at, reason, by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            new.finding,
            new.until.to_string(),
            new.ends_at.timestamp_millis(),
            &new.reason,
            &new.by,
            new.created_at.timestamp_millis(),
        ),
    )?;
    Ok(Waiver {
        id: connection.last_insert_rowid(),
        finding: new.finding,
        until: new.until,
        ends_at: new.ends_at,
        reason: new.reason.clone(),
        by: new.by.clone(),
        created_at: new.created_at,
        ended: None,
    })
}

/// Ends a waiver before its time.
pub fn end_waiver(connection: &Connection, id: i64, end: &WaiverEnd) -> Result<(), Error> {
    connection.execute(
        "UPDATE waiver SET ended_at = ?2, ended_how = ?3, ended_by = ?4
         WHERE id = ?1 AND ended_at IS NULL",
        (id, end.at.timestamp_millis(), end.how.as_str(), &end.by),
    )?;
    Ok(())
}

/// The waiver of a finding that is in force at `instant`.
pub fn waiver_of(
    connection: &Connection,
    finding: i64,
    instant: DateTime<Utc>,
) -> Result<Option<Waiver>, Error> {
    let mut statement = connection.prepare(&format!("{} AND w.finding = ?2", in_force()))?;
    Ok(rows(&mut statement, (instant.timestamp_millis(), finding), read)?.pop())
}

/// All that are in force at `instant`, by finding.
pub fn waivers_in_force(
    connection: &Connection,
    instant: DateTime<Utc>,
) -> Result<BTreeMap<i64, Waiver>, Error> {
    let mut statement = connection.prepare(&in_force())?;
    let found = rows(&mut statement, [instant.timestamp_millis()], read)?;
    Ok(found.into_iter().map(|waiver| (waiver.finding, waiver)).collect())
}

/// Every waiver there ever was, ended ones too, oldest first: of one usage, or of all.
pub fn list_waivers(connection: &Connection, usage: Option<Uuid>) -> Result<Vec<Waiver>, Error> {
    let Some(usage) = usage else {
        return rows(&mut connection.prepare("SELECT * FROM waiver ORDER BY id")?, [], read);
    };
    let mut statement = connection.prepare(
        "SELECT w.* FROM finding AS f JOIN waiver AS w ON w.finding = f.id
         WHERE f.usage = ?1 ORDER BY w.id",
    )?;
    rows(&mut statement, [usage.to_string()], read)
}

/// Findings that are waived now and open again by `until`, the nearest end first: for the
/// digest, so that nobody is surprised.
pub fn waivers_ending(
    connection: &Connection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<(Waiver, Finding)>, Error> {
    let mut statement = connection
        .prepare(&format!("{} AND w.ends_at <= ?2 ORDER BY w.ends_at, w.id", in_force()))?;
    let ending = (now.timestamp_millis(), until.timestamp_millis());
    with_findings(connection, rows(&mut statement, ending, read)?)
}

/// Waivers whose time ran out after `since` and at or before `now`, with a finding that is open
/// again, the latest first: for the digest, which tells IT.
pub fn waivers_expired_since(
    connection: &Connection,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<(Waiver, Finding)>, Error> {
    // One that was prolonged meanwhile, or waived anew, is no news.
    let mut statement = connection.prepare(&format!(
        "SELECT w.* FROM waiver AS w JOIN finding AS f ON f.id = w.finding
         WHERE w.ends_at > ?2 AND w.ends_at <= ?1
           AND (w.ended_at IS NULL OR w.ended_at >= w.ends_at)
           AND f.resolved_at IS NULL
           AND w.finding NOT IN (SELECT finding FROM waiver WHERE {RUNS})
         ORDER BY w.ends_at DESC, w.id"
    ))?;
    let expired = (now.timestamp_millis(), since.timestamp_millis());
    with_findings(connection, rows(&mut statement, expired, read)?)
}

fn with_findings(
    connection: &Connection,
    waivers: Vec<Waiver>,
) -> Result<Vec<(Waiver, Finding)>, Error> {
    let mut found = Vec::with_capacity(waivers.len());
    for waiver in waivers {
        if let Some(finding) = finding_by_id(connection, waiver.finding)? {
            found.push((waiver, finding));
        }
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Waiver, Error> {
    let ended = match maybe_instant_at(row, "ended_at")? {
        None => None,
        Some(at) => Some(WaiverEnd {
            at,
            how: named(row, "ended_how", WaiverEnding::parse)?,
            by: row.get("ended_by")?,
        }),
    };
    Ok(Waiver {
        id: row.get("id")?,
        finding: row.get("finding")?,
        until: date_at(row, "until")?,
        ends_at: instant_at(row, "ends_at")?,
        reason: row.get("reason")?,
        by: row.get("by")?,
        created_at: instant_at(row, "created_at")?,
        ended,
    })
}
