//! The outbox: finished mails, unique by key, and what happens to each until it has gone
//! out or died (`docs/reliability.md` R16). What is asked about mails: `mails`.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::Error;
use super::links::{hide_link, keep_link};
use super::mails::{COLUMNS, kinds, read, states};
use super::values::{instant_at, json_at, maybe_instant_at, rows, to_json};
use crate::model::{
    MailKind, MailMode, MailReason, MailState, MailWhy, NewMail, NoticeItem, OutboxMail,
};
use crate::time::due::CREDIBLE;

/// A mail that was tried may wait so long: for the end of a holiday.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(31);

/// A pause of our own that is longer than a night does not count towards
/// `mail.give_up_after`: over a holiday a mail would die that was hardly tried.
const LONG_PAUSE: TimeDelta = TimeDelta::days(1);

/// How long mails wait for the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerWait {
    pub until: DateTime<Utc>,
    pub why: MailReason,
    /// How often in a row the server has failed.
    pub tries: u32,
}

/// What became of an attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Sent {
        /// Whom it did not reach, if it went to several.
        note: Option<MailReason>,
    },
    /// Written to `mail.preview_dir`.
    Previewed,
    /// Not now: again at this time, for this reason.
    Later { at: DateTime<Utc>, why: MailReason },
    /// The server never looked at it, so the attempt does not count.
    NotTried,
    /// Never, for this reason.
    Dead {
        why: MailReason,
        /// The server takes no mail to its reader.
        refused: bool,
    },
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
                             mime, state, created_at, due_at, counts_from, not_before)
         VALUES (?1, ?2, ?3, ?4, ?5, ?11, ?6, ?7, ?8, 'queued', ?9, ?10, ?10, ?10)
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
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS}, news FROM outbox
         WHERE state = 'queued' AND mode = ?1 AND news IS NOT NULL"
    ))?;
    rows(&mut statement, [mode.as_str()], |row| Ok((read(row)?, json_at(row, "news")?)))
}

/// The mails of `mode` that `remind` planned and that wait, whenever they are due.
pub fn waiting_reminders(
    connection: &Connection,
    mode: MailMode,
) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM outbox
         WHERE state = 'queued' AND mode = ?1 AND kind IN (SELECT value FROM json_each(?2))
         ORDER BY id"
    ))?;
    rows(&mut statement, (mode.as_str(), kinds(MailKind::is_planned)?), read)
}

/// The mails to deliver now in `mode`, oldest first. Those that a crash left in
/// `sending` come first: they go out again under the same Message-ID. Then test
/// mails: somebody waits for the answer.
pub fn waiting_mails(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM outbox
         WHERE mode = ?1 AND (state = 'sending' OR (state = 'queued' AND not_before <= ?2))
         ORDER BY state = 'sending' DESC, kind = 'test' DESC, id"
    ))?;
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
        "UPDATE outbox SET state = 'sending', server_failures = 0, attempts = attempts + 1
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
            "UPDATE outbox SET state = 'sent', sent_at = ?2, reason = ?3 WHERE id = ?1",
            (id, now, note.as_ref().map(to_json).transpose()?),
        )?,
        Outcome::Previewed => connection.execute(
            "UPDATE outbox SET state = 'previewed', sent_at = ?2, reason = NULL
             WHERE id = ?1 AND state IN ('queued', 'sending')",
            (id, now),
        )?,
        Outcome::Later { at, why } => connection.execute(
            "UPDATE outbox SET state = 'queued', not_before = ?2, reason = ?3
             WHERE id = ?1 AND state <> 'cancelled'",
            (id, at.timestamp_millis(), to_json(why)?),
        )?,
        Outcome::NotTried => connection.execute(
            "UPDATE outbox SET state = 'queued', attempts = attempts - 1
             WHERE id = ?1 AND state <> 'cancelled'",
            [id],
        )?,
        Outcome::Dead { why, refused } => connection.execute(
            "UPDATE outbox SET state = 'dead', died_at = ?4, reason = ?2, refused = ?3
             WHERE id = ?1 AND state <> 'cancelled'",
            (id, to_json(why)?, refused, now),
        )?,
    };
    match outcome {
        Outcome::Sent { .. } => {
            note_others_taken(connection, id)?;
            hide_link(connection, id)
        }
        Outcome::Previewed => hide_link(connection, id),
        // A mail that may go once more needs its link.
        Outcome::Later { .. } | Outcome::NotTried | Outcome::Dead { .. } => Ok(()),
    }
}

