//! What KITOS says over time: the difference between two snapshots, what happened
//! in between, and what is still remembered of the time before.
#![deny(clippy::disallowed_methods)]

pub mod changes;
pub mod diff;
pub mod forgetting;
pub mod history;
pub mod lineage;
pub mod timeline;
