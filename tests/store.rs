//! The database as an operator relies on it: private, never overwritten, whole
//! or not at all, readable while it is written to. Real files, real processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use kitos_sync::core::assess::Figures;
use kitos_sync::core::diff::{diff, from_nothing};
use kitos_sync::model::{
    HeldList, HoldReason, IncidentKind, ItSystem, Job, JobOutcome, JobRun, LifeCycle, MailKind,
    MailMode, NewMail, Organization, Person, RoleAssignment, RoleType, Snapshot, SystemUsage,
};
use kitos_sync::store::{
    self, Access, Error, KeptPull, Lock, LockError, NewSnapshot, SCHEMA_VERSION, Store,
};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use tempfile::TempDir;
use uuid::Uuid;

/// Where a child finds its database; set by [`child`] alone.
const CHILD_DATABASE: &str = "KITOS_SYNC_TEST_DATABASE";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

const ROLE: u128 = 1;
const BO: u128 = 2;
const SYSTEM: u128 = 3;
const USAGE: u128 = 4;

/// One system, owned by Bo.
fn register() -> Snapshot {
    let usage = SystemUsage {
        local_name: Some("Løn \"2\"\r\n".to_owned()),
        life_cycle: Some(LifeCycle::Other("Fremtid".to_owned())),
        valid_to: Some("2027-12-31".parse().expect("a date")),
        roles: [RoleAssignment { role: id(ROLE), person: id(BO) }].into(),
        ..SystemUsage::new(id(USAGE), id(SYSTEM))
    };
    let bo = Person { uuid: id(BO), name: "Bo".to_owned(), email: None, member: true };
    let role = RoleType { uuid: id(ROLE), name: "Systemejer".to_owned(), available: true };
    let system = ItSystem { uuid: id(SYSTEM), name: "KMD Løn".to_owned(), deactivated: false };
    let organization = Organization { uuid: id(9), name: "Randers".to_owned(), cvr: None };
    Snapshot {
        role_types: [(role.uuid, role)].into(),
        people: [(bo.uuid, bo)].into(),
        systems: [(system.uuid, system)].into(),
        usages: [(usage.uuid, usage)].into(),
        ..Snapshot::empty(organization)
    }
}

fn new_snapshot(connection: &Connection) -> Result<i64, Error> {
    let taken_at = at("2026-11-02T05:00:00Z");
    let local_date = taken_at.date_naive();
    let figures = Figures::default();
    store::insert_snapshot(
        connection,
        &NewSnapshot { taken_at, local_date, duration_ms: 1, requests: 1, bytes: 1, figures },
    )
}

fn first_pull(connection: &mut Connection, snapshot: &Snapshot) {
    let tx = store::immediate(connection).expect("a transaction");
    let id = new_snapshot(&tx).expect("a row");
    store::write_delta(&tx, id, &from_nothing(snapshot)).expect("the delta");
    tx.commit().expect("a commit");
}

/// Every row of every table.
fn dump(connection: &Connection) -> BTreeMap<String, Vec<Vec<Value>>> {
    let rows = |sql: &str| -> Vec<Vec<Value>> {
        let mut statement = connection.prepare(sql).expect("a statement");
        let columns = statement.column_count();
        statement
            .query_map([], |row| (0..columns).map(|n| row.get(n)).collect())
            .and_then(Iterator::collect)
            .expect("rows")
    };
    rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .into_iter()
        .map(|name| match &name[0] {
            Value::Text(name) => (name.clone(), rows(&format!("SELECT * FROM {name}"))),
            other => panic!("a table named {other:?}"),
        })
        .collect()
}

fn mail(key: &str) -> NewMail {
    NewMail {
        key: key.to_owned(),
        kind: MailKind::Notice,
        mode: MailMode::Send,
        person: None,
        to: vec!["it@randers.dk".to_owned()],
        subject: "Nyt".to_owned(),
        message_id: "<1@randers.dk>".to_owned(),
        mime: b"Subject: Nyt\r\n\r\n".to_vec(),
        not_before: at("2026-11-02T06:00:00Z"),
    }
}

