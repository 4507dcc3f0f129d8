//! The leaders file: who may own, and who is whose leader. KITOS does not tell
//! (`docs/kitos-api.md`), so the municipality's own list does.
//!
//! [`LeaderList`] is what the file says, [`Leaders`] the same placed in the
//! organisation of one pull.

mod list;
mod place;

pub use list::{COLUMNS, Leader, LeaderList};
pub use place::{Leaders, Unsettled, head, units_named};

pub use super::sheet::{BadCell, WrongHeader};

#[cfg(test)]
mod tests;
