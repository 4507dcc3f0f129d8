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
    WorkingDays,
    OneADay,
    PerMinute {
        allowed: u32,
    },

    // Withdrawn:
    Cancelled {
        by: String,
    },
    OtherMode {
        mode: MailMode,
    },
    ClockWasAhead,
    ReaderLeft,
    ForeignDomain,
    /// Of a round of confirmation.
    Answered,
    Done,
    DoneOrWaived,
    PartlyDone,
    OtherReader,
    OtherAddress,
    WaitedTooLong,
    TimeIsOver,
    QuietWeek,
    WrittenForAnotherDay,
    Undone,
    ToldWithLaterNews,
    /// Withdrawn for this reason, when it was with the mail server perhaps.
    MayHaveArrived {
        because: Box<MailWhy>,
    },
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