/// This test program again, as another process that runs one of the ignored
/// tests below on `database`, with `umask`.
fn child(umask: &str, test: &str, database: &Path) -> Command {
    let me = std::env::current_exe().expect("this program");
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(me)
        .args(["--exact", test, "--ignored", "--nocapture", "--quiet"])
        .env(CHILD_DATABASE, database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn child_database() -> PathBuf {
    std::env::var_os(CHILD_DATABASE).expect("started by another test").into()
}

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
        let done = child(umask, "child_makes_everything", &path).output().expect("a child");
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
    let error = store::current_snapshot(&connection).expect_err("damaged");
    assert!(matches!(error, Error::Corrupt(_)), "{error}");
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

    // One left by a crash is replaced, and a copy has no companions.
    fs::write(folder.path().join("copy.db.partial"), "half").expect("a file");
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
    let before = dump(&connection);
    store::backup(&connection, &folder.path().join("copy.db")).expect("a backup");
    connection.execute("DELETE FROM role_assignment", []).expect("a mishap");
    drop(connection);
    fs::copy(folder.path().join("copy.db"), &path).expect("a copy");
    let connection = Store::new(&path).open(Access::Create).expect("the database");
    assert_eq!(dump(&connection), before);
    let mode: String =
        connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("the mode");
    assert_eq!(mode, "wal");
}

#[test]
#[ignore = "the child of a_lock_goes_when_its_process_dies"]
fn child_holds_both_locks() {
    let path = child_database();
    let _daemon = Lock::daemon(&path).expect("the daemon's lock");
    let _job = Lock::job(&path, "sync", Duration::ZERO).expect("the job lock");
    println!("\nheld");
    // Until it is killed, or its parent is gone.
    let _ = std::io::stdin().lines().next();
}

fn holder_of_both(path: &Path) -> Child {
    let mut child = child("022", "child_holds_both_locks", path).spawn().expect("a child");
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let held = out.lines().map_while(Result::ok).any(|line| line == "held");
    assert!(held, "the child could not take the locks");
    child
}

#[test]
fn a_lock_goes_when_its_process_dies() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let mut child = holder_of_both(&path);
    let refused = [
        (Lock::daemon(&path), "the daemon's lock", "run"),
        (Lock::job(&path, "digest", Duration::ZERO), "the job lock", "sync"),
    ];
    for (lock, what, who) in refused {
        let error = lock.expect_err("held by the child");
        assert!(matches!(error, LockError::Held { .. }), "{error}");
        let expected = format!(
            "{what} is held by process {} (kitos-sync {who}). \
             Wait until it is done, or stop it, and try again",
            child.id()
        );
        assert_eq!(error.to_string(), expected);
    }
    child.kill().expect("a kill");
    child.wait().expect("its end");
    Lock::daemon(&path).expect("the daemon's lock is free");
    Lock::job(&path, "digest", Duration::ZERO).expect("the job lock is free");
}

#[test]
fn the_two_locks_are_apart_and_end_with_their_holders() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let daemon = Lock::daemon(&path).expect("the daemon's lock");
    let job = Lock::job(&path, "sync", Duration::ZERO).expect("free while the daemon idles");
    Lock::daemon(&path).expect_err("one daemon");
    // A job by hand waits for the one under way.
    let waiting = std::thread::spawn({
        let path = path.clone();
        move || Lock::job(&path, "digest", Duration::from_secs(60)).map(drop)
    });
    drop(job);
    waiting.join().expect("a thread").expect("its turn");
    drop(daemon);
    Lock::daemon(&path).expect("free again");
}

