//! Who decided.

use crate::policy::waivers::one_line;

/// The name as it is kept: on one line.
pub(super) fn named(by: &str) -> String {
    one_line(by).unwrap_or_else(|| "hand".to_owned())
}
