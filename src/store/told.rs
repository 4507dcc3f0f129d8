//! What was told of which finding, and by which mail.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::Error;
use super::outbox::CREDIBLE_DAYS;
use super::values::{instant_at, named, rows};
use crate::model::{MailMode, OutboxMail};
use crate::notify::{Fact, TellKind, Told};

/// What a finding's readers have heard, for `findings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToldOf {
    /// How often anybody was reminded of it.
    pub reminders: u32,
    pub last_reminded_at: Option<DateTime<Utc>>,
    pub escalated_at: Option<DateTime<Utc>>,
}

/// Notes the facts of a mail that was just put into the outbox, in the same
/// transaction.
pub fn record_told(
    connection: &Connection,
    mail: i64,
    facts: &[Fact],
    mode: MailMode,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO told (mode, finding, kind, number, recipient, mail, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for fact in facts {
        statement.execute((
            mode.as_str(),
            fact.finding,
            fact.kind.as_str(),
            fact.number,
            &fact.reader,
            mail,
            at.timestamp_millis(),
        ))?;
    }
    Ok(())
}

/// Everything told in `mode`. What was told ahead of `now`, under a clock that was
/// wrong, counts as not told: it would silence the program until that day. A mail
/// that was deleted by hand had told what it told.
pub fn told(connection: &Connection, mode: MailMode, now: DateTime<Utc>) -> Result<Told, Error> {
    let credible = now + TimeDelta::days(CREDIBLE_DAYS);
    let mut statement = connection.prepare(
        "SELECT told.*, told.at > ?2 OR coalesce(outbox.state IN ('cancelled', 'dead'), 0)
                AS in_vain
         FROM told LEFT JOIN outbox ON outbox.id = told.mail
         WHERE told.mode = ?1
         ORDER BY told.at, told.mail",
    )?;
    let mut all = Told::default();
    let facts = rows(&mut statement, (mode.as_str(), credible.timestamp_millis()), |row| {
        let fact = Fact {
            finding: row.get("finding")?,
            kind: named(row, "kind", TellKind::parse)?,
            number: row.get("number")?,
            reader: row.get("recipient")?,
        };
        Ok((fact, instant_at(row, "at")?, row.get("in_vain")?))
    })?;
    for (fact, at, in_vain) in facts {
        all.note(&fact, at, in_vain);
    }
    Ok(all)
}

/// What was told of each finding in `mode`; findings of which nothing was are
/// not in it.
pub fn told_of(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<BTreeMap<i64, ToldOf>, Error> {
    let told = told(connection, mode, now)?;
    let of = |finding| {
        let (reminders, last_reminded_at) = told.of_finding(finding);
        let escalated_at = told.escalated_at(finding);
        (finding, ToldOf { reminders, last_reminded_at, escalated_at })
    };
    Ok(told.findings().map(of).collect())
}

/// One thing that a mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub finding: i64,
    pub kind: TellKind,
    /// [`Reader::id`](crate::notify::contacts::Reader).
    pub reader: String,
    /// Whether the finding is still open.
    pub open: bool,
}

/// What those of `mails` tell that tell of findings.
pub fn reasons(
    connection: &Connection,
    mails: &[OutboxMail],
) -> Result<BTreeMap<i64, Vec<Reason>>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT told.*, finding.resolved_at IS NULL AS open
         FROM told JOIN finding ON finding.id = told.finding WHERE told.mail = ?1",
    )?;
    let mut reasons = BTreeMap::new();
    for mail in mails {
        let told = rows(&mut statement, [mail.id], |row| {
            Ok(Reason {
                finding: row.get("finding")?,
                kind: named(row, "kind", TellKind::parse)?,
                reader: row.get("recipient")?,
                open: row.get("open")?,
            })
        })?;
        if !told.is_empty() {
            reasons.insert(mail.id, told);
        }
    }
    Ok(reasons)
}
