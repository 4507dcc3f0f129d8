//! The share of systems with an owner over time, as the pulls counted it.

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use super::error::Error;
use super::moment::Moment;
use crate::store::{SnapshotRow, snapshots_since};
use crate::time::weeks::weekly;

/// One week, by its last pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Week {
    /// The last day of the week.
    pub on: NaiveDate,
    /// `None` where no pull succeeded: nothing is known, and nothing is guessed.
    pub share: Option<WeekShare>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WeekShare {
    pub in_scope: u32,
    pub with_owner: u32,
}

/// The weeks up to today, oldest first, beginning with the first that had a pull.
pub fn trend(moment: &Moment<'_>, weeks: i64) -> Result<Vec<Week>, Error> {
    let today = moment.today();
    let rows = snapshots_since(moment.connection, today - TimeDelta::weeks(weeks))?;
    let week = |(on, last): (NaiveDate, Option<&SnapshotRow>)| Week {
        on,
        share: last.map(|row| WeekShare { in_scope: row.in_scope, with_owner: row.with_owner }),
    };
    let weeks = weekly(&rows, |row| row.local_date, today, weeks).into_iter().map(week);
    Ok(weeks.skip_while(|week| week.share.is_none()).collect())
}
