//! The outbox: which mails wait, went out or did not, and one with its text.

use chrono::{DateTime, TimeDelta, Utc};
use mail_parser::MessageParser;
use serde::Serialize;

use super::error::Error;
use super::moment::Moment;
use crate::model::{Language, MailKind, MailMode, MailReason, MailState, OutboxMail};
use crate::store::{list_mails, mail_body, mail_by_id};
use crate::text::words::words;
use crate::text::{mail_reasons, personal_link};

/// So much of the outbox is listed unless all is asked for.
const RECENT: TimeDelta = TimeDelta::days(30);

/// `docs/contract.md`, "Mail".
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    pub id: i64,
    pub key: String,
    pub kind: MailKind,
    #[serde(skip)]
    pub mode: MailMode,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub subject: String,
    pub state: MailState,
    pub created_at: DateTime<Utc>,
    pub not_before: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub attempts: u32,
    /// Why it is in its state, in words …
    pub last_error: Option<String>,
    /// … and as data, for the page.
    #[serde(skip)]
    pub reason: Option<MailReason>,
    pub message_id: String,
    /// Of one mail alone, and as long as its body is kept.
    pub text: Option<String>,
}

/// How far back the outbox is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Recent,
    All,
}

/// The mails, newest first.
pub fn mails(moment: &Moment<'_>, reach: Reach) -> Result<Vec<Mail>, Error> {
    let since = match reach {
        Reach::Recent => Some(moment.now - RECENT),
        Reach::All => None,
    };
    let mails = list_mails(moment.connection, since)?;
    Ok(mails.into_iter().map(|mail| Mail::told(mail, moment.language)).collect())
}

/// One mail with its text.
///
/// # Errors
/// When there is no mail with that id, or the database fails.
pub fn mail(moment: &Moment<'_>, id: i64) -> Result<Mail, Error> {
    let mail = mail_by_id(moment.connection, id)?.ok_or(Error::NoMail(id))?;
    let body = mail_body(moment.connection, id)?;
    let text = body.as_deref().and_then(text_of).map(|text| personal_link::hidden(&text));
    Ok(Mail { text, ..Mail::told(mail, moment.language) })
}

/// The HTML part of a mail whose body is still kept.
///
/// # Errors
/// When there is no mail of that id, or the database fails.
pub fn mail_html(moment: &Moment<'_>, id: i64) -> Result<Option<String>, Error> {
    mail_by_id(moment.connection, id)?.ok_or(Error::NoMail(id))?;
    let html = mail_body(moment.connection, id)?.as_deref().and_then(html_of);
    Ok(html.map(|html| personal_link::hidden(&html)))
}

impl Mail {
    pub fn told(mail: OutboxMail, language: Language) -> Self {
        let reason = mail.reason.as_ref();
        Self {
            id: mail.id,
            key: mail.key,
            kind: mail.kind,
            mode: mail.mode,
            to: mail.to,
            cc: mail.cc,
            subject: mail.subject,
            state: mail.state,
            created_at: mail.created_at,
            not_before: mail.not_before,
            sent_at: mail.sent_at,
            attempts: mail.attempts,
            last_error: reason.map(|reason| mail_reasons::in_words(reason, words(language))),
            reason: mail.reason,
            message_id: mail.message_id,
            text: None,
        }
    }
}

/// The text part of a finished mail, with plain line ends: on a terminal a carriage
/// return is a control character like any other.
fn text_of(mime: &[u8]) -> Option<String> {
    Some(MessageParser::default().parse(mime)?.body_text(0)?.replace("\r\n", "\n"))
}

/// The HTML part of a finished mail.
pub fn html_of(mime: &[u8]) -> Option<String> {
    Some(MessageParser::default().parse(mime)?.body_html(0)?.into_owned())
}
