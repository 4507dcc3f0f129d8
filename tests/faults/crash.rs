//! Rows 47, 48, 50 and 51, and more: the program is killed at its n-th system call
//! of a kind, for every n until it ends by itself, and started again. What it has
//! then, and what was mailed, is what a run without a crash has, but for mails
//! that went twice under the same Message-ID.
//!
//! `deploy/crash-search` walks through all points; here it is one in dozens.
//! strace counts system calls by thread, so the program is held to one thread for
//! its database and its mail: no second one is given to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use kitos_standin::World;
use kitos_sync::store;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::faults::house::run_behind;
use crate::support::smtp::{HOST, Message, Security, Server};
use crate::support::{Run, TestInstallation, files};

const CLASSES: [&str; 8] =
    ["write", "pwrite64", "fsync", "fdatasync", "sendto", "rename", "unlink", "ftruncate"];

/// Told by `deploy/crash-search` that every point is to be tried.
const ALL: &str = "KITOS_SYNC_CRASH_SEARCH";

/// What differs from run to run without meaning anything, by table.
const NOISE: [(&str, &[&str]); 5] = [
    ("snapshot", &["duration_ms", "requests", "bytes"]),
    // Rows of `deliver` say how many mails that pass sent.
    ("job_run", &["id", "duration_ms"]),
    ("outbox", &["attempts"]),
    ("sqlite_sequence", &["seq"]),
    // Made by chance.
    ("register_mark", &["mark"]),
];

/// Something that the program does, to be killed in.
struct Scenario {
    installation: TestInstallation,
    server: Server,
    /// The state before it, copied afresh for each point.
    prepared: PathBuf,
    at: &'static str,
    command: Vec<String>,
}

/// What there is in the end.
#[derive(Debug, PartialEq)]
struct Outcome {
    tables: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// Content by Message-ID.
    mails: BTreeMap<String, BTreeSet<String>>,
}

impl Scenario {
    /// A municipality that was read once on Sunday, and in which much has
    /// happened until Monday morning.
    fn monday(command: &[&str]) -> Self {
        let installation = TestInstallation::new(World::generate(7, 15));
        let server = Server::start(Security::Clear);
        installation.configure(&format!(
            "mode = 'send'\n\
             [mail.smtp]\n\
             host = '{HOST}'\n\
             port = {}\n\
             security = 'none'",
            server.port
        ));
        let first = installation.run_at("2026-03-01T12:00:00Z", &["sync"]);
        assert_eq!(first.code, 0, "{first:#?}");
        installation.standin().edit(|world| {
            let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).collect();
            let users: Vec<_> = world.our_users().map(|user| user.uuid).collect();
            world.acquire("Nyt system", Some(users[0]));
            world.acquire("Uden ejer", None);
            world.set_life_cycle(usages[0], Some("NotInUse"));
            world.remove_owners(usages[1]);
            world.remove_usage(usages[2]);
            world.re_register(usages[3]);
            world.rename_person(users[1], "Nyt", "Navn", "nyt.navn@kommune.example");
        });
        let prepared = installation.path("prepared");
        copy(&installation.path("state"), &prepared);
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        Self { installation, server, prepared, at: "2026-03-02T08:00:00Z", command }
    }

    fn restore(&self) {
        let state = self.installation.path("state");
        let _ = fs::remove_dir_all(&state);
        if self.prepared.exists() {
            copy(&self.prepared, &state);
        }
    }

    /// Runs the command; killed before its `n`th call of `class`, if it has so
    /// many. Whether it was.
    fn run_killed(&self, class: &str, n: usize) -> bool {
        self.installation.standin().edit(|world| world.now = self.at.parse().expect("an instant"));
        let mut program = self.installation.command();
        let mut command = Command::new("strace");
        command
            .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={class},clone3")])
            .args(["-e", &format!("inject={class}:signal=SIGKILL:when={n}")])
            // One thread for async work, one for all that blocks, and those in which a
            // spreadsheet's two sheets are made.
            .args(["-e", "inject=clone3:error=EAGAIN:when=5+"])
            .env("TOKIO_WORKER_THREADS", "1");
        run_behind(&mut command, program.args(["--at", self.at]).args(&self.command));
        let done = command.output().expect("strace runs");
        match (done.status.signal(), done.status.code()) {
            (Some(9), _) | (_, Some(137)) => true,
            (None, Some(0)) => false,
            _ => panic!("{class} {n}: {:?} {}", done.status, String::from_utf8_lossy(&done.stderr)),
        }
    }

    fn run_again(&self) -> Run {
        self.installation.run_at(self.at, &self.command)
    }

    /// What there is now; mails from the `seen`th on.
    fn outcome(&self, seen: usize) -> Outcome {
        let database = self.installation.database();
        let connection = Connection::open(&database).expect("the database opens again");
        store::check_integrity(&connection, &database).expect("it is sound");
        let mut mails = BTreeMap::<String, BTreeSet<String>>::new();
        for Message { id, content, .. } in &self.server.received()[seen..] {
            mails.entry(id.clone()).or_default().insert(content.clone());
        }
        Outcome { tables: tables(&connection), mails }
    }

    /// Tries each `step`th point of every class. Prints how many there were.
    fn search(&self, name: &str, step: usize) {
        self.restore();
        let seen = self.server.received().len();
        assert_eq!(self.run_again().code, 0);
        let again = self.run_again();
        assert_eq!(again.code, 0, "{again:#?}");
        let expected = self.outcome(seen);
        let (mut points, mut repeats) = (BTreeMap::new(), 0);
        for class in CLASSES {
            for n in (1..).step_by(step) {
                self.restore();
                let seen = self.server.received().len();
                let killed = self.run_killed(class, n);
                for _ in 0..2 {
                    let run = self.run_again();
                    assert_eq!(run.code, 0, "{name}, {class} {n}: {run:#?}");
                }
                assert_eq!(self.outcome(seen), expected, "{name}: killed at {class} {n}");
                let received = self.server.received().len() - seen;
                assert!(received <= expected.mails.len() + 1, "{name}, {class} {n}: {received}");
                repeats += received - expected.mails.len();
                if !killed {
                    break;
                }
                *points.entry(class).or_insert(0) += 1;
            }
        }
        let all: usize = points.values().sum();
        assert!(all > 0, "nothing was killed");
        println!("{name}: killed at {all} points {points:?}; {repeats} mails came twice");
    }
}

