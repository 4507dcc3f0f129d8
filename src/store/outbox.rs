//! The outbox: finished mails, unique by key, and what became of each
//! (`docs/reliability.md` R16).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use uuid::Uuid;

use super::Error;
use super::links::keep_link;
use super::values::{instant_at, json_at, maybe_instant_at, named, rows, to_json, uuid_at};
use crate::model::{MailKind, MailMode, MailState, NewMail, NoticeItem, OutboxMail};
use crate::text::addresses::folded;

/// What was noted further ahead than this was noted under a clock that was wrong and
/// has been mended; less is a clock that was set back a little.
pub(super) const CREDIBLE_DAYS: i64 = 1;
/// A mail that was tried may wait so long: for the end of a holiday.
const LONGEST_WAIT_DAYS: i64 = 31;

/// What became of an attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Sent {
        /// Whom it did not reach, if it went to several.
        note: Option<String>,
    },
    /// Written to `mail.preview_dir`.
    Previewed,
    /// Not now: again at this time, for this reason.
    Later { at: DateTime<Utc>, why: String },
    /// The server did not come to look at it: the attempt does not count.
    NotTried,
    /// Never, for this reason.
    Dead {
        why: String,
        /// The server refused the reader or the message for good.
        refused: bool,
    },
}

/// Which mails to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailFilter {
    /// Only those created after this.
    pub since: Option<DateTime<Utc>>,
}

/// Puts a mail into the outbox. Returns its id, or `None` where its key is
/// there already: the same thing is never told twice.
pub fn enqueue(
    connection: &Connection,
    mail: &NewMail,
    now: DateTime<Utc>,
) -> Result<Option<i64>, Error> {
    let added = connection.execute(
        "INSERT INTO outbox (key, kind, mode, person, recipients, copies, subject, message_id,
                             mime, state, created_at, due_at, not_before)
         VALUES (?1, ?2, ?3, ?4, ?5, ?11, ?6, ?7, ?8, 'queued', ?9, ?10, ?10)
         ON CONFLICT (key) DO NOTHING",
        (
            &mail.key,
            mail.kind.as_str(),
            mail.mode.as_str(),
            mail.person.map(|uuid| uuid.to_string()),
            to_json(&mail.to)?,
            &mail.subject,
            &mail.message_id,
            &mail.mime,
            now.timestamp_millis(),
            mail.not_before.timestamp_millis(),
            to_json(&mail.cc)?,
        ),
    )?;
    if added == 0 {
        return Ok(None);
    }
    let id = connection.last_insert_rowid();
    keep_link(connection, mail, id)?;
    Ok(Some(id))
}

/// Keeps what a notice tells, so that it can be withdrawn, or told with later news.
pub fn set_news(connection: &Connection, id: i64, news: &[NoticeItem]) -> Result<(), Error> {
    connection.execute("UPDATE outbox SET news = ?2 WHERE id = ?1", (id, to_json(&news)?))?;
    Ok(())
}

/// The notices of `mode` that wait, with what each tells. One that may be with the
/// mail server waits no more.
pub fn waiting_news(
    connection: &Connection,
    mode: MailMode,
) -> Result<Vec<(OutboxMail, Vec<NoticeItem>)>, Error> {
    let mut statement = connection.prepare(
        "SELECT * FROM outbox WHERE state = 'queued' AND mode = ?1 AND news IS NOT NULL",
    )?;
    rows(&mut statement, [mode.as_str()], |row| Ok((read(row)?, json_at(row, "news")?)))
}

/// The letters, reminders and escalations of `mode` that wait, whenever they are due.
pub fn waiting_reminders(
    connection: &Connection,
    mode: MailMode,
) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection.prepare(
        "SELECT * FROM outbox
         WHERE state = 'queued' AND mode = ?1 AND kind IN ('letter', 'reminder', 'escalation')
         ORDER BY id",
    )?;
    rows(&mut statement, [mode.as_str()], read)
}

