//! Opening the database: permissions, pragmas, schema version, migration.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::oneshot;
use tracing::error;

use super::Error;
use super::backup::{automatic_backup, left_behind};
use super::integrity::{check_integrity, damaged};
use super::mounts::read_only_mount;
use super::private;

/// "kito": marks the file as ours (SQLite's `application_id`).
const APPLICATION_ID: i64 = 0x6b69_746f;
/// Migrations, in order; the schema's version is how many were applied.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001_first.sql")];
/// The schema that this version writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// How a command wants to use the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Make it if it is missing, migrate it if it is older. For jobs.
    Create,
    /// As `Create`, but where there is no database, one in memory that is gone with
    /// the connection: a dry run writes nothing.
    Try,
    /// It must exist and be of this version. For people's short decisions.
    Existing,
    /// As `Existing`, and nothing can be written. For questions.
    Read,
}

impl Access {
    /// Whether the file must be there, and of this version.
    fn takes_as_it_is(self) -> bool {
        matches!(self, Self::Existing | Self::Read)
    }

    fn flags(self) -> OpenFlags {
        match self {
            Self::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Self::Create | Self::Try | Self::Existing => OpenFlags::SQLITE_OPEN_READ_WRITE,
        }
    }
}

/// How long a lock of somebody else's is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How a connection that may write is set up … Pages count where a file is made: an
/// unchanged pull writes two of them, each for one short row.
const TO_WRITE: &str = "PRAGMA page_size = 2048;
                        PRAGMA journal_mode = WAL;
                        PRAGMA synchronous = FULL;
                        PRAGMA foreign_keys = ON;
                        PRAGMA trusted_schema = OFF;
                        PRAGMA secure_delete = ON;";
/// … and one that only reads.
const TO_READ: &str = "PRAGMA trusted_schema = OFF;";

/// Where the database is. Cheap to clone; each use opens its own connection,
/// which costs well under a millisecond.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    /// Whether it was ever opened. A file that disappears after that is not created again: that
    /// would be a fresh start that nobody asked for.
    seen: Arc<AtomicBool>,
}

