//! Which jobs are due, and running them in order: the same for the daemon and
//! `run --once`.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{debug, error, info};

use super::backups::back_up;
use super::metrics::write_metrics;
use super::{Context, Error, SyncOptions, deliver, digest, finished, prune, remind, sync, watch};
use crate::model::{Job, JobOutcome, JobRun};
use crate::query::{self, Delay, Timetable};
use crate::store::{self, Access, LockError, insert_run, installation, last_run};
use crate::text::addresses::masked;
use crate::time::due::Due;

/// When each job is due, of an installation that is made if it is new. `spread`:
/// whether its own delay applies, as it does in the daemon.
///
/// # Errors
/// When the database fails.
pub async fn timetable(context: &Context, spread: bool) -> Result<Timetable, Error> {
    let now = context.now();
    context
        .store
        .run(Access::Create, move |connection| {
            installation(connection, super::sync::fresh_uuid(), now).map(drop)
        })
        .await?;
    let file = context.config_file.clone();
    let delay = if spread { Delay::OfInstallation } else { Delay::None };
    Ok(context.ask(move |moment| query::timetable(moment, &file, delay)).await?)
}

/// Runs every job that is due, in the order sync, remind, digest, deliver, prune;
/// then what every round ends with: the day's backup and the metrics. `spread`: in the
/// daemon, which comes again by itself and so may leave out a `deliver` that has
/// just failed.
///
/// # Errors
/// When the database cannot even say what is due. A job that fails does not
/// keep the others from running: its run says so.
pub async fn run_due(context: &Context, spread: bool) -> Result<Vec<JobRun>, Error> {
    let mut runs = Vec::new();
    let now = timetable(context, spread).await?;
    if let Due::Now { scheduled_for, .. } = now.sync {
        let clock = Begun::now(context);
        // `sync` writes its own row, in the transaction of what it did.
        runs.push(match sync(context, Some(scheduled_for), SyncOptions::default()).await {
            Ok(report) => {
                let outcome = match report.outcome {
                    super::SyncOutcome::Quarantined => JobOutcome::Held,
                    _ => JobOutcome::Done,
                };
                clock.ended(Job::Sync, Some(scheduled_for), outcome, report.summary())
            }
            Err(Error::Cancelled) => return Ok(runs),
            Err(error) => {
                busy(Job::Sync, &error);
                clock.ended(Job::Sync, Some(scheduled_for), JobOutcome::Failed, error.to_string())
            }
        });
    }
    watch(context).await?;
    let now = timetable(context, spread).await?;
    if let Due::Now { scheduled_for, .. } = now.remind {
        let clock = Begun::now(context);
        runs.push(match remind(context, Some(scheduled_for), true).await {
            Ok(report) => {
                clock.ended(Job::Remind, Some(scheduled_for), JobOutcome::Done, report.detail)
            }
            Err(Error::Cancelled) => return Ok(runs),
            Err(error) => failed(context, &clock, Job::Remind, Some(scheduled_for), &error).await?,
        });
    }
    if let Due::Now { scheduled_for, .. } = now.digest {
        let clock = Begun::now(context);
        runs.push(match digest(context, Some(scheduled_for), true).await {
            Ok(report) => {
                clock.ended(Job::Digest, Some(scheduled_for), JobOutcome::Done, report.detail)
            }
            Err(Error::Cancelled) => return Ok(runs),
            Err(error) => failed(context, &clock, Job::Digest, Some(scheduled_for), &error).await?,
        });
    }
    if context.cancel.is_cancelled() {
        return Ok(runs);
    }
    if let (true, Some(until)) = (spread, now.deliver_pause_until) {
        debug!(%until, "deliver waits, since it failed");
    } else {
        let clock = Begun::now(context);
        runs.push(match deliver(context, None).await {
            Ok(report) => {
                let outcome = match report.server_error {
                    None => JobOutcome::Done,
                    Some(_) => JobOutcome::Failed,
                };
                clock.ended(Job::Deliver, None, outcome, report.summary())
            }
            Err(Error::Cancelled) => return Ok(runs),
            Err(error) => failed(context, &clock, Job::Deliver, None, &error).await?,
        });
    }
    let now = timetable(context, spread).await?;
    if let Due::Now { scheduled_for, .. } = now.prune
        && !context.cancel.is_cancelled()
    {
        let clock = Begun::now(context);
        runs.push(match prune(context, Some(scheduled_for)).await {
            Ok(report) => {
                let detail = report.summary();
                clock.ended(Job::Prune, Some(scheduled_for), JobOutcome::Done, detail)
            }
            Err(Error::Cancelled) => return Ok(runs),
            Err(error) => failed(context, &clock, Job::Prune, Some(scheduled_for), &error).await?,
        });
    }
    back_up(context).await?;
    write_metrics(context).await;
    Ok(runs)
}

/// The run of a job that failed, noted in the run history. A fault that stays is
/// noted and logged once an hour, however often the job is tried.
async fn failed(
    context: &Context,
    clock: &Begun,
    job: Job,
    scheduled_for: Option<DateTime<Utc>>,
    error: &Error,
) -> Result<JobRun, Error> {
    let run = clock.ended(job, scheduled_for, JobOutcome::Failed, error.to_string());
    if busy(job, error) {
        return Ok(run);
    }
    let noted = run.clone();
    let news = context
        .store
        .run(Access::Create, move |connection| {
            let repeated = last_run(connection, job)?.is_some_and(|last| {
                last.outcome == JobOutcome::Failed
                    && last.detail == noted.detail
                    && noted.started_at - last.started_at < TimeDelta::hours(1)
            });
            // A scheduled run is always noted: it must not run again.
            if !repeated || noted.scheduled_for.is_some() {
                insert_run(connection, &noted)?;
            }
            Ok::<_, store::Error>(!repeated)
        })
        .await?;
    if news {
        error!(error = masked(&error.to_string()), "{} failed", job.as_str());
    } else {
        debug!(error = masked(&error.to_string()), "{} failed again", job.as_str());
    }
    Ok(run)
}

/// Whether a job could not begin because another process works. That is no
/// failure: it is looked at again in the next round.
fn busy(job: Job, error: &Error) -> bool {
    let Error::Lock(LockError::Held { holder, .. }) = error else { return false };
    info!("{} is due, but {holder} works; looking again in a minute", job.as_str());
    true
}

/// When a run began, on the job's clock and on the machine's.
struct Begun {
    at: DateTime<Utc>,
    clock: Instant,
}

impl Begun {
    fn now(context: &Context) -> Self {
        Self { at: context.now(), clock: Instant::now() }
    }

    fn ended(
        &self,
        job: Job,
        scheduled_for: Option<DateTime<Utc>>,
        outcome: JobOutcome,
        detail: String,
    ) -> JobRun {
        finished(job, scheduled_for, self.at, self.clock.elapsed(), outcome, detail)
    }
}
