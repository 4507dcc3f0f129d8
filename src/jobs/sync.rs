//! The sync job: one pull, judged and committed whole, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Transaction;
use serde::Serialize;
use tracing::subscriber::{NoSubscriber, with_default};
use tracing::{info, warn};
use uuid::Uuid;

use super::advice::suggestions;
use super::alerts::{over, raise};
use super::compose::Composer;
use super::leaders::{self, LeadersFile};
use super::news;
use super::policy::resolve;
use super::{Context, Error, audience, finished, working_days};
use crate::config::Config;
use crate::core::addresses::masked;
use crate::core::assess::{Assessment, assess, figures};
use crate::core::changes::Dated;
use crate::core::guard::{Limits, inspect};
use crate::core::leavers;
use crate::core::notices::{Occasion, local_date, notices, without_undone};
use crate::kitos::{self, Known};
use crate::model::{AlertFact, HoldReason, IncidentKind, Job, JobOutcome};
use crate::store::{
    self, Access, KeptPull, NewSnapshot, apply_transitions, changes_since, current_snapshot,
    decide_quarantine, hold_pull, immediate, insert_changes, insert_run, insert_snapshot,
    kitos_host, last_snapshot, load_history, open_findings, record_kitos_host, record_roles,
    recorded_roles, refused_addresses, write_delta,
};

/// As far back as the pull of the day before, which may have been late.
const DAY_BEFORE: TimeDelta = TimeDelta::hours(36);

/// What a committed pull shows to be over.
const ENDED_BY_A_PULL: [IncidentKind; 4] = [
    IncidentKind::Quarantine,
    IncidentKind::LoginRefused,
    IncidentKind::AccessLost,
    IncidentKind::StaleData,
];

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
    let password = settings.password.read(&context.environment)?.ok_or(Error::NoPassword)?;
    let client = kitos::Client::new(settings, password, context.pace)?;
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
            let leaders = leaders::read(&config);
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

/// One pull on its way into the register.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub config: &'a Config,
    pub pull: &'a KeptPull,
    pub taken_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// Rows whose absence is unconfirmed, for the guard; `None` when a person
    /// released the pull.
    pub guard: Option<usize>,
    pub leaders: &'a LeadersFile,
    pub accept_leaders: bool,
}

