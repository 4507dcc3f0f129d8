//! What a pull came to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::job::Report;
use crate::model::{HoldReason, JobOutcome};

/// How a pull ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SyncOutcome {
    Committed,
    /// Committed, and nothing had changed.
    Unchanged,
    /// The guard holds it.
    Quarantined,
    DryRun,
}

/// `docs/contract.md`, "Sync".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncReport {
    pub outcome: SyncOutcome,
    pub snapshot_id: Option<i64>,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub requests: u64,
    pub bytes: u64,
    pub usages: usize,
    pub users: usize,
    /// Number of changes by kind.
    pub changes: BTreeMap<&'static str, usize>,
    pub findings_opened: usize,
    pub findings_resolved: usize,
    pub mails_queued: usize,
    /// Why the guard holds the pull, or in a dry run would.
    pub held: Vec<HoldReason>,
}

impl Report for SyncReport {
    fn outcome(&self) -> JobOutcome {
        match self.outcome {
            SyncOutcome::Quarantined => JobOutcome::Held,
            _ => JobOutcome::Done,
        }
    }

    fn detail(&self) -> String {
        if self.outcome == SyncOutcome::Quarantined {
            return "held by the guard; look at it with `kitos-sync guard show`".to_owned();
        }
        format!(
            "{} systems and {} people read; {} changes; {} findings opened, {} resolved",
            self.usages,
            self.users,
            self.changes.values().sum::<usize>(),
            self.findings_opened,
            self.findings_resolved,
        )
    }
}
