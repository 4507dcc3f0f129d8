//! From what a mail says ([`Letter`]) to the finished MIME: templates, then
//! headers and encoding. Everything that comes from KITOS is cleaned before a
//! template sees it; nothing here reads the clock, the network or the database,
//! and the same input always gives the same bytes.

mod birkelund;
mod body;
mod facts;
mod frame;
mod kinds;
mod letter;
mod mime;
mod own;
mod previews;
mod templates;
mod tidy;

use std::path::Path;

use minijinja::value::{Serde, Value};
use tracing::warn;

use crate::config;
use crate::model::{Alert, Language, MailKind, Notice};
use crate::notify::digest::data::Digest;
use crate::notify::draft::{Draft, DraftKind};
use crate::text::clean;

pub use facts::Facts;
pub use letter::Letter;
pub use mime::{Envelope, finish, message_id};
pub use own::check_templates;
pub use previews::{PreviewDay, PreviewLine, preview_index};
pub use templates::{engine, print};

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line of at most [`clean::LONGEST_SUBJECT`] characters.
    pub subject: String,
    /// Lines end with LF; wrapped for reading.
    pub text: String,
    pub html: String,
    pub attachment: Option<Attachment>,
}

/// A spreadsheet that comes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// In ASCII.
    pub name: String,
    pub content: Vec<u8>,
}

/// Why a mail cannot be made. The message is for an operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template names what is not there, or does not parse.
    #[error(
        "cannot put the {what} into words: {source}. This is a fault of the program: report it"
    )]
    Template { what: &'static str, source: Box<minijinja::Error> },
    #[error(
        "cannot put the {what} into words: {source}. This is a fault of the program: report it"
    )]
    Data { what: &'static str, source: serde_json::Error },
    #[error(
        "cannot address a mail to \"{address}\": {source}. Correct it in the configuration or in KITOS"
    )]
    Address { address: String, source: lettre::address::AddressError },
    #[error("cannot make the digest's spreadsheet: {0}. This is a fault of the program: report it")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("cannot attach a file to a mail: {0}. This is a fault of the program: report it")]
    MediaType(#[from] lettre::message::header::ContentTypeErr),
    #[error("cannot address a mail in mode redirect: mail.redirect_to is not set. Set it")]
    NoRedirect,
    #[error(
        "cannot finish a mail: {0}. Check mail.from, mail.reply_to and mail.it in the configuration"
    )]
    Mime(#[from] lettre::error::Error),
}

impl Error {
    /// The same where one of the municipality's own templates is at fault.
    fn of_own_template(&self) -> String {
        match self {
            Self::Template { what, source } => format!("{what}: {source}"),
            other => other.to_string(),
        }
    }
}

/// A draft as a letter.
///
/// # Errors
/// Only when the program is at fault.
pub fn of_draft(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    match draft.kind {
        DraftKind::FirstLetter => kinds::letter::letter(draft, facts),
        DraftKind::HandOver => kinds::letter::hand_over(draft, facts),
        DraftKind::Reminder => kinds::reminder::letter(draft, facts),
        DraftKind::Escalation => kinds::escalation::letter(draft, facts),
    }
}

/// What one pull saw happen, as a letter.
///
/// # Errors
/// Only when the program is at fault.
pub fn of_notice(notice: &Notice, language: Language) -> Result<Letter, Error> {
    kinds::notice::letter(notice, language)
}

/// The digest as a letter, with its spreadsheet.
///
/// # Errors
/// Only when the program is at fault.
pub fn of_digest(digest: &Digest, config: &config::Mail) -> Result<Letter, Error> {
    kinds::digest::letter(digest, config)
}

/// A message to the operators as a letter.
///
/// # Errors
/// Only when the program is at fault.
pub fn of_alert(alert: &Alert, language: Language) -> Result<Letter, Error> {
    kinds::alert::letter(alert, language)
}

/// A letter that shows that mail arrives.
///
/// # Errors
/// Only when the program is at fault.
pub fn of_test(organization: &str, language: Language) -> Result<Letter, Error> {
    kinds::test::letter(organization, language)
}

/// Puts a letter to `to` into its frame. In mode `redirect` the mail begins with a
/// banner that names `to`. When one of the municipality's own templates
/// (`mail.templates`) fails, the built-in ones are used, and `check` says so.
///
/// # Errors
/// Only when a built-in template is faulty.
pub fn render(letter: &Letter, to: &[String], config: &config::Mail) -> Result<Rendered, Error> {
    match &config.templates {
        None => say(letter, to, config, None),
        Some(folder) => say(letter, to, config, Some(folder)).or_else(|error| {
            let error = error.of_own_template();
            warn!(error, "a template in mail.templates fails; the built-in ones are used");
            say(letter, to, config, None)
        }),
    }
}

fn say(
    letter: &Letter,
    to: &[String],
    config: &config::Mail,
    folder: Option<&Path>,
) -> Result<Rendered, Error> {
    let what = letter.kind.as_str();
    let template = |source| Error::Template { what, source: Box::new(source) };
    let (environment, _) = templates::environment(config.language, folder).map_err(template)?;
    let data = frame::around(letter, to, config);
    let render = |part: &str, data: &serde_json::Value| {
        let name = format!("{what}/{part}.j2");
        environment.get_template(&name)?.render(Value::from(Serde(data)))
    };
    let subject = clean::subject(&render("subject", &data).map_err(template)?);
    let data = frame::with_subject(data, &subject);
    let text = tidy::text(&render("text", &data).map_err(template)?);
    let html = tidy::html(&render("html", &data).map_err(template)?);
    Ok(Rendered { subject, text, html, attachment: letter.attachment.clone() })
}

/// Examples of every kind of mail, put into words.
///
/// # Errors
/// Only when a built-in template is faulty.
pub fn samples(
    config: &config::Mail,
    to: &[String],
) -> Result<Vec<(MailKind, &'static str, Rendered)>, Error> {
    let mut rendered = Vec::new();
    for kind in kinds::KINDS {
        for sample in (kind.samples)(config)? {
            rendered.push((kind.kind, sample.name, say(&sample.letter, to, config, None)?));
        }
    }
    Ok(rendered)
}
