//! Pure decisions: no I/O, no clock, no randomness. Time and identifiers come
//! in as values, and each decision returns its reason.
#![deny(clippy::disallowed_methods)]

pub mod addresses;
pub mod assess;
pub mod calendar;
pub mod changes;
pub mod civil;
pub mod danish;
pub mod diff;
pub mod digest;
pub mod due;
pub mod english;
pub mod findings;
pub mod forgetting;
pub mod guard;
pub mod history;
pub mod leaders;
pub mod leavers;
pub mod lines;
pub mod links;
pub mod lives;
pub mod notices;
pub mod notify;
pub mod policy;
pub mod readers;
pub mod roles;
pub mod schedule;
pub mod suggestions;
#[cfg(test)]
mod testing;
pub mod waivers;
pub mod wording;