/// Notes of each mail to others that the mail server was offered in vain that it took this one
/// since.
fn note_others_taken(connection: &Connection, taken: i64) -> Result<(), Error> {
    connection.execute(
        "UPDATE outbox AS waiting SET others_taken = 1 FROM outbox AS taken
         WHERE taken.id = ?1 AND waiting.mode = taken.mode
           AND waiting.state IN ('queued', 'sending') AND waiting.attempts > 0
           AND (waiting.recipients, waiting.copies) <> (taken.recipients, taken.copies)",
        [taken],
    )?;
    Ok(())
}

/// Lets one mail wait until `at` without counting an attempt, nor a long pause towards
/// `mail.give_up_after`. One that was cancelled meanwhile stays so.
pub fn postpone(
    connection: &Connection,
    id: i64,
    at: DateTime<Utc>,
    why: MailWhy,
) -> Result<(), Error> {
    connection.execute(
        "UPDATE outbox SET state = 'queued', server_failures = 0, not_before = ?2, reason = ?3,
                counts_from = counts_from + iif(?2 - not_before > ?4, ?2 - not_before, 0)
         WHERE id = ?1 AND state IN ('queued', 'sending')",
        (
            id,
            at.timestamp_millis(),
            to_json(&MailReason::from(why))?,
            LONG_PAUSE.num_milliseconds(),
        ),
    )?;
    Ok(())
}

/// Lets every mail of `mode` that is due wait without counting an attempt: the server is
/// wrong, not the mails.
pub fn wait_for_server(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
    wait: &ServerWait,
) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'queued', server_failures = ?5, not_before = ?3, reason = ?4
         WHERE mode = ?1 AND (state = 'sending' OR (state = 'queued' AND not_before <= ?2))",
        (
            mode.as_str(),
            now.timestamp_millis(),
            wait.until.timestamp_millis(),
            to_json(&wait.why)?,
            wait.tries,
        ),
    )?)
}

/// How mails of `mode` wait for the server, if any do.
pub fn server_wait(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<Option<ServerWait>, Error> {
    let mut statement = connection.prepare(
        "SELECT not_before, reason, server_failures FROM outbox
         WHERE state = 'queued' AND server_failures > 0 AND mode = ?1 AND not_before > ?2
         ORDER BY not_before DESC LIMIT 1",
    )?;
    let waits = rows(&mut statement, (mode.as_str(), now.timestamp_millis()), |row| {
        Ok(ServerWait {
            until: instant_at(row, "not_before")?,
            why: json_at(row, "reason")?,
            tries: row.get("server_failures")?,
        })
    })?;
    Ok(waits.into_iter().next())
}

/// How often in a row the server has failed the mails of `mode` that wait for it.
pub fn failed_tries(connection: &Connection, mode: MailMode) -> Result<u32, Error> {
    Ok(connection.query_row(
        "SELECT coalesce(max(server_failures), 0) FROM outbox
         WHERE state IN ('queued', 'sending') AND mode = ?1",
        [mode.as_str()],
        |row| row.get(0),
    )?)
}

/// Makes the mails of `mode` due that wait for the server: a person asks for another try. How
/// often it has failed stays.
pub fn hurry_server_wait(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET not_before = min(not_before, ?2)
         WHERE state = 'queued' AND server_failures > 0 AND mode = ?1",
        (mode.as_str(), now.timestamp_millis()),
    )?)
}

