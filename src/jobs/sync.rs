//! The sync job: one pull, judged and committed whole, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::subscriber::{NoSubscriber, with_default};
use tracing::{info, warn};
use uuid::Uuid;

use super::alerts::raise;
use super::commit::{Step, commit};
use super::{Context, Error, finished};
use crate::kitos::{self, Known};
use crate::model::{AlertFact, HoldReason, IncidentKind, Job, JobOutcome};
use crate::query::read_leaders;
use crate::store::{self, Access, KeptPull, current_snapshot, immediate, insert_run};
use crate::text::addresses::masked;

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

/// How a sync is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncOptions {
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

/// Pulls, judges, commits. A dry run writes nothing at all.
///
/// # Errors
/// A pull that failed leaves the register as it was; the failure is a row in
/// the run history.
pub async fn sync(
    context: &Context,
    scheduled_for: Option<DateTime<Utc>>,
    options: SyncOptions,
) -> Result<SyncReport, Error> {
    let dry_run = options.dry_run;
    // The lock is a file beside the database, and a dry run makes none of them.
    let nothing_there = dry_run && matches!(context.store.path().try_exists(), Ok(false));
    let _lock = if nothing_there { None } else { Some(context.lock(Job::Sync).await?) };
    let started_at = context.now();
    let clock = Instant::now();
    let result = pull_and_commit(context, scheduled_for, options, started_at, clock).await;
    match &result {
        Ok(report) => info!(
            outcome = ?report.outcome,
            usages = report.usages,
            users = report.users,
            changes = report.changes.values().sum::<usize>(),
            findings_opened = report.findings_opened,
            findings_resolved = report.findings_resolved,
            mails_queued = report.mails_queued,
            "sync done"
        ),
        Err(Error::Cancelled) => info!("sync stopped before it was done; nothing was written"),
        Err(error) => {
            warn!(error = masked(&error.to_string()), "sync failed; everything is as it was");
            if !dry_run {
                let run = finished(
                    Job::Sync,
                    scheduled_for,
                    started_at,
                    clock.elapsed(),
                    JobOutcome::Failed,
                    error.to_string(),
                );
                let incident = incident_of(error).map(|kind| (kind, error.to_string()));
                let config = Arc::clone(&context.config);
                context
                    .store
                    .run(Access::Create, move |connection| {
                        let tx = immediate(connection)?;
                        insert_run(&tx, &run)?;
                        if let Some((kind, why)) = incident {
                            let facts = vec![AlertFact::Error(why)];
                            raise(&tx, &config, kind, started_at, facts)?;
                        }
                        tx.commit().map_err(store::Error::from)?;
                        Ok::<_, Error>(())
                    })
                    .await?;
            }
        }
    }
    super::monitor::tell(context, &result).await;
    result
}

/// The incident that a failed pull is: what no later try will mend by itself.
fn incident_of(error: &Error) -> Option<IncidentKind> {
    match error {
        Error::Kitos(kitos::Error::LoginRefused { .. }) => Some(IncidentKind::LoginRefused),
        Error::Kitos(
            kitos::Error::NotMember { .. } | kitos::Error::OrganizationDisabled { .. },
        ) => Some(IncidentKind::AccessLost),
        _ => None,
    }
}

async fn pull_and_commit(
    context: &Context,
    scheduled_for: Option<DateTime<Utc>>,
    options: SyncOptions,
    started_at: DateTime<Utc>,
    clock: Instant,
) -> Result<SyncReport, Error> {
    let access = if options.dry_run { Access::Try } else { Access::Create };
    let known = context.store.run(access, |connection| {
        let snapshot = current_snapshot(connection)?;
        Ok::<_, Error>(snapshot.as_ref().map(Known::of).unwrap_or_default())
    });
    let known = known.await?;
    let settings = &context.config.kitos;
    let credentials =
        kitos::Credentials::read(settings, &context.environment)?.ok_or(Error::NoPassword)?;
    let client = kitos::Client::new(settings, credentials, context.pace)?.keeping(&context.tokens);
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
    let kept = KeptPull {
        snapshot: pull.snapshot,
        host: settings.host(),
        requests: pull.requests,
        bytes: pull.bytes,
        duration_ms: i64::try_from(clock.elapsed().as_millis()).unwrap_or(i64::MAX),
    };
    let config = Arc::clone(&context.config);
    context
        .store
        .run(access, move |connection| {
            let leaders = read_leaders(&config);
            let tx = immediate(connection)?;
            let step = Step {
                config: &config,
                pull: &kept,
                taken_at: started_at,
                now: started_at,
                guard: Some(pull.unconfirmed),
                leaders: &leaders,
                accept_leaders: options.accept_leaders,
            };
            if options.dry_run {
                // What it comes to is no event: nothing of it goes into the log.
                let report = with_default(NoSubscriber::new(), || commit(&tx, &step))?;
                let outcome = SyncOutcome::DryRun;
                return Ok(SyncReport { outcome, snapshot_id: None, ..report });
            }
            let report = commit(&tx, &step)?;
            let outcome = match report.outcome {
                SyncOutcome::Quarantined => JobOutcome::Held,
                _ => JobOutcome::Done,
            };
            let run = finished(
                Job::Sync,
                scheduled_for,
                started_at,
                clock.elapsed(),
                outcome,
                report.summary(),
            );
            insert_run(&tx, &run)?;
            tx.commit().map_err(store::Error::from)?;
            Ok(report)
        })
        .await
}

impl SyncReport {
    /// One line for the run history.
    pub fn summary(&self) -> String {
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