fn step(usually: usize) -> usize {
    if std::env::var_os(ALL).is_some() { 1 } else { usually }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in files(from) {
        let name = file.file_name().expect("a name");
        fs::copy(&file, to.join(name)).expect("a copy");
    }
}

/// Every row of every table, without what means nothing.
fn tables(connection: &Connection) -> BTreeMap<String, Vec<BTreeMap<String, Value>>> {
    let rows = |sql: &str| -> Vec<BTreeMap<String, Value>> {
        let mut statement = connection.prepare(sql).expect("a statement");
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        statement
            .query_map([], |row| {
                names.iter().map(|name| Ok((name.clone(), row.get(name.as_str())?))).collect()
            })
            .and_then(Iterator::collect)
            .expect("rows")
    };
    let mut tables = BTreeMap::new();
    for table in rows("SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let Value::Text(name) = &table["name"] else { panic!("{table:?}") };
        let mut content = rows(&format!("SELECT * FROM {name}"));
        if name == "job_run" {
            content.retain(|row| row["job"] != Value::Text("deliver".to_owned()));
        }
        let noise =
            NOISE.iter().find(|(table, _)| table == name).map_or(&[][..], |(_, noise)| noise);
        for row in &mut content {
            row.retain(|column, _| !noise.contains(&column.as_str()));
        }
        tables.insert(name.clone(), content);
    }
    tables
}

/// Pull, commit, mail planning, digest and delivery.
#[test]
#[cfg_attr(without_strace, ignore = "strace is not there or may not trace: apt-get install strace")]
fn killed_at_any_system_call_of_a_day() {
    Scenario::monday(&["run", "--once"]).search("a day", step(41));
}

/// The mails alone: pulls of HTTP count among the system calls of a day.
#[test]
#[cfg_attr(without_strace, ignore = "strace is not there or may not trace: apt-get install strace")]
fn killed_at_any_system_call_of_a_delivery() {
    let mut scenario = Scenario::monday(&["sync"]);
    let planned = scenario.installation.run_at(scenario.at, &["digest", "--send"]);
    assert_eq!(planned.code, 0, "{planned:#?}");
    scenario.restore();
    let planned = scenario.run_again();
    assert_eq!(planned.code, 0, "{planned:#?}");
    fs::remove_dir_all(&scenario.prepared).expect("the old one");
    copy(&scenario.installation.path("state"), &scenario.prepared);
    scenario.command = vec!["deliver".to_owned()];
    scenario.search("a delivery", step(17));
}

/// There is one schema so far: making the file is the migration that there is.
#[test]
#[cfg_attr(without_strace, ignore = "strace is not there or may not trace: apt-get install strace")]
fn fault_51_killed_while_the_database_is_made() {
    let scenario = Scenario::monday(&["sync"]);
    fs::remove_dir_all(&scenario.prepared).expect("the old one");
    // Where the crash came after the commit, the second pull is another one: it knows
    // where lists end, and asks for fewer pages.
    let register = |scenario: &Scenario| {
        let mut tables = scenario.outcome(0).tables;
        // An address is marked with a key of the installation's own.
        let own = ["snapshot", "job_run", "installation", "recipient_mark", "kitos_answers"];
        tables.retain(|name, _| !own.contains(&name.as_str()));
        tables
    };
    scenario.restore();
    assert_eq!(scenario.run_again().code, 0);
    let expected = register(&scenario);
    let mut points = 0;
    for class in CLASSES {
        for n in (1..).step_by(step(41)) {
            scenario.restore();
            let killed = scenario.run_killed(class, n);
            let run = scenario.run_again();
            assert_eq!(run.code, 0, "{class} {n}: {run:#?}");
            for (name, rows) in register(&scenario) {
                assert_eq!(rows, expected[&name], "killed at {class} {n}: {name}");
            }
            if !killed {
                break;
            }
            points += 1;
        }
    }
    println!("making the database: killed at {points} points");
}

/// A copy under its name is whole, or it is not there.
#[test]
#[cfg_attr(without_strace, ignore = "strace is not there or may not trace: apt-get install strace")]
fn killed_at_any_system_call_of_a_backup() {
    let mut scenario = Scenario::monday(&[]);
    let target = scenario.installation.path("copy.db");
    scenario.command = vec!["backup".to_owned(), target.display().to_string()];
    let mut points = 0;
    for class in CLASSES {
        for n in (1..).step_by(step(11)) {
            scenario.restore();
            let _ = fs::remove_file(&target);
            let killed = scenario.run_killed(class, n);
            if !target.exists() {
                let run = scenario.run_again();
                assert_eq!(run.code, 0, "{class} {n}: {run:#?}");
            }
            let copy = Connection::open(&target).expect("the copy");
            store::check_integrity(&copy, &target).expect("it is sound");
            let original = Connection::open(scenario.installation.database()).expect("it opens");
            assert_eq!(tables(&copy), tables(&original), "{class} {n}");
            if !killed {
                break;
            }
            points += 1;
        }
    }
    println!("a backup: killed at {points} points");
}
