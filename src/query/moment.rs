//! From where, by which configuration and when a question is asked.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use crate::config::Config;
use crate::model::Language;
use crate::time::civil::local_date;

/// The database as it is at one moment, and the configuration to read it by.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub connection: &'a Connection,
    pub config: &'a Config,
    pub now: DateTime<Utc>,
    /// In which sentences are.
    pub language: Language,
}

impl Moment<'_> {
    pub fn today(&self) -> NaiveDate {
        self.day(self.now)
    }

    /// The day of an instant where the municipality is.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        local_date(at, self.config.schedule.time_zone)
    }
}
