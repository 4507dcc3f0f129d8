//! When a job is due: a function of the schedule, of how its runs ended, and of
//! now. Daemon, `run --once` and `status` ask here and nowhere else.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::time::schedule::CronLine;

/// After the first, second and third failure in a row a job is tried again so
/// much later; after that, on schedule (`docs/reliability.md` R7).
const RETRY_AFTER: [TimeDelta; 3] =
    [TimeDelta::minutes(15), TimeDelta::hours(1), TimeDelta::hours(4)];

/// What lies further ahead than this was noted under a clock that was wrong and has since been
/// corrected. Less than that is a clock set back a little, which does nothing twice (R14).
pub const CREDIBLE: TimeDelta = TimeDelta::days(1);

/// A delay of a day or more would be another schedule; in seconds.
const MOST_JITTER: u64 = 24 * 60 * 60;

/// How the latest runs of a job went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// The latest of all starts and scheduled times. A clock that was set back
    /// is behind it, and runs nothing twice.
    pub latest: Option<DateTime<Utc>>,
    /// Failures since the last run that did not fail, or since the latest occurrence.
    pub failures: usize,
    /// When the last failed run ended, if the last run failed.
    pub failed_at: Option<DateTime<Utc>>,
}

/// The verdict, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Now {
        /// The occurrence that the run serves.
        scheduled_for: DateTime<Utc>,
        why: Why,
    },
    /// Not yet; the next time is this. `None`: nothing to wait for yet.
    At(Option<DateTime<Utc>>),
}

/// Why a job is due now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It has never run.
    First,
    /// Its line in the schedule says so.
    Scheduled,
    /// The last run failed, and it is time to try again.
    Retry,
}

/// Whether a job is due. `start`: the instant from which scheduled times count
/// for a job that never ran; `None` makes a first run due at once.
pub fn due(
    (line, zone): (&CronLine, Tz),
    delay: TimeDelta,
    past: &Past,
    start: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Due {
    let Some(since) = past.latest.or(start) else {
        return Due::Now { scheduled_for: now, why: Why::First };
    };
    if let Some(occurrence) = line.latest_at_or_before(now - delay, zone, since) {
        return Due::Now { scheduled_for: occurrence, why: Why::Scheduled };
    }
    let scheduled = line.next_after(since.max(now - delay), zone).map(|at| at + delay);
    let retry = past.failed_at.and_then(|failed_at| {
        let pause = RETRY_AFTER.get(past.failures.checked_sub(1)?)?;
        Some(failed_at + *pause)
    });
    match retry {
        Some(at) if at <= now => Due::Now { scheduled_for: now, why: Why::Retry },
        Some(at) => Due::At(Some(scheduled.map_or(at, |scheduled| scheduled.min(at)))),
        None => Due::At(scheduled),
    }
}

/// The installation's own delay below `jitter`: the same every day, different
/// between installations, so that 98 municipalities do not ask KITOS at once.
pub fn installation_delay(installation: Uuid, jitter: Duration) -> TimeDelta {
    let seconds = jitter.as_secs().clamp(1, MOST_JITTER);
    // Below a day's seconds, so that no cast or time delta overflows.
    TimeDelta::seconds((installation.as_u128() % u128::from(seconds)) as i64)
}

#[cfg(test)]
mod tests;
