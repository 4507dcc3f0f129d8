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

impl AnswerKind {
    /// Whether IT has something to do because of it; else it is noted, and no more.
    pub fn asks_for_something(self) -> bool {
        matches!(self, Self::NewOwner | Self::NotUsed | Self::RightAsItIs)
    }
}

spelled! {
    "lowercase",
    /// What is left to do about an answer.
    pub enum AnswerState {
        /// IT has something to do.
        Open,
        /// It is done, or there was nothing to do.
        Done,
        Declined,
        /// Something else holds now: a new answer, or another owner than the one named.
        Superseded,
        /// The person who should own has left.
        Lapsed,
    }
}

spelled! {
    "camelCase",
    /// How an answer stands, as people are told it: what its state means for its kind.
    pub enum AnswerOutcome {
        Open,
        /// KITOS shows what it asks for.
        Done,
        /// It asks for nothing.
        Noted,
        /// IT says that it is done; KITOS need not show it.
        ByHand,
        /// IT made an exception of it, with an end.
        Excepted,
        Declined,
        /// The same person answered again.
        Superseded,
        /// The system got another owner than the one named.
        Overtaken,
        /// The person who should own has left.
        Lapsed,
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

impl Answer {
    pub fn outcome(&self) -> AnswerOutcome {
        let is_by_hand = self.closed.as_ref().is_some_and(|end| end.by.is_some());
        match (self.state, self.given.kind, is_by_hand) {
            (AnswerState::Open, ..) => AnswerOutcome::Open,
            (AnswerState::Declined, ..) => AnswerOutcome::Declined,
            (AnswerState::Lapsed, ..) => AnswerOutcome::Lapsed,
            (AnswerState::Superseded, _, true) => AnswerOutcome::Superseded,
            (AnswerState::Superseded, _, false) => AnswerOutcome::Overtaken,
            (AnswerState::Done, AnswerKind::RightAsItIs, true) => AnswerOutcome::Excepted,
            (AnswerState::Done, _, true) => AnswerOutcome::ByHand,
            (AnswerState::Done, kind, false) if kind.asks_for_something() => AnswerOutcome::Done,
            (AnswerState::Done, _, false) => AnswerOutcome::Noted,
        }
    }
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    pub name: String,
    pub email: String,
    /// The user in KITOS who had that address then: the same person under a later one.
    pub person: Option<Uuid>,
    pub usage: Option<Uuid>,
    /// The round of confirmation that was open, and was about the system.
    pub review: Option<i64>,
    /// Whether KITOS had them as its owner when they answered.
    pub as_owner: bool,
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
    /// Whether the same person gave both.
    pub fn is_by_whom(&self, other: &Self) -> bool {
        self.email == other.email || (self.person.is_some() && self.person == other.person)
    }

    /// The value that it carries: the proposed owner, as `name` calls them, or the last day away.
    pub fn value(&self, name: impl Fn(Uuid) -> String) -> Option<String> {
        self.owner.map(name).or_else(|| self.until.map(|day| day.to_string()))
    }
}

/// How an answer was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEnd {
    pub at: DateTime<Utc>,
    /// `None` if the register closed it: a pull, or what it showed already.
    pub by: Option<String>,
    /// Why it was declined.
    pub why: Option<String>,
}
