//! Consistent copies while the program runs, by SQLite's own online backup. A
//! copy gets its name only once it is whole and verified; none overwrites what
//! an operator has made.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::backup_files::{daily_backups, folder_of, with_suffix};
use super::integrity::check_integrity;
use super::private;

/// Copies the whole database to `target` (0600) and verifies the copy.
///
/// # Errors
/// [`Error::Exists`] when `target` is there already; else when the copy cannot
/// be made or is not sound, and nothing is left behind then.
pub fn backup(connection: &Connection, target: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(target) {
        Ok(_) => Err(Error::Exists(target.to_owned())),
        Err(_) => copy_to(connection, target),
    }
}

/// A backup beside the database, before a migration. One of the same schema
/// that is there already is replaced, once the new one is whole.
pub fn automatic_backup(
    connection: &Connection,
    database: &Path,
    occasion: &str,
) -> Result<PathBuf, Error> {
    let target = with_suffix(database, &format!(".backup-{occasion}"));
    copy_to(connection, &target)?;
    private::give_to_the_service(&target).map_err(|source| file_error(&target, source))?;
    Ok(target)
}

/// The automatic backup of `day`, unless it is there already. Then deletes all
/// automatic backups but the newest `keep` daily ones, and those from before a
/// migration that are more than `keep` days old.
pub fn daily_backup(
    connection: &Connection,
    database: &Path,
    day: NaiveDate,
    keep: u32,
) -> Result<(), Error> {
    if !with_suffix(database, &format!(".backup-daily-{day}")).is_file() {
        automatic_backup(connection, database, &format!("daily-{day}"))?;
    }
    // Each time: what could not be deleted once is deleted the next time.
    rotate(database, day, keep)
}

fn rotate(database: &Path, today: NaiveDate, keep: u32) -> Result<(), Error> {
    let folder = folder_of(database);
    let error = |source| file_error(folder, source);
    let prefix = with_suffix(Path::new(database.file_name().unwrap_or_default()), ".backup-");
    let prefix = prefix.to_string_lossy();
    let mut daily = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(occasion) = name.strip_prefix(&*prefix) else { continue };
        if let Some(day) = occasion.strip_prefix("daily-") {
            match day.parse::<NaiveDate>() {
                Ok(day) => daily.push((day, path.clone())),
                // Left by a copy that was killed, unless it is still being made.
                Err(_) if day.ends_with(".partial") => {
                    if changed(&path)? < today {
                        fs::remove_file(&path).map_err(|source| file_error(&path, source))?;
                    }
                }
                // An operator's own.
                Err(_) => {}
            }
        } else if occasion.starts_with("schema-")
            && (today - changed(&path)?).num_days() > i64::from(keep)
        {
            fs::remove_file(&path).map_err(|source| file_error(&path, source))?;
        }
    }
    // Those of days to come were made under a clock that was ahead. They go first, and the
    // others in their order.
    daily.sort_by_key(|(day, _)| (*day <= today, *day));
    let surplus = daily.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
    for (_, path) in daily.into_iter().take(surplus) {
        fs::remove_file(&path).map_err(|source| file_error(&path, source))?;
    }
    Ok(())
}

/// The day on which a file was last written to.
fn changed(path: &Path) -> Result<NaiveDate, Error> {
    let at = fs::metadata(path).and_then(|file| file.modified());
    Ok(DateTime::<Utc>::from(at.map_err(|source| file_error(path, source))?).date_naive())
}

fn copy_to(connection: &Connection, target: &Path) -> Result<(), Error> {
    // By chance, so that another copy to the same name does not write to the same file.
    let partial = with_suffix(target, &format!(".{}.partial", Uuid::new_v4().simple()));
    let copied = write_copy(connection, &partial, target)
        .and_then(|()| fs::rename(&partial, target).map_err(|source| file_error(target, source)));
    copied.inspect_err(|_| {
        // The first error is the one to tell; a leftover is only untidy.
        let _ = fs::remove_file(&partial);
    })
}

/// Writes to `partial` what will be `target`: by that name errors call it, so that the same
/// fault has the same words each time.
fn write_copy(connection: &Connection, partial: &Path, target: &Path) -> Result<(), Error> {
    let error = |source| file_error(target, source);
    let file = private::make_anew(partial).map_err(error)?;
    let mut copy = Connection::open(partial)?;
    let steps = Backup::new(connection, &mut copy)?;
    // All pages in one step: in between, a writer could make it start over
    // again and again. A reader, however long, keeps no writer waiting (WAL).
    while steps.step(-1)? != StepResult::Done {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(steps);
    // A copy in WAL mode would leave two more files beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    check_integrity(&copy, target)?;
    drop(copy);
    file.sync_all().map_err(error)
}

/// The newest automatic backup beside the database that another installation
/// made: the database that used to be here has gone, and this one began anew.
pub fn left_behind(connection: &Connection, database: &Path) -> Result<Option<PathBuf>, Error> {
    let ours = installation_of(connection).optional()?;
    let of_others = daily_backups(database).into_iter().rev().map(|(_, path)| path).find(|path| {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let theirs = Connection::open_with_flags(path, flags).and_then(|c| installation_of(&c));
        // One that cannot be read is no backup to put back.
        theirs.is_ok_and(|theirs| ours.as_ref() != Some(&theirs))
    });
    Ok(of_others)
}

fn installation_of(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT uuid FROM installation", [], |row| row.get(0))
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::Backup { path: path.to_owned(), source }
}
