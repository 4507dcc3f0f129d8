//! Which jobs are due, and running them in order: the same for the daemon and
//! `run --once`.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{debug, error};

use super::{Context, Error, SyncOptions, deliver, digest, finished, sync, watch};
use crate::core::addresses::masked;
use crate::core::due::{Due, Past, Why, due, installation_delay};
use crate::model::{IncidentKind, Job, JobOutcome, JobRun};
use crate::store::{
    Access, incidents, insert_run, installation, monitoring_since, next_mail_at, past,
};

/// After a refused login the daemon asks again so much later at the earliest,
/// so that the account is never locked by us (R5).
const LOGIN_PAUSE: TimeDelta = TimeDelta::hours(12);

/// After the first, second, and every further failure of `deliver` in a row the
/// daemon leaves it alone for so long: an unwritable folder would else be tried,
/// and be a row of the run history, at every wake. What a mail server gets wrong
/// gives the mails times of their own.
const DELIVER_PAUSES: [TimeDelta; 3] =
    [TimeDelta::minutes(1), TimeDelta::minutes(5), TimeDelta::minutes(15)];

/// When each job is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    pub sync: Due,
    pub digest: Due,
    pub deliver: Due,
    /// A refused login keeps `sync` from running until then.
    pub login_pause_until: Option<DateTime<Utc>>,
    /// `deliver` has failed, and the daemon leaves it alone until then.
    pub deliver_pause_until: Option<DateTime<Utc>>,
}

impl Timetable {
    /// The next instant at which something is due.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        [self.sync, self.digest, self.deliver]
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
            let digest = match first_snapshot {
                None => Due::At(None),
                Some(first) => due(
                    &schedule.digest,
                    zone,
                    TimeDelta::zero(),
                    &past(connection, Job::Digest)?,
                    Some(first),
                    now,
                ),
            };
            let deliver_pause_until = deliver_pause(&past(connection, Job::Deliver)?, now);
            let next_mail = next_mail_at(connection, config.mail.mode)?
                .map(|at| deliver_pause_until.map_or(at, |until| at.max(until)));
            let deliver = match next_mail {
                Some(at) if at <= now => Due::Now { scheduled_for: now, why: Why::Scheduled },
                at => Due::At(at),
            };
            Ok(Timetable { sync, digest, deliver, login_pause_until, deliver_pause_until })
        })
        .await
}

/// The end of the pause after failures of `deliver`, if that is still to come.
fn deliver_pause(past: &Past, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let failures = past.failures.clamp(1, DELIVER_PAUSES.len());
    let until = past.failed_at? + DELIVER_PAUSES[failures - 1];
    (until > now).then_some(until)
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

/// Runs every job that is due, in the order sync, digest, deliver. `spread`: in
/// the daemon, which comes again by itself and so may leave out a `deliver` that
/// has just failed.
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
    if let Due::Now { scheduled_for, .. } = now.digest {
        let clock = Begun::now(context);
        runs.push(match digest(context, Some(scheduled_for), true).await {
            Ok(report) => {
                clock.ended(Job::Digest, Some(scheduled_for), JobOutcome::Done, report.detail)
            }
            Err(error) => {
                error!(error = masked(&error.to_string()), "digest failed");
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
    if let (true, Some(until)) = (spread, now.deliver_pause_until) {
        debug!(%until, "deliver waits, since it failed");
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
            error!(error = masked(&error.to_string()), "deliver failed");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_of_deliver_grows_to_a_quarter_of_an_hour() {
        let now = DateTime::UNIX_EPOCH;
        let pause = |failures, minutes| {
            let failed_at = Some(now - TimeDelta::minutes(minutes));
            deliver_pause(&Past { latest: None, failures, failed_at }, now)
        };
        for (failures, minutes) in [(1, 1), (2, 5), (3, 15), (4, 15), (1000, 15)] {
            assert_eq!(pause(failures, minutes), None, "over after {failures}");
            let left = Some(now + TimeDelta::minutes(1));
            assert_eq!(pause(failures, minutes - 1), left, "a minute more after {failures}");
        }
        assert_eq!(deliver_pause(&Past::default(), now), None);
    }
}
