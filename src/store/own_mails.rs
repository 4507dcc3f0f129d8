//! The readers of our own mails whom these do not reach.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Error;
use super::mails::DeadMail;
use super::values::{json_at, maybe_json_at, rows};
use crate::text::addresses::folded;

/// The readers of digests and alerts whom the server refused for good, or put off until the
/// mail was given up, and whom no later one reached, each with the latest mail; a test mail
/// counts as one. A mail of mode `redirect` says nothing of its readers: it went to
/// `mail.redirect_to`.
pub fn refused_readers(connection: &Connection) -> Result<BTreeMap<String, DeadMail>, Error> {
    let mut statement = connection.prepare(
        "SELECT id, recipients, state, reason FROM outbox
         WHERE mode = 'send' AND (kind IN ('digest', 'alert')
               AND (state = 'sent' OR (state = 'dead' AND refused))
             OR kind = 'test' AND state = 'sent')
         ORDER BY id",
    )?;
    let verdicts = rows(&mut statement, [], |row| {
        let mail = DeadMail {
            id: row.get("id")?,
            to: json_at(row, "recipients")?,
            why: maybe_json_at(row, "reason")?,
        };
        Ok((row.get::<String>("state")? == "dead", mail))
    })?;
    let mut refused = BTreeMap::new();
    for (is_dead, mail) in verdicts {
        for address in mail.to.iter().map(|address| folded(address)) {
            match is_dead {
                true => refused.insert(address, mail.clone()),
                false => refused.remove(&address),
            };
        }
    }
    Ok(refused)
}
