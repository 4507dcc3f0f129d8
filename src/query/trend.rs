//! The share of systems with an owner over time, as the pulls counted it.

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use super::error::Error;
use super::moment::Moment;
use crate::store::snapshots_since;

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
    let week = |back: i64| {
        let on = today - TimeDelta::weeks(back);
        let begins = on - TimeDelta::weeks(1);
        let mut within = rows.iter().rev().filter(|row| row.local_date > begins);
        let last = within.find(|row| row.local_date <= on);
        let share =
            last.map(|row| WeekShare { in_scope: row.in_scope, with_owner: row.with_owner });
        Week { on, share }
    };
    Ok((0..weeks).rev().map(week).skip_while(|week| week.share.is_none()).collect())
}
