//! Copies: consistent beside a busy writer, verified, and never over anything.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use kitos_sync::store::{self, Access, Error, Store};

use super::{at, first_pull, folder, mail, register};
use crate::support::{set_changed, tables};

#[test]
fn a_backup_beside_a_busy_writer_is_consistent() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    let mut connection = store.open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    let (done, (began, writing)) = (AtomicBool::new(false), mpsc::channel());
    std::thread::scope(|scope| {
        let (store, done) = (&store, &done);
        // Always two rows at a time: an odd number would be half a transaction.
        scope.spawn(move || {
            let mut connection = store.open(Access::Create).expect("a database");
            let now = at("2026-11-02T05:00:00Z");
            for n in 0.. {
                let tx = store::immediate(&mut connection).expect("a transaction");
                store::enqueue(&tx, &mail(&format!("{n}/a")), now).expect("a row");
                store::enqueue(&tx, &mail(&format!("{n}/b")), now).expect("a row");
                tx.commit().expect("a commit");
                // Nobody listens after the first.
                let _ = began.send(());
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        writing.recv().expect("the first write");
        let copies: Vec<i64> = (0..5)
            .map(|n| {
                let target = folder.path().join(format!("copy-{n}.db"));
                store::backup(&connection, &target).expect("a backup");
                let copy = Store::new(&target).open(Access::Existing).expect("a database");
                store::check_integrity(&copy, &target).expect("a sound copy");
                assert_eq!(store::current_snapshot(&copy).expect("a snapshot"), Some(register()));
                copy.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).expect("rows")
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        assert!(copies[0] > 0 && copies.is_sorted(), "{copies:?}");
        assert!(copies.iter().all(|mails| mails % 2 == 0), "{copies:?}");
    });
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let taken = folder.path().join("taken.db");
    fs::write(&taken, "last year's").expect("a file");
    let error = store::backup(&connection, &taken).expect_err("refused");
    assert!(matches!(&error, Error::Exists(path) if *path == taken), "{error}");
    assert_eq!(fs::read_to_string(&taken).expect("the file"), "last year's");

    let nowhere = folder.path().join("missing/copy.db");
    let error = store::backup(&connection, &nowhere).expect_err("no such folder");
    assert!(error.to_string().contains("missing/copy.db"), "{error}");
    let dangling = folder.path().join("dangling.db");
    std::os::unix::fs::symlink(folder.path().join("target"), &dangling).expect("a link");
    store::backup(&connection, &dangling).expect_err("a link is something too");

    // A copy has no companions.
    store::backup(&connection, &folder.path().join("copy.db")).expect("a backup");
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| !name.starts_with("k.db"))
        .collect();
    names.sort();
    assert_eq!(names, ["copy.db", "dangling.db", "taken.db"]);
}

#[test]
fn a_backup_that_is_copied_back_goes_on_where_it_was() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let mut connection = Store::new(&path).open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    let before = tables(&connection);
    store::backup(&connection, &folder.path().join("copy.db")).expect("a backup");
    connection.execute("DELETE FROM role_assignment", []).expect("a mishap");
    drop(connection);
    fs::copy(folder.path().join("copy.db"), &path).expect("a copy");
    let connection = Store::new(&path).open(Access::Create).expect("the database");
    assert_eq!(tables(&connection), before);
    let mode: String =
        connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("the mode");
    assert_eq!(mode, "wal");
}

#[test]
fn a_backup_that_cannot_be_made_names_its_own_place_and_no_other() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let target = folder.path().join("nowhere/backup.db");
    let error = store::backup(&connection, &target).expect_err("no folder").to_string();
    assert!(error.contains("nowhere/backup.db") && error.contains("has room"), "{error}");
    assert!(!error.contains("database.path"), "{error}");
}

#[test]
fn two_copies_to_one_name_at_once_do_not_spoil_each_other() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    first_pull(&mut store.open(Access::Create).expect("a database"), &register());
    let target = folder.path().join("copy.db");
    let both = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let copies = [0; 2].map(|_| {
            scope.spawn(|| {
                let connection = store.open(Access::Existing).expect("the database");
                both.wait();
                store::backup(&connection, &target)
            })
        });
        for copy in copies {
            match copy.join().expect("no panic") {
                Ok(()) | Err(Error::Exists(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    });
    let copy = Store::new(&target).open(Access::Existing).expect("a database");
    store::check_integrity(&copy, &target).expect("a sound copy");
}

/// They were made under a clock that was ahead, and would push out what is made from now on.
#[test]
fn backups_of_days_to_come_go_before_those_of_days_past() {
    for (there, today, kept) in [
        (
            &["2026-11-25", "2026-11-26", "2027-03-01"][..],
            "2026-11-27",
            &["2026-11-25", "2026-11-26", "2026-11-27"][..],
        ),
        (
            &["2027-03-01", "2027-03-02", "2027-03-03"],
            "2026-11-27",
            &["2026-11-27", "2027-03-02", "2027-03-03"],
        ),
        (
            &["2026-11-25", "2026-11-26", "2026-11-27"],
            "2026-11-28",
            &["2026-11-26", "2026-11-27", "2026-11-28"],
        ),
        (&["2027-03-01"], "2026-11-27", &["2026-11-27", "2027-03-01"]),
    ] {
        let folder = folder();
        let path = folder.path().join("k.db");
        let connection = Store::new(&path).open(Access::Create).expect("a database");
        let daily = |day: &str| folder.path().join(format!("k.db.backup-daily-{day}"));
        for day in there {
            fs::write(daily(day), "of that day").expect("a file");
        }
        store::daily_backup(&connection, &path, today.parse().expect("a date"), 3).expect("one");
        let all = [there, &[today]].concat();
        let mut left: Vec<_> = all.into_iter().filter(|day| daily(day).exists()).collect();
        left.sort_unstable();
        assert_eq!(left, kept, "{there:?} and {today}");
    }
}

#[test]
fn a_rotation_that_failed_is_made_up_for_the_next_time() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let connection = Store::new(&path).open(Access::Create).expect("a database");
    let daily = |day: u32| format!("k.db.backup-daily-2026-11-{day:02}");
    let today = "2026-11-28".parse().expect("a date");
    for day in 20..=28 {
        fs::write(folder.path().join(daily(day)), "of that day").expect("a file");
    }
    let half = format!("{}.1f.partial", daily(27));
    fs::write(folder.path().join(&half), "half").expect("a file");
    set_changed(&folder.path().join(&half), "2026-11-27T03:00:00Z");
    store::daily_backup(&connection, &path, today, 3).expect("a backup");
    let left = |name: &str| folder.path().join(name).exists();
    assert!(!left(&half));
    let kept: Vec<u32> = (20..=28).filter(|day| left(&daily(*day))).collect();
    assert_eq!(kept, [26, 27, 28]);
}
