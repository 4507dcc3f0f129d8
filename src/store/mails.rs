//! What is asked about the mails of the outbox: single ones, lists, what reached whom.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::values::{
    Row, date_at, instant_at, json_at, maybe_instant_at, maybe_json_at, maybe_uuid_at, named, rows,
    to_json, uuid_at,
};
use crate::model::{MailKind, MailMode, MailState, OutboxMail};
use crate::text::addresses::folded;

/// The addresses (folded) that mail to people went to at `since` or later.
pub fn reached_since(
    connection: &Connection,
    mode: MailMode,
    since: DateTime<Utc>,
) -> Result<BTreeSet<String>, Error> {
    let mut statement = connection.prepare(
        "SELECT recipients, copies FROM outbox
         WHERE mode = ?1 AND sent_at >= ?2 AND state IN ('sent', 'previewed')
           AND kind IN (SELECT value FROM json_each(?3))",
    )?;
    let parameters = (mode.as_str(), since.timestamp_millis(), kinds(MailKind::is_to_people)?);
    let reached = rows(&mut statement, parameters, |row| {
        let (to, copies): (Vec<String>, Vec<String>) =
            (json_at(row, "recipients")?, json_at(row, "copies")?);
        Ok([to, copies].concat())
    })?;
    Ok(reached.iter().flatten().map(|address| folded(address)).collect())
}

/// The finished MIME of a mail; `None` once its time of keeping has passed.
pub fn mail_body(connection: &Connection, id: i64) -> Result<Option<Vec<u8>>, Error> {
    Ok(connection
        .query_row("SELECT mime FROM outbox WHERE id = ?1", [id], |row| row.get(0))
        .optional()?
        .flatten())
}

pub fn mail_by_id(connection: &Connection, id: i64) -> Result<Option<OutboxMail>, Error> {
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?;
    Ok(rows(&mut statement, [id], read)?.pop())
}

/// The mails, those created after `since` where it is given, newest first.
pub fn list_mails(
    connection: &Connection,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE ?1 IS NULL OR created_at > ?1 ORDER BY id DESC"
    ))?;
    rows(&mut statement, [since.map(|at| at.timestamp_millis())], read)
}

/// Notes which systems a mail is about.
pub fn name_systems(
    connection: &Connection,
    mail: i64,
    systems: &BTreeSet<Uuid>,
) -> Result<(), Error> {
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO mail_system (usage, mail) VALUES (?1, ?2)")?;
    for usage in systems {
        insert.execute((usage.to_string(), mail))?;
    }
    Ok(())
}

/// The mails to people that are about a usage, newest first.
pub fn mails_about(connection: &Connection, usage: Uuid) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE kind IN (SELECT value FROM json_each(?2))
           AND id IN (SELECT mail FROM mail_system WHERE usage = ?1)
         ORDER BY id DESC"
    ))?;
    rows(&mut statement, (usage.to_string(), kinds(MailKind::is_to_people)?), read)
}

/// The days by which a mail asks for something.
pub fn deadlines_of(connection: &Connection, mail: i64) -> Result<Vec<NaiveDate>, Error> {
    let mut statement = connection.prepare(
        "SELECT DISTINCT deadline FROM notification WHERE mail = ?1 AND deadline IS NOT NULL",
    )?;
    rows(&mut statement, [mail], |row| date_at(row, "deadline"))
}

/// The systems of which a mail names an open finding, or asks in a round that is open.
pub fn named_by_mail(connection: &Connection, mail: i64) -> Result<Vec<Uuid>, Error> {
    let mut statement = connection.prepare(
        "SELECT finding.usage FROM notification
         JOIN finding ON finding.id = notification.finding
         WHERE notification.mail = ?1 AND finding.resolved_at IS NULL
         UNION
         SELECT usage FROM notification WHERE mail = ?1 AND usage IS NOT NULL
           AND EXISTS (SELECT 1 FROM review WHERE closed_at IS NULL)",
    )?;
    rows(&mut statement, [mail], |row| uuid_at(row, "usage"))
}

/// The mails to one person, newest first.
pub fn mails_to(connection: &Connection, person: Uuid) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection
        .prepare(&format!("SELECT {COLUMNS} FROM outbox WHERE person = ?1 ORDER BY id DESC"))?;
    rows(&mut statement, [person.to_string()], read)
}

