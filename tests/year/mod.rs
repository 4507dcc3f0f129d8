//! A year in a municipality, day by day: the register against a second opinion,
//! and the mails against what they promise.

mod anew;
mod edits;
mod half;
mod oracle;
mod registers;
mod seen;
mod settings;
mod unchanged;