/// The mails to deliver now in `mode`, oldest first. Those that a crash left in
/// `sending` come first: they go out again under the same Message-ID. Then test
/// mails: somebody waits for the answer.
pub fn waiting_mails(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection.prepare(
        "SELECT * FROM outbox
         WHERE mode = ?1 AND (state = 'sending' OR (state = 'queued' AND not_before <= ?2))
         ORDER BY state = 'sending' DESC, kind = 'test' DESC, id",
    )?;
    rows(&mut statement, (mode.as_str(), now.timestamp_millis()), read)
}

/// When the next mail of `mode` is to be delivered, if one waits.
pub fn next_mail_at(
    connection: &Connection,
    mode: MailMode,
) -> Result<Option<DateTime<Utc>>, Error> {
    let mut statement = connection.prepare(
        "SELECT min(CASE state WHEN 'sending' THEN 0 ELSE not_before END) AS next FROM outbox
         WHERE state IN ('queued', 'sending') AND mode = ?1",
    )?;
    Ok(rows(&mut statement, [mode.as_str()], |row| maybe_instant_at(row, "next"))?.pop().flatten())
}

/// Notes that the mail is being handed over, before the first byte goes out.
/// `false` when it was withdrawn meanwhile.
pub fn mark_sending(connection: &Connection, id: i64) -> Result<bool, Error> {
    let marked = connection.execute(
        "UPDATE outbox SET state = 'sending', held = 0, attempts = attempts + 1
         WHERE id = ?1 AND state IN ('queued', 'sending')",
        [id],
    )?;
    Ok(marked > 0)
}

/// Notes what became of it. A mail that was cancelled meanwhile stays so, unless it is
/// with the server.
pub fn record_verdict(
    connection: &Connection,
    id: i64,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let now = now.timestamp_millis();
    match outcome {
        Outcome::Sent { note } => connection.execute(
            "UPDATE outbox SET state = 'sent', sent_at = ?2, last_error = ?3 WHERE id = ?1",
            (id, now, note),
        )?,
        Outcome::Previewed => connection.execute(
            "UPDATE outbox SET state = 'previewed', sent_at = ?2, last_error = NULL WHERE id = ?1",
            (id, now),
        )?,
        Outcome::Later { at, why } => connection.execute(
            "UPDATE outbox SET state = 'queued', not_before = ?2, last_error = ?3
             WHERE id = ?1 AND state <> 'cancelled'",
            (id, at.timestamp_millis(), why),
        )?,
        Outcome::NotTried => connection.execute(
            "UPDATE outbox SET state = 'queued', attempts = attempts - 1
             WHERE id = ?1 AND state <> 'cancelled'",
            [id],
        )?,
        Outcome::Dead { why, refused } => connection.execute(
            "UPDATE outbox SET state = 'dead', died_at = ?4, last_error = ?2, refused = ?3
             WHERE id = ?1 AND state <> 'cancelled'",
            (id, why, refused, now),
        )?,
    };
    Ok(())
}

/// Lets one mail wait until `at` without counting an attempt.
pub fn postpone(
    connection: &Connection,
    id: i64,
    at: DateTime<Utc>,
    why: &str,
) -> Result<(), Error> {
    connection.execute(
        "UPDATE outbox SET state = 'queued', held = 0, not_before = ?2, last_error = ?3
         WHERE id = ?1",
        (id, at.timestamp_millis(), why),
    )?;
    Ok(())
}

/// The addresses (folded) that mail to people went to at `since` or later.
pub fn reached_since(
    connection: &Connection,
    mode: MailMode,
    since: DateTime<Utc>,
) -> Result<BTreeSet<String>, Error> {
    let mut statement = connection.prepare(
        "SELECT recipients, copies FROM outbox
         WHERE mode = ?1 AND sent_at >= ?2 AND state IN ('sent', 'previewed')
           AND kind IN ('letter', 'reminder', 'notice', 'escalation')",
    )?;
    let reached = rows(&mut statement, (mode.as_str(), since.timestamp_millis()), |row| {
        let (to, copies): (Vec<String>, Vec<String>) =
            (json_at(row, "recipients")?, json_at(row, "copies")?);
        Ok([to, copies].concat())
    })?;
    Ok(reached.iter().flatten().map(|address| folded(address)).collect())
}

