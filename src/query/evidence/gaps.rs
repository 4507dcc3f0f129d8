//! Days on which the register was to be read and was not.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use super::scope::Scope;
use crate::model::{JobKind, JobOutcome, spelled};
use crate::query::error::Error;
use crate::store::{RunFilter, list_runs, snapshots_committed};
use crate::time::civil;

/// Days in a row without a good pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// First and last day, both included.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub why: GapWhy,
}

impl Gap {
    pub fn days(&self) -> i64 {
        (self.to - self.from).num_days() + 1
    }
}

spelled! {
    "camelCase",
    /// Why the register was not read.
    pub enum GapWhy {
        /// The pull failed.
        Failed,
        /// The guard held it, and nobody released it that day.
        Held,
        /// The program did not run.
        NotRun,
    }
}

pub(super) fn gaps(scope: &Scope<'_>) -> Result<Vec<Gap>, Error> {
    let connection = scope.moment().connection;
    let good: BTreeSet<NaiveDate> = snapshots_committed(connection, &(scope.start..=scope.end()))?
        .into_iter()
        // A release on a later day says nothing of that day, and comes too late for the other.
        .filter(|row| row.local_date == scope.day(row.committed_at))
        .map(|row| row.local_date)
        .collect();
    let mut tried: BTreeMap<NaiveDate, GapWhy> = BTreeMap::new();
    let all = RunFilter { job: Some(JobKind::Sync), most: u32::MAX };
    // The newest first, so that the last of a day stays.
    for run in list_runs(connection, &all)? {
        let why = match run.outcome {
            JobOutcome::Done => continue,
            JobOutcome::Failed => GapWhy::Failed,
            JobOutcome::Held => GapWhy::Held,
        };
        tried.entry(scope.day(run.started_at)).or_insert(why);
    }
    let mut gaps: Vec<Gap> = Vec::new();
    for day in scope.period.from.iter_days().take_while(|day| *day <= scope.period.to) {
        if good.contains(&day) || !is_due(scope, day) {
            continue;
        }
        let why = tried.get(&day).copied().unwrap_or(GapWhy::NotRun);
        match gaps.last_mut() {
            Some(last) if last.why == why && last.to + TimeDelta::days(1) == day => last.to = day,
            _ => gaps.push(Gap { from: day, to: day, why }),
        }
    }
    Ok(gaps)
}

/// Whether the schedule has a pull on that day that should be over by now.
fn is_due(scope: &Scope<'_>, day: NaiveDate) -> bool {
    /// A pull, with its tries again, takes less.
    const LONGEST: TimeDelta = TimeDelta::hours(1);
    let schedule = &scope.moment().config.schedule;
    let zone = schedule.time_zone;
    let midnight = civil::end_of(day - TimeDelta::days(1), zone);
    let first = schedule.sync.next_after(midnight - TimeDelta::milliseconds(1), zone);
    first.is_some_and(|at| scope.day(at) == day && at + LONGEST <= scope.moment().now)
}
