//! Consistent copies while the program runs, by SQLite's own online backup.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::Error;
use super::connect::check_integrity;

/// Copies the whole database to `target` (0600) and verifies the copy. A
/// `target` that exists already is refused: a backup is never overwritten.
pub fn backup(connection: &Connection, target: &Path) -> Result<(), Error> {
    let error = |source| Error::File { doing: "make the backup", path: target.to_owned(), source };
    if target.exists() {
        return Err(error(std::io::ErrorKind::AlreadyExists.into()));
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    write_copy(connection, &partial).inspect_err(|_| {
        // The first error is the one to tell; a leftover is only untidy.
        let _ = fs::remove_file(&partial);
    })?;
    fs::rename(&partial, target).map_err(error)
}

/// A backup beside the database, before a migration. One of the same schema
/// that is there already is newer than none and kept; the new one replaces it
/// only once it is whole.
pub fn automatic_backup(
    connection: &Connection,
    database: &Path,
    occasion: &str,
) -> Result<PathBuf, Error> {
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".backup-{occasion}"));
    let target = PathBuf::from(name);
    let mut fresh = target.as_os_str().to_owned();
    fresh.push(".partial");
    let fresh = PathBuf::from(fresh);
    write_copy(connection, &fresh)?;
    fs::rename(&fresh, &target).map_err(|source| Error::File {
        doing: "make the backup",
        path: target.clone(),
        source,
    })?;
    Ok(target)
}

fn write_copy(connection: &Connection, target: &Path) -> Result<(), Error> {
    let error = |source| Error::File { doing: "make the backup", path: target.to_owned(), source };
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(target)
        .map_err(error)?;
    let mut copy = Connection::open(target)?;
    let steps = Backup::new(connection, &mut copy)?;
    loop {
        match steps.step(1000)? {
            StepResult::Done => break,
            StepResult::Busy | StepResult::Locked => {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            _ => {}
        }
    }
    drop(steps);
    // A copy in WAL mode would leave two more files beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    check_integrity(&copy, target)?;
    drop(copy);
    file.sync_all().map_err(error)
}