/// Lets every mail of `mode` that is due wait until `at` without counting an
/// attempt: the server is wrong, not the mails.
pub fn hold_waiting(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
    at: DateTime<Utc>,
    why: &str,
) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'queued', held = 1, not_before = ?3, last_error = ?4
         WHERE mode = ?1 AND (state = 'sending' OR (state = 'queued' AND not_before <= ?2))",
        (mode.as_str(), now.timestamp_millis(), at.timestamp_millis(), why),
    )?)
}

/// Until when mails of `mode` wait for the server, and why, if any do.
pub fn held_until(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<Option<(DateTime<Utc>, String)>, Error> {
    let mut statement = connection.prepare(
        "SELECT not_before, last_error FROM outbox
         WHERE state = 'queued' AND held = 1 AND mode = ?1 AND not_before > ?2
         ORDER BY not_before DESC LIMIT 1",
    )?;
    let held = rows(&mut statement, (mode.as_str(), now.timestamp_millis()), |row| {
        Ok((
            instant_at(row, "not_before")?,
            row.get::<_, Option<String>>("last_error")?.unwrap_or_default(),
        ))
    })?;
    Ok(held.into_iter().next())
}

/// Makes the mails of `mode` due that waited for the server alone.
pub fn release_held(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET held = 0, not_before = min(not_before, ?2)
         WHERE state = 'queued' AND held = 1 AND mode = ?1",
        (mode.as_str(), now.timestamp_millis()),
    )?)
}

/// Gives up on the mails of `mode` that are to go now and were first due at
/// `due_before` or earlier.
pub fn give_up_waiting(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
    due_before: DateTime<Utc>,
    why: &str,
) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'dead', died_at = ?2, last_error = ?4
         WHERE mode = ?1 AND (state = 'sending' OR (state = 'queued' AND not_before <= ?2))
           AND due_at <= ?3",
        (mode.as_str(), now.timestamp_millis(), due_before.timestamp_millis(), why),
    )?)
}

/// Makes a mail due now that waits, or is dead; its time to be given up begins
/// anew. `false` when it is neither, or its body is no longer kept.
pub fn retry_mail(
    connection: &Connection,
    id: i64,
    now: DateTime<Utc>,
    by: &str,
) -> Result<bool, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'queued', held = 0, due_at = ?2, not_before = ?2, died_at = NULL,
                retried_by = ?3
         WHERE id = ?1 AND state IN ('queued', 'dead') AND mime IS NOT NULL",
        (id, now.timestamp_millis(), by),
    )? > 0)
}

/// Withdraws a mail that has not gone out, saying why.
pub fn cancel_mail(connection: &Connection, id: i64, why: &str) -> Result<bool, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'cancelled', last_error = ?2
         WHERE id = ?1 AND state IN ('queued', 'sending')",
        (id, why),
    )? > 0)
}

/// Withdraws what was written for another `mail.mode`: a trial's mails never
/// reach people once the trial ends, nor the other way round.
pub fn cancel_other_modes(connection: &Connection, mode: MailMode) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'cancelled', last_error = 'mail.mode is ' || ?1 || ' now'
         WHERE state IN ('queued', 'sending') AND mode <> ?1",
        [mode.as_str()],
    )?)
}

/// The finished MIME of a mail; `None` once its time of keeping has passed.
pub fn mail_body(connection: &Connection, id: i64) -> Result<Option<Vec<u8>>, Error> {
    Ok(connection
        .query_row("SELECT mime FROM outbox WHERE id = ?1", [id], |row| row.get(0))
        .optional()?
        .flatten())
}

pub fn mail_by_id(connection: &Connection, id: i64) -> Result<Option<OutboxMail>, Error> {
    let mut statement = connection.prepare("SELECT * FROM outbox WHERE id = ?1")?;
    Ok(rows(&mut statement, [id], read)?.pop())
}

/// The mails that fit, newest first.
pub fn list_mails(connection: &Connection, filter: &MailFilter) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection
        .prepare("SELECT * FROM outbox WHERE ?1 IS NULL OR created_at > ?1 ORDER BY id DESC")?;
    rows(&mut statement, [filter.since.map(|at| at.timestamp_millis())], read)
}

