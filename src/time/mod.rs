//! Civil dates, working days, crontab lines, and what is due: pure functions of the
//! instants that come in as values.
#![deny(clippy::disallowed_methods)]

pub mod calendar;
pub mod civil;
pub mod due;
pub mod schedule;
pub mod weeks;
