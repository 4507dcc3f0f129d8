//! `kill -9` at any moment (rows 46–50 of the fault matrix): whatever the program
//! was doing, the database opens and is whole, nothing is lost, and nothing goes
//! out twice under another Message-ID.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use kitos_standin::World;
use kitos_sync::kitos::Known;
use kitos_sync::model::Snapshot;
use kitos_sync::store::{Access, Error, Store, current_snapshot};
use mail_parser::MessageParser;
use uuid::Uuid;

use crate::support::process::Process;
use crate::support::smtp::{Message, Security, Server};
use crate::support::{self, TestInstallation, explore, known, pull};

/// Of each of two tests, which run beside one another.
const RUNS: u32 = 50;

/// Working hours of a Monday; each run is a day later.
fn day(number: usize) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2026-03-02T09:00:00Z".parse().unwrap();
    first + TimeDelta::days(i64::try_from(number).unwrap())
}

fn installation(server: &Server) -> TestInstallation {
    let installation = TestInstallation::new(World::generate(7, 30));
    installation.configure(&format!(
        "mode = 'send'\n[mail.smtp]\nhost = '127.0.0.1'\nport = {}\nsecurity = 'none'\nper_minute = 1000",
        server.port
    ));
    installation
}

/// What the database holds, once it is known to be whole; `None` where there is
/// none yet.
fn committed(installation: &TestInstallation) -> Option<Snapshot> {
    let connection = match Store::new(installation.database()).open(Access::Existing) {
        Ok(connection) => connection,
        Err(Error::Missing(_)) => return None,
        Err(error) => panic!("{error}"),
    };
    let check: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let faults: i64 = connection
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(faults, 0);
    current_snapshot(&connection).unwrap()
}

/// Every job that is due on that day, killed after `pause` unless it was faster.
fn run_and_kill(installation: &TestInstallation, number: usize, pause: Duration) {
    let at = day(number).to_rfc3339();
    installation.standin().edit(|world| world.now = day(number));
    let run = Process::start(installation.command().args(["--at", &at, "run", "--once"]));
    // Not to wait for anything: this is the moment that chance has chosen.
    thread::sleep(pause);
    run.kill();
}

/// The same, killed by its first mail if it has one.
fn run_until_a_mail(installation: &TestInstallation, number: usize, deadly: &Mutex<Option<u32>>) {
    let at = day(number).to_rfc3339();
    installation.standin().edit(|world| {
        world.now = day(number);
        // IT hears of it, whatever day it is.
        world.acquire("Dagens system", None);
    });
    // It cannot send before its process is known.
    let mut next = deadly.lock().unwrap();
    let run = Process::start(installation.command().args(["--at", &at, "run", "--once"]));
    *next = Some(run.id());
    drop(next);
    let run = run.end_within(Duration::from_secs(60));
    assert_eq!(run.code, -1, "it was killed: {run:#?}");
}

/// How long an undisturbed run takes.
fn measured(installation: &TestInstallation, number: usize) -> Duration {
    let started = Instant::now();
    let at = day(number).to_rfc3339();
    let run = installation.run_at(&at, &["run", "--once"]);
    assert_eq!(run.code, 0, "{run:#?}");
    started.elapsed()
}

/// Something happens in the municipality; the name of a system that is new.
fn edit(world: &mut World, number: usize, rng: &mut Rng) -> Option<String> {
    let people: Vec<Uuid> = world.our_users().map(|user| user.uuid).collect();
    let usages: Vec<Uuid> = world.our_usages().take(30).map(|usage| usage.uuid).collect();
    let (person, usage) = (*rng.choice(&people).unwrap(), *rng.choice(&usages).unwrap());
    match rng.u32(0..5) {
        0 | 1 => {
            let name = format!("Indkøbt nr. {number}.");
            world.acquire(&name, rng.bool().then_some(person));
            return Some(name);
        }
        2 => world.remove_owners(usage),
        3 => world.assign_owner(usage, person),
        _ => world.set_life_cycle(usage, Some(rng.choice(["Operational", "NotInUse"]).unwrap())),
    }
    None
}

#[test]
fn a_process_killed_at_fifty_moments_loses_nothing_and_repeats_nothing_as_new() {
    loses_nothing_and_repeats_nothing(46);
}

#[test]
fn a_process_killed_at_fifty_others_loses_nothing_and_repeats_nothing_as_new() {
    loses_nothing_and_repeats_nothing(146);
}