/// The mails to whoever held one of `roles` on a usage when they were made, but
/// for digests, alerts and tests; newest first. A mail is about several systems,
/// so that this is as near as the outbox knows.
pub fn mails_to_holders(
    connection: &Connection,
    usage: Uuid,
    roles: &BTreeSet<Uuid>,
) -> Result<Vec<OutboxMail>, Error> {
    let roles: Vec<String> = roles.iter().map(Uuid::to_string).collect();
    let mut statement = connection.prepare(
        "SELECT * FROM outbox WHERE kind IN ('letter', 'reminder', 'notice', 'escalation') AND id IN (
             SELECT mail.id FROM role_assignment AS a
             JOIN outbox AS mail ON mail.person = a.person
             JOIN snapshot AS began ON began.id = a.from_snapshot
             LEFT JOIN snapshot AS ended ON ended.id = a.to_snapshot
             WHERE a.usage = ?1 AND a.role IN (SELECT value FROM json_each(?2))
               AND mail.created_at >= began.taken_at
               AND (ended.id IS NULL OR mail.created_at <= ended.taken_at))
         ORDER BY id DESC",
    )?;
    rows(&mut statement, (usage.to_string(), to_json(&roles)?), read)
}

/// The systems of which a mail names an open finding.
pub fn named_by_mail(connection: &Connection, mail: i64) -> Result<Vec<Uuid>, Error> {
    let mut statement = connection.prepare(
        "SELECT DISTINCT finding.usage FROM notification
         JOIN finding ON finding.id = notification.finding
         WHERE notification.mail = ?1 AND finding.resolved_at IS NULL",
    )?;
    rows(&mut statement, [mail], |row| uuid_at(row, "usage"))
}

/// The mails to one person, newest first.
pub fn mails_to(connection: &Connection, person: Uuid) -> Result<Vec<OutboxMail>, Error> {
    let mut statement =
        connection.prepare("SELECT * FROM outbox WHERE person = ?1 ORDER BY id DESC")?;
    rows(&mut statement, [person.to_string()], read)
}

/// A mail with what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellingMail {
    pub mail: OutboxMail,
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
    let mut statement = connection.prepare(
        "SELECT * FROM outbox
         WHERE mode = ?1 AND state IN ('sent', 'previewed') AND sent_at BETWEEN ?2 AND ?3
           AND kind NOT IN ('digest', 'alert', 'test')
         ORDER BY sent_at, id",
    )?;
    let within = (sent.start().timestamp_millis(), sent.end().timestamp_millis());
    let mails = rows(&mut statement, (mode.as_str(), within.0, within.1), read)?;
    let mut statement = connection.prepare(
        "SELECT DISTINCT finding.id, finding.usage FROM notification
         JOIN finding ON finding.id = notification.finding
         WHERE notification.mail = ?1 ORDER BY finding.id",
    )?;
    let mut told = Vec::with_capacity(mails.len());
    for mail in mails {
        let named = rows(&mut statement, [mail.id], |row| {
            Ok((row.get::<_, i64>("id")?, uuid_at(row, "usage")?))
        })?;
        told.push(TellingMail { mail, findings: named });
    }
    Ok(told)
}

/// A mail that went to nobody, or not to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadMail {
    pub id: i64,
    pub to: Vec<String>,
    pub why: String,
}

