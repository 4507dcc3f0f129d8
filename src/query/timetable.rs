//! When each job is due next, and what keeps it from running.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rusqlite::Connection;

use super::error::Error;
use super::moment::Moment;
use crate::model::{IncidentKind, JobKind};
use crate::store::{
    self, count_failed_runs, incidents, login_refused_at, made_installation, monitoring_since,
    next_mail_at, refused_login,
};
use crate::time::due::{CREDIBLE, Due, Past, Why, due, installation_delay};
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
    pub fn of(&self, job: JobKind) -> Due {
        match job {
            JobKind::Sync => self.sync,
            JobKind::Remind => self.remind,
            JobKind::Digest => self.digest,
            JobKind::Deliver => self.deliver,
            JobKind::Prune => self.prune,
        }
    }

    /// What is due next, and when.
    pub fn next(&self) -> Option<(JobKind, DateTime<Utc>)> {
        JobKind::ALL
            .iter()
            .copied()
            .map(|job| (job, self.of(job)))
            .filter_map(|(job, due)| match due {
                Due::Now { scheduled_for, .. } => Some((job, scheduled_for)),
                Due::At(at) => Some((job, at?)),
            })
            .min_by_key(|(_, at)| *at)
    }
}

/// A run noted under a wrong clock must not keep the job from running until then.
fn past(connection: &Connection, job: JobKind, now: DateTime<Utc>) -> Result<Past, store::Error> {
    store::past(connection, job, now + CREDIBLE)
}

/// The same of a job with a schedule. Failures before its latest occurrence do not count: the
/// present one is tried as often as any other. Otherwise one attempt a day would be left after
/// an outage of days, maybe at an hour at which KITOS is closed every night.
fn past_of_turn(
    connection: &Connection,
    job: JobKind,
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

/// Whether the installation's own delay applies to `sync`, as it does in the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    OfInstallation,
    None,
}

/// When each job is due. A login that was refused may be tried again at once with a password
/// that has `password_changed` since, or under another configuration.
pub fn timetable(
    moment: &Moment<'_>,
    password_changed: Option<DateTime<Utc>>,
    delay: Delay,
) -> Result<Timetable, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let schedule = &config.schedule;
    let zone = schedule.time_zone;
    let first_snapshot = monitoring_since(connection)?;
    let after_the_first = |job, line| match first_snapshot {
        None => Ok(Due::At(None)),
        Some(first) => past_of_turn(connection, job, (line, zone), now)
            .map(|past| due((line, zone), TimeDelta::zero(), &past, Some(first), now)),
    };
    let (sync, login_pause_until) = sync_due(moment, password_changed, delay)?;
    let deliver_pause_until = deliver_pause(&past(connection, JobKind::Deliver, now)?, now);
    let next_mail = next_mail_at(connection, config.mail.mode)?
        .map(|at| deliver_pause_until.map_or(at, |until| at.max(until)));
    Ok(Timetable {
        sync,
        remind: after_the_first(JobKind::Remind, &schedule.remind)?,
        digest: after_the_first(JobKind::Digest, &schedule.digest)?,
        deliver: match next_mail {
            Some(at) if at <= now => Due::Now { scheduled_for: now, why: Why::Scheduled },
            at => Due::At(at),
        },
        prune: after_the_first(JobKind::Prune, &schedule.prune)?,
        login_pause_until,
        deliver_pause_until,
    })
}

/// This installation's own delay of `sync`; none before it is made.
pub fn sync_delay(moment: &Moment<'_>) -> Result<TimeDelta, Error> {
    let made = made_installation(moment.connection)?;
    let jitter = moment.config.schedule.jitter;
    Ok(made.map_or(TimeDelta::zero(), |made| installation_delay(made.uuid, jitter)))
}

/// When `sync` is due, and until when a refused login keeps it from running.
fn sync_due(
    moment: &Moment<'_>,
    password_changed: Option<DateTime<Utc>>,
    delay: Delay,
) -> Result<(Due, Option<DateTime<Utc>>), Error> {
    let Moment { connection, config, now, .. } = *moment;
    let delay = match delay {
        Delay::OfInstallation => sync_delay(moment)?,
        Delay::None => TimeDelta::zero(),
    };
    let (line, zone) = (&config.schedule.sync, config.schedule.time_zone);
    let past = past_of_turn(connection, JobKind::Sync, (line, zone), now)?;
    let refused_at = login_refused_at(connection)?.filter(|at| *at <= now + CREDIBLE);
    let since = match refused_at {
        Some(at) => Some(count_failed_runs(connection, JobKind::Sync, at)? as usize),
        None => None,
    };
    // A refused login begins the count of failures anew: what fails once KITOS takes the login
    // is tried again as soon as any other failure (R7).
    let failures = since.map_or(past.failures, |since| past.failures.min(since.max(1)));
    let past = Past { failures, ..past };
    let is_open = incidents(connection)?.iter().any(|one| one.kind == IncidentKind::LoginRefused);
    let refused_at = refused_at.filter(|_| is_open);
    // The configuration in force, not the file: an edit that was not taken over changes nothing.
    let login = config.kitos.login();
    let is_another = refused_login(connection)?.is_some_and(|refused| refused != login);
    // A file of tomorrow would be new to every try.
    let password_changed = password_changed.filter(|changed| *changed <= now);
    let is_changed =
        refused_at.is_some_and(|at| is_another || password_changed.is_some_and(|when| when > at));
    if is_changed && since == Some(0) {
        // Somebody put it right, and nothing was tried since.
        return Ok((Due::Now { scheduled_for: now, why: Why::Retry }, None));
    }
    let pause_until =
        refused_at.filter(|_| !is_changed).map(|at| at + LOGIN_PAUSE).filter(|until| *until > now);
    let due = due((line, zone), delay, &past, None, now);
    Ok((pause_until.map_or(due, |until| not_before(due, until)), pause_until))
}

/// The same verdict, and not earlier than `until`.
fn not_before(due: Due, until: DateTime<Utc>) -> Due {
    match due {
        Due::Now { .. } => Due::At(Some(until)),
        Due::At(at) => Due::At(at.map(|at| at.max(until))),
    }
}

/// The end of the pause after failures of `deliver`, if that is still to come.
fn deliver_pause(past: &Past, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let failures = past.failures.clamp(1, DELIVER_PAUSES.len());
    let until = past.failed_at? + DELIVER_PAUSES[failures - 1];
    (until > now).then_some(until)
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
