//! The notification ledger, and who its recipients are.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::mark::renew_register_mark;
use super::values::{
    Row, date_at, instant_at, maybe_date_at, maybe_uuid_at, named, rows, uuid, uuid_at,
};
use crate::model::{MailMode, OutboxMail, Person};
use crate::notify::draft::{NotedPromise, Notification, NotificationKind, RecipientId};
use crate::notify::identity::{Identities, Mark};
use crate::notify::ledger::{Fate, Ledger};
use crate::time::due::CREDIBLE;

/// Notes what a mail tells that was just put into the outbox, in the same
/// transaction; `None` for what is noted without a mail.
pub fn record_notifications(
    connection: &Connection,
    mail: Option<i64>,
    notifications: &[Notification],
    mode: MailMode,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO notification (mode, recipient, kind, finding, usage, due, day, deadline,
                                   promised_to, promised_on, mail, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for told in notifications {
        let promise = told.promise;
        statement.execute((
            mode.as_str(),
            told.recipient.0,
            told.kind.as_str(),
            told.finding,
            told.usage.map(|usage| usage.to_string()),
            told.due,
            told.on.to_string(),
            told.deadline.map(|day| day.to_string()),
            promise.and_then(|promise| promise.to).map(|to| to.0),
            promise.map(|promise| promise.on.to_string()),
            mail,
            at.timestamp_millis(),
        ))?;
    }
    Ok(())
}

/// Everything told in `mode`. What was told ahead of `now`, under a clock that was
/// wrong, counts as not told: it would silence the program until that day. A mail
/// that was deleted by hand had told what it told.
pub fn ledger(
    connection: &Connection,
    mode: MailMode,
    now: DateTime<Utc>,
    identities: &Identities,
) -> Result<Ledger, Error> {
    ledger_until(connection, mode, now + CREDIBLE, identities)
}

/// What was told in `mode` by an instant.
pub fn ledger_until(
    connection: &Connection,
    mode: MailMode,
    until: DateTime<Utc>,
    identities: &Identities,
) -> Result<Ledger, Error> {
    let mut statement = connection.prepare(
        "SELECT notification.*,
                notification.at > ?2 OR coalesce(outbox.state IN ('cancelled', 'dead'), 0)
                AS undelivered
         FROM notification LEFT JOIN outbox ON outbox.id = notification.mail
         WHERE notification.mode = ?1
         ORDER BY notification.at, notification.id",
    )?;
    let mut ledger = Ledger::default();
    let all = rows(&mut statement, (mode.as_str(), until.timestamp_millis()), |row| {
        let fate = if row.get("undelivered")? { Fate::Undelivered } else { Fate::Delivered };
        Ok((read(row, identities)?, instant_at(row, "at")?, fate))
    })?;
    for (notification, at, fate) in all {
        ledger.note(notification, at, fate);
    }
    Ok(ledger)
}

/// One thing that a mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub told: Notification,
    /// Whether the finding is still open.
    pub open: bool,
}

/// What those of `mails` tell that tell of findings.
pub fn reasons(
    connection: &Connection,
    mails: &[OutboxMail],
    identities: &Identities,
) -> Result<BTreeMap<i64, Vec<Reason>>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT notification.*, finding.resolved_at IS NULL AS open
         FROM notification JOIN finding ON finding.id = notification.finding
         WHERE notification.mail = ?1 ORDER BY notification.id",
    )?;
    let mut reasons = BTreeMap::new();
    for mail in mails {
        let told = rows(&mut statement, [mail.id], |row| {
            Ok(Reason { told: read(row, identities)?, open: row.get("open")? })
        })?;
        if !told.is_empty() {
            reasons.insert(mail.id, told);
        }
    }
    Ok(reasons)
}

fn read(row: &Row<'_>, identities: &Identities) -> Result<Notification, Error> {
    let recipient = |column: &str| -> Result<Option<RecipientId>, Error> {
        let id: Option<i64> = row.get(column)?;
        Ok(id.map(|id| identities.canonical(RecipientId(id))))
    };
    let promised_to = recipient("promised_to")?;
    Ok(Notification {
        recipient: identities.canonical(RecipientId(row.get("recipient")?)),
        kind: named(row, "kind", NotificationKind::parse)?,
        finding: row.get("finding")?,
        usage: maybe_uuid_at(row, "usage")?,
        due: row.get("due")?,
        on: date_at(row, "day")?,
        deadline: maybe_date_at(row, "deadline")?,
        promise: maybe_date_at(row, "promised_on")?.map(|on| NotedPromise { to: promised_to, on }),
    })
}

/// All recipients ever seen.
pub fn identities(connection: &Connection) -> Result<Identities, Error> {
    // Hashes of addresses are made with the installation's own uuid.
    let salt = connection
        .query_row("SELECT uuid FROM installation", [], |row| row.get::<_, String>(0))
        .optional()?;
    let salt = salt.map(|text| uuid(&text, "installation.uuid")).transpose()?.unwrap_or_default();
    let mut statement = connection.prepare("SELECT * FROM recipient_mark")?;
    let marks = rows(&mut statement, [], |row| {
        let mark_of = named(row, "kind", |kind| match kind {
            "person" => Some(Mark::Person as fn(Uuid) -> Mark),
            "address" => Some(Mark::Address),
            _ => None,
        })?;
        Ok((mark_of(uuid_at(row, "mark")?), RecipientId(row.get("recipient")?)))
    })?;
    let mut statement = connection.prepare("SELECT * FROM recipient WHERE same_as IS NOT NULL")?;
    let merged = rows(&mut statement, [], |row| {
        Ok((RecipientId(row.get("id")?), RecipientId(row.get("same_as")?)))
    })?;
    Ok(Identities::new(salt, marks, merged))
}

/// The same, with `people` taken in.
pub fn identities_with<'a>(
    connection: &Connection,
    people: impl IntoIterator<Item = &'a Person>,
) -> Result<Identities, Error> {
    let mut known = identities(connection)?;
    known.take_in(people);
    Ok(known)
}

/// Writes what is new in `identities`.
pub fn record_identities(connection: &Connection, identities: &Identities) -> Result<(), Error> {
    let known = self::identities(connection)?;
    if known == *identities {
        return Ok(());
    }
    // Whoever keeps a register knows who is who in it.
    renew_register_mark(connection)?;
    let before: BTreeMap<Mark, RecipientId> = known.marks().collect();
    let mut recipient = connection
        .prepare_cached("INSERT INTO recipient (id) VALUES (?1) ON CONFLICT (id) DO NOTHING")?;
    let mut mark = connection.prepare_cached(
        "INSERT INTO recipient_mark (kind, mark, recipient) VALUES (?1, ?2, ?3)
         ON CONFLICT (kind, mark) DO UPDATE SET recipient = excluded.recipient",
    )?;
    for (of, id) in identities.marks().filter(|(of, id)| before.get(of) != Some(id)) {
        let (kind, uuid) = match of {
            Mark::Person(uuid) => ("person", uuid),
            Mark::Address(hash) => ("address", hash),
        };
        recipient.execute([id.0])?;
        mark.execute((kind, uuid.to_string(), id.0))?;
    }
    let mut merge = connection.prepare_cached(
        "INSERT INTO recipient (id, same_as) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET same_as = excluded.same_as",
    )?;
    for (old, new) in identities.merged() {
        recipient.execute([new.0])?;
        merge.execute((old.0, new.0))?;
    }
    Ok(())
}
