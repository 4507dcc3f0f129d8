//! Mails as the outbox holds them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What kind of mail; `contract.md`, "Mail".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailKind {
    Digest,
    /// To somebody who was never written to, or who is about to leave.
    Letter,
    Reminder,
    Notice,
    Escalation,
    Alert,
    Test,
}

impl MailKind {
    pub const ALL: [Self; 7] = [
        Self::Digest,
        Self::Letter,
        Self::Reminder,
        Self::Notice,
        Self::Escalation,
        Self::Alert,
        Self::Test,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Letter => "letter",
            Self::Reminder => "reminder",
            Self::Notice => "notice",
            Self::Escalation => "escalation",
            Self::Alert => "alert",
            Self::Test => "test",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where mail goes (`mail.mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailMode {
    /// Into `.eml` files; nothing leaves the machine.
    Preview,
    /// Everything to one address, with a banner that names the real one.
    Redirect,
    Send,
}

impl MailMode {
    pub const ALL: [Self; 3] = [Self::Preview, Self::Redirect, Self::Send];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Redirect => "redirect",
            Self::Send => "send",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// The language of mails (`mail.language`); the command line speaks English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Da,
    En,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Da, Self::En];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Da => "da",
            Self::En => "en",
        }
    }
}

/// Where a mail is on its way (`reliability.md` R16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailState {
    Queued,
    /// Handed to the mail server, verdict not yet recorded. After a crash it
    /// goes out again under the same Message-ID.
    Sending,
    Sent,
    /// Refused for good, or given up; `last_error` says why.
    Dead,
    /// No longer true or no longer wanted; `last_error` says why.
    Cancelled,
    /// Written to `mail.preview_dir`.
    Previewed,
}

impl MailState {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sending, Self::Sent, Self::Dead, Self::Cancelled, Self::Previewed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
            Self::Previewed => "previewed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
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
    /// When it was to go out at first; `mail.give_up_after` counts from here.
    pub due_at: DateTime<Utc>,
    /// When it may go out next.
    pub not_before: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub attempts: u32,
    pub last_error: Option<String>,
    pub message_id: String,
}
