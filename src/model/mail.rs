//! Mails as the outbox holds them.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::mail_reason::MailReason;
use super::spelled::spelled;

spelled! {
    "lowercase",
    /// What kind of mail; `docs/contract.md`, "Mail".
    pub enum MailKind {
        Digest,
        /// To somebody who was never written to, or who is about to leave.
        Letter,
        Reminder,
        Notice,
        Escalation,
        /// In a round of confirmation: to an owner, or to a leader who is to help.
        Review,
        Alert,
        Test,
    }
}

impl MailKind {
    /// Planned from what is so on a day, and withdrawn when it no longer is.
    pub fn is_planned(self) -> bool {
        matches!(self, Self::Letter | Self::Reminder | Self::Escalation | Self::Review)
    }

    /// To owners and leaders; notices go to IT, too.
    pub fn is_to_people(self) -> bool {
        self.is_planned() || self == Self::Notice
    }
}

/// Which kind of letter a draft is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DraftKind {
    /// Introduces KITOS and us to an owner, before the first reminder ever.
    FirstLetter,
    Reminder,
    /// Asks the next leader up for help, with a copy to whoever was asked so far.
    Escalation,
    /// To someone who is about to leave, and to their leader: what to hand over.
    HandOver,
    /// Asks an owner to confirm all their systems.
    Review,
    /// Asks a leader for help with those who have not confirmed theirs, with a copy to them.
    ReviewCall,
}

impl DraftKind {
    /// What kind of mail it becomes.
    pub fn mail(self) -> MailKind {
        match self {
            Self::FirstLetter | Self::HandOver => MailKind::Letter,
            Self::Reminder => MailKind::Reminder,
            Self::Escalation => MailKind::Escalation,
            Self::Review | Self::ReviewCall => MailKind::Review,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstLetter => "first-letter",
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::HandOver => "hand-over",
            Self::Review => "review",
            Self::ReviewCall => "review-call",
        }
    }

    /// Whether it asks a leader for help with what others have not done.
    pub fn asks_for_help(self) -> bool {
        matches!(self, Self::Escalation | Self::ReviewCall)
    }
}

spelled! {
    "lowercase",
    /// Where mail goes (`mail.mode`).
    pub enum MailMode {
        /// Into `.eml` files; nothing leaves the machine.
        Preview,
        /// Everything to one address, with a banner that names the real one.
        Redirect,
        Send,
    }
}

spelled! {
    "lowercase",
    /// The language of mails (`mail.language`); the command line speaks English.
    pub enum Language {
        Da,
        En,
    }
}

spelled! {
    "lowercase",
    /// Where a mail is on its way (`docs/reliability.md` R16).
    pub enum MailState {
        Queued,
        /// Handed to the mail server, verdict not yet recorded. After a crash it
        /// goes out again under the same Message-ID.
        Sending,
        Sent,
        /// Refused for good, or given up; its reason says why.
        Dead,
        /// No longer true or no longer wanted; its reason says why.
        Cancelled,
        /// Written to `mail.preview_dir`.
        Previewed,
    }
}

/// What the files are called that a mail is written to in `preview`, but for the ending.
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
    /// When it was to go out at first; `mail.give_up_after` counts from here.
    pub due_at: DateTime<Utc>,
    /// When it may go out next.
    pub not_before: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub attempts: u32,
    /// Why it is in its state, where that says something.
    pub reason: Option<MailReason>,
    pub message_id: String,
}
