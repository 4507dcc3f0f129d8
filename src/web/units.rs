//! The organisation's units, to choose one from.

use super::refused::Refused;
use crate::query::{self, Moment};

/// Uuid and name of each, below the one above it.
pub fn units(moment: &Moment<'_>) -> Result<Vec<(String, String)>, Refused> {
    let choice = |unit: query::Unit| {
        let name = format!("{}{}", "– ".repeat(unit.depth), unit.name.unwrap_or_default());
        Some((unit.uuid?.to_string(), name))
    };
    Ok(query::units(moment)?.into_iter().filter_map(choice).collect())
}