impl Store {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), seen: Arc::default() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a connection with all pragmas set.
    ///
    /// # Errors
    /// When the file is missing (for [`Access::Existing`] and [`Access::Read`]), unreadable,
    /// another program's, of a newer version, or, for those two, of an older one; and when its
    /// migration fails. The file is then as it was.
    pub fn open(&self, access: Access) -> Result<Connection, Error> {
        self.connect(access).map_err(|error| match error {
            Error::File { .. } | Error::Sqlite { .. } | Error::Sql(_) => {
                match read_only_mount(&self.path) {
                    Some(mount) => Error::ReadOnly { path: self.path.clone(), mount },
                    None => error,
                }
            }
            other => other,
        })
    }

    fn connect(&self, access: Access) -> Result<Connection, Error> {
        let file_error =
            |doing| move |source| Error::File { doing, path: self.path.clone(), source };
        let there = match fs::metadata(&self.path) {
            Ok(found) if !found.is_file() => {
                return Err(file_error("use")(io::Error::other("it is not a regular file")));
            }
            Ok(found) => Some(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(file_error("look for")(error)),
        };
        // An empty file is what a creation that was broken off leaves behind.
        if there.is_none_or(|length| length == 0) && self.seen.load(Ordering::Relaxed) {
            return Err(Error::Gone(self.path.clone()));
        }
        if there.is_none() {
            match access {
                Access::Existing | Access::Read => return Err(Error::Missing(self.path.clone())),
                Access::Try => return in_memory(),
                Access::Create => {}
            }
            private::make_folder_of(&self.path).map_err(file_error("make the directory of"))?;
            // Made before SQLite does, so that it is never readable by others.
            private::open(&self.path)
                .and_then(|_| private::give_to_the_service(&self.path))
                .map_err(file_error("make"))?;
        }
        let sqlite = |doing| move |source| Error::Sqlite { doing, path: self.path.clone(), source };
        let flags = access.flags() | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(&self.path, flags).map_err(sqlite("opening"))?;
        connection.busy_timeout(PATIENCE).map_err(sqlite("opening"))?;
        // Until the file is known to be ours, not even closing it may write.
        let checkpoint_on_close = |on: bool| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on).map(drop)
        };
        checkpoint_on_close(false).map_err(sqlite("opening"))?;
        self.identify(&connection, access)?;
        checkpoint_on_close(true).map_err(sqlite("opening"))?;
        if !access.takes_as_it_is() {
            // A backup that was copied back may be readable by others. SQLite
            // gives the WAL the same permissions.
            private::close_to_others(&self.path).map_err(file_error("set the permissions of"))?;
        }
        let settings = if access == Access::Read { TO_READ } else { TO_WRITE };
        set_up(&connection, settings).map_err(sqlite("setting it up"))?;
        migrate(&mut connection, &self.path, access, &MIGRATIONS)?;
        self.seen.store(true, Ordering::Relaxed);
        Ok(connection)
    }

    /// Runs `work` on a connection of its own, off the async threads. It begins at once,
    /// and not when it is waited for.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and of `work`.
    pub fn run<T, E>(
        &self,
        access: Access,
        work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, E>>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let store = self.clone();
        let (tell, told) = oneshot::channel();
        // In a box: otherwise each closure gets a copy of all that tokio does for a task.
        let work: Box<dyn FnOnce() + Send> = Box::new(move || {
            let result = store.open(access).map_err(E::from);
            // Who no longer waits for it needs no answer.
            drop(tell.send(result.and_then(|mut connection| work(&mut connection))));
        });
        let running = tokio::task::spawn_blocking(work);
        async {
            running.await.map_err(|error| Error::Broken(error.to_string()))?;
            told.await.map_err(|error| Error::Broken(error.to_string()))?
        }
        .boxed()
    }

    /// Refuses a file that is not ours before anything is written to it.
    fn identify(&self, connection: &Connection, access: Access) -> Result<(), Error> {
        let read = |sql: &str| {
            connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|source| match source
                .sqlite_error_code()
            {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    damaged(&self.path, source.to_string())
                }
                Some(ErrorCode::DatabaseBusy) => Error::Busy(source),
                _ => Error::Sqlite { doing: "reading its header", path: self.path.clone(), source },
            })
        };
        // All three of one moment: another process may be making the database.
        let _moment = connection.unchecked_transaction()?;
        let id = read("PRAGMA application_id")?;
        let tables = read("SELECT count(*) FROM sqlite_schema")?;
        let found = read("PRAGMA user_version")?;
        match (id == APPLICATION_ID, tables, access) {
            (true, _, _) if found > SCHEMA_VERSION => {
                Err(Error::Newer { path: self.path.clone(), found, known: SCHEMA_VERSION })
            }
            (true, _, _) | (false, 0, Access::Create | Access::Try) => Ok(()),
            (false, 0, Access::Existing | Access::Read) => Err(Error::Missing(self.path.clone())),
            (false, ..) => Err(Error::Foreign(self.path.clone())),
        }
    }
}

/// An empty database that no file holds.
fn in_memory() -> Result<Connection, Error> {
    let connection = Connection::open_in_memory()?;
    for sql in MIGRATIONS {
        connection.execute_batch(sql)?;
    }
    Ok(connection)
}

