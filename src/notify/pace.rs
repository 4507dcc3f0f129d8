//! How often: grace, and the days between mails for which a finding asks. The pace
//! belongs to the severity, the mail to the person (`docs/policy.md`, "The right
//! amount").

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::ledger::{Clock, later};
use crate::model::{Finding, Rule, Severity};

/// Findings that opened because the policy changed reach people after this many days at the
/// earliest: IT hears of them first (`docs/architecture.md`, "A changed rule is not a changed
/// world").
const AFTER_POLICY_CHANGE: u32 = 7;

/// How often people hear of what is open (`[notify]`, and each rule's `grace`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Days from the opening until the first reminder may go out.
    pub grace: BTreeMap<Rule, u32>,
    /// `notify.pace`: days before the first, second … mail, the last repeating. Empty for a
    /// severity that never asks for a mail.
    pub days: BTreeMap<Severity, Vec<u32>>,
    /// Mails without effect before the next leader up is asked …
    pub escalate_after: u32,
    /// … for findings of this severity and above.
    pub escalate_from: Severity,
    /// First letters, reminders and review mails in one run, and on one day.
    pub max_mails_per_run: usize,
}

impl Pace {
    /// The first day on which a finding may stand in a reminder.
    pub(super) fn eligible(&self, finding: &Finding, opened: NaiveDate) -> NaiveDate {
        let grace = self.grace.get(&finding.rule).copied().unwrap_or_default();
        let least = if finding.by_policy_change { AFTER_POLICY_CHANGE } else { 0 };
        later(opened, grace.max(least))
    }

    /// The day on which a finding asks for its next mail; `None` if it never does.
    pub(super) fn due(
        &self,
        severity: Severity,
        eligible: NaiveDate,
        clock: &Clock,
    ) -> Option<NaiveDate> {
        match clock.told_on.last() {
            None => Some(later(eligible, self.pause(severity, 0)?)),
            Some(last) if clock.passed_on.is_some() => {
                Some(later(*last, self.slowest(severity)?).max(eligible))
            }
            Some(last) => {
                let pause = self.pause(severity, clock.due_mails.max(1))?;
                Some(later(*last, pause).max(eligible))
            }
        }
    }

    /// Days before the mail that follows `times` others.
    pub(super) fn pause(&self, severity: Severity, times: u32) -> Option<u32> {
        let days = self.days.get(&severity)?;
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        days.get(times).or(days.last()).copied()
    }

    /// Days between mails once somebody further up was asked.
    pub(super) fn slowest(&self, severity: Severity) -> Option<u32> {
        self.days.get(&severity)?.iter().max().copied()
    }

    /// Whether findings of this severity are ever passed on to the next leader up.
    pub(super) fn escalates(&self, severity: Severity) -> bool {
        severity >= self.escalate_from && self.pause(severity, 0).is_some()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::testing::day;

    pub fn pace() -> Pace {
        Pace {
            grace: BTreeMap::new(),
            days: [
                (Severity::High, vec![0, 7, 7, 7, 28]),
                (Severity::Medium, vec![0, 28, 28, 56]),
                (Severity::Low, vec![0, 56, 56, 112]),
                (Severity::Info, Vec::new()),
            ]
            .into(),
            escalate_after: 3,
            escalate_from: Severity::Medium,
            max_mails_per_run: 50,
        }
    }

    #[test]
    fn the_pace_belongs_to_the_severity() {
        use Severity::{High, Info, Low, Medium};
        let eligible = "2026-03-02";
        let told =
            |on: &str, due_mails| Clock { told_on: vec![day(on)], due_mails, ..Clock::default() };
        let passed_on = |on: &str| Clock { passed_on: Some(day(on)), ..told(on, 3) };
        for (severity, clock, expected, why) in [
            (High, Clock::default(), Some("2026-03-02"), "at once"),
            (Info, Clock::default(), None, "never by itself"),
            (Info, told("2026-03-02", 0), None, "also when it was shown"),
            (High, told("2026-03-02", 1), Some("2026-03-09"), "a week after the first"),
            (High, told("2026-03-02", 3), Some("2026-03-09"), "a week after the third"),
            (High, told("2026-03-02", 4), Some("2026-03-30"), "the last repeats"),
            (High, told("2026-03-02", 9), Some("2026-03-30"), "the last repeats"),
            (Medium, told("2026-03-02", 1), Some("2026-03-30"), "four weeks"),
            (Medium, told("2026-03-02", 0), Some("2026-03-30"), "shown by another's mail"),
            (Low, told("2026-03-02", 1), Some("2026-04-27"), "eight weeks"),
            (High, passed_on("2026-03-02"), Some("2026-03-30"), "the slowest pace"),
            (Medium, told("2026-01-02", 1), Some("2026-03-02"), "never before it may"),
        ] {
            let due = pace().due(severity, day(eligible), &clock);
            assert_eq!(due, expected.map(day), "{severity:?}: {why}");
        }
    }

    #[test]
    fn what_never_asks_is_never_passed_on() {
        let mut pace = pace();
        for (from, expected) in [
            (Severity::Medium, [false, false, true, true]),
            (Severity::Info, [false, true, true, true]),
        ] {
            pace.escalate_from = from;
            let escalates = Severity::ALL.iter().map(|severity| pace.escalates(*severity));
            assert_eq!(escalates.collect::<Vec<_>>(), expected, "from {from:?}");
        }
    }
}
