//! Where backups lie: beside the database, named after it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

/// The automatic daily backups beside the database, oldest first.
pub(super) fn daily_backups(database: &Path) -> Vec<(NaiveDate, PathBuf)> {
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!("{name}.backup-daily-");
    let days = fs::read_dir(folder_of(database)).into_iter().flatten().flatten();
    let mut days: Vec<_> = days
        .filter_map(|entry| {
            let day = entry.file_name().to_str()?.strip_prefix(&prefix)?.parse().ok()?;
            Some((day, entry.path()))
        })
        .collect();
    days.sort();
    days
}

pub(super) fn folder_of(database: &Path) -> &Path {
    match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
