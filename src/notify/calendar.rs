//! The days on which people hear from us, and the days until which they have time.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};

use super::ledger::later;
use crate::time::calendar::WorkingDays;
use crate::time::civil;
use crate::time::schedule::CronLine;

/// More runs ahead than this are not looked at for a day that is not off: two
/// years of daily runs.
const RUNS_AHEAD: usize = 800;
/// A deadline leaves so many days where nothing presses …
const AMPLE: u32 = 7;
/// … and at least so many.
const SHORTEST: u32 = 3;
/// A deadline is not looked for further ahead: past every quiet summer.
const LONGEST: u32 = 70;

/// The days and times at which mail may go out.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    pub working_days: WorkingDays,
    /// ISO weeks without reminders (`notify.quiet_weeks`).
    pub quiet_weeks: BTreeSet<u32>,
    /// `schedule.remind` and `schedule.digest`.
    pub remind: CronLine,
    pub digest: CronLine,
}

/// Why nobody is reminded on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    DayOff,
    QuietWeek,
}

impl Calendar {
    /// The day of `at` in the configured zone.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        civil::local_date(at, self.working_days.zone)
    }

    /// Whether people are at work on `day`, and not on holiday as most are in a quiet week.
    fn is_working(&self, day: NaiveDate) -> bool {
        self.working_days.is_working_day(day) && self.off(day).is_none()
    }

    /// Why people get no reminder on `day`, if they do not.
    pub fn off(&self, day: NaiveDate) -> Option<Off> {
        if !self.working_days.is_mail_day(day) {
            Some(Off::DayOff)
        } else if self.quiet_weeks.contains(&day.iso_week().week()) {
            Some(Off::QuietWeek)
        } else {
            None
        }
    }

    /// The first scheduled run after `after`, not before `day`, on which
    /// reminders go out.
    pub fn next_run(&self, after: DateTime<Utc>, day: NaiveDate) -> Option<DateTime<Utc>> {
        let mut at = after.max(self.just_before(day));
        for _ in 0..RUNS_AHEAD {
            at = self.remind.next_after(at, self.working_days.zone)?;
            if self.off(self.day(at)).is_none() {
                return Some(self.working_days.earliest(at));
            }
        }
        None
    }

    /// The day of the first run from `day` on.
    pub(super) fn run_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        Some(self.day(self.next_run(self.just_before(day), day)?))
    }

    /// The next digest after `after`.
    pub fn next_digest(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.digest.next_after(after, self.working_days.zone)
    }

    /// The day of the first digest from `day` on.
    pub(super) fn digest_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        Some(self.day(self.next_digest(self.just_before(day))?))
    }

    /// The deadline that a mail on `today` states: a Friday that is a working day and
    /// in no quiet week, about a week ahead. It is to be over before `next`, the day
    /// on which another mail is due by the pace, where such a Friday leaves some days;
    /// and it is over before `limit` in any case. `None` where there is no such day.
    pub(super) fn deadline(
        &self,
        today: NaiveDate,
        next: Option<NaiveDate>,
        limit: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        let fridays = |least: u32| {
            let days = later(today, least).iter_days().take_while(|d| *d <= later(today, LONGEST));
            days.filter(|day| day.weekday() == Weekday::Fri && self.is_working(*day))
        };
        let limit = limit.unwrap_or(NaiveDate::MAX);
        let next = next.unwrap_or(NaiveDate::MAX).min(limit);
        let ample = fridays(AMPLE).next().filter(|friday| *friday < next);
        let before_next = || fridays(SHORTEST).take_while(|friday| *friday < next).last();
        let any = || fridays(SHORTEST).next().filter(|friday| *friday < limit);
        ample.or_else(before_next).or_else(any)
    }

    /// Just before the first instant of `day`: a run at midnight itself counts.
    fn just_before(&self, day: NaiveDate) -> DateTime<Utc> {
        civil::start_of(day, self.working_days.zone) - TimeDelta::seconds(1)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;
    use chrono_tz::Europe::Copenhagen;

    use super::*;
    use crate::testing::day;

    fn calendar() -> Calendar {
        Calendar {
            working_days: WorkingDays {
                holidays: BTreeSet::new(),
                zone: Copenhagen,
                not_before: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
                business_days_only: true,
            },
            quiet_weeks: [28, 29, 30].into(),
            remind: CronLine::parse("0 8 * * Mon-Fri").unwrap(),
            digest: CronLine::parse("0 7 * * Mon").unwrap(),
        }
    }

    #[test]
    fn a_deadline_is_a_friday_that_is_a_working_day() {
        for (today, next, limit, expected, why) in [
            ("2026-02-02", None, None, Some("2026-02-13"), "a Monday: Friday next week"),
            ("2026-02-02", Some("2026-03-02"), None, Some("2026-02-13"), "four weeks' pace"),
            ("2026-02-02", Some("2026-02-09"), None, Some("2026-02-06"), "a week's pace"),
            ("2026-02-03", Some("2026-02-10"), None, Some("2026-02-06"), "three days are enough"),
            ("2026-02-04", Some("2026-02-11"), None, Some("2026-02-13"), "two days are not"),
            ("2026-02-06", Some("2026-02-13"), None, Some("2026-02-13"), "a Friday"),
            ("2026-02-05", None, None, Some("2026-02-13"), "a Thursday"),
            ("2026-03-27", None, None, Some("2026-04-10"), "Good Friday is no working day"),
            ("2026-03-30", Some("2026-04-06"), None, Some("2026-04-10"), "nor with a short pace"),
            ("2026-06-29", None, None, Some("2026-07-31"), "nothing falls due in the holidays"),
            ("2026-12-14", None, None, Some("2027-01-08"), "Christmas and New Year on Fridays"),
            ("2026-02-02", None, Some("2026-02-12"), Some("2026-02-06"), "a mail that is promised"),
            ("2026-02-04", None, Some("2026-02-12"), None, "no room before it"),
        ] {
            for business_days_only in [true, false] {
                let mut calendar = calendar();
                calendar.working_days.business_days_only = business_days_only;
                let found = calendar.deadline(day(today), next.map(day), limit.map(day));
                assert_eq!(found, expected.map(day), "{today} {next:?} {limit:?}: {why}");
            }
        }
    }

    #[test]
    fn runs_and_digests_have_their_days() {
        let calendar = calendar();
        for (from, run, digest) in [
            ("2026-03-02", "2026-03-02", "2026-03-02"),
            ("2026-03-07", "2026-03-09", "2026-03-09"),
            ("2026-04-02", "2026-04-07", "2026-04-06"),
            ("2026-07-06", "2026-07-27", "2026-07-06"),
        ] {
            assert_eq!(calendar.run_day(day(from)), Some(day(run)), "{from}");
            assert_eq!(calendar.digest_day(day(from)), Some(day(digest)), "{from}");
        }
    }
}
