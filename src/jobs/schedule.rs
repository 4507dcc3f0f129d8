//! Which jobs are due, and running them in order: the same for the daemon and
//! `run --once`.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use tracing::error;

use super::{Context, Error, SyncOptions, deliver, digest, finished, remind, sync, watch};
use crate::core::due::{Due, Why, due, installation_delay};
use crate::model::{IncidentKind, Job, JobOutcome, JobRun};
use crate::store::{
    Access, incidents, insert_run, installation, monitoring_since, next_mail_at, past,
};

/// After a refused login the daemon asks again so much later at the earliest,
/// so that the account is never locked by us (R5).
const LOGIN_PAUSE: TimeDelta = TimeDelta::hours(12);

/// When each job is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    pub sync: Due,
    pub remind: Due,
    pub digest: Due,
    pub deliver: Due,
    /// A refused login keeps `sync` from running until then.
    pub login_pause_until: Option<DateTime<Utc>>,
}

impl Timetable {
    /// The next instant at which something is due.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        [self.sync, self.remind, self.digest, self.deliver]
            .into_iter()
            .filter_map(|due| match due {
                Due::Now { scheduled_for, .. } => Some(scheduled_for),
                Due::At(at) => at,
            })
            .min()
    }
}

/// Reads the state and says what is due. `spread`: whether the installation's
/// own delay applies, as it does in the daemon.
///
/// # Errors
/// When the database fails.
pub async fn timetable(context: &Context, spread: bool) -> Result<Timetable, Error> {
    let (now, config) = (context.now(), context.config.clone());
    let sources = [Some(context.config_file.clone()), config.kitos.password.file.clone()];
    context
        .store
        .run(Access::Create, move |connection| {
            let fresh = super::sync::fresh_uuid();
            let installation = installation(connection, fresh, now)?;
            let schedule = &config.schedule;
            let zone = schedule.time_zone;
            let delay = if spread {
                installation_delay(installation.uuid, schedule.jitter)
            } else {
                TimeDelta::zero()
            };
            let first_snapshot = monitoring_since(connection)?;
            let mut sync =
                due(&schedule.sync, zone, delay, &past(connection, Job::Sync)?, None, now);
            let refused = incidents(connection)?
                .into_iter()
                .any(|incident| incident.kind == IncidentKind::LoginRefused);
            let login_pause_until = past(connection, Job::Sync)?
                .failed_at
                .filter(|last_try| refused && !changed_since(&sources, *last_try))
                .map(|last_try| last_try + LOGIN_PAUSE)
                .filter(|until| *until > now);
            if let (Due::Now { .. }, Some(until)) = (sync, login_pause_until) {
                sync = Due::At(Some(until));
            }
            let told = |job, line| match first_snapshot {
                None => Ok(Due::At(None)),
                Some(first) => past(connection, job)
                    .map(|past| due(line, zone, TimeDelta::zero(), &past, Some(first), now)),
            };
            let remind = told(Job::Remind, &schedule.remind)?;
            let digest = told(Job::Digest, &schedule.digest)?;
            let deliver = match next_mail_at(connection, config.mail.mode)? {
                Some(at) if at <= now => Due::Now { scheduled_for: now, why: Why::Scheduled },
                at => Due::At(at),
            };
            Ok(Timetable { sync, remind, digest, deliver, login_pause_until })
        })
        .await
}

/// Whether the configuration or the password was changed after `instant`: then
/// a refused login may be tried again at once.
fn changed_since(files: &[Option<PathBuf>], instant: DateTime<Utc>) -> bool {
    files
        .iter()
        .flatten()
        .filter_map(|file| std::fs::metadata(file).ok()?.modified().ok())
        .any(|modified| modified > SystemTime::from(instant))
}

/// Runs every job that is due, in the order sync, remind, digest, deliver.
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
            Err(error) => {
                error!(%error, "remind failed");
                let run = clock.ended(
                    Job::Remind,
                    Some(scheduled_for),
                    JobOutcome::Failed,
                    error.to_string(),
                );
                record(context, run.clone()).await?;
                run
            }
        });
    }
    if let Due::Now { scheduled_for, .. } = now.digest {
        let clock = Begun::now(context);
        runs.push(match digest(context, Some(scheduled_for), true).await {
            Ok(report) => {
                clock.ended(Job::Digest, Some(scheduled_for), JobOutcome::Done, report.detail)
            }
            Err(error) => {
                error!(%error, "digest failed");
                let run = clock.ended(
                    Job::Digest,
                    Some(scheduled_for),
                    JobOutcome::Failed,
                    error.to_string(),
                );
                record(context, run.clone()).await?;
                run
            }
        });
    }
    if context.cancel.is_cancelled() {
        return Ok(runs);
    }
    let clock = Begun::now(context);
    runs.push(match deliver(context, None).await {
        Ok(report) => {
            let outcome = match report.server_error {
                None => JobOutcome::Done,
                Some(_) => JobOutcome::Failed,
            };
            clock.ended(Job::Deliver, None, outcome, report.summary())
        }
        Err(error) => {
            error!(%error, "deliver failed");
            let run = clock.ended(Job::Deliver, None, JobOutcome::Failed, error.to_string());
            record(context, run.clone()).await?;
            run
        }
    });
    Ok(runs)
}

async fn record(context: &Context, run: JobRun) -> Result<(), Error> {
    context.store.run(Access::Create, move |connection| insert_run(connection, &run)).await?;
    Ok(())
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
