//! From what a mail says ([`Letter`]) to the finished MIME: templates, then
//! headers and encoding. Everything that comes from KITOS is cleaned before a
//! template sees it; nothing here reads the clock, the network or the database,
//! and the same input always gives the same bytes.

mod behalf;
mod birkelund;
mod body;
mod error;
mod facts;
mod frame;
mod kinds;
mod letter;
mod mime;
mod own;
mod previews;
mod rendered;
mod slim;
mod templates;
mod tidy;

use std::path::Path;

use minijinja::value::{Serde, Value};
use tracing::warn;

use crate::config;
use crate::model::{Alert, Language, MailKind, Notice};
use crate::notify::digest::data::Digest;
use crate::notify::draft::Draft;
use crate::text::clean;

pub use error::Error;
pub use facts::Facts;
pub use kinds::digest::{DigestWords, in_words as digest_in_words};
pub use letter::Letter;
pub use mime::{Envelope, finish, message_id};
pub use own::check_templates;
pub use previews::{PreviewDay, PreviewLine, preview_index};
pub use rendered::{Attachment, Rendered};
pub use slim::without_attachment;
pub use templates::{engine, escaped, print};

/// A draft as a letter.
///
/// # Errors
/// Only when the program is at fault.
pub fn of_draft(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    kinds::of_draft(draft, facts)
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
    let (environment, _) =
        templates::environment(config.language, folder, &letter.urls).map_err(template)?;
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
