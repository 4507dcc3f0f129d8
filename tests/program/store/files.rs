//! The file itself: private, never overwritten, refused when it is not ours.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use kitos_sync::store::{self, Access, Error, Lock, SCHEMA_VERSION, Store};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use uuid::Uuid;

use super::child::{child, child_database};
use super::{at, first_pull, folder, id, register};

#[test]
#[ignore = "the child of all_files_are_private_whatever_the_umask"]
fn child_makes_everything() {
    let path = child_database();
    let _daemon = Lock::daemon(&path).expect("the daemon's lock");
    let _job = Lock::job(&path, "sync", Duration::ZERO).expect("the job lock");
    let mut connection = Store::new(&path).open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    store::backup(&connection, &path.with_file_name("backup.db")).expect("a backup");
    store::automatic_backup(&connection, &path, "schema-0").expect("a backup");
    let mut seen = 0;
    for entry in fs::read_dir(path.parent().expect("a folder")).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("its metadata").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        seen += 1;
    }
    // The database, its WAL and shared memory, two locks, two backups.
    assert_eq!(seen, 7);
}

#[test]
fn all_files_are_private_whatever_the_umask() {
    for umask in ["000", "022", "777"] {
        let folder = folder();
        let path = folder.path().join("state/kitos-sync.db");
        let done = child(umask, "program::store::files::child_makes_everything", &path)
            .output()
            .expect("a child");
        assert!(done.status.success(), "{umask}: {}", String::from_utf8_lossy(&done.stdout));
        let state = fs::metadata(folder.path().join("state")).expect("the folder");
        assert_eq!(state.permissions().mode() & 0o777, 0o700, "{umask}");
    }
}

#[test]
fn a_database_that_others_could_read_is_closed_to_them() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    drop(store.open(Access::Create).expect("a database"));
    fs::set_permissions(store.path(), fs::Permissions::from_mode(0o644)).expect("a chmod");
    drop(store.open(Access::Create).expect("a database"));
    let mode = fs::metadata(store.path()).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A database of ours in rollback mode, as a backup is, changed by `change`.
fn database(path: &Path, change: impl FnOnce(&Connection)) {
    let mut connection = Store::new(path).open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    connection.pragma_update(None, "journal_mode", "DELETE").expect("a pragma");
    change(&connection);
}

#[test]
fn a_file_that_is_not_for_us_is_refused_and_untouched() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let newer = |c: &Connection| {
        c.pragma_update(None, "user_version", SCHEMA_VERSION + 1).expect("a pragma");
    };
    database(&path("newer.db"), newer);
    // As a crash leaves it: what counts lies in the WAL still.
    database(&path("newer-after-a-crash.db"), |connection| {
        connection.pragma_update(None, "journal_mode", "WAL").expect("a pragma");
        newer(connection);
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .expect("a setting");
    });
    assert!(path("newer-after-a-crash.db-wal").exists());
    Connection::open(path("foreign.db"))
        .and_then(|c| c.execute_batch("CREATE TABLE theirs (x)"))
        .expect("a foreign database");
    fs::write(path("text.db"), "Kære Bo, her er ikke noget. ".repeat(500)).expect("a file");
    database(&path("torn.db"), |_| {});
    let file = fs::OpenOptions::new().write(true).open(path("torn.db")).expect("the file");
    file.set_len(600).expect("a shorter file");
    fs::set_permissions(path("foreign.db"), fs::Permissions::from_mode(0o640)).expect("a chmod");

    for (name, refused) in [
        ("newer.db", (|e| matches!(e, Error::Newer { .. })) as fn(&Error) -> bool),
        ("newer-after-a-crash.db", |e| matches!(e, Error::Newer { .. })),
        ("foreign.db", |e| matches!(e, Error::Foreign(_))),
        ("text.db", |e| matches!(e, Error::Damaged { .. })),
        ("torn.db", |e| matches!(e, Error::Damaged { .. })),
    ] {
        let state = || {
            let file = path(name);
            let mode = fs::metadata(&file).expect("the file").permissions().mode();
            (fs::read(&file).expect("the file"), fs::read(path(&format!("{name}-wal"))).ok(), mode)
        };
        let before = state();
        for access in [Access::Create, Access::Existing] {
            let error = Store::new(path(name)).open(access).expect_err("refused");
            assert!(refused(&error), "{name}, {access:?}: {error}");
            assert!(error.to_string().contains(name), "the message names the file: {error}");
        }
        assert!(state() == before, "{name} was touched");
    }
}

#[test]
fn damage_deep_in_the_file_is_found_and_nothing_is_written() {
    let folder = folder();
    let path = folder.path().join("k.db");
    database(&path, |_| {});
    let mut bytes = fs::read(&path).expect("the file");
    let page = bytes.len() / 4096 - 1;
    bytes[page * 4096..].fill(0xa5);
    for page in 2..page {
        bytes[page * 4096] = 0xa5;
    }
    fs::write(&path, &bytes).expect("the file");
    let connection = Connection::open(&path).expect("it opens");
    let error = store::check_integrity(&connection, &path).expect_err("damaged");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    // SQLite would lay a WAL that stays behind over the backup in its place.
    assert!(error.to_string().contains("its -wal and -shm with it"), "{error}");
    let error = store::current_snapshot(&connection).expect_err("damaged");
    assert!(matches!(error, Error::Corrupt(_)), "{error}");
    assert!(error.to_string().contains("its -wal and -shm with it"), "{error}");
    drop(connection);
    assert!(fs::read(&path).expect("the file") == bytes);
}

#[test]
fn many_at_once_make_one_database() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    std::thread::scope(|scope| {
        let opened: Vec<_> = (0..8)
            .map(|n| {
                let store = &store;
                scope.spawn(move || {
                    let connection = store.open(Access::Create)?;
                    store::installation(&connection, id(n), at("2026-11-02T05:00:00Z"))
                })
            })
            .collect();
        let installations: BTreeSet<Uuid> = opened
            .into_iter()
            .map(|thread| thread.join().expect("a thread").expect("an installation").uuid)
            .collect();
        assert_eq!(installations.len(), 1, "all see the same installation");
    });
}

#[test]
fn a_file_that_another_program_has_for_itself_is_said_to_be_busy() {
    let folder = folder();
    let path = folder.path().join("k.db");
    Store::new(&path).open(Access::Create).expect("a database");
    let other = Connection::open(&path).expect("the same");
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .expect("the whole file");
    let error = Store::new(&path).open(Access::Existing).expect_err("it is held");
    assert!(matches!(error, Error::Busy(_)), "{error}");
}
