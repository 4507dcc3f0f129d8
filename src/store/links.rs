//! Personal links: one for each mail to one person. Only the hash of a link is kept, so that
//! the database does not reveal it; until a mail is sent, its body holds the secret.

use chrono::{DateTime, TimeDelta, Utc};
use ring::digest::{SHA256, digest};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{instant_at, maybe_uuid_at, rows};
use crate::model::{MailMode, NewMail};
use crate::text::addresses::folded;
use crate::text::hex::hex;
use crate::text::personal_link;

/// How long a link is good.
const GOOD_FOR: TimeDelta = TimeDelta::days(60);

/// Whose page a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Folded; as it was when the mail went out.
    pub email: String,
    /// Whose address it was, if a user's.
    pub person: Option<Uuid>,
    pub mail: i64,
    pub expires_at: DateTime<Utc>,
}

impl Link {
    /// When its mail was to go out.
    pub fn sent_at(&self) -> DateTime<Utc> {
        self.expires_at - GOOD_FOR
    }
}

/// What is kept of a link's secret.
pub fn link_hash(token: &str) -> String {
    hex(digest(&SHA256, token.as_bytes()).as_ref())
}

/// Keeps the link of a mail that was just put into the outbox.
pub(super) fn keep_link(connection: &Connection, mail: &NewMail, id: i64) -> Result<(), Error> {
    let (Some(hash), Some(reader)) = (&mail.link, mail.to.first()) else { return Ok(()) };
    let expires_at = mail.not_before + GOOD_FOR;
    connection.execute(
        "INSERT INTO link (hash, email, mail, expires_at) VALUES (?1, ?2, ?3, ?4)",
        (hash, folded(reader), id, expires_at.timestamp_millis()),
    )?;
    Ok(())
}

/// Takes the secret out of the body of a mail that is with its reader.
pub(super) fn hide_link(connection: &Connection, mail: i64) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "SELECT mime FROM outbox JOIN link ON link.mail = outbox.id
         WHERE outbox.id = ?1 AND mime IS NOT NULL",
    )?;
    for mut body in rows(&mut statement, [mail], |row| Ok(row.get::<Vec<u8>>("mime")?))? {
        personal_link::overwrite(&mut body);
        connection.execute("UPDATE outbox SET mime = ?2 WHERE id = ?1", (mail, body))?;
    }
    Ok(())
}

/// The link with this secret, if it is one and is still good. One from a trial opens nothing
/// once mails go to people: it went to somebody else.
pub fn link(
    connection: &Connection,
    token: &str,
    mode: MailMode,
    now: DateTime<Utc>,
) -> Result<Option<Link>, Error> {
    let mut statement = connection.prepare(
        "SELECT link.*, outbox.person FROM link LEFT JOIN outbox ON outbox.id = link.mail
             WHERE hash = ?1 AND expires_at > ?2 AND coalesce(outbox.mode, ?3) = ?3",
    )?;
    let parameters = (link_hash(token), now.timestamp_millis(), mode.as_str());
    let found = rows(&mut statement, parameters, |row| {
        Ok(Link {
            email: row.get("email")?,
            person: maybe_uuid_at(row, "person")?,
            mail: row.get("mail")?,
            expires_at: instant_at(row, "expires_at")?,
        })
    })?;
    Ok(found.into_iter().next())
}

/// Forgets links that are no longer good.
pub fn prune_links(connection: &Connection, now: DateTime<Utc>) -> Result<usize, Error> {
    let now = now.timestamp_millis();
    Ok(connection.execute("DELETE FROM link WHERE expires_at <= ?1", [now])?)
}
