//! The readers of our own mails whom these do not reach.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use super::Error;
use super::values::{json_at, maybe_json_at, named, rows};
use crate::model::{MailKind, MailMode, MailReason};
use crate::text::addresses::folded;

/// A mail that went to nobody, or not to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadMail {
    pub id: i64,
    pub to: Vec<String>,
    pub why: Option<MailReason>,
}

/// A mail of our own that is out or dead.
struct OwnMail {
    kind: MailKind,
    is_dead: bool,
    /// The server does not take mail to its reader.
    is_refused: bool,
    mail: DeadMail,
}

/// The readers of digests and alerts whom the server refused for good, or put off until the
/// mail was given up, and whom no later one reached, each with the latest mail; a test mail
/// counts as one. A mail of mode `redirect` says nothing of its readers: it went to
/// `mail.redirect_to`.
pub fn refused_readers(connection: &Connection) -> Result<BTreeMap<String, DeadMail>, Error> {
    let all = own_mails(connection, MailMode::Send)?;
    Ok(unreached(all.into_iter().filter(|own| !own.is_dead || own.is_refused)))
}

/// The latest digest of `mode` that is dead for one of `readers`, and all of those whom no
/// later digest reached. A test mail counts as one; an alert tells nothing of the week.
pub fn dead_digest(
    connection: &Connection,
    mode: MailMode,
    readers: &[String],
) -> Result<Option<DeadMail>, Error> {
    let all = own_mails(connection, mode)?;
    let unreached = unreached(all.into_iter().filter(|own| own.kind != MailKind::Alert));
    let dead = |reader: &&String| unreached.contains_key(&folded(reader));
    let to: Vec<String> = readers.iter().filter(dead).cloned().collect();
    let latest = to.iter().filter_map(|to| unreached.get(&folded(to))).max_by_key(|mail| mail.id);
    Ok(latest.map(|mail| DeadMail { to, ..mail.clone() }))
}

/// Each reader (folded) for whom the latest of these mails is dead, with it.
fn unreached(mails: impl Iterator<Item = OwnMail>) -> BTreeMap<String, DeadMail> {
    let mut unreached = BTreeMap::new();
    for OwnMail { is_dead, mail, .. } in mails {
        for address in mail.to.iter().map(|address| folded(address)) {
            match is_dead {
                true => unreached.insert(address, mail.clone()),
                false => unreached.remove(&address),
            };
        }
    }
    unreached
}

/// Oldest first. A test mail that is dead was a person's try, and is nobody else's business.
fn own_mails(connection: &Connection, mode: MailMode) -> Result<Vec<OwnMail>, Error> {
    let mut statement = connection.prepare(
        "SELECT id, kind, recipients, state, refused, reason FROM outbox
         WHERE mode = ?1 AND (kind IN ('digest', 'alert') AND state IN ('sent', 'dead')
                              OR kind = 'test' AND state = 'sent')
         ORDER BY id",
    )?;
    rows(&mut statement, [mode.as_str()], |row| {
        Ok(OwnMail {
            kind: named(row, "kind", MailKind::parse)?,
            is_dead: row.get::<String>("state")? == "dead",
            is_refused: row.get("refused")?,
            mail: DeadMail {
                id: row.get("id")?,
                to: json_at(row, "recipients")?,
                why: maybe_json_at(row, "reason")?,
            },
        })
    })
}