/// Everything that follows from a pull, within the caller's transaction.
pub(super) fn commit(tx: &Transaction<'_>, step: &Step<'_>) -> Result<SyncReport, Error> {
    let Step { config, pull, taken_at, now, guard, leaders, accept_leaders } = *step;
    let zone = config.schedule.time_zone;
    let after = Dated { snapshot: &pull.snapshot, today: local_date(taken_at, zone) };
    let recorded = recorded_roles(tx)?;
    let mut resolved = resolve(config, &recorded, &pull.snapshot);
    let before_snapshot = current_snapshot(tx)?;
    let last = last_snapshot(tx)?;
    let before = match (&before_snapshot, &last) {
        (Some(snapshot), Some(row)) => Some(Dated { snapshot, today: row.local_date }),
        _ => None,
    };
    let composer = Composer::new(tx, config, now)?;
    let totals = figures(&pull.snapshot, &resolved.policy, after.today);
    let mut report = SyncReport {
        outcome: SyncOutcome::Committed,
        snapshot_id: None,
        started_at: taken_at,
        duration_ms: pull.duration_ms,
        requests: pull.requests,
        bytes: pull.bytes,
        usages: totals.usages,
        users: totals.people,
        changes: BTreeMap::new(),
        findings_opened: 0,
        findings_resolved: 0,
        mails_queued: 0,
        held: Vec::new(),
    };

    if let (Some(before), Some(unconfirmed)) = (before, guard) {
        let earlier = resolve(config, &recorded, before.snapshot);
        let limits = Limits {
            removed: config.guard.max_removed,
            changed: config.guard.max_changed,
            people: config.guard.max_people,
        };
        let mut reasons = inspect(earlier.side(before), resolved.side(after), unconfirmed, &limits);
        if let Some(before) = kitos_host(tx)?.filter(|before| *before != pull.host) {
            reasons.insert(0, HoldReason::OtherKitos { before, now: pull.host.clone() });
        }
        if !reasons.is_empty() {
            hold_pull(tx, pull, &reasons, taken_at)?;
            let facts = reasons.iter().cloned().map(AlertFact::Held).collect();
            report.mails_queued += raise(tx, config, IncidentKind::Quarantine, now, facts)?;
            report.outcome = SyncOutcome::Quarantined;
            report.held = reasons;
            return Ok(report);
        }
    }
    resolved.require_owner_role(config, &pull.snapshot)?;
    if let (Some(before), Some(last)) = (before, &last) {
        let (in_scope, with_owner) = (last.in_scope as usize, last.with_owner as usize);
        let by_these = figures(before.snapshot, &resolved.policy, before.today);
        resolved.require_known_owner_roles(
            &pull.snapshot,
            with_owner,
            (
                in_scope.saturating_sub(with_owner),
                by_these.in_scope.saturating_sub(by_these.with_owner),
            ),
            config.guard.max_removed,
        )?;
    }

    let trusted = leaders::trust(tx, leaders, accept_leaders)?;
    resolved.policy.leaders = trusted.leaders;
    let mut open = open_findings(tx)?;
    if trusted.frozen.is_some() {
        resolved.policy.rules.retain(|rule, _| !leaders::RULES.contains(rule));
        open.retain(|finding| !leaders::RULES.contains(&finding.rule));
    }
    let policy = &resolved.policy;
    let mut history = load_history(tx, &policy.owner_roles)?;
    history.refused = refused_addresses(tx)?;
    let mut assessment = assess(before, after, history, &open, policy);
    let earlier = changes_since(tx, taken_at - DAY_BEFORE)?;
    let earlier: Vec<_> = earlier.into_iter().map(|row| row.change).collect();
    leavers::join(&mut assessment.changes, &earlier, &pull.snapshot, &policy.owner_roles);
    let Assessment { delta, changes, findings, figures } = &assessment;
    let snapshot_id = insert_snapshot(
        tx,
        &NewSnapshot {
            taken_at,
            committed_at: now,
            local_date: after.today,
            duration_ms: pull.duration_ms,
            requests: pull.requests,
            bytes: pull.bytes,
            figures: *figures,
        },
    )?;
    record_kitos_host(tx, &pull.host)?;
    write_delta(tx, snapshot_id, delta)?;
    record_roles(tx, snapshot_id, &resolved.newly_matched())?;
    insert_changes(tx, snapshot_id, changes)?;
    apply_transitions(tx, snapshot_id, now, findings, before.is_none())?;
    if let Some(before) = before {
        let suggestions = suggestions(tx, &pull.snapshot, policy, config.mail.language)?;
        let occasion = Occasion {
            snapshot_id,
            before,
            after,
            changes,
            earlier: &earlier,
            suggestions: &suggestions,
            now,
        };
        let withdrawn = news::withdraw(tx, config.mail.mode, after, policy)?;
        let planned =
            notices(&occasion, policy, &audience(config), &working_days(config), &config.kitos.url);
        for mail in without_undone(planned, &withdrawn) {
            report.mails_queued += usize::from(news::queue(tx, &composer, &mail, now)?);
        }
    }

    report.mails_queued += match trusted.frozen {
        Some(why) => {
            let facts = vec![AlertFact::Error(why)];
            raise(tx, config, IncidentKind::LeadersFile, now, facts)?
        }
        None => over(tx, config, &composer, IncidentKind::LeadersFile, now)?,
    };

    let decided = if guard.is_some() { "cleared" } else { "released" };
    decide_quarantine(tx, decided, now)?;
    for kind in ENDED_BY_A_PULL {
        report.mails_queued += over(tx, config, &composer, kind, now)?;
    }

    for change in changes {
        *report.changes.entry(change.kind.as_str()).or_default() += 1;
    }
    if delta.is_empty() && changes.is_empty() && before.is_some() {
        report.outcome = SyncOutcome::Unchanged;
    }
    report.snapshot_id = Some(snapshot_id);
    report.findings_opened = findings.opened.len();
    report.findings_resolved = findings.resolved.len();
    Ok(report)
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