/// SQLite does not wait for a second lock while it holds one, as happens when a new file
/// changes to WAL. So we try again ourselves.
fn set_up(connection: &Connection, settings: &str) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        match connection.execute_batch(settings) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && began.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// Brings the schema up to date: a backup first, then the migrations, in one transaction
/// that is kept only if the file is sound after it.
fn migrate(
    connection: &mut Connection,
    path: &Path,
    access: Access,
    migrations: &[&str],
) -> Result<(), Error> {
    let known = migrations.len() as i64;
    let version = |c: &Connection| c.query_row("PRAGMA user_version", [], |row| row.get(0));
    let found: i64 = version(connection)?;
    if found > known {
        return Err(Error::Newer { path: path.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    if access.takes_as_it_is() {
        return Err(Error::Older { path: path.to_owned(), found, needed: known });
    }
    let tx = immediate(connection)?;
    // Another process may have migrated while this one waited for the lock.
    let found: i64 = version(&tx)?;
    if found > known {
        return Err(Error::Newer { path: path.to_owned(), found, known });
    }
    if found > 0 && found < known {
        // While the lock is held: nobody else migrates meanwhile, and the copy is of what is
        // migrated. By another connection, since SQLite copies from none that writes.
        let flags = Access::Read.flags() | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(path, flags)?;
        reader.busy_timeout(PATIENCE)?;
        automatic_backup(&reader, path, &format!("schema-{found}"))?;
    }
    let done = usize::try_from(found).unwrap_or(0);
    for sql in migrations.iter().skip(done) {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", known)?;
    if found > 0 {
        check_integrity(&tx, path)?;
    }
    tx.commit()?;
    if let (0, Ok(Some(backup))) = (found, left_behind(connection, path)) {
        error!(
            "there was no database at {}, and a new and empty one was made, although backups of an earlier one lie beside it: reminders and their history begin anew. If that was not meant, stop the service, copy {} to its place, and start again",
            path.display(),
            backup.display()
        );
    }
    Ok(())
}

/// A write transaction that takes the write lock at once, so that it cannot
/// fail half-way for a reader that became a writer.
pub fn immediate(connection: &mut Connection) -> Result<Transaction<'_>, Error> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[test]
    fn a_missing_database_is_not_made_for_a_reader() {
        let folder = folder();
        let store = Store::new(folder.path().join("none.db"));
        assert!(matches!(store.open(Access::Existing), Err(Error::Missing(_))));
        assert!(!store.path().exists());
    }

    #[test]
    fn a_writer_that_waits_in_vain_is_told_of_the_other() {
        let folder = folder();
        let store = Store::new(folder.path().join("k.db"));
        let mut first = store.open(Access::Create).expect("a database");
        let mut second = store.open(Access::Create).expect("the same");
        second.busy_timeout(Duration::ZERO).expect("no patience");
        let _writing = immediate(&mut first).expect("the write lock");
        let error = immediate(&mut second).expect_err("it is held");
        assert!(matches!(error, Error::Busy(_)), "{error:?}");
    }

    #[test]
    fn a_migration_backs_up_first_and_is_whole_or_not_at_all() {
        let folder = folder();
        let path = folder.path().join("k.db");
        let mut connection = Connection::open(&path).expect("a database");
        migrate(&mut connection, &path, Access::Create, &["CREATE TABLE a (x)"]).expect("schema 1");
        connection.execute("INSERT INTO a VALUES (7)", []).expect("a row");

        let failing = ["CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"];
        migrate(&mut connection, &path, Access::Create, &failing).expect_err("a broken migration");
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'b'", [], |r| r.get(0))
            .expect("the schema");
        assert_eq!(tables, 0, "nothing of the broken migration stays");

        let good = ["CREATE TABLE a (x)", "CREATE TABLE b (x)"];
        migrate(&mut connection, &path, Access::Create, &good).expect("schema 2");
        let version: i64 =
            connection.query_row("PRAGMA user_version", [], |r| r.get(0)).expect("the version");
        assert_eq!(version, 2);
        let backup = folder.path().join("k.db.backup-schema-1");
        let kept: i64 = Connection::open(backup)
            .and_then(|c| c.query_row("SELECT x FROM a", [], |r| r.get(0)))
            .expect("the row in the backup");
        assert_eq!(kept, 7);
    }

    #[test]
    fn who_comes_second_to_a_migration_leaves_the_backup_of_the_first() {
        let folder = folder();
        let path = folder.path().join("k.db");
        let open = || {
            let connection = Connection::open(&path).expect("a database");
            set_up(&connection, TO_WRITE).expect("set up");
            connection
        };
        migrate(&mut open(), &path, Access::Create, &["CREATE TABLE a (x)"]).expect("schema 1");
        let second = ["CREATE TABLE a (x)", "DROP TABLE a"];
        let both = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut connection = open();
                    connection.busy_timeout(PATIENCE).expect("patience");
                    both.wait();
                    migrate(&mut connection, &path, Access::Create, &second).expect("schema 2");
                });
            }
        });
        let backup = Connection::open(folder.path().join("k.db.backup-schema-1"));
        let has_a: bool = backup
            .and_then(|c| c.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)))
            .expect("the schema in the backup");
        assert!(has_a, "the backup is of the schema before");
    }
}