fn loses_nothing_and_repeats_nothing(seed: u64) {
    let server = Server::start(Security::Clear);
    let installation = installation(&server);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut rng = explore::rng(seed);
    let runs = explore::times(RUNS) as usize;
    let mut acquired = Vec::new();
    measured(&installation, 0);
    installation.standin().edit(|world| world.acquire("Til at måle med", None));
    let whole = measured(&installation, 1);

    // Whoever is to die of the next mail: after it was taken, before the reply.
    let deadly = Arc::new(Mutex::new(None));
    let victim = Arc::clone(&deadly);
    server.on_message(move || {
        if let Some(process) = victim.lock().unwrap().take() {
            support::process::signal(process, "KILL");
        }
    });

    let mut last = committed(&installation).expect("it was made");
    let (mut kept, mut lost) = (0, 0);
    for number in 2..runs + 2 {
        acquired.extend(installation.standin().edit(|world| edit(world, number, &mut rng)));
        let before = last.clone();
        if number % 10 == 0 {
            run_until_a_mail(&installation, number, &deadly);
        } else {
            run_and_kill(&installation, number, whole.mul_f64(rng.f64() * 1.1));
        }
        let after = committed(&installation).expect("it is still there");
        if after == before {
            lost += 1;
            continue;
        }
        kept += 1;
        last.clone_from(&after);
        let known = known(&before);
        let read = runtime.block_on(pull(installation.standin(), &known)).unwrap().snapshot;
        assert!(after == read, "run {number} has left a part of a pull");
    }
    assert!(kept > runs / 10 && lost > runs / 10, "{kept} and {lost}: no moment was chosen");
    // Undisturbed, on a Monday, at last.
    let end = (runs + 2..).find(|number| number % 7 == 0).unwrap();
    // A reader gets one mail a day: what had piled up takes some quiet days more.
    for day in end..end + 14 {
        measured(&installation, day);
    }
    let connection = installation.open();
    let mut statement = connection.prepare("SELECT message_id, kind, state FROM outbox").unwrap();
    let rows: Vec<(String, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let kinds: BTreeMap<&str, &str> =
        rows.iter().map(|(id, kind, _)| (id.as_str(), kind.as_str())).collect();
    assert_eq!(kinds.len(), rows.len(), "two keys share a Message-ID");
    // What had lost its reason before it could go is withdrawn.
    let withdrawn: BTreeSet<&str> = rows
        .iter()
        .filter(|(_, kind, state)| {
            state == "cancelled"
                && matches!(kind.as_str(), "letter" | "reminder" | "escalation" | "notice")
        })
        .map(|(id, _, _)| id.as_str())
        .collect();
    let gone = |id: &str, state: &str| state == "sent" || withdrawn.contains(id);
    assert!(rows.iter().all(|(id, _, state)| gone(id, state)), "{rows:#?}");

    let all = server.received();
    let count = all.len();
    let received = by_id(all);
    assert!(count >= received.len() + runs / 10, "{count} messages: none came again");
    let queued: BTreeSet<&str> =
        kinds.keys().filter(|id| !withdrawn.contains(*id)).copied().collect();
    let arrived: BTreeSet<&str> = received
        .keys()
        .map(String::as_str)
        // One that was handed over when the process died may have arrived.
        .filter(|id| !withdrawn.contains(id))
        .collect();
    assert_eq!(arrived, queued, "what arrived is what was decided, and all of it");
    let texts: Vec<String> = received
        .iter()
        .filter(|(id, _)| kinds[id.as_str()] == "notice")
        .map(|(_, content)| {
            let mail = MessageParser::default().parse(content.as_bytes()).unwrap();
            mail.body_text(0).unwrap().into_owned()
        })
        .collect();
    for name in &acquired {
        let told = texts.iter().filter(|text| text.contains(name)).count();
        assert_eq!(told, 1, "{name} is to be told once, as one mail");
    }
    let twice: i64 = connection
        .query_row(
            "SELECT count(*) FROM (SELECT 1 FROM job_run WHERE outcome = 'done' AND scheduled_for IS NOT NULL
                                   GROUP BY job, scheduled_for HAVING count(*) > 1)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(twice, 0, "an occurrence has run twice");
}

/// The messages by Message-ID; those that came twice must be the same.
fn by_id(messages: Vec<Message>) -> BTreeMap<String, String> {
    let mut by_id = BTreeMap::new();
    for message in messages {
        if let Some(first) = by_id.insert(message.id.clone(), message.content.clone()) {
            assert_eq!(first, message.content, "{} has come as something else", message.id);
        }
    }
    by_id
}

#[test]
fn a_process_killed_while_it_makes_the_database_leaves_none_or_a_whole_one() {
    let server = Server::start(Security::Clear);
    let installation = installation(&server);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let whole = measured(&installation, 0);
    let expected =
        runtime.block_on(pull(installation.standin(), &Known::default())).unwrap().snapshot;
    let mut rng = explore::rng(47);
    for _ in 0..20 {
        fs::remove_dir_all(installation.path("state")).unwrap();
        run_and_kill(&installation, 0, whole.mul_f64(rng.f64()));
        assert!(committed(&installation).is_none_or(|snapshot| snapshot == expected));
        measured(&installation, 0);
        assert!(committed(&installation) == Some(expected.clone()));
    }
}
