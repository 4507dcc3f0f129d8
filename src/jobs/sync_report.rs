//! What a pull came to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::job::Report;
use crate::model::{Did, HoldReason, JobOutcome};

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

    fn did(&self) -> Did {
        if self.outcome == SyncOutcome::Quarantined {
            return Did::HeldBack;
        }
        Did::Read {
            systems: self.usages,
            people: self.users,
            changes: self.changes.values().sum(),
            opened: self.findings_opened,
            resolved: self.findings_resolved,
        }
    }
}
