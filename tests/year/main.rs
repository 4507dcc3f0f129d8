//! A year in a municipality, day by day: the register against a second opinion,
//! and the mails against what they promise.

mod anew;
mod edits;
#[allow(dead_code, reason = "only its random numbers are used here")]
#[path = "../support/explore.rs"]
mod explore;
mod oracle;
mod registers;
mod seen;
mod settings;
mod unchanged;
