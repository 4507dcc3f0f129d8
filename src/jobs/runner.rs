//! Runs a job: waits for its turn, does the work, notes and tells how it ended. The
//! daemon, `run --once` and the commands by hand all come here.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;

use super::compose::Composer;
use super::context::Context;
use super::error::Error;
use super::incidents::{close_incident, open_incident};
use super::job::{Job, Report, Run, Turn};
use crate::kitos;
use crate::model::{AlertFact, Did, IncidentKind, JobKind, JobOutcome};
use crate::store::{self, Access, Lock, immediate, insert_run, last_run, record_refused_login};
use crate::text::addresses::masked;
use crate::text::runs::in_english;

/// How long a job waits for another one under way.
const PATIENCE: Duration = Duration::from_secs(30);

/// A fault of `deliver` that stays is noted once in this time: the daemon tries it
/// every few minutes.
const SAME_FAULT: TimeDelta = TimeDelta::hours(1);

/// Runs a job because a person asks for it.
///
/// # Errors
/// When it fails, and when another job does not end in time. A failure left everything as it
/// was, and is a row of the run history, unless the person's session merely lacks a password.
pub async fn run<J: Job>(context: &Context, job: J) -> Result<J::Report, Error> {
    let (run, result) = attempt(context, &job, None).await;
    if let Err(error) = &result
        && job.trial().is_none()
        && is_failure(error)
        && !error.is_no_password()
    {
        note_failure(context, run, error).await?;
    }
    result
}

/// Waits for the job's turn and does its work. The result is recorded and logged, unless it is
/// an error: the caller knows better whether that was reported already.
pub(super) async fn attempt<J: Job>(
    context: &Context,
    job: &J,
    scheduled_for: Option<DateTime<Utc>>,
) -> (Run, Result<J::Report, Error>) {
    let trial = job.trial();
    let lock = match trial {
        Some(_) => Ok(None),
        None => wait(context, J::KIND).await.map(Some),
    };
    let run = Run::begin(context, J::KIND, scheduled_for);
    let result = match lock {
        Ok(_lock) => job.work(&Turn { context, run: run.clone(), trial }).await,
        Err(error) => Err(error),
    };
    let name = J::KIND.as_str();
    match &result {
        Ok(report) if report.is_event() && trial.is_none() => match report.outcome() {
            JobOutcome::Failed => {}
            outcome => {
                // In the macro: nothing is put into words for a log that is not written.
                let outcome = outcome.as_str();
                info!(outcome, detail = masked(&in_english(&report.did())), "{name} done");
            }
        },
        Err(Error::Cancelled) => info!("{name} stopped before it was done; nothing was written"),
        _ => {}
    }
    (run, result)
}

/// Waits for a job under way (`docs/architecture.md`, two locks).
async fn wait(context: &Context, kind: JobKind) -> Result<Lock, Error> {
    let path = context.store.path().to_owned();
    let lock = tokio::task::spawn_blocking(move || Lock::job(&path, kind.as_str(), PATIENCE));
    tokio::select! {
        lock = lock => lock
            .map_err(|error| store::Error::Broken(error.to_string()))?
            .map_err(Error::Lock),
        () = context.cancel.cancelled() => Err(Error::Cancelled),
    }
}

/// Whether the job was tried, and went wrong: neither broken off by us, nor kept from
/// its turn by another process.
pub(super) fn is_failure(error: &Error) -> bool {
    !matches!(error, Error::Cancelled | Error::Lock(_))
}

/// Writes a failure into the run history, and opens the incident that it is. `false`
/// if the same was noted a short while ago.
pub(super) async fn note_failure(
    context: &Context,
    run: Run,
    error: &Error,
) -> Result<bool, Error> {
    let why = error.to_string();
    let row = run.row(JobOutcome::Failed, Did::Failed { why: why.clone() });
    let incident = incident_of(error);
    // Whatever went wrong then, it was not the login: the schedule goes on (R5).
    let logged_in = run.kind == JobKind::Sync && context.tokens.holds_one().await;
    let config = context.config.clone();
    context
        .store
        .run(Access::Create, move |connection| {
            let tx = immediate(connection)?;
            let is_repeated = run.kind == JobKind::Deliver
                && last_run(&tx, run.kind)?.is_some_and(|last| {
                    last.outcome == JobOutcome::Failed
                        && last.did == row.did
                        && row.started_at - last.started_at < SAME_FAULT
                });
            if is_repeated {
                return Ok(false);
            }
            insert_run(&tx, &row)?;
            if logged_in {
                let composer = Composer::new(&tx, &config, row.started_at)?;
                close_incident(&tx, &composer, IncidentKind::LoginRefused)?;
            }
            if let Some(kind) = incident {
                let facts = vec![AlertFact::Error(why)];
                open_incident(&tx, &config, kind, row.started_at, facts)?;
            }
            if incident == Some(IncidentKind::LoginRefused) {
                record_refused_login(&tx, &config.kitos.login())?;
            }
            tx.commit().map_err(store::Error::from)?;
            Ok::<_, Error>(true)
        })
        .await
}

/// The incident that a failure is: what no later try will put right by itself.
fn incident_of(error: &Error) -> Option<IncidentKind> {
    match error {
        Error::Kitos(kitos::Error::LoginRefused { .. }) => Some(IncidentKind::LoginRefused),
        Error::Kitos(
            kitos::Error::NotMember { .. } | kitos::Error::OrganizationDisabled { .. },
        ) => Some(IncidentKind::AccessLost),
        _ => None,
    }
}
