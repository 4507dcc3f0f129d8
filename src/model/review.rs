//! A round of confirmation: is each system's owner the right one, and is it right?

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// One round; at most one is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub id: i64,
    /// The last day on which to answer.
    pub due: NaiveDate,
    /// Only systems of this unit and of those below it.
    pub unit: Option<Uuid>,
    pub started_at: DateTime<Utc>,
    pub started_by: String,
    pub closed: Option<ReviewEnd>,
}

/// One system that a round asks about, with whom it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedSystem {
    pub usage: Uuid,
    /// The responsible unit.
    pub unit: Option<Uuid>,
    pub owners: Vec<Uuid>,
}

/// That somebody closed a round of confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewEnd {
    pub at: DateTime<Utc>,
    pub by: String,
}
