//! Whether the file is sound, and what to do if it is not.

use std::path::Path;

use rusqlite::Connection;

use super::Error;
use super::backup_files::daily_backups;

/// SQLite's own check of the file (R11).
///
/// # Errors
/// [`Error::Damaged`] with SQLite's first findings.
pub fn check_integrity(connection: &Connection, path: &Path) -> Result<(), Error> {
    let report: String = connection
        .query_row("PRAGMA quick_check(3)", [], |row| row.get(0))
        .map_err(|source| damaged(path, source.to_string()))?;
    if report == "ok" { Ok(()) } else { Err(damaged(path, report)) }
}

pub(super) fn damaged(path: &Path, report: String) -> Error {
    Error::Damaged { path: path.to_owned(), report, backup: remedy(path) }
}

/// What to put in the place of a damaged database, for its message.
fn remedy(database: &Path) -> String {
    match daily_backups(database).pop() {
        Some((_, path)) => format!("copy {} to its place", path.display()),
        None => "copy a backup of yours to its place (there is no automatic one beside it), or let the next pull make a new file".to_owned(),
    }
}
