//! Which jobs are due, and running them in order: the same for the daemon and
//! `run --once`.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rusqlite::Connection;
use tracing::{debug, error, info};

use super::backups::back_up;
use super::metrics::write_metrics;
use super::{Context, Error, SyncOptions, deliver, digest, finished, prune, remind, sync, watch};
use crate::model::{IncidentKind, Job, JobOutcome, JobRun};
use crate::store::{
    self, Access, LockError, count_failed_runs, incidents, insert_run, installation, last_run,
    monitoring_since, next_mail_at,
};
use crate::text::addresses::masked;
use crate::time::due::{Due, Past, Why, due, installation_delay};
use crate::time::schedule::CronLine;

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
    pub remind: Due,
    pub digest: Due,
    pub deliver: Due,
    pub prune: Due,
    /// A refused login keeps `sync` from running until then.
    pub login_pause_until: Option<DateTime<Utc>>,
    /// `deliver` has failed, and the daemon leaves it alone until then.
    pub deliver_pause_until: Option<DateTime<Utc>>,
}

impl Timetable {
    /// What is due next, and when.
    pub fn next(&self) -> Option<(Job, DateTime<Utc>)> {
        let jobs = [
            (Job::Sync, self.sync),
            (Job::Remind, self.remind),
            (Job::Digest, self.digest),
            (Job::Deliver, self.deliver),
            (Job::Prune, self.prune),
        ];
        jobs.into_iter()
            .filter_map(|(job, due)| match due {
                Due::Now { scheduled_for, .. } => Some((job, scheduled_for)),
                Due::At(at) => Some((job, at?)),
            })
            .min_by_key(|(_, at)| *at)
    }
}

/// A run that lies further ahead than this was noted under a clock that was
/// wrong and has been mended: it must not keep the job from running until then.
/// Less than that is a clock set back, which runs nothing twice (R14).
const CREDIBLE: TimeDelta = TimeDelta::days(1);

fn past(connection: &Connection, job: Job, now: DateTime<Utc>) -> Result<Past, store::Error> {
    store::past(connection, job, now + CREDIBLE)
}

/// The same of a job with a schedule: what failed before its latest occurrence is no
/// reason to try the present one less often. An outage of days would else leave one
/// attempt a day, at an hour at which KITOS may be closed every night.
fn past_of_turn(
    connection: &Connection,
    job: Job,
    (line, zone): (&CronLine, Tz),
    now: DateTime<Utc>,
) -> Result<Past, store::Error> {
    /// Longer than all that follows a failure takes.
    const TURN: TimeDelta = TimeDelta::days(1);
    let past = past(connection, job, now)?;
    let occurrence =
        past.latest.and_then(|latest| line.latest_at_or_before(latest, zone, latest - TURN));
    let Some(occurrence) = occurrence else { return Ok(past) };
    let just_before = occurrence - TimeDelta::milliseconds(1);
    let failed = count_failed_runs(connection, job, just_before)?;
    Ok(Past { failures: past.failures.min(failed as usize), ..past })
}

/// Reads the state and says what is due. `spread`: whether the installation's
/// own delay applies, as it does in the daemon.
///
/// # Errors
/// When the database fails.
pub async fn timetable(context: &Context, spread: bool) -> Result<Timetable, Error> {
    let (now, config) = (context.now(), context.config.clone());
    let sources = [Some(context.config_file.clone()), config.kitos.password_file.clone()];
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
            let sync_past = past_of_turn(connection, Job::Sync, (&schedule.sync, zone), now)?;
            let mut sync = due(&schedule.sync, zone, delay, &sync_past, None, now);
            let refused = incidents(connection)?
                .into_iter()
                .any(|incident| incident.kind == IncidentKind::LoginRefused);
            let login_pause_until = sync_past
                .failed_at
                .filter(|last_try| refused && !changed_since(&sources, *last_try))
                .map(|last_try| last_try + LOGIN_PAUSE)
                .filter(|until| *until > now);
            if let (Due::Now { .. }, Some(until)) = (sync, login_pause_until) {
                sync = Due::At(Some(until));
            }
            let after_the_first = |job, line| match first_snapshot {
                None => Ok(Due::At(None)),
                Some(first) => past_of_turn(connection, job, (line, zone), now)
                    .map(|past| due(line, zone, TimeDelta::zero(), &past, Some(first), now)),
            };
            let remind = after_the_first(Job::Remind, &schedule.remind)?;
            let digest = after_the_first(Job::Digest, &schedule.digest)?;
            let prune = after_the_first(Job::Prune, &schedule.prune)?;
            let deliver_pause_until = deliver_pause(&past(connection, Job::Deliver, now)?, now);
            let next_mail = next_mail_at(connection, config.mail.mode)?
                .map(|at| deliver_pause_until.map_or(at, |until| at.max(until)));
            let deliver = match next_mail {
                Some(at) if at <= now => Due::Now { scheduled_for: now, why: Why::Scheduled },
                at => Due::At(at),
            };
            Ok(Timetable {
                sync,
                remind,
                digest,
                deliver,
                prune,
                login_pause_until,
                deliver_pause_until,
            })
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
