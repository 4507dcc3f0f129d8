//! `kitos-sync` keeps a Danish municipality's system owners in KITOS right: it
//! pulls the register, compares it with what it knew, judges it by the
//! municipality's policy and mails those who can fix it.
//!
//! `docs/architecture.md` is the map: it lists the modules in the order of the data. Imports
//! only go up that list, and `tests/house/layers.rs` checks it.

pub mod checks;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod decisions;
pub mod guard;
pub mod jobs;
pub mod kitos;
pub mod mail;
pub mod model;
pub mod notify;
pub mod policy;
pub mod query;
pub mod register;
pub mod report;
pub mod smtp;
pub mod store;
#[cfg(test)]
mod testing;
pub mod text;
pub mod time;
pub mod web;
