//! What is wrong, for as long as it is.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::fault::Fault;
use super::spelled::spelled;

/// One rule of the policy, by its name in configuration, JSON, database and on the
/// command line. `policy::rules` has the table of all there are, and everything else
/// about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Rule(&'static str);

impl Rule {
    /// For the table of rules alone.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl From<Rule> for &'static str {
    fn from(rule: Rule) -> Self {
        rule.0
    }
}

spelled! {
    "lowercase",
    /// How much a finding matters; the order is that of the digest.
    pub enum Severity {
        Info,
        Low,
        Medium,
        High,
    }
}

spelled! {
    "lowercase",
    /// Where a finding is in its life.
    pub enum FindingState {
        Open,
        Waived,
        Resolved,
    }
}

spelled! {
    "camelCase",
    /// How a finding ended, as the pull saw it that no longer shows it.
    pub enum Ending {
        /// Somebody put it right.
        Resolved,
        /// The system was taken out of use, which is not what the rule asks for.
        Closed,
        /// KITOS no longer has the system.
        Removed,
        /// The system is one that the policy leaves out now.
        LeftOut,
        /// The system has no owner any more, and the finding was about one.
        OwnerGone,
        /// The system is in use again, and the finding was about its being out of use.
        Revived,
        /// The policy changed: its configuration or the leaders file.
        Lapsed,
    }
}

/// One occurrence of a rule's verdict on one usage. It opens once and resolves
/// once; the same fault later is a new `Finding` with a new `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub id: i64,
    pub rule: Rule,
    pub severity: Severity,
    pub usage: Uuid,
    pub faults: Vec<Fault>,
    pub opened_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// How it ended; `None` while it is there.
    pub ending: Option<Ending>,
    /// It was there in the first snapshot: its true age is unknown.
    pub since_baseline: bool,
    /// It opened because the policy's configuration or the leaders file changed,
    /// not because KITOS did.
    pub by_policy_change: bool,
}

impl Finding {
    /// Its place where the most severe come first, and the oldest of these.
    pub fn urgency(&self) -> (Reverse<Severity>, DateTime<Utc>, i64) {
        (Reverse(self.severity), self.opened_at, self.id)
    }
}