#[test]
fn a_transaction_that_fails_in_the_middle_leaves_everything_as_it_was() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    let mut connection = store.open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    let before = dump(&connection);

    let mut changed = register();
    changed.people.get_mut(&id(BO)).expect("Bo").name = "Bo Ny".to_owned();
    changed.role_types.clear();
    // The pull adds whom an assignment names; a bug that forgot would show here.
    let stranger = RoleAssignment { role: id(ROLE), person: id(77) };
    changed.usages.get_mut(&id(USAGE)).expect("the usage").roles.insert(stranger);
    let tx = store::immediate(&mut connection).expect("a transaction");
    let snapshot = new_snapshot(&tx).expect("a row");
    let error = store::write_delta(&tx, snapshot, &diff(&register(), &changed))
        .expect_err("nobody has that uuid");
    assert!(error.to_string().contains("Nothing of this step was written"), "{error}");
    drop(tx);
    assert_eq!(dump(&connection), before);

    // Nor can two versions of one thing hold at once.
    let tx = store::immediate(&mut connection).expect("a transaction");
    let snapshot = new_snapshot(&tx).expect("a row");
    store::write_delta(&tx, snapshot, &from_nothing(&register())).expect_err("it is there");
    drop(tx);
    assert_eq!(dump(&connection), before);
}

#[test]
fn quarantine_keeps_exactly_the_pull_until_it_is_decided_on() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let (first, second) = (at("2026-11-02T05:00:00Z"), at("2026-11-02T06:00:00.123Z"));
    let pull =
        |requests| KeptPull { snapshot: register(), requests, bytes: u64::MAX, duration_ms: 4321 };
    let reasons = [
        HoldReason::Emptied { list: HeldList::Units, before: 12 },
        HoldReason::OwnerRoleGone { name: "Systemejer \"x\"".to_owned() },
    ];
    assert_eq!(store::held_pull(&connection).expect("none"), None);
    store::hold_pull(&connection, &pull(1), &reasons[..1], first).expect("held");
    let id = store::hold_pull(&connection, &pull(2), &reasons, second).expect("held");
    let held = store::held_pull(&connection).expect("a pull").expect("a held pull");
    assert_eq!((held.id, held.taken_at), (id, second));
    assert_eq!(held.reasons, reasons);
    assert_eq!(held.pull, pull(2));

    assert!(store::decide_quarantine(&connection, "discarded", second).expect("decided"));
    assert!(!store::decide_quarantine(&connection, "released", second).expect("nothing left"));
    assert_eq!(store::held_pull(&connection).expect("none"), None);
    let kept: Vec<(String, bool, bool)> = connection
        .prepare("SELECT state, pull IS NULL, reasons LIKE '%emptied%' FROM quarantine ORDER BY id")
        .expect("a statement")
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect)
        .expect("rows");
    let row = |state: &str| (state.to_owned(), true, true);
    assert_eq!(kept, [row("superseded"), row("discarded")], "the reasons stay, the pull goes");
}

#[test]
fn a_mail_is_queued_once_by_key() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let now = at("2026-11-02T05:00:00Z");
    let queue = |key: &str| store::enqueue(&connection, &mail(key), now).expect("a row");
    let first = queue("notice/1/bo").expect("queued");
    assert_eq!(queue("notice/1/bo"), None);
    assert!(queue("notice/2/bo").is_some());
    // Not even when the first is done with.
    store::cancel_mail(&connection, first, "solved").expect("cancelled");
    assert_eq!(queue("notice/1/bo"), None);
}

#[test]
fn readers_see_the_last_commit_while_a_writer_is_at_work() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    let mut writer = store.open(Access::Create).expect("a database");
    first_pull(&mut writer, &register());
    let tx = store::immediate(&mut writer).expect("a transaction");
    let mut changed = register();
    changed.usages.clear();
    changed.systems.clear();
    let snapshot = new_snapshot(&tx).expect("a row");
    store::write_delta(&tx, snapshot, &diff(&register(), &changed)).expect("the delta");
    store::enqueue(&tx, &mail("a"), at("2026-11-02T05:00:00Z")).expect("a row");

    // Opening for a job must not need the write lock either.
    for access in [Access::Existing, Access::Create] {
        let reader = store.open(access).expect("a reader");
        assert_eq!(store::current_snapshot(&reader).expect("a snapshot"), Some(register()));
        assert_eq!(store::last_snapshot(&reader).expect("a row").map(|row| row.id), Some(1));
        assert!(store::list_mails(&reader, &Default::default()).expect("mails").is_empty());
        store::backup(&reader, &folder.path().join(format!("{access:?}.db"))).expect("a backup");
    }
    tx.commit().expect("a commit");
    let reader = store.open(Access::Existing).expect("a reader");
    assert_eq!(store::current_snapshot(&reader).expect("a snapshot"), Some(changed));
}