/// A mail with what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellingMail {
    pub mail: OutboxMail,
    /// Of an escalation: it went to those who were asked before, not to the leader.
    pub is_copy: bool,
    /// Each finding that it names, and its usage.
    pub findings: Vec<(i64, Uuid)>,
}

/// The mails to people that went out in that time, in a trial those that were
/// written, each with the findings that it names and their usages; oldest first.
pub fn mails_to_people(
    connection: &Connection,
    mode: MailMode,
    sent: RangeInclusive<DateTime<Utc>>,
) -> Result<Vec<TellingMail>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM outbox
         WHERE mode = ?1 AND state IN ('sent', 'previewed') AND sent_at BETWEEN ?2 AND ?3
           AND kind IN (SELECT value FROM json_each(?4))"
    ))?;
    let (from, to) = (sent.start().timestamp_millis(), sent.end().timestamp_millis());
    let parameters = (mode.as_str(), from, to, kinds(MailKind::is_to_people)?);
    let mut mails = rows(&mut statement, parameters, read)?;
    mails.sort_by_key(|mail| (mail.sent_at, mail.id));
    let mut statement = connection.prepare(
        "SELECT finding.id, finding.usage, min(notification.kind = 'copy') AS is_copy
         FROM notification JOIN finding ON finding.id = notification.finding
         WHERE notification.mail = ?1 GROUP BY finding.id ORDER BY finding.id",
    )?;
    let mut told = Vec::with_capacity(mails.len());
    for mail in mails {
        let named = rows(&mut statement, [mail.id], |row| {
            Ok((row.get::<i64>("id")?, uuid_at(row, "usage")?, row.get::<bool>("is_copy")?))
        })?;
        let is_copy = !named.is_empty() && named.iter().all(|(_, _, is_copy)| *is_copy);
        let findings = named.into_iter().map(|(finding, usage, _)| (finding, usage)).collect();
        told.push(TellingMail { mail, is_copy, findings });
    }
    Ok(told)
}

/// How many mails there are in each state.
pub fn outbox_counts(connection: &Connection) -> Result<BTreeMap<&'static str, i64>, Error> {
    let mut statement =
        connection.prepare("SELECT state, count(*) AS mails FROM outbox GROUP BY state")?;
    let counts = rows(&mut statement, [], |row| {
        Ok((named(row, "state", MailState::parse)?.as_str(), row.get("mails")?))
    })?;
    Ok(counts.into_iter().collect())
}

