//! From a planned mail to a finished one: words, MIME, key and Message-ID.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::error::Error;
use super::sync::fresh_uuid;
use crate::config::Config;
use crate::mail::{self, Envelope};
use crate::model::{Letter, MailKind, NewMail};
use crate::notify::notices::PlannedMail;
use crate::store::{Installation, installation};

/// Finishes mails for one installation at one moment.
#[derive(Debug)]
pub(crate) struct Composer<'a> {
    config: &'a Config,
    installation: Installation,
    now: DateTime<Utc>,
}

impl<'a> Composer<'a> {
    pub fn new(
        connection: &Connection,
        config: &'a Config,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let installation = installation(connection, fresh_uuid(), now)?;
        Ok(Self { config, installation, now })
    }

    pub fn finish(&self, planned: &PlannedMail) -> Result<NewMail, Error> {
        Ok(self.finish_with_text(planned)?.0)
    }

    /// The finished mail, and its text part for showing.
    pub fn finish_with_text(&self, planned: &PlannedMail) -> Result<(NewMail, String), Error> {
        let config = &self.config.mail;
        // Each mode keeps its own account of what was told (`design.md`).
        let key = format!("{}/{}", config.mode.as_str(), planned.key);
        let readers = [planned.to.as_slice(), &planned.cc].concat();
        let rendered = mail::render(&planned.letter, &readers, config)?;
        let identity = match planned.kind {
            // Their keys hold row ids. A restored backup gives those out again, for
            // other things, and readers' mail systems drop what they know by its id.
            MailKind::Notice | MailKind::Alert => format!("{key}\n{}", rendered.text),
            _ => key.clone(),
        };
        let message_id =
            mail::message_id(self.installation.uuid, &identity, config.from.email.domain());
        let mime = mail::finish(
            &rendered,
            &Envelope {
                to: planned.to.clone(),
                cc: planned.cc.clone(),
                message_id: message_id.clone(),
                date: self.now,
                kind: planned.kind,
            },
            config,
        )?;
        let mail = NewMail {
            key,
            kind: planned.kind,
            mode: config.mode,
            person: planned.person,
            to: planned.to.clone(),
            cc: planned.cc.clone(),
            subject: rendered.subject,
            message_id,
            mime,
            not_before: planned.not_before,
        };
        Ok((mail, rendered.text))
    }
}

/// A finished mail that is not queued, and its text, for `mail preview`.
///
/// # Errors
/// When the letter cannot be rendered, or the database fails.
pub fn compose(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
    kind: MailKind,
    to: &[String],
    letter: Letter,
) -> Result<(NewMail, String), Error> {
    let planned = PlannedMail {
        key: "preview".to_owned(),
        kind,
        person: None,
        to: to.to_vec(),
        cc: Vec::new(),
        letter,
        not_before: now,
        notifications: Vec::new(),
    };
    Composer::new(connection, config, now)?.finish_with_text(&planned)
}