/// A digest of `mode` that is dead, and that no later one has followed to the same
/// readers.
pub fn dead_digest(connection: &Connection, mode: MailMode) -> Result<Option<DeadMail>, Error> {
    let mut statement = connection.prepare(
        "SELECT id, recipients, last_error FROM outbox AS dead
         WHERE kind = 'digest' AND mode = ?1 AND state = 'dead' AND NOT EXISTS (
             SELECT 1 FROM outbox AS later
             WHERE later.kind = 'digest' AND later.mode = ?1 AND later.id > dead.id
               AND later.recipients = dead.recipients AND later.state = 'sent')
         ORDER BY id DESC LIMIT 1",
    )?;
    let dead = rows(&mut statement, [mode.as_str()], |row| {
        Ok(DeadMail {
            id: row.get("id")?,
            to: json_at(row, "recipients")?,
            why: row.get::<_, Option<String>>("last_error")?.unwrap_or_default(),
        })
    })?;
    Ok(dead.into_iter().next())
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

/// How many mails, of `kind` where one is given, came to `state` after a digest
/// that was made at `since`; that digest itself, which went out later, does not
/// count. `state` is one in which a mail has left us.
pub fn count_gone_since(
    connection: &Connection,
    state: MailState,
    kind: Option<MailKind>,
    since: DateTime<Utc>,
) -> Result<u32, Error> {
    Ok(connection.query_row(
        "SELECT count(*) FROM outbox
         WHERE state = ?1 AND sent_at > ?2 AND (kind <> 'digest' OR created_at > ?2)
           AND (?3 IS NULL OR kind = ?3)",
        (state.as_str(), since.timestamp_millis(), kind.map(MailKind::as_str)),
        |row| row.get(0),
    )?)
}

/// How many mails died after `since`, whenever they were made: one is given up four
/// days after it was.
pub fn count_dead_since(connection: &Connection, since: DateTime<Utc>) -> Result<u32, Error> {
    Ok(connection.query_row(
        "SELECT count(*) FROM outbox WHERE state = 'dead' AND died_at > ?1",
        [since.timestamp_millis()],
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

/// Makes due what waits for a time that a clock has set which was wrong: nothing is
/// held back for the mail server, or tried again, so late. What was made under such
/// a clock goes too, but for what is told anew ([`told`](super::told())).
pub fn mend_times(connection: &Connection, now: DateTime<Utc>) -> Result<(), Error> {
    let ahead = |days| (now + TimeDelta::days(days)).timestamp_millis();
    connection.execute(
        "UPDATE outbox SET state = 'cancelled',
                last_error = 'it was made under a clock that was ahead, and is told anew'
         WHERE state = 'queued' AND kind IN ('letter', 'reminder', 'escalation') AND created_at > ?1",
        [ahead(CREDIBLE_DAYS)],
    )?;
    connection.execute(
        "UPDATE outbox SET held = 0, not_before = ?1, due_at = min(due_at, ?1)
         WHERE state = 'queued' AND not_before > ?2
           AND (held = 1 OR created_at > ?2 OR (attempts > 0 AND not_before > ?3))",
        (now.timestamp_millis(), ahead(CREDIBLE_DAYS), ahead(LONGEST_WAIT_DAYS)),
    )?;
    Ok(())
}

/// Whether the mail server has taken any mail of `mode` at `since` or later.
pub fn has_sent_since(
    connection: &Connection,
    mode: MailMode,
    since: DateTime<Utc>,
) -> Result<bool, Error> {
    Ok(connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'sent' AND mode = ?1 AND sent_at >= ?2)",
        (mode.as_str(), since.timestamp_millis()),
        |row| row.get(0),
    )?)
}

/// Addresses (folded) that the mail server refused for good, unless a later mail
/// reached them. A mail that was given up says nothing about its address, nor does
/// one of mode `redirect`: it went to `mail.redirect_to`.
pub fn refused_addresses(connection: &Connection) -> Result<BTreeSet<String>, Error> {
    let mut statement = connection.prepare(
        "SELECT recipients, state FROM outbox
         WHERE kind NOT IN ('digest', 'alert', 'test') AND mode = 'send'
           AND (state = 'sent' OR (state = 'dead' AND refused))
         ORDER BY id",
    )?;
    let verdicts = rows(&mut statement, [], |row| {
        let to: Vec<String> = json_at(row, "recipients")?;
        Ok((to, row.get::<_, String>("state")?))
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

fn read(row: &Row<'_>) -> Result<OutboxMail, Error> {
    Ok(OutboxMail {
        id: row.get("id")?,
        key: row.get("key")?,
        kind: named(row, "kind", MailKind::parse)?,
        mode: named(row, "mode", MailMode::parse)?,
        person: super::values::maybe_uuid_at(row, "person")?,
        to: json_at(row, "recipients")?,
        cc: json_at(row, "copies")?,
        subject: row.get("subject")?,
        state: named(row, "state", MailState::parse)?,
        created_at: instant_at(row, "created_at")?,
        due_at: instant_at(row, "due_at")?,
        not_before: instant_at(row, "not_before")?,
        sent_at: maybe_instant_at(row, "sent_at")?,
        attempts: row.get("attempts")?,
        last_error: row.get("last_error")?,
        message_id: row.get("message_id")?,
    })
}
