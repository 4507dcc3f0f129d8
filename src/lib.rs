//! `kitos-sync` keeps a Danish municipality's system owners in KITOS right: it
//! pulls the register, compares it with what it knew, judges it by the
//! municipality's policy and mails those who can fix it.
//!
//! The modules stand in the order of the data; imports only go up this list
//! (`tests/house/layers.rs` holds them to it). `docs/architecture.md` is the map.

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
