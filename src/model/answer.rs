//! What people answer to a mail: that they own a system, who else should, that it is
//! right as it is. An answer changes nothing in KITOS, which stays the truth.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::spelled::spelled;

spelled! {
    "camelCase",
    /// `docs/policy.md`, "Answers".
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
}

spelled! {
    "lowercase",
    pub enum AnswerState {
        /// IT has something to do.
        Open,
        /// It is done, or there was nothing to do.
        Done,
        Declined,
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

impl GivenAnswer {
    /// The value that it carries: the proposed owner, as `name` calls them, or the last day away.
    pub fn value(&self, name: impl Fn(Uuid) -> String) -> Option<String> {
        self.owner.map(name).or_else(|| self.until.map(|day| day.to_string()))
    }
}

/// How an answer was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEnd {
    pub at: DateTime<Utc>,
    /// `None` if a pull closed it.
    pub by: Option<String>,
    /// Why it was declined.
    pub why: Option<String>,
}
