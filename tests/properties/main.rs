//! What must hold of any data: random registers, replies and configurations, held
//! against a second and simpler reading of them.

#[path = "../support/mod.rs"]
mod support;

mod diff;
mod fuzz;
mod past;
mod rules;
mod schema;
