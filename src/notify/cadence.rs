//! When: grace, the pauses between reminders, and the days on which owners hear
//! from us.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{AFTER_POLICY_CHANGE, Why};
use crate::model::{Finding, Rule};
use crate::time::calendar::WorkingDays;
use crate::time::civil;
use crate::time::schedule::CronLine;

/// More runs ahead than this are not looked at for a day that is not off: two
/// years of daily runs.
const RUNS_AHEAD: usize = 800;

/// How often people are reminded (`[notify]`, and each rule's `grace`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cadence {
    /// Days from the opening until the first reminder may go out.
    pub grace: BTreeMap<Rule, u32>,
    /// Days before the first, second … reminder, the last repeating.
    pub remind_every: Vec<u32>,
    /// Reminders without effect before the leader is told.
    pub escalate_after: usize,
    /// Reminders in one run, and on one day.
    pub max_mails_per_run: usize,
}

impl Cadence {
    /// The first day on which a finding may stand in a mail to an owner.
    pub(super) fn ripe(&self, finding: &Finding, opened: NaiveDate) -> NaiveDate {
        let grace = self.grace.get(&finding.rule).copied().unwrap_or_default();
        let least = if finding.by_policy_change { AFTER_POLICY_CHANGE } else { 0 };
        later(opened, grace.max(least))
    }

    /// The day on which the next reminder is due: after `times` reminders, the
    /// last of them on `last`.
    pub(super) fn due(&self, ripe: NaiveDate, last: Option<NaiveDate>, times: usize) -> NaiveDate {
        later(last.unwrap_or(ripe), self.pause(times))
    }

    /// Days before the reminder that follows `times` others.
    pub(super) fn pause(&self, times: usize) -> u32 {
        let pause = self.remind_every.get(times).or(self.remind_every.last());
        pause.copied().unwrap_or_default()
    }
}

fn later(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_signed(TimeDelta::days(i64::from(days))).unwrap_or(NaiveDate::MAX)
}

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

impl Calendar {
    /// Why owners get no reminder on `day`, if they do not.
    pub fn off(&self, day: NaiveDate) -> Option<Why> {
        if !self.working_days.is_working_day(day) {
            Some(Why::DayOff)
        } else if self.quiet_weeks.contains(&day.iso_week().week()) {
            Some(Why::QuietWeek)
        } else {
            None
        }
    }

    /// The first scheduled run after `after`, not before `day`, on which
    /// reminders go out.
    pub fn next_run(&self, after: DateTime<Utc>, day: NaiveDate) -> Option<DateTime<Utc>> {
        let zone = self.working_days.zone;
        // A run at midnight itself counts.
        let midnight = civil::instant(day.and_time(NaiveTime::MIN), zone) - TimeDelta::seconds(1);
        let mut at = after.max(midnight);
        for _ in 0..RUNS_AHEAD {
            at = self.remind.next_after(at, zone)?;
            if self.off(civil::local(at, zone).date()).is_none() {
                return Some(self.working_days.earliest(at));
            }
        }
        None
    }

    /// The next digest after `after`.
    pub fn next_digest(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.digest.next_after(after, self.working_days.zone)
    }
}
