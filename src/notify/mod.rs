//! Who is told what, when: pure functions of the findings, of what was told, of people
//! and of the moment (`docs/policy.md`, "The right person" and "The right amount").
//!
//! [`recipients`] says whom a finding is for, [`ledger`] what they were told so far,
//! [`pace`] when it asks for the next mail, [`plan`](plan()) what goes out today.
//! The outcome are drafts: plain data that `mail` puts into words.

#![deny(clippy::disallowed_methods)]

mod calendar;
mod chain;
mod departures;
mod diary;
pub mod digest;
pub mod directory;
pub mod draft;
mod escalation;
mod forecast;
mod held;
pub mod identity;
mod items;
mod its;
pub mod leavers;
pub mod ledger;
pub mod lines;
pub mod notices;
mod pace;
mod plan;
pub mod recipients;
mod round;
mod turn;
mod writing;

pub use calendar::{Calendar, Off};
pub use forecast::{Forecast, Mails, Outlook, ToLeader, Week, forecast, outlook};
pub use held::{Held, Why};
pub use items::{Round, Situation};
pub use its::{ItsTask, ItsWhy, its_tasks, routes};
pub use pace::Pace;
pub use plan::{next_mail_at, plan};
pub use round::{earliest_due as round_earliest_due, readers as round_readers};
pub use turn::Plan;

#[cfg(test)]
pub(crate) mod tests;
