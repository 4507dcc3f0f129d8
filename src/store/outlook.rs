//! What the release of a held pull would add: counts of what is new in the database.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Error;
use super::values::{named, rows};
use crate::model::MailKind;

/// The latest mail's id; 0 in an empty outbox.
pub fn last_mail_id(connection: &Connection) -> Result<i64, Error> {
    Ok(connection.query_row("SELECT coalesce(max(id), 0) FROM outbox", [], |row| row.get(0))?)
}

/// How many mails of each kind came after this one.
pub fn mails_queued_after(
    connection: &Connection,
    id: i64,
) -> Result<BTreeMap<MailKind, usize>, Error> {
    let mut statement = connection
        .prepare("SELECT kind, count(*) AS mails FROM outbox WHERE id > ?1 GROUP BY kind")?;
    let counts = rows(&mut statement, [id], |row| {
        let mails: i64 = row.get("mails")?;
        Ok((named(row, "kind", MailKind::parse)?, usize::try_from(mails).unwrap_or(0)))
    })?;
    Ok(counts.into_iter().collect())
}

/// How many findings each rule (by id) opened in a snapshot.
pub fn findings_opened_in(
    connection: &Connection,
    snapshot: i64,
) -> Result<BTreeMap<String, usize>, Error> {
    let mut statement = connection.prepare(
        "SELECT rule, count(*) AS findings FROM finding WHERE opened_snapshot = ?1 GROUP BY rule",
    )?;
    let counts = rows(&mut statement, [snapshot], |row| {
        let findings: i64 = row.get("findings")?;
        Ok((row.get("rule")?, usize::try_from(findings).unwrap_or(0)))
    })?;
    Ok(counts.into_iter().collect())
}
