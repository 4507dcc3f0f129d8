//! A listing is a row of columns: each says where it is shown and what stands in its
//! cells.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::jobs::Context;
use crate::time::civil::{end_of, local_date};

/// Where and when a table is read.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

impl Here {
    pub fn of(context: &Context) -> Self {
        Self { zone: context.config.schedule.time_zone, now: context.now() }
    }

    /// The same table as somebody would have read it at the end of a day; not later than now.
    pub fn at_end_of(self, day: NaiveDate) -> Self {
        Self { now: self.now.min(end_of(day, self.zone)), ..self }
    }

    /// An instant as the clock on the wall shows it.
    pub fn minute(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
    }

    /// The same with the day of the week.
    pub fn weekday_minute(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%a %Y-%m-%d %H:%M").to_string()
    }

    pub fn day(self, at: DateTime<Utc>) -> String {
        local_date(at, self.zone).to_string()
    }
}

/// Where a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    Screen,
    Spreadsheet,
}

pub struct Column<T> {
    heading: &'static str,
    /// The one medium that shows it; `None`: both.
    only: Option<Medium>,
    cell: fn(&T, Here) -> String,
}

pub const fn column<T>(heading: &'static str, cell: fn(&T, Here) -> String) -> Column<T> {
    Column { heading, only: None, cell }
}

/// A column that a screen has room for, and a spreadsheet says better.
pub const fn on_screen<T>(heading: &'static str, cell: fn(&T, Here) -> String) -> Column<T> {
    Column { heading, only: Some(Medium::Screen), cell }
}

/// A column that one sorts or filters by.
pub const fn in_sheet<T>(heading: &'static str, cell: fn(&T, Here) -> String) -> Column<T> {
    Column { heading, only: Some(Medium::Spreadsheet), cell }
}

/// A kind of row, and how it is shown.
pub struct Listing<T: 'static> {
    /// What a person reads where there is no row.
    pub none: &'static str,
    pub columns: &'static [Column<T>],
}

/// Rows with one heading a column, as text.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub headings: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl<T> Listing<T> {
    pub fn table(&self, rows: &[T], medium: Medium, here: Here) -> Table {
        let shown = || self.columns.iter().filter(|c| c.only.is_none_or(|only| only == medium));
        let cells = |row| shown().map(|column| (column.cell)(row, here)).collect();
        Table {
            headings: shown().map(|column| column.heading).collect(),
            rows: rows.iter().map(cells).collect(),
        }
    }
}

/// A value that may be unknown.
pub fn or_blank<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
