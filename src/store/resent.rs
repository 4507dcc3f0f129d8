//! Mails that go again in another form: to one of their readers alone, or with another body.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::ledger::identities;
use super::mails::mail_by_id;
use super::values::{rows, to_json};
use crate::model::{MailReason, OutboxMail};
use crate::notify::draft::RecipientId;
use crate::notify::identity::Identities;
use crate::text::addresses::folded;

/// Gives one of several readers of a mail a mail of their own: the same message under the same
/// Message-ID, tried as often, about the same systems. What was noted of this reader goes with
/// it, and the first mail no longer names them, so that every rule sees two ordinary mails.
/// `None` where the mail has no such reader, or no other.
pub fn set_apart(
    connection: &Connection,
    id: i64,
    reader: &str,
) -> Result<Option<OutboxMail>, Error> {
    let Some(mail) = mail_by_id(connection, id)? else { return Ok(None) };
    let others = |all: &[String]| -> Vec<String> {
        all.iter().filter(|to| folded(to) != folded(reader)).cloned().collect()
    };
    let (mut to, mut cc) = (others(&mail.to), others(&mail.cc));
    let left = to.len() + cc.len();
    if left == 0 || left == mail.to.len() + mail.cc.len() {
        return Ok(None);
    }
    if to.is_empty() {
        // A mail has somebody whom it is to.
        to = std::mem::take(&mut cc);
    }
    let known = identities(connection)?;
    let behind = |address: &str| mail.person.and_then(|_| person_behind(&known, address));
    let alone = copy_for(connection, &mail, reader, behind(reader))?;
    take_over_notifications(connection, (mail.id, alone), reader, &known)?;
    connection.execute(
        "UPDATE outbox SET recipients = ?2, copies = ?3, person = ?4 WHERE id = ?1",
        (id, to_json(&to)?, to_json(&cc)?, behind(&to[0]).map(|uuid| uuid.to_string())),
    )?;
    mail_by_id(connection, alone)
}

/// The user of KITOS with that address.
fn person_behind(known: &Identities, address: &str) -> Option<Uuid> {
    let reader = known.canonical(known.of_address(address)?);
    known.people().remove(&reader)?.pop_last()
}

fn copy_for(
    connection: &Connection,
    mail: &OutboxMail,
    reader: &str,
    person: Option<Uuid>,
) -> Result<i64, Error> {
    connection.execute(
        "INSERT INTO outbox (key, kind, mode, person, recipients, subject, message_id, mime, state,
                             created_at, due_at, counts_from, not_before, attempts)
         SELECT key || '/' || ?2, kind, mode, ?4, ?3, subject, message_id, mime, 'queued',
                created_at, due_at, counts_from, not_before, attempts
         FROM outbox WHERE id = ?1",
        (mail.id, folded(reader), to_json(&[reader])?, person.map(|uuid| uuid.to_string())),
    )?;
    let alone = connection.last_insert_rowid();
    connection.execute(
        "INSERT INTO mail_system (usage, mail) SELECT usage, ?2 FROM mail_system WHERE mail = ?1",
        (mail.id, alone),
    )?;
    Ok(alone)
}

/// Moves what was noted of a reader to the mail that is now theirs.
fn take_over_notifications(
    connection: &Connection,
    (from, to): (i64, i64),
    reader: &str,
    known: &Identities,
) -> Result<(), Error> {
    let Some(reader) = known.of_address(reader).map(|id| known.canonical(id)) else {
        return Ok(());
    };
    let mut noted = connection.prepare("SELECT id, recipient FROM notification WHERE mail = ?1")?;
    let noted: Vec<(i64, i64)> =
        rows(&mut noted, [from], |row| Ok((row.get("id")?, row.get("recipient")?)))?;
    for (row, recipient) in noted {
        if known.canonical(RecipientId(recipient)) == reader {
            connection.execute("UPDATE notification SET mail = ?2 WHERE id = ?1", (row, to))?;
        }
    }
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
