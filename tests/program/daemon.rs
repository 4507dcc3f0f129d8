//! The daemon as a process: what it does at start, what SIGTERM does to it, and
//! that nothing which goes wrong makes it spin, die or say names (`docs/reliability.md`
//! R14, R15; rows 65–67 of the fault matrix).

use std::fs;
use std::time::Duration;

use chrono::Utc;
use kitos_standin::{Effect, Fault, World};

use crate::support::process::Process;
use crate::support::smtp::{self, Security, Server};
use crate::support::{self, TestInstallation, eventually, files};

const USAGES: &str = "/api/v2/it-system-usages";
/// R15, and something for a busy machine.
const STOP: Duration = Duration::from_secs(25);
const JITTER: &str = "[schedule]\njitter = '0s'\n";

fn installation() -> TestInstallation {
    let installation = TestInstallation::new(World::generate_at(7, 30, Utc::now()));
    installation.configure(JITTER);
    installation
}

/// Mail in mode `send` to this server.
fn sending_to(server: &Server) -> String {
    format!(
        "mode = 'send'\n[mail.smtp]\nhost = '127.0.0.1'\nport = {}\nsecurity = 'none'\n{JITTER}",
        server.port
    )
}

fn daemon(installation: &TestInstallation) -> Process {
    Process::start(installation.command().args(["-vv", "run"]))
}

