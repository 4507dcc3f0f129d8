//! Pure decisions: no I/O, no clock, no randomness. Time and identifiers come
//! in as values, and each decision returns its reason.
#![deny(clippy::disallowed_methods)]

pub mod calendar;
pub mod civil;
pub mod schedule;
