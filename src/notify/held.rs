//! Findings that are not told now, and why. None is forgotten: each is in a draft, or held with
//! a reason and the day on which it is looked at again.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::calendar::Off;
use super::diary::Busy;
use super::recipients::OnlyIt;
use crate::model::MailKind;

/// A finding that a reader is not told of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    pub finding: i64,
    pub kind: MailKind,
    /// Name of the reader; `None` where it concerns every reader, or IT.
    pub reader: Option<String>,
    pub why: Why,
    /// Why the digest tells it, where it does.
    pub because: Option<OnlyIt>,
    /// When it is looked at again. `None` only for a schedule that never runs, and for
    /// what comes with another's mail alone.
    pub next: Option<DateTime<Utc>>,
}

/// Why nobody is told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// It may still be put right without a mail.
    Grace,
    /// It opened because the policy changed: IT hears of it first.
    PolicyChange,
    /// The reader was told, and has time until the next mail.
    NotDue,
    /// It never asks for a mail, and comes with the reader's next one.
    Information,
    /// The reader has a mail today, or one that waits for its day.
    MailedToday,
    /// The deadline of the reader's last mail has not passed.
    AwaitsDeadline,
    /// The reader had a reminder within seven days.
    ToldRecently,
    /// The reader had three reminders within four weeks.
    OftenEnough,
    /// A mail to the reader and others is due, on the first day on which all of them may hear
    /// from us.
    Together,
    /// A day is promised on which the next leader up, or IT, is asked.
    Promised,
    DayOff,
    QuietWeek,
    /// `notify.max_mails_per_run`.
    Brake,
    Waived,
    /// Somebody answered, and IT has something to do.
    Answered,
    /// The last good pull is older than seven days.
    StaleData,
    /// The leaders file cannot be read.
    LeadersUnknown,
    /// Told in the digest.
    Digest,
}

impl From<Off> for Why {
    fn from(off: Off) -> Self {
        match off {
            Off::DayOff => Self::DayOff,
            Off::QuietWeek => Self::QuietWeek,
        }
    }
}

impl From<Busy> for Why {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::MailedToday => Self::MailedToday,
            Busy::AwaitsDeadline => Self::AwaitsDeadline,
            Busy::ToldRecently => Self::ToldRecently,
            Busy::OftenEnough => Self::OftenEnough,
        }
    }
}