fn number(installation: &TestInstallation, sql: &str) -> i64 {
    installation.open().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn it_does_what_is_due_and_stops_at_sigterm() {
    let installation = installation();
    let daemon = daemon(&installation);
    daemon.wait_for("sync done");
    daemon.signal("TERM");
    let run = daemon.end_within(STOP);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:#?}");
    for part in ["started", "SIGTERM: stopping", "stopped"] {
        assert!(run.stderr.contains(part), "{part}: {run:#?}");
    }
    assert_eq!(number(&installation, "SELECT count(*) FROM snapshot"), 1);
    assert_eq!(installation.run(&["run", "--once"]).code, 0, "its lock is free");
}

#[test]
fn sigint_stops_it_too() {
    let installation = installation();
    let daemon = daemon(&installation);
    daemon.wait_for("sync done");
    daemon.signal("INT");
    assert_eq!(daemon.end_within(STOP).code, 0);
}

#[test]
fn what_was_due_is_not_done_again_at_the_next_start() {
    let installation = installation();
    for _ in 0..2 {
        let daemon = daemon(&installation);
        daemon.wait_for("started");
        eventually("the first pull", || {
            installation.database().exists()
                && installation
                    .open()
                    .query_row("SELECT count(*) FROM snapshot", [], |r| r.get::<_, i64>(0))
                    == Ok(1)
        });
        daemon.signal("TERM");
        assert_eq!(daemon.end_within(STOP).code, 0);
    }
    assert_eq!(number(&installation, "SELECT count(*) FROM job_run WHERE job = 'sync'"), 1);
}

#[test]
fn a_second_one_is_refused() {
    let installation = installation();
    let first = daemon(&installation);
    first.wait_for("sync done");
    let second = daemon(&installation);
    let holder = format!("held by process {}", first.id());
    let run = second.end_within(STOP);
    assert_eq!(run.code, 5, "{run:#?}");
    assert!(run.stderr.contains(&holder), "{run:#?}");
    // Everything else works beside it.
    for arguments in [&["status"][..], &["findings"], &["sync"], &["mail", "list"]] {
        assert_eq!(installation.run(arguments).code, 0, "{arguments:?}");
    }
    let copy = installation.path("copy.db");
    assert_eq!(installation.run(&["backup", copy.to_str().unwrap()]).code, 0);
    assert_eq!(
        support::tables(&rusqlite::Connection::open(&copy).unwrap())["snapshot"].len(),
        2,
        "a copy while it runs"
    );
    first.signal("TERM");
    assert_eq!(first.end_within(STOP).code, 0);
}

#[test]
fn sigterm_in_the_middle_of_a_pull_leaves_nothing_half_done() {
    let installation = installation();
    assert_eq!(installation.run(&["sync"]).code, 0);
    let register = installation.register();
    // Due again: yesterday's pull is old.
    installation
        .open()
        .execute_batch(
            "UPDATE job_run SET started_at = started_at - 172800000, scheduled_for = NULL;
         DELETE FROM job_run WHERE job <> 'sync'",
        )
        .unwrap();
    let runs = installation.tables()["job_run"].clone();
    installation.standin().edit(|world| world.acquire("Nyt system", None));
    installation.standin().fault(Fault::new(USAGES, Effect::Hang).always());
    installation.standin().forget_requests();
    let daemon = daemon(&installation);
    eventually("a pull that hangs", || !installation.standin().requests_to(USAGES).is_empty());
    daemon.signal("TERM");
    let run = daemon.end_within(STOP);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(
        run.stderr.contains("sync stopped before it was done; nothing was written"),
        "{run:#?}"
    );
    assert!(installation.register() == register, "something was written");
    assert_eq!(installation.tables()["job_run"], runs, "a stop is no failure");
    // Nothing was lost: the next start does it.
    installation.standin().heal();
    let daemon = self::daemon(&installation);
    daemon.wait_for("sync done");
    daemon.signal("TERM");
    daemon.end_within(STOP);
    assert_eq!(number(&installation, "SELECT count(*) FROM change WHERE kind = 'acquired'"), 1);
}

/// An installation with one mail that waits for this server.
fn with_a_mail_for(server: &Server) -> TestInstallation {
    let installation = installation();
    installation.configure(&sending_to(server));
    assert_eq!(installation.run(&["sync"]).code, 0);
    installation.standin().edit(|world| world.acquire("Nyt system", None));
    assert_eq!(installation.run(&["sync"]).code, 0);
    installation
}

#[test]
fn sigterm_in_the_middle_of_a_mail_sends_it_again_as_the_same() {
    let server = Server::start(Security::Clear);
    let installation = with_a_mail_for(&server);
    server.always(smtp::Fault::HangInData);
    let daemon = daemon(&installation);
    eventually("a mail that hangs", || !server.received().is_empty());
    daemon.signal("TERM");
    let run = daemon.end_within(STOP);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(number(&installation, "SELECT count(*) FROM outbox WHERE state = 'sending'"), 1);
    server.heal();
    assert_eq!(installation.run(&["deliver"]).code, 0);
    let received = server.received();
    assert_eq!(received.len(), 2, "{received:#?}");
    assert_eq!(received[0].id, received[1].id);
    assert_eq!(server.messages().len(), 1);
    assert_eq!(number(&installation, "SELECT count(*) FROM outbox WHERE state = 'sent'"), 1);
}

#[test]
fn a_dead_mail_tried_again_is_the_same_mail_and_one_that_was_taken_is_not_tried_again() {
    let server = Server::start(Security::Clear);
    let installation = with_a_mail_for(&server);
    server.fault(smtp::Fault::Rcpt(None, "550 5.1.1 no such user"), 1);
    assert_eq!(installation.run(&["deliver"]).code, 0);
    let dead = "SELECT count(*) FROM outbox WHERE state = 'dead' AND died_at IS NOT NULL";
    assert_eq!(number(&installation, dead), 1);
    let id = number(&installation, "SELECT id FROM outbox").to_string();
    let message_id: String = installation
        .open()
        .query_row("SELECT message_id FROM outbox", [], |row| row.get(0))
        .unwrap();

    assert_eq!(installation.run(&["mail", "retry", &id]).code, 0);
    assert_eq!(installation.run(&["deliver"]).code, 0);
    assert_eq!(server.ids(), [message_id.as_str()]);
    assert_eq!(number(&installation, "SELECT count(*) FROM outbox WHERE died_at IS NOT NULL"), 0);
    for command in ["retry", "cancel"] {
        let run = installation.run(&["mail", command, &id]);
        assert_eq!(run.code, 2, "{command}: {run:#?}");
        assert!(run.stderr.contains("is sent"), "{command}: {run:#?}");
    }
    assert_eq!(installation.run(&["deliver"]).code, 0);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn it_survives_that_kitos_is_down_at_start() {
    let installation = installation();
    installation.standin().fault(Fault::new("/", Effect::retry_after(503, "0")).always());
    let daemon = daemon(&installation);
    daemon.wait_for("sync failed");
    daemon.signal("TERM");
    let run = daemon.end_within(STOP);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stderr.contains("503"), "{run:#?}");
    assert_eq!(number(&installation, "SELECT count(*) FROM job_run WHERE outcome = 'failed'"), 1);
}

#[test]
fn a_job_that_fails_at_once_does_not_make_it_spin() {
    let installation = installation();
    assert_eq!(installation.run(&["sync"]).code, 0);
    installation.standin().edit(|world| world.acquire("Nyt system", None));
    assert_eq!(installation.run(&["sync"]).code, 0);
    // A file where the directory belongs: nobody can write there, root neither.
    fs::write(installation.previews(), "").unwrap();
    let failed = "SELECT count(*) FROM job_run WHERE job = 'deliver' AND outcome = 'failed'";
    let daemon = daemon(&installation);
    daemon.wait_for("deliver failed");
    daemon.signal("TERM");
    assert_eq!(daemon.end_within(STOP).code, 0);
    assert_eq!(number(&installation, failed), 1);
    // Nor do restarts: the pause is in the database.
    for _ in 0..3 {
        let daemon = self::daemon(&installation);
        daemon.wait_for("started");
        daemon.wait_for("deliver waits");
        daemon.signal("TERM");
        assert_eq!(daemon.end_within(STOP).code, 0);
    }
    assert_eq!(number(&installation, failed), 1);
    // A person who has fixed it does not wait.
    fs::remove_file(installation.previews()).unwrap();
    assert_eq!(installation.run(&["deliver"]).code, 0);
    assert_eq!(files(&installation.previews()).len(), 3, "the mail, its page, and their list");
}

#[test]
fn its_log_is_lines_without_names_or_addresses() {
    let installation = installation();
    let server = Server::start(Security::Clear);
    installation.configure(&sending_to(&server));
    let world = installation.standin().world();
    let role = world.role("Systemejer").unwrap();
    let owner =
        world.our_usages().find_map(|u| world.holders(u.uuid, role).first().copied()).unwrap();
    assert_eq!(installation.run(&["sync"]).code, 0);
    installation.standin().edit(|world| {
        world.acquire("Nyt system", Some(owner));
        world.acquire("Andet system", None);
    });
    assert_eq!(installation.run(&["sync"]).code, 0);
    server.always(smtp::Fault::Auth("535 5.7.8 it@kommune.example is not who it says"));
    installation
        .configure(&sending_to(&server).replace("[schedule]", "username = 'it'\n[schedule]"));
    let mut command = installation.command();
    command.env("KITOS_SYNC_SMTP_PASSWORD", "hemmelig").env("KITOS_SYNC_LOG", "trace");
    let daemon = Process::start(command.arg("run"));
    daemon.wait_for("deliver failed");
    daemon.signal("TERM");
    let run = daemon.end_within(STOP);
    assert_eq!(run.code, 0, "{run:#?}");
    for line in run.stderr.lines() {
        assert!(line.starts_with("20") && !line.contains('\u{1b}'), "{line:?}");
    }
    assert!(run.stderr.contains("i…@kommune.example is not who it says"), "{}", run.stderr);
    assert!(!run.stderr.contains("it@kommune.example"), "{}", run.stderr);
    for user in installation.standin().world().our_users() {
        for secret in [user.name(), user.email.clone().unwrap()] {
            assert!(!run.stderr.contains(&secret), "{secret}: {}", run.stderr);
        }
    }
}

#[test]
fn a_damaged_database_is_refused_at_start() {
    let installation = installation();
    assert_eq!(installation.run(&["sync"]).code, 0);
    let mut bytes = fs::read(installation.database()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0x5a);
    fs::write(installation.database(), &bytes).unwrap();
    let run = daemon(&installation).end_within(STOP);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("damaged") && run.stderr.contains("backup"), "{run:#?}");
    assert!(fs::read(installation.database()).unwrap() == bytes, "it was touched");
}
