//! When a job is due: crontab lines in a time zone.
//!
//! The `cron` crate finds occurrences in civil time only; [`civil`] makes
//! instants of them. Left alone with a time zone it would skip the run in the
//! spring gap and fire twice in the autumn fold, and both are forbidden here
//! (`docs/reliability.md` R14).

mod error;
mod field;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use cron::Schedule;

pub use error::CronError;

use crate::time::civil;

/// An ordinary crontab line of five fields: minute, hour, day, month, weekday.
#[derive(Clone, PartialEq, Eq)]
pub struct CronLine {
    line: String,
    /// Two where day and weekday are both restricted: crontab then runs on
    /// days that match either. Never empty.
    alternatives: Vec<Schedule>,
}

impl CronLine {
    /// Reads a crontab line. 0 and 7 are Sunday; English names of months and
    /// weekdays work, whole or in three letters.
    ///
    /// # Errors
    /// Not five fields, a value that its field cannot have, or a line that
    /// never occurs (30 February).
    pub fn parse(line: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronError::Fields { found: fields.len() });
        };
        let minutes = field::MINUTE.parse(minute)?;
        let hours = field::HOUR.parse(hour)?;
        let days = field::DAY.parse(day)?;
        let months = field::MONTH.parse(month)?;
        // From crontab's 0 and 7 = Sunday to the crate's 1 = Sunday.
        let weekdays: BTreeSet<u32> =
            field::WEEKDAY.parse(weekday)?.iter().map(|value| value % 7 + 1).collect();

        let time = format!("0 {} {}", list(&minutes), list(&hours));
        let (days, months, weekdays) = (list(&days), list(&months), list(&weekdays));
        // crontab's rule: a field that begins with `*` does not restrict.
        let expressions = if day.starts_with('*') || weekday.starts_with('*') {
            vec![format!("{time} {days} {months} {weekdays}")]
        } else {
            vec![format!("{time} {days} {months} *"), format!("{time} * {months} {weekdays}")]
        };
        let alternatives: Vec<Schedule> = expressions
            .iter()
            // Lists of values that were checked above: the crate takes them.
            .filter_map(|expression| Schedule::from_str(expression).ok())
            // Any day will do: what does not occur after it never does.
            .filter(|schedule| schedule.after(&DateTime::UNIX_EPOCH).next().is_some())
            .collect();
        if alternatives.is_empty() {
            return Err(CronError::Never);
        }
        Ok(Self { line: fields.join(" "), alternatives })
    }

    /// The first occurrence strictly after `after`; `None` past the year 2100,
    /// where the `cron` crate ends.
    pub fn next_after(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let mut civil = civil::local(after, zone);
        loop {
            civil = self.civil_after(civil)?;
            let instant = civil::instant(civil, zone);
            // In the second pass of a repeated hour, civil times ahead of us
            // have already had their one instant, in the first.
            if instant > after {
                return Some(instant);
            }
        }
    }

    /// The latest occurrence in `(not_before, now]`.
    pub fn latest_at_or_before(
        &self,
        now: DateTime<Utc>,
        zone: Tz,
        not_before: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        // Up to a day after clocks were set back, civil times later than the
        // present one may lie behind us: those that the first pass showed. The
        // offset of the day before still knows them.
        let day = TimeDelta::days(1);
        let shown = civil::local(now, zone).max(civil::local(now - day, zone) + day);
        let mut civil = shown + TimeDelta::minutes(1);
        loop {
            civil = self.civil_before(civil)?;
            let instant = civil::instant(civil, zone);
            if instant <= not_before {
                return None;
            }
            if instant <= now {
                return Some(instant);
            }
        }
    }

    fn civil_after(&self, civil: NaiveDateTime) -> Option<NaiveDateTime> {
        let next = |schedule: &Schedule| schedule.after(&civil.and_utc()).next();
        self.alternatives.iter().filter_map(next).min().map(|time| time.naive_utc())
    }

    fn civil_before(&self, civil: NaiveDateTime) -> Option<NaiveDateTime> {
        let previous = |schedule: &Schedule| schedule.after(&civil.and_utc()).next_back();
        self.alternatives.iter().filter_map(previous).max().map(|time| time.naive_utc())
    }
}

/// The line as written, one blank between fields.
impl fmt::Display for CronLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl fmt::Debug for CronLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CronLine").field(&self.line).finish()
    }
}

fn list(values: &BTreeSet<u32>) -> String {
    values.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