/// Makes the mails of `mode` due that waited for the server alone: it works.
pub fn end_server_wait(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET server_failures = 0, not_before = min(not_before, ?2)
         WHERE state = 'queued' AND server_failures > 0 AND mode = ?1",
        (mode.as_str(), now.timestamp_millis()),
    )?)
}

/// Gives up on the mails of `mode` that are to go now and whose time to be given up counts
/// from `due_before` or earlier.
pub fn give_up_waiting(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
    due_before: DateTime<Utc>,
    why: &MailReason,
) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'dead', died_at = ?2, reason = ?4
         WHERE mode = ?1 AND (state = 'sending' OR (state = 'queued' AND not_before <= ?2))
           AND counts_from <= ?3",
        (mode.as_str(), now.timestamp_millis(), due_before.timestamp_millis(), to_json(why)?),
    )?)
}

/// Makes a mail due now that waits, or is dead; its tries and its time to be given up begin
/// anew. `false` when it cannot be retried, or its body is no longer kept.
pub fn retry_mail(
    connection: &Connection,
    id: i64,
    now: DateTime<Utc>,
    by: &str,
) -> Result<bool, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'queued', server_failures = 0, due_at = ?2, counts_from = ?2, not_before = ?2,
                died_at = NULL, attempts = 0, others_taken = 0, retried_by = ?3
         WHERE id = ?1 AND state IN (SELECT value FROM json_each(?4)) AND mime IS NOT NULL",
        (id, now.timestamp_millis(), by, states(MailState::can_be_retried)?),
    )? > 0)
}

/// Withdraws a mail that has not gone out, saying why.
pub fn cancel_mail(connection: &Connection, id: i64, why: MailWhy) -> Result<bool, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'cancelled', reason = ?2
         WHERE id = ?1 AND state IN (SELECT value FROM json_each(?3))",
        (id, to_json(&MailReason::from(why))?, states(MailState::can_be_cancelled)?),
    )? > 0)
}

/// Withdraws what was written for another `mail.mode`: a trial's mails never
/// reach people once the trial ends, nor the other way round.
pub fn cancel_other_modes(connection: &Connection, mode: MailMode) -> Result<usize, Error> {
    Ok(connection.execute(
        "UPDATE outbox SET state = 'cancelled', reason = ?2
         WHERE state IN ('queued', 'sending') AND mode <> ?1",
        (mode.as_str(), to_json(&MailReason::from(MailWhy::OtherMode { mode }))?),
    )?)
}

/// Makes mails due whose time was set while the clock was wrong: no pause for the mail server
/// and no retry lies so far ahead. Mails written under such a clock are cancelled if the next
/// run plans them anew, and are otherwise due now.
pub fn fix_times(connection: &Connection, now: DateTime<Utc>) -> Result<(), Error> {
    let ahead = |by: TimeDelta| (now + by).timestamp_millis();
    connection.execute(
        "UPDATE outbox SET state = 'cancelled', reason = ?3
         WHERE state = 'queued' AND created_at > ?1 AND kind IN (SELECT value FROM json_each(?2))",
        (
            ahead(CREDIBLE),
            kinds(MailKind::is_planned)?,
            to_json(&MailReason::from(MailWhy::ClockWasAhead))?,
        ),
    )?;
    connection.execute(
        "UPDATE outbox SET server_failures = 0, not_before = ?1, due_at = min(due_at, ?1),
                counts_from = min(counts_from, ?1)
         WHERE state = 'queued' AND not_before > ?2
           AND (server_failures > 0 OR created_at > ?2 OR (attempts > 0 AND not_before > ?3))",
        (now.timestamp_millis(), ahead(CREDIBLE), ahead(LONGEST_WAIT)),
    )?;
    Ok(())
}
