//! The real program as an administrator uses it: its commands, its service, its
//! database, its configuration.

mod answers;
mod bindings;
mod check;
mod cli;
mod config;
mod daemon;
mod demo;
mod departures;
mod hostile;
mod html;
mod leaders;
mod listings;
mod log;
mod named_in_vain;
mod personal_link;
mod policy_changes;
mod prune;
mod report;
mod right_person;
mod rules_program;
mod secrets;
mod service;
mod service_init;
mod service_monitor;
mod store;
mod waivers;