/// The queries in a source file that ask for what holds now.
fn queries_of_the_present(source: &str) -> Vec<&str> {
    source
        .split('"')
        .filter(|text| text.starts_with("SELECT ") || text.starts_with("UPDATE "))
        .filter(|text| text.contains("to_snapshot IS NULL") && !text.contains("from_snapshot"))
        .filter(|text| !text.contains('{'))
        .collect()
}

#[test]
fn the_present_is_read_without_passing_over_history() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let queries = queries_of_the_present(include_str!("../src/store/register.rs"));
    assert!(queries.len() >= 10, "{queries:#?}");
    for query in queries {
        let mut statement =
            connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("a query");
        for n in 1..=statement.parameter_count() {
            statement.raw_bind_parameter(n, "x").expect("a parameter");
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().expect("a row") {
            let step: String = row.get("detail").expect("a step");
            let passes_over_all = step.starts_with("SCAN ") && !step.contains("_now");
            // People are kept once, not in versions.
            assert!(!passes_over_all || step == "SCAN person", "{step}\nin {query}");
        }
    }
}

#[test]
fn failures_in_a_row_are_counted_until_a_run_does_not_fail() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let run = |job, minute: &str, outcome| {
        let started_at = at(&format!("2026-11-02T05:{minute}:00Z"));
        let run = JobRun {
            job,
            scheduled_for: Some(at("2026-11-02T05:00:00Z")),
            started_at,
            duration_ms: 30_000,
            outcome,
            detail: String::new(),
        };
        store::insert_run(&connection, &run).expect("a row");
    };
    let past = || {
        let past = store::past(&connection, Job::Sync, chrono::DateTime::<chrono::Utc>::MAX_UTC)
            .expect("the past");
        (past.latest, past.failures, past.failed_at)
    };
    assert_eq!(past(), (None, 0, None));
    run(Job::Sync, "01", JobOutcome::Failed);
    run(Job::Digest, "02", JobOutcome::Done);
    run(Job::Sync, "03", JobOutcome::Failed);
    let failed = Some(at("2026-11-02T05:03:30Z"));
    assert_eq!(past(), (Some(at("2026-11-02T05:03:00Z")), 2, failed));
    run(Job::Sync, "04", JobOutcome::Held);
    assert_eq!(past(), (Some(at("2026-11-02T05:04:00Z")), 0, None));
}

#[test]
fn an_incident_opens_once_and_closes_once() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let now = at("2026-11-02T05:00:00Z");
    let open = |kind| store::open_incident(&connection, kind, now, "why").expect("a row");
    let close = |kind| store::close_incident(&connection, kind, now).expect("a row");
    assert!(close(IncidentKind::StaleData).is_none());
    let first = open(IncidentKind::StaleData).expect("opened");
    assert!(open(IncidentKind::StaleData).is_none(), "open already");
    assert!(open(IncidentKind::MailDown).is_some(), "another kind");
    assert_eq!(close(IncidentKind::StaleData).map(|incident| incident.id), Some(first.id));
    assert!(close(IncidentKind::StaleData).is_none(), "closed already");
    assert!(open(IncidentKind::StaleData).is_some_and(|second| second.id != first.id));
}

#[test]
fn the_first_match_of_a_role_name_stays() {
    let folder = folder();
    let mut connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    let matched = |role| BTreeMap::from([("Systemejer".to_owned(), id(role))]);
    store::record_roles(&connection, 1, &matched(ROLE)).expect("recorded");
    store::record_roles(&connection, 1, &matched(5)).expect("ignored");
    assert_eq!(store::recorded_roles(&connection).expect("roles"), matched(ROLE));
}
