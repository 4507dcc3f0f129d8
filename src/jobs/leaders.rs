//! What is kept of the leaders file that a pull was judged by.

use rusqlite::Connection;
use tracing::warn;

use super::error::Error;
use crate::query::{LeadersFile, Trusted};
use crate::store::record_leaders_coverage;

/// Notes what the pull was judged by: the next file is held against it.
pub(super) fn record(
    connection: &Connection,
    file: &LeadersFile,
    trusted: &Trusted,
) -> Result<(), Error> {
    if trusted.frozen.is_some() {
        return Ok(());
    }
    if let LeadersFile::Read { bad, .. } = file
        && !bad.is_empty()
    {
        let first: Vec<usize> = bad.iter().take(5).map(|bad| bad.line).collect();
        warn!(lines = ?first, "cells of the leaders file cannot be read; `kitos-sync check` names them");
    }
    Ok(record_leaders_coverage(connection, trusted.coverage)?)
}
