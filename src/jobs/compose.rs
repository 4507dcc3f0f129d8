//! From a planned mail to a finished one: words, MIME, key and Message-ID.

use chrono::{DateTime, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::Connection;
use uuid::Uuid;

use super::error::Error;
use super::ids::fresh_uuid;
use crate::config::Config;
use crate::mail::{self, Envelope, Facts, Letter};
use crate::model::{Language, MailKind, NewMail};
use crate::notify::draft::{Draft, Notification, Recipient};
use crate::store::{Installation, installation, link_hash};
use crate::text::addresses::folded;
use crate::text::hex::hex;
use crate::text::personal_link;

/// A letter that is to go out.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    /// What, to whom, for which occasion; the mode is put before it.
    pub key: String,
    /// The reader, where it is a KITOS user.
    pub person: Option<Uuid>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// Of these, the one whom this copy goes to; all without it.
    pub only: Option<String>,
    pub letter: Letter,
    pub not_before: DateTime<Utc>,
}

impl Post {
    /// To somebody who is not named, such as an office.
    pub fn to(address: &str, key: String, letter: Letter, not_before: DateTime<Utc>) -> Self {
        let to = vec![address.to_owned()];
        Self { key, person: None, to, cc: Vec::new(), only: None, letter, not_before }
    }

    pub fn of_draft(draft: &Draft, facts: &Facts<'_>) -> Result<Self, Error> {
        let addresses = |people: &[Recipient]| people.iter().map(|r| r.address.clone()).collect();
        Ok(Self {
            key: draft.key.clone(),
            person: draft.to.first().and_then(|recipient| recipient.person),
            to: addresses(&draft.to),
            cc: addresses(&draft.cc),
            only: None,
            letter: mail::of_draft(draft, facts)?,
            not_before: draft.not_before,
        })
    }
}

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

    pub fn config(&self) -> &'a Config {
        self.config
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn language(&self) -> Language {
        self.config.mail.language
    }

    /// The finished mails of a draft, each with what it tells. Where people have links of
    /// their own each reader gets a copy, which names all: what only one of them may have
    /// is in nobody else's mail.
    pub fn of_draft(
        &self,
        draft: &Draft,
        facts: &Facts<'_>,
    ) -> Result<Vec<(NewMail, Vec<Notification>)>, Error> {
        let post = Post::of_draft(draft, facts)?;
        let readers: Vec<&Recipient> = draft.to.iter().chain(&draft.cc).collect();
        if readers.len() < 2 || self.config.web.public_url.is_none() {
            return Ok(vec![(self.finish(&post)?, draft.notifications.clone())]);
        }
        // What is noted of somebody who gets no mail goes with the first.
        let place = |told: &Notification| {
            readers.iter().position(|reader| reader.id == told.recipient).unwrap_or(0)
        };
        let copy = |(number, reader): (usize, &&Recipient)| {
            let own = Post {
                key: copy_key(&post.key, &reader.address),
                person: reader.person,
                only: Some(reader.address.clone()),
                ..post.clone()
            };
            let told = draft.notifications.iter().filter(|told| place(told) == number);
            Ok((self.finish(&own)?, told.cloned().collect()))
        };
        readers.iter().enumerate().map(copy).collect()
    }

    /// The finished mail. One to a single person carries a link of their own.
    pub fn finish(&self, post: &Post) -> Result<NewMail, Error> {
        let readers = post.to.len() + post.cc.len();
        let is_personal = post.letter.people.is_some() && (readers == 1 || post.only.is_some());
        let page = self.config.web.public_url.as_deref().filter(|_| is_personal);
        let Some(page) = page else { return Ok(self.finish_with_text(post)?.0) };
        let token = secret()?;
        let letter = with_page(post.letter.clone(), personal_link::address(page, &token));
        let (mail, _) = self.finish_with_text(&Post { letter, ..post.clone() })?;
        Ok(NewMail { link: Some(link_hash(&token)), ..mail })
    }

    /// The finished mail, and its text part for showing.
    pub fn finish_with_text(&self, post: &Post) -> Result<(NewMail, String), Error> {
        let config = &self.config.mail;
        // Each mode keeps its own account of what was told (`docs/architecture.md`).
        let key = format!("{}/{}", config.mode.as_str(), post.key);
        let readers = match &post.only {
            Some(only) => vec![only.clone()],
            None => [post.to.as_slice(), &post.cc].concat(),
        };
        let rendered = mail::render(&post.letter, &readers, config)?;
        let identity = match post.letter.kind {
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
                to: post.to.clone(),
                cc: post.cc.clone(),
                message_id: message_id.clone(),
                date: self.now,
                kind: post.letter.kind,
            },
            config,
        )?;
        let mail = NewMail {
            key,
            kind: post.letter.kind,
            mode: config.mode,
            person: post.person,
            to: post.only.clone().map_or_else(|| post.to.clone(), |only| vec![only]),
            cc: if post.only.is_some() { Vec::new() } else { post.cc.clone() },
            subject: rendered.subject,
            message_id,
            link: None,
            mime,
            not_before: post.not_before,
        };
        Ok((mail, rendered.text))
    }
}

/// The key of the copy for one of several readers.
pub(super) fn copy_key(key: &str, reader: &str) -> String {
    format!("{key}/{}", folded(reader))
}

/// The letter with the address of its reader's own page.
fn with_page(mut letter: Letter, page: String) -> Letter {
    letter.urls.push(page.clone());
    Letter { page: Some(page), ..letter }
}

/// A link's secret: 32 random bytes.
///
/// # Errors
/// [`Error::Random`] when the machine gives none.
fn secret() -> Result<String, Error> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(hex(&bytes))
}

/// A finished mail that is not queued, and its text, for `mail preview`. Where a link of
/// the reader's own would stand, it says so and opens nothing.
///
/// # Errors
/// When the letter cannot be rendered, or the database fails.
pub fn compose(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
    to: Vec<String>,
    letter: Letter,
) -> Result<(NewMail, String), Error> {
    let page = config.web.public_url.as_deref().filter(|_| letter.people.is_some());
    let letter = match page {
        Some(page) => with_page(letter, personal_link::hidden_address(page)),
        None => letter,
    };
    let post = Post { to, ..Post::to("", "preview".to_owned(), letter, now) };
    Composer::new(connection, config, now)?.finish_with_text(&post)
}
