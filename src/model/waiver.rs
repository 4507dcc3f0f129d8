//! An exception from a rule for one finding: always with an end, a reason and a
//! name, and kept after it has ended.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::spelled::spelled;

/// A waiver of one finding, in force or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiver {
    pub id: i64,
    #[serde(rename = "findingId")]
    pub finding: i64,
    /// The last day on which it holds, in the configured zone …
    pub until: NaiveDate,
    /// … and the instant at which that day is over.
    pub ends_at: DateTime<Utc>,
    pub reason: String,
    /// Who decided it.
    pub by: String,
    pub created_at: DateTime<Utc>,
    /// Set where someone ended it before its time.
    pub ended: Option<WaiverEnd>,
}

/// How a waiver ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaiverEnd {
    pub at: DateTime<Utc>,
    pub how: WaiverEnding,
    pub by: String,
}

spelled! {
    "lowercase",
    /// How a waiver was ended before its time.
    pub enum WaiverEnding {
        /// By `unwaive`.
        Withdrawn,
        /// By a later waiver of the same finding.
        Replaced,
    }
}

impl Waiver {
    /// The first instant at which it no longer holds, as far as the waiver itself
    /// says: a finding that resolves takes its waiver with it.
    pub fn end(&self) -> DateTime<Utc> {
        self.ended.as_ref().map_or(self.ends_at, |end| end.at.min(self.ends_at))
    }

    /// Whether it holds at `instant`.
    pub fn in_force(&self, instant: DateTime<Utc>) -> bool {
        self.created_at <= instant && instant < self.end()
    }
}
