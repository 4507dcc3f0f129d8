//! From words to an RFC 5322 message (`docs/reliability.md` R18): fixed Message-ID,
//! Date and boundary, so that a mail sent again after a crash is the same mail.
//! No header line is put together by hand from what KITOS holds.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use uuid::Uuid;

use super::kinds::KINDS;
use super::{Attachment, Error, Rendered};
use crate::config;
use crate::model::{MailKind, MailMode};
use crate::text::addresses::wire;
use crate::text::clean;
use crate::text::spreadsheet::XLSX;

/// Lines with encoded words may have so many characters (RFC 2047, 2), others two more.
const LONGEST_LINE: usize = 76;

/// What goes around a mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Bare addresses; in mode `redirect` they stand in the banner alone.
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// With the angle brackets.
    pub message_id: String,
    pub date: DateTime<Utc>,
    pub kind: MailKind,
}

/// The Message-ID of the mail with this key. It is always the same, so that readers' mail
/// systems can drop a repeated delivery.
pub fn message_id(installation: Uuid, key: &str, domain: &str) -> String {
    let id = Uuid::new_v5(&installation, key.as_bytes());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let domain = if !domain.is_empty() && domain.chars().all(plain) {
        domain
    } else {
        // A domain that only SMTPUTF8 could carry.
        "kitos-sync.invalid"
    };
    format!("<{id}@{domain}>")
}

/// The finished message with CRLF line ends, ready for DATA.
///
/// # Errors
/// When an address is invalid, or `mail.redirect_to` is missing in mode `redirect`.
pub fn finish(
    rendered: &Rendered,
    envelope: &Envelope,
    config: &config::Mail,
) -> Result<Vec<u8>, Error> {
    let mut builder = Message::builder()
        .from(on_the_wire(&config.from)?)
        .subject(clean::subject(&rendered.subject))
        .message_id(Some(envelope.message_id.clone()))
        .date(SystemTime::from(envelope.date))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    if let Some(reply_to) = &config.reply_to {
        builder = builder.reply_to(on_the_wire(reply_to)?);
    }
    let (to, cc) = recipients(envelope, config)?;
    for address in to {
        builder = builder.to(mailbox(address)?);
    }
    for address in cc {
        builder = builder.cc(mailbox(address)?);
    }
    if let Some(list) = list_id(envelope.kind, config.from.email.domain()) {
        builder = builder.raw_header(header("List-Id", &list));
    }
    // No line of a quoted-printable or base64 body can be this boundary.
    let id: String = envelope.message_id.chars().filter(char::is_ascii_hexdigit).take(32).collect();
    let body = MultiPart::alternative()
        .boundary(format!("=_{id}"))
        .singlepart(SinglePart::plain(rendered.text.clone()))
        .singlepart(SinglePart::html(rendered.html.clone()));
    let Some(Attachment { name, content }) = &rendered.attachment else {
        return Ok(fold(&builder.multipart(body)?.formatted()));
    };
    let kind = ContentType::parse(XLSX)?;
    let body = MultiPart::mixed()
        .boundary(format!("=_m{id}"))
        .multipart(body)
        .singlepart(lettre::message::Attachment::new(name.clone()).body(content.clone(), kind));
    Ok(fold(&builder.multipart(body)?.formatted()))
}

/// Whom the message names in `To` and in `Cc`.
fn recipients<'a>(
    envelope: &'a Envelope,
    config: &'a config::Mail,
) -> Result<(&'a [String], &'a [String]), Error> {
    match (config.mode, &config.redirect_to) {
        (MailMode::Redirect, Some(address)) => Ok((std::slice::from_ref(address), &[])),
        (MailMode::Redirect, None) => Err(Error::NoRedirect),
        (MailMode::Preview | MailMode::Send, _) => Ok((&envelope.to, &envelope.cc)),
    }
}

fn mailbox(address: &str) -> Result<Mailbox, Error> {
    let parsed = wire(address.trim()).parse().map_err(|source| Error::Address {
        address: clean::text(address, clean::LONGEST_NAME),
        source,
    })?;
    Ok(Mailbox::new(None, parsed))
}

/// A mailbox whose domain every server knows.
fn on_the_wire(named: &Mailbox) -> Result<Mailbox, Error> {
    Ok(Mailbox { name: named.name.clone(), ..mailbox(named.email.as_ref())? })
}

/// The message with no header line over [`LONGEST_LINE`], as far as there are blanks to
/// break it at: strict servers refuse long ones (RFC 5322, 2.1.1), and a list of readers
/// comes as one line.
fn fold(message: &[u8]) -> Vec<u8> {
    let end = message.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(message.len());
    let (head, rest) = message.split_at(end);
    let mut folded = Vec::with_capacity(message.len() + 64);
    let mut lines = head.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        while let Some(at) = break_at(line) {
            folded.extend_from_slice(&line[..at]);
            folded.extend_from_slice(b"\r\n");
            line = &line[at..];
        }
        folded.extend_from_slice(line);
        if lines.peek().is_some() {
            folded.extend_from_slice(b"\r\n");
        }
    }
    folded.extend_from_slice(rest);
    folded
}

/// The last blank within the limit, else the first one after it; but none right after the
/// header's name, and none at the beginning of a line.
fn break_at(line: &[u8]) -> Option<usize> {
    if line.len() <= LONGEST_LINE {
        return None;
    }
    let name = line.windows(2).position(|end| end == b": ").map_or(0, |at| at + 1);
    let first = if line.starts_with(b" ") { 1 } else { name + 1 };
    let blanks = (first..line.len()).filter(|at| line[*at] == b' ');
    let (within, behind): (Vec<usize>, Vec<usize>) = blanks.partition(|at| *at <= LONGEST_LINE);
    within.last().or(behind.first()).copied()
}

/// What many readers get each week, for their rules (RFC 2919); nothing else is
/// a list.
fn list_id(kind: MailKind, domain: &str) -> Option<String> {
    let is_list = KINDS.iter().any(|row| row.kind == kind && row.list) && domain.is_ascii();
    is_list.then(|| format!("<{}.kitos-sync.{domain}>", kind.as_str()))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lines_are_broken_at_blanks_and_say_the_same() {
        let names: Vec<String> =
            (10..40).map(|n| format!("reader.{n}@afdeling.kommune.example")).collect();
        let long = "x".repeat(90);
        for (head, lines) in [
            ("Subject: short".to_owned(), 1),
            (format!("To: {}", names.join(", ")), 15),
            (format!("To: {long}"), 1),
            (format!("To: a, {long}, b"), 3),
            (
                format!(
                    "From: =?utf-8?b?{0}?=\r\n =?utf-8?b?{0}?= <it@kommune.example>",
                    "w6Y".repeat(15)
                ),
                3,
            ),
        ] {
            let message = format!("{head}\r\nDate: now\r\n\r\nBody {long} {long}\r\n");
            let folded = String::from_utf8(fold(message.as_bytes())).unwrap();
            let (new, body) = folded.split_once("\r\n\r\n").unwrap();
            assert_eq!(new.split("\r\n").count(), lines + 1, "{new}");
            assert!(
                new.split("\r\n").all(|line| line.len() <= 76 || line.contains(&long)),
                "{new}"
            );
            assert_eq!(
                new.replace("\r\n ", " "),
                format!("{head}\r\nDate: now").replace("\r\n ", " ")
            );
            assert_eq!(body, format!("Body {long} {long}\r\n"));
        }
    }
}
