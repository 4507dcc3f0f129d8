//! Words: grammar, collation, cleaning, masking, links. Nothing here knows why a
//! word is said.
#![deny(clippy::disallowed_methods)]

pub mod addresses;
pub mod changes;
pub mod clean;
pub mod danish;
pub mod english;
pub mod faults;
pub mod forgotten;
pub mod held;
pub mod hex;
pub mod incidents;
pub mod links;
pub mod mail_reasons;
pub mod names;
pub mod nearest;
pub mod personal_link;
pub mod quoted;
pub mod runs;
pub mod short_date;
pub mod spreadsheet;
pub mod suggestions;
pub mod words;