/// When the latest mail of a kind was made in `mode`, of those that went out or
/// still may. One that lies ahead of `now` was made under a clock that was wrong.
pub fn last_mail_at(
    connection: &Connection,
    kind: MailKind,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Error> {
    let mut statement = connection.prepare(
        "SELECT max(created_at) AS latest FROM outbox
         WHERE kind = ?1 AND mode = ?2 AND state NOT IN ('cancelled', 'dead')
           AND created_at <= ?3",
    )?;
    let parameters = (kind.as_str(), mode.as_str(), now.timestamp_millis());
    let latest = rows(&mut statement, parameters, |row| maybe_instant_at(row, "latest"))?;
    Ok(latest.into_iter().next().flatten())
}

/// How many mails of `mode` left us after a digest that was made at `since`, in a trial those
/// that were written; that digest itself, which went out later, does not count.
pub fn count_gone_since(
    connection: &Connection,
    mode: MailMode,
    since: DateTime<Utc>,
) -> Result<u32, Error> {
    Ok(connection.query_row(
        "SELECT count(*) FROM outbox
         WHERE mode = ?1 AND state IN ('sent', 'previewed') AND sent_at > ?2
           AND (kind <> 'digest' OR created_at > ?2)",
        (mode.as_str(), since.timestamp_millis()),
        |row| row.get(0),
    )?)
}

/// How many mails of `mode` died after `since`, whenever they were made: one is given up four
/// days after it was.
pub fn count_dead_since(
    connection: &Connection,
    mode: MailMode,
    since: DateTime<Utc>,
) -> Result<u32, Error> {
    Ok(connection.query_row(
        "SELECT count(*) FROM outbox WHERE mode = ?1 AND state = 'dead' AND died_at > ?2",
        (mode.as_str(), since.timestamp_millis()),
        |row| row.get(0),
    )?)
}

/// How many mails went out after `since`, for the per-minute limit. What lies ahead
/// of `now` was sent under a clock that was wrong, and would count for as long as
/// the clock was ahead.
pub fn sent_since(
    connection: &Connection,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u32, Error> {
    Ok(connection.query_row(
        "SELECT count(*) FROM outbox WHERE state = 'sent' AND sent_at > ?1 AND sent_at <= ?2",
        (since.timestamp_millis(), now.timestamp_millis()),
        |row| row.get(0),
    )?)
}

/// Whether the mail server has taken mail to others since it first did not take this one, or one
/// before it to the same readers that nothing has followed to them. Then it works, and what
/// fails is the affair of these readers. What it took before that says nothing: it may have
/// failed since, for everybody.
pub fn has_taken_others(connection: &Connection, mail: &OutboxMail) -> Result<bool, Error> {
    Ok(connection.query_row(
        "WITH alike AS (
             SELECT id, state, others_taken FROM outbox
             WHERE id = ?4 OR (mode = ?1 AND recipients = ?2 AND copies = ?3))
         SELECT EXISTS (
             SELECT 1 FROM alike WHERE others_taken AND state IN ('queued', 'sending', 'dead')
                AND (id = ?4
                     OR id > (SELECT coalesce(max(id), 0) FROM alike WHERE state = 'sent')))",
        (mail.mode.as_str(), to_json(&mail.to)?, to_json(&mail.cc)?, mail.id),
        |row| row.get(0),
    )?)
}

/// Addresses (folded) to which the mail server takes no mail: it refused one for good, or put
/// it off until it was given up, while it took others. Until a later mail reaches them, a test
/// mail included. A mail of mode `redirect` says nothing: it went to `mail.redirect_to`.
pub fn refused_addresses(connection: &Connection) -> Result<BTreeSet<String>, Error> {
    let is_one = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'dead' AND refused)";
    if !connection.query_row(is_one, [], |row| row.get(0))? {
        return Ok(BTreeSet::new());
    }
    let mut statement = connection.prepare(
        "SELECT recipients, state FROM outbox
         WHERE mode = 'send' AND (kind IN (SELECT value FROM json_each(?1))
             AND (state = 'sent' OR (state = 'dead' AND refused))
             OR kind = 'test' AND state = 'sent')
         ORDER BY id",
    )?;
    let verdicts = rows(&mut statement, [kinds(MailKind::is_to_people)?], |row| {
        let to: Vec<String> = json_at(row, "recipients")?;
        Ok((to, row.get::<String>("state")?))
    })?;
    let mut refused = BTreeSet::new();
    for (to, state) in verdicts {
        for address in to.iter().map(|address| folded(address)) {
            if state == "dead" {
                refused.insert(address);
            } else {
                refused.remove(&address);
            }
        }
    }
    Ok(refused)
}

/// The kinds of mail of which `is_one` holds, as a parameter for `json_each`.
pub(super) fn kinds(is_one: fn(MailKind) -> bool) -> Result<String, Error> {
    let kinds = MailKind::ALL.iter().copied().filter(|kind| is_one(*kind));
    to_json(&kinds.collect::<Vec<_>>())
}

/// The states of a mail of which `is_one` holds, as a parameter for `json_each`.
pub(super) fn states(is_one: fn(MailState) -> bool) -> Result<String, Error> {
    let states = MailState::ALL.iter().copied().filter(|state| is_one(*state));
    to_json(&states.collect::<Vec<_>>())
}

/// What [`read`] reads: all but the body, which is most of a row.
pub(super) const COLUMNS: &str =
    "id, key, kind, mode, person, recipients, copies, subject, state, created_at,
    due_at, counts_from, not_before, sent_at, attempts, reason, message_id";

/// One row of the outbox.
pub(super) fn read(row: &Row<'_>) -> Result<OutboxMail, Error> {
    Ok(OutboxMail {
        id: row.get("id")?,
        key: row.get("key")?,
        kind: named(row, "kind", MailKind::parse)?,
        mode: named(row, "mode", MailMode::parse)?,
        person: maybe_uuid_at(row, "person")?,
        to: json_at(row, "recipients")?,
        cc: json_at(row, "copies")?,
        subject: row.get("subject")?,
        state: named(row, "state", MailState::parse)?,
        created_at: instant_at(row, "created_at")?,
        due_at: instant_at(row, "due_at")?,
        counts_from: instant_at(row, "counts_from")?,
        not_before: instant_at(row, "not_before")?,
        sent_at: maybe_instant_at(row, "sent_at")?,
        attempts: row.get("attempts")?,
        reason: maybe_json_at(row, "reason")?,
        message_id: row.get("message_id")?,
    })
}
