//! The municipality's policy (docs/policy.md): a table of rules, each judging one
//! usage, and what follows from what they see. Pure: judging is a function of
//! snapshot, history, policy and date alone.

#![deny(clippy::disallowed_methods)]

pub mod answers;
pub mod assess;
pub mod bindings;
pub mod coverage;
pub mod departures;
pub mod endings;
pub mod findings;
mod judge;
pub mod leaders;
pub mod roles;
pub mod rules;
mod settings;
pub mod sheet;
pub mod suggestions;
pub mod thresholds;
pub mod waivers;

pub use bindings::Bindings;
pub use judge::{Observation, judge};
pub use settings::{Policy, matches};
