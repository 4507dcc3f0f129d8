//! Why a mail waits, was withdrawn or did not arrive: as data, which is told in the words
//! of its reader (`text/mail_reasons.rs`).

use serde::{Deserialize, Serialize};

use super::mail::MailMode;

/// Why a mail is in its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailReason {
    #[serde(flatten)]
    pub why: MailWhy,
    /// What the mail server said, or went wrong on the way to it, in those words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
}

/// The reasons, each with what fills its words at `mail-reason.<name>`.
#[derive(
    Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(tag = "why", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum MailWhy {
    /// The reply says it all.
    Reply,
    /// Several readers, some of whom the server refused.
    NotToAll,
    /// A digest that goes again without its spreadsheet.
    TooLarge,
    /// `mail.give_up_after` has passed.
    GivenUp,
    /// Its body is no longer kept.
    NoBody,

    // Waits:
    /// Its reader hears from us on working days.
    WorkingDays,
    /// Its reader has had another mail that day.
    OneADay,
    /// `mail.smtp.per_minute` allows no more.
    PerMinute { allowed: u32 },

    // Withdrawn:
    /// A person withdrew it.
    Cancelled { by: String },
    /// `mail.mode` is this now, and it was written for another.
    OtherMode { mode: MailMode },
    /// It was made under a clock that was ahead.
    ClockWasAhead,
    /// Its reader is no user of the organisation any more.
    ReaderLeft,
    /// `mail.allowed_domains` no longer allows its reader's address.
    ForeignDomain,
    /// Of a round of confirmation: all of it is answered, or the round is closed.
    Answered,
    /// All that it asks for is done.
    Done,
    /// All that it asks for is done or waived.
    DoneOrWaived,
    /// Some of it is; the rest is told anew.
    PartlyDone,
    /// Its reader is no longer asked for all of it.
    OtherReader,
    /// Its reader has another address now.
    OtherAddress,
    /// It waited longer than `mail.give_up_after`.
    WaitedTooLong,
    /// A deadline that it gives has come.
    TimeIsOver,
    /// The week is one of `notify.quiet_weeks`.
    QuietWeek,
    /// It speaks of a day as today that is another by now.
    WrittenForAnotherDay,
    /// What it tells was undone before it went out.
    Undone,
    /// It is told in one mail with later news.
    ToldWithLaterNews,
    /// Withdrawn for this reason, when it was with the mail server perhaps.
    MayHaveArrived { because: Box<MailWhy> },
}

impl From<MailWhy> for MailReason {
    fn from(why: MailWhy) -> Self {
        Self { why, reply: None }
    }
}

impl MailWhy {
    #[must_use]
    pub fn with(self, reply: String) -> MailReason {
        MailReason { why: self, reply: Some(reply) }
    }
}
