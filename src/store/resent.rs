//! Mails that go again in another form: to one of their readers alone, or with another body.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::Error;
use super::values::to_json;
use crate::model::MailReason;
use crate::text::addresses::folded;

/// Makes a mail of its own for a reader for whom the server does not take what it takes for
/// the others: the same message under the same Message-ID, tried as often. `None`
/// when there is one already.
pub fn split_mail(connection: &Connection, id: i64, reader: &str) -> Result<Option<i64>, Error> {
    let added = connection.execute(
        "INSERT INTO outbox (key, kind, mode, recipients, subject, message_id, mime, state,
                             created_at, due_at, counts_from, not_before, attempts)
         SELECT key || '/' || ?2, kind, mode, ?3, subject, message_id, mime, 'queued',
                created_at, due_at, counts_from, not_before, attempts
         FROM outbox WHERE id = ?1
         ON CONFLICT (key) DO NOTHING",
        (id, folded(reader), to_json(&[reader])?),
    )?;
    Ok((added > 0).then(|| connection.last_insert_rowid()))
}

/// Leaves a mail to these readers: another has a mail of their own.
pub fn set_readers(
    connection: &Connection,
    id: i64,
    to: &[&String],
    cc: &[&String],
) -> Result<(), Error> {
    connection.execute(
        "UPDATE outbox SET recipients = ?2, copies = ?3 WHERE id = ?1",
        (id, to_json(&to)?, to_json(&cc)?),
    )?;
    Ok(())
}

/// Lets a mail go again at `at` with another body, as a new one.
pub fn replace_body(
    connection: &Connection,
    id: i64,
    mime: &[u8],
    (at, why): (DateTime<Utc>, &MailReason),
) -> Result<(), Error> {
    connection.execute(
        "UPDATE outbox SET state = 'queued', mime = ?2, not_before = ?3, reason = ?4
         WHERE id = ?1 AND state <> 'cancelled'",
        (id, mime, at.timestamp_millis(), to_json(why)?),
    )?;
    Ok(())
}
