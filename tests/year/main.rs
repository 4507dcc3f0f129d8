//! A year in a municipality, day by day: the register against a second opinion,
//! and the mails against what they promise.

mod edits;
#[path = "../support/explore.rs"]
mod explore;
mod mails;
mod oracle;
mod registers;
mod seen;
mod settings;
