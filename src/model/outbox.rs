//! Mails as the outbox holds them.

use chrono::{DateTime, Utc};

use super::mail::{MailKind, MailMode, MailState};
use super::mail_reason::MailReason;

/// The name, without extension, of the files to which `preview` writes a mail.
pub fn preview_name(id: i64, kind: MailKind, created_at: DateTime<Utc>) -> String {
    format!("{}-{id:05}-{}", created_at.format("%Y-%m-%d"), kind.as_str())
}

/// A finished mail on its way into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Unique: what it says, to whom, for which occasion, in which mode.
    pub key: String,
    pub kind: MailKind,
    pub mode: MailMode,
    /// The reader, where it is a KITOS user: a mail to someone who has left
    /// since is cancelled.
    pub person: Option<uuid::Uuid>,
    /// Addresses of the `To` header …
    pub to: Vec<String>,
    /// … and of `Cc`; the envelope has both.
    pub cc: Vec<String>,
    pub subject: String,
    /// With the angle brackets, as in the header.
    pub message_id: String,
    /// The hash of the personal link that it carries, if it carries one.
    pub link: Option<String>,
    /// RFC 5322 with CRLF line ends, ready for DATA.
    pub mime: Vec<u8>,
    pub not_before: DateTime<Utc>,
}

/// A row of the outbox, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMail {
    pub id: i64,
    pub key: String,
    pub kind: MailKind,
    pub mode: MailMode,
    /// The reader, where it is a KITOS user.
    pub person: Option<uuid::Uuid>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub subject: String,
    pub state: MailState,
    pub created_at: DateTime<Utc>,
    /// When it was to go out at first.
    pub due_at: DateTime<Utc>,
    /// From when `mail.give_up_after` counts: a long pause of our own is no time in which the
    /// mail server could have taken it.
    pub counts_from: DateTime<Utc>,
    /// When it may go out next.
    pub not_before: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub attempts: u32,
    /// Why it is in its state, where that says something.
    pub reason: Option<MailReason>,
    pub message_id: String,
}
