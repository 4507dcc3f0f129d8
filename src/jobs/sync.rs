//! The sync job: one pull, judged and committed whole, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::warn;
use uuid::Uuid;

use super::commit::{Step, commit};
use super::error::Error;
use super::job::{Job, Report, Turn};
use super::monitor;
use crate::kitos::{self, Known, Pull};
use crate::model::{HoldReason, JobKind, JobOutcome};
use crate::query::read_leaders;
use crate::store::{Access, KeptPull, current_snapshot};

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

/// One pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sync {
    /// Write nothing.
    pub dry_run: bool,
    /// A leaders file that lost many lines is right all the same.
    pub accept_leaders: bool,
}

/// `contract.md`, "Sync".
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

impl Job for Sync {
    type Report = SyncReport;

    const KIND: JobKind = JobKind::Sync;

    fn trial(&self) -> Option<Access> {
        self.dry_run.then_some(Access::Try)
    }

    async fn work(&self, turn: &Turn<'_>) -> Result<SyncReport, Error> {
        let result = match self.pull(turn).await {
            Ok(pull) => self.commit(turn, pull).await,
            Err(error) => Err(error),
        };
        monitor::tell(turn.context, &result).await;
        result
    }
}

impl Sync {
    /// Everything from KITOS, before the database is written to.
    async fn pull(&self, turn: &Turn<'_>) -> Result<Pull, Error> {
        let context = turn.context;
        let known = context.store.run(turn.access(), |connection| {
            let snapshot = current_snapshot(connection)?;
            Ok::<_, Error>(snapshot.as_ref().map(Known::of).unwrap_or_default())
        });
        let known = known.await?;
        let settings = &context.config.kitos;
        let credentials =
            kitos::Credentials::read(settings, &context.environment)?.ok_or(Error::NoPassword)?;
        let client =
            kitos::Client::new(settings, credentials, context.pace)?.keeping(&context.tokens);
        let progress = context.progress.0;
        let pull = tokio::select! {
            pull = client.pull(&known, &progress) => pull?,
            () = context.cancel.cancelled() => return Err(Error::Cancelled),
        };
        if let Some(skew) = pull.clock_skew {
            warn!(
                seconds = skew.num_seconds(),
                "this machine's clock and KITOS's differ; check time synchronisation (timedatectl)"
            );
        }
        Ok(pull)
    }

    async fn commit(&self, turn: &Turn<'_>, pull: Pull) -> Result<SyncReport, Error> {
        let config = Arc::clone(&turn.context.config);
        let kept = KeptPull {
            snapshot: pull.snapshot,
            host: config.kitos.host(),
            requests: pull.requests,
            bytes: pull.bytes,
            duration_ms: i64::try_from(turn.run.elapsed().as_millis()).unwrap_or(i64::MAX),
        };
        let (now, options, unconfirmed) = (turn.now(), *self, pull.unconfirmed);
        turn.transaction(move |tx| {
            let leaders = read_leaders(&config);
            let step = Step {
                config: &config,
                pull: &kept,
                taken_at: now,
                now,
                guard: Some(unconfirmed),
                leaders: &leaders,
                accept_leaders: options.accept_leaders,
            };
            let report = commit(tx, &step)?;
            Ok(match options.dry_run {
                true => SyncReport { outcome: SyncOutcome::DryRun, snapshot_id: None, ..report },
                false => report,
            })
        })
        .await
    }
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

/// A fresh random uuid, for a new database.
pub(super) fn fresh_uuid() -> Uuid {
    Uuid::new_v4()
}
