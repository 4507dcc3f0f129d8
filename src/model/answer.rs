//! What people answer to a mail: that they own a system, who else should, that it is
//! right as it is. An answer changes nothing in KITOS, which stays the truth.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

/// `docs/policy.md`, "Answers".
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum AnswerKind {
    /// I am the owner, and it is right.
    Confirmed,
    /// The owner should be somebody else.
    NewOwner,
    /// It is not used any more.
    NotUsed,
    /// It is right as it is, because …
    RightAsItIs,
    /// I have looked through it.
    LookedThrough,
    /// I am away until …
    Away,
}

impl AnswerKind {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether it says that somebody has looked at the registration and found it right.
    pub fn is_look(self) -> bool {
        matches!(self, Self::Confirmed | Self::LookedThrough)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AnswerState {
    /// IT has something to do.
    Open,
    /// It is done, or there was nothing to do.
    Done,
    Declined,
}

impl AnswerState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One answer, about one system or, of an absence, about none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub id: i64,
    pub given: GivenAnswer,
    pub state: AnswerState,
    pub closed: Option<AnswerEnd>,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    pub name: String,
    pub email: String,
    pub usage: Option<Uuid>,
    pub kind: AnswerKind,
    /// Of `NewOwner`, who should own.
    pub owner: Option<Uuid>,
    /// Of `Away`, the last day.
    pub until: Option<NaiveDate>,
    pub comment: Option<String>,
    /// What was open at the system: it pauses.
    pub findings: Vec<i64>,
    pub at: DateTime<Utc>,
    /// The day of it, in the configured zone.
    pub day: NaiveDate,
    /// Who entered it, where it came otherwise than by the person's own page.
    pub noted_by: Option<String>,
}

/// How an answer was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEnd {
    pub at: DateTime<Utc>,
    /// `None` where a pull showed it done.
    pub by: Option<String>,
    /// Why it was declined.
    pub why: Option<String>,
}
