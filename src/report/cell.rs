//! A table as page and workbook both show it.

use chrono::NaiveDate;

use crate::model::Language;
use crate::text::clean;
use crate::text::short_date::short_date;
use crate::text::words::{Words, words};

/// What a reader wants of one cell.
const LONGEST: usize = 1_000;

impl Table<'_> {
    /// What it shows, in a sentence or two.
    pub fn about(&self, words: &Words) -> String {
        words.text(&format!("report.table.{}.about", self.about)).to_owned()
    }
}

/// One table: `report.table.<key>` has its words, `report.column.<key>` its headings'.
pub(super) struct Table<'a> {
    pub key: &'static str,
    /// The key under which it is described: its own, or that of a variant.
    pub about: &'static str,
    pub columns: &'static [Column],
    /// Made as they are shown: the page in a browser only counts them.
    pub rows: Box<dyn ExactSizeIterator<Item = Vec<Cell>> + 'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub key: &'static str,
    /// In the workbook, in characters.
    pub width: u8,
    /// Only in the workbook: a page has less room.
    pub in_workbook: bool,
}

pub(super) const fn column(key: &'static str, width: u8) -> Column {
    Column { key, width, in_workbook: false }
}

pub(super) const fn in_workbook(key: &'static str, width: u8) -> Column {
    Column { key, width, in_workbook: true }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Number(i64),
    Day(NaiveDate),
    /// It was so on that day already; the true day is not known.
    Before(NaiveDate),
    Blank,
}

impl Cell {
    /// As a page shows it.
    pub fn shown(&self, language: Language) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => words(language).say("mail.number", &[("n", (*number).into())]),
            Self::Day(day) => day.format(short_date(language)).to_string(),
            Self::Before(day) => {
                let day = day.format(short_date(language)).to_string();
                words(language).say("report.before", &[("day", day.into())])
            }
            Self::Blank => String::new(),
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(clean::text(text, LONGEST))
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(i64::from(number))
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Blank, Into::into)
    }
}

/// A day that may be that on which monitoring began.
pub(super) fn since(day: NaiveDate, since_baseline: bool) -> Cell {
    if since_baseline { Cell::Before(day) } else { Cell::Day(day) }
}
