//! Jobs and their runs.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::spelled::spelled;

spelled! {
    "lowercase",
    /// What the daemon does, in the order in which `run --once` does it.
    pub enum JobKind {
        Sync,
        Remind,
        Digest,
        Deliver,
        Prune,
    }
}

spelled! {
    "lowercase",
    /// How a run of a job ended.
    pub enum JobOutcome {
        Done,
        Failed,
        /// The guard holds the pull.
        Held,
    }
}

/// What a run of a job came to; `text/runs.rs` tells it in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Did {
    /// KITOS was read, and what it says was taken in.
    Read {
        systems: usize,
        people: usize,
        changes: usize,
        opened: usize,
        resolved: usize,
    },
    /// KITOS was read, and the guard holds what it says.
    HeldBack,
    Reminded {
        reminders: usize,
        escalations: usize,
        /// Mails of the review.
        reviews: usize,
        /// Findings that nobody is told of now.
        held: usize,
        /// Mails that waited and are no longer true.
        withdrawn: usize,
        /// Whether they are in the outbox, or were only shown.
        queued: bool,
    },
    DigestQueued {
        mail: i64,
    },
    /// The digest of that day was queued before.
    DigestKnown {
        date: NaiveDate,
    },
    /// The digest was only shown.
    DigestShown,
    Delivered {
        sent: usize,
        previewed: usize,
        later: usize,
        dead: usize,
        cancelled: usize,
    },
    Pruned {
        versions: usize,
        changes: usize,
        findings: usize,
        others: usize,
        people: usize,
        bodies: usize,
        /// Another program's reading kept the write-ahead log from being emptied.
        log_not_emptied: bool,
    },
    /// An error or a server's words, as they came.
    Failed {
        why: String,
    },
}

/// One run of one job, kept as history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    pub job: JobKind,
    /// The scheduled occurrence that it served; `None` for a run by hand.
    pub scheduled_for: Option<DateTime<Utc>>,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub outcome: JobOutcome,
    pub did: Did,
}
