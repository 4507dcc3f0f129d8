//! A digest that is too large for its readers' mailboxes goes again without its
//! spreadsheet, and says so.

use chrono::DateTime;
use mail_parser::MessageParser;

use super::mime::{Envelope, finish};
use super::{Error, Rendered};
use crate::config;
use crate::model::OutboxMail;
use crate::text::words::words;

/// The same mail without its attachments; `None` if it has none.
///
/// # Errors
/// When an address is invalid, or `mail.redirect_to` is missing in mode `redirect`.
pub fn without_attachment(
    mime: &[u8],
    mail: &OutboxMail,
    config: &config::Mail,
) -> Result<Option<Vec<u8>>, Error> {
    let message = MessageParser::default().parse(mime);
    let Some(message) = message.filter(|message| message.attachment_count() > 0) else {
        return Ok(None);
    };
    let (Some(text), Some(html)) = (message.body_text(0), message.body_html(0)) else {
        return Ok(None);
    };
    let line = words(config.language).text("mail.digest.without-spreadsheet");
    let written = message.date().and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0));
    let rendered = Rendered {
        subject: mail.subject.clone(),
        text: format!("{line}\r\n\r\n{text}"),
        html: with_line(&html, line),
        attachment: None,
    };
    let envelope = Envelope {
        to: mail.to.clone(),
        cc: mail.cc.clone(),
        message_id: mail.message_id.clone(),
        date: written.unwrap_or(mail.created_at),
        kind: mail.kind,
    };
    finish(&rendered, &envelope, config).map(Some)
}

/// The page with a line of ours, which holds no mark-up, at its top.
fn with_line(html: &str, line: &str) -> String {
    let body = html.find("<body").and_then(|at| Some(at + html[at..].find('>')? + 1));
    let (before, after) = html.split_at(body.unwrap_or_default());
    format!("{before}<p>{line}</p>{after}")
}
