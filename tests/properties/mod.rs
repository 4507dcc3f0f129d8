//! What must hold of any data: random registers, replies and configurations, held
//! against a second and simpler reading of them.

mod diff;
mod fuzz;
mod past;
mod policy;
mod pulls;
mod rules;
mod schema;
