//! The daemon as a real process: what the service manager hears, signals,
//! configurations that change, and clocks that jump.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::{Child, Stdio};
use std::time::Duration;

use kitos_standin::{Effect, Fault, World};
use serde_json::Value;

use crate::support::{self, TestInstallation};

/// So long a test waits for what must come; then it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon, and the service manager that started it.
struct Daemon {
    child: Child,
    socket: UnixDatagram,
    /// Everything that it said so far.
    heard: Vec<String>,
}

impl Daemon {
    fn start(installation: &TestInstallation) -> Self {
        Self::start_with(installation, &[])
    }

    fn start_with(installation: &TestInstallation, variables: &[(&str, &str)]) -> Self {
        let path = installation.path("notify");
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        Self::start_at(installation, socket, path.to_str().unwrap(), variables)
    }

    fn start_at(
        installation: &TestInstallation,
        socket: UnixDatagram,
        name: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let child = installation
            .command()
            .env("NOTIFY_SOCKET", name)
            .envs(variables.iter().copied())
            .arg("run")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, socket, heard: Vec::new() }
    }

    /// Waits until a line that the service manager hears fits.
    fn until(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        loop {
            let mut buffer = [0; 4096];
            let length = self
                .socket
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("no {what}: {error}; heard {:#?}", self.heard));
            let message = String::from_utf8(buffer[..length].to_vec()).unwrap();
            self.heard.extend(message.lines().map(str::to_owned));
            if let Some(line) = message.lines().find(|line| fits(line)) {
                return line.to_owned();
            }
        }
    }

    fn until_line(&mut self, line: &str) {
        self.until(line, |heard| heard == line);
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = std::process::Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end: the exit code and the log.
    fn end(self) -> (Option<i32>, String) {
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Waits until the service manager was told that nothing is under way.
    fn until_idle(&mut self) {
        self.until("idle status", |line| {
            line.starts_with("STATUS=next ") || line.starts_with("STATUS=INCIDENT")
        });
    }

    fn stop(self) -> String {
        self.signal("-TERM");
        let (code, log) = self.end();
        assert_eq!(code, Some(0), "{log}");
        log
    }
}

fn installation() -> TestInstallation {
    TestInstallation::new(World::generate(7, 12))
}

fn status(installation: &TestInstallation) -> Value {
    serde_json::from_str(&installation.ok(&["--format", "json", "status"])).unwrap()
}

fn incidents(installation: &TestInstallation) -> Vec<String> {
    let status = status(installation);
    let open = status["incidents"].as_array().unwrap();
    open.iter().map(|incident| incident["kind"].as_str().unwrap().to_owned()).collect()
}

/// The runs of `run --once` at that instant: job and outcome.
fn once(installation: &TestInstallation, at: &str) -> Vec<(String, String)> {
    let run = installation.run_at(at, &["--format", "json", "run", "--once"]);
    assert!(run.code < 2, "{run:#?}");
    run.stdout
        .lines()
        .map(|line| {
            let run: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| run[key].as_str().unwrap().to_owned();
            (text("job"), text("outcome"))
        })
        .collect()
}

/// As `once`, without `deliver`, which runs every time.
fn once_without_deliver(installation: &TestInstallation, at: &str) -> Vec<String> {
    let runs = once(installation, at);
    runs.into_iter().map(|(job, _)| job).filter(|job| job != "deliver").collect()
}

#[test]
fn a_service_is_ready_once_all_is_good_says_what_comes_next_and_stops_when_told() {
    let installation = installation();
    let mut daemon = Daemon::start(&installation);
    daemon.until_line("READY=1");
    daemon.until_idle();
    assert!(status(&installation)["lastSnapshot"]["id"].is_i64(), "the first pull is made at once");
    assert!(
        installation.run(&["run", "--once"]).code == 5,
        "a second one on the same database is refused"
    );
    let log = daemon.stop();
    assert!(log.contains("started") && log.contains("stopped"), "{log}");
    assert!(log.lines().count() < 10, "a quiet start, not:\n{log}");
}

/// What the service manager was told by a service that could not start, and its log.
fn heard_of_a_start_that_failed(installation: &TestInstallation, code: i32) -> (String, String) {
    let daemon = Daemon::start(installation);
    let socket = daemon.socket.try_clone().unwrap();
    let (ended, log) = daemon.end();
    assert_eq!(ended, Some(code), "{log}");
    socket.set_nonblocking(true).unwrap();
    let (mut heard, mut buffer) = (String::new(), [0; 4096]);
    while let Ok(length) = socket.recv(&mut buffer) {
        heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    assert!(!heard.contains("READY=1"), "{heard}");
    (heard, log)
}

#[test]
fn a_service_with_a_damaged_database_is_never_ready_and_its_status_says_why() {
    let installation = installation();
    installation.ok(&["sync"]);
    let mut bytes = std::fs::read(installation.database()).unwrap();
    let half = bytes.len() / 2;
    bytes[4096..half].fill(0x5a);
    std::fs::write(installation.database(), bytes).unwrap();

    let (heard, log) = heard_of_a_start_that_failed(&installation, 1);
    assert!(log.contains("is damaged") && log.contains("copy a backup"), "{log}");
    let last = heard.lines().last().unwrap();
    let damaged = format!("STATUS={} is damaged: ", installation.database().display());
    assert!(last.starts_with(&damaged), "{last}");
    assert!(last.contains("copy a backup") && last.contains("drift.md"), "the way out: {last}");
}

#[test]
fn a_service_that_does_not_start_on_a_wrong_file_has_a_status_that_says_where() {
    let installation = installation();
    // More than a service manager takes in one message.
    let wrong = (0..200).map(|n| format!("[nonsense{n}]\n")).collect::<String>();
    installation.configure(&wrong);
    let (heard, log) = heard_of_a_start_that_failed(&installation, 2);
    assert!(log.contains("[nonsense199]"), "the log has all of it: {log}");
    let file = installation.path("config.toml");
    let last = heard.lines().last().unwrap();
    assert!(last.starts_with(&format!("STATUS={} has 200 problems", file.display())), "{last}");
    assert!(last.contains("[nonsense0]") && !last.contains("[nonsense199]"), "{last}");
}

#[test]
fn a_wrong_configuration_is_not_taken_and_said_until_it_is_mended() {
    let installation = installation();
    let mut daemon = Daemon::start(&installation);
    daemon.until_line("READY=1");
    daemon.until_idle();

    installation.configure("[schedule]\nsync = 'every day'\n");
    daemon.signal("-HUP");
    daemon.until_line("RELOADING=1");
    daemon.until_line("READY=1");
    // With the file fixed but not yet read, `status` works and tells.
    installation.configure("");
    assert_eq!(incidents(&installation), ["configuration"]);
    daemon.signal("-HUP");
    daemon.until_line("RELOADING=1");
    daemon.until_line("READY=1");
    assert_eq!(incidents(&installation), Vec::<String>::new());

    let other = installation.path("elsewhere.db");
    installation.configure(&format!("[database]\npath = '{}'\n", other.display()));
    let log = daemon.stop();
    assert!(log.contains("not reloaded") && log.contains("schedule.sync"), "{log}");
    assert!(log.contains("configuration reloaded"), "{log}");
}

#[test]
fn a_database_that_moved_in_the_configuration_is_not_followed() {
    let installation = installation();
    let mut daemon = Daemon::start(&installation);
    daemon.until_line("READY=1");
    daemon.until_idle();
    let file = installation.path("config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("kitos-sync.db", "other.db")).unwrap();
    daemon.signal("-HUP");
    daemon.until_line("RELOADING=1");
    daemon.until_line("READY=1");
    assert!(!installation.path("state/other.db").exists());
    let log = daemon.stop();
    assert!(log.contains("database.path cannot change"), "{log}");
}

#[test]
fn a_database_that_is_gone_is_not_replaced_and_one_that_is_back_is_used() {
    let installation = installation();
    let mut daemon = Daemon::start(&installation);
    daemon.until_line("READY=1");
    daemon.until_idle();
    let (database, aside) = (installation.database(), installation.path("aside.db"));
    std::fs::rename(&database, &aside).unwrap();
    // Reading the configuration again wakes the service up at once.
    daemon.signal("-HUP");
    daemon.until("fault", |line| line.starts_with("STATUS=no job can run: there is no database"));
    assert!(!database.exists());
    std::fs::rename(&aside, &database).unwrap();
    daemon.signal("-HUP");
    daemon.until_idle();
    let log = daemon.stop();
    assert!(log.contains("the database works again"), "{log}");
}

#[test]
fn a_pull_under_way_is_broken_off_when_the_service_is_stopped() {
    let installation = installation();
    installation.standin().fault(Fault::new("/api/v2/it-system-usages", Effect::Hang));
    let mut daemon = Daemon::start(&installation);
    daemon.until_line("READY=1");
    daemon.until_line("STATUS=working");
    while installation.standin().requests_to("/api/v2/it-system-usages").is_empty() {
        std::thread::yield_now();
    }
    daemon.signal("-TERM");
    daemon.until_line("STOPPING=1");
    let (code, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopped before it was done"), "{log}");
    assert_eq!(status(&installation)["lastSnapshot"], Value::Null);
}

#[test]
fn the_watchdog_is_fed_by_rounds_and_pages_and_has_the_patience_of_a_pull() {
    let installation = installation();
    let mut daemon = Daemon::start_with(&installation, &[("WATCHDOG_USEC", "300000000")]);
    daemon.until_line("READY=1");
    // 30 minutes of kitos.pull_timeout and 25 beside it.
    daemon.until_line("WATCHDOG_USEC=3300000000");
    daemon.until_line("WATCHDOG_USEC=300000000");
    daemon.until_idle();
    let fed = daemon.heard.iter().filter(|line| *line == "WATCHDOG=1").count();
    assert!(fed > 2, "the pages of the pull count too: {:#?}", daemon.heard);
    daemon.stop();
}

#[test]
fn a_service_manager_that_stopped_reading_keeps_nothing_from_running_or_stopping() {
    let installation = installation();
    let path = installation.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let earlier = UnixDatagram::unbound().unwrap();
    earlier.set_nonblocking(true).unwrap();
    while earlier.send_to(b"STATUS=unread", &path).is_ok() {}
    let daemon = Daemon::start_at(&installation, socket, path.to_str().unwrap(), &[]);
    support::eventually("the first pull", || has_pulled(&installation));
    let log = daemon.stop();
    assert!(log.contains("stopped"), "{log}");
}

/// Also while there is no database yet.
fn has_pulled(installation: &TestInstallation) -> bool {
    let run = installation.run(&["--format", "json", "status"]);
    let status: Option<Value> = serde_json::from_str(&run.stdout).ok();
    status.is_some_and(|status| status["lastSnapshot"]["id"].is_i64())
}

#[test]
fn a_service_manager_behind_an_abstract_socket_hears_us_too() {
    let installation = installation();
    let name = format!("kitos-sync-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let mut daemon = Daemon::start_at(&installation, socket, &format!("@{name}"), &[]);
    daemon.until_line("READY=1");
    daemon.stop();
}

#[test]
fn the_log_is_json_on_request_and_each_line_is_an_object() {
    let installation = installation();
    let mut daemon = Daemon::start_with(&installation, &[("KITOS_SYNC_LOG_FORMAT", "json")]);
    daemon.until_line("READY=1");
    daemon.until_idle();
    let log = daemon.stop();
    let messages: Vec<String> = log
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            line["message"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(messages.contains(&"sync done".to_owned()), "{messages:#?}");
}

#[test]
fn after_days_of_standing_still_each_job_runs_once() {
    let installation = installation();
    // A Wednesday; digest is due on Mondays at 7, prune on Sundays at 3:30.
    assert_eq!(once_without_deliver(&installation, "2026-03-04T09:00:00+01:00"), ["sync"]);
    assert_eq!(
        once_without_deliver(&installation, "2026-03-23T09:00:00+01:00"),
        ["sync", "remind", "digest", "prune"],
        "nearly three weeks later"
    );
    let none: [&str; 0] = [];
    assert_eq!(once_without_deliver(&installation, "2026-03-23T09:01:00+01:00"), none);
}

#[test]
fn a_clock_set_back_runs_nothing_twice_and_one_that_was_wrong_by_a_month_heals() {
    let installation = installation();
    let none: [&str; 0] = [];
    for (at, jobs) in [
        ("2026-03-04T04:30:00Z", &["sync"][..]),
        ("2026-03-04T03:30:00Z", &none),
        ("2026-03-04T04:01:00Z", &none),
        // The reminders of the day before were due at 8.
        ("2026-03-05T04:01:00Z", &["sync", "remind"]),
        // Wrong by a month: caught up …
        ("2026-04-05T04:01:00Z", &["sync", "remind", "digest", "prune"]),
        // … and fixed. The next morning is another day.
        ("2026-03-05T05:00:00Z", &none),
        ("2026-03-06T04:01:00Z", &["sync", "remind"]),
    ] {
        assert_eq!(once_without_deliver(&installation, at), jobs, "at {at}");
    }
}

#[test]
fn a_job_that_keeps_failing_is_tried_again_and_noted_once_an_hour() {
    let installation = installation();
    assert_eq!(once_without_deliver(&installation, "2026-03-02T09:00:00+01:00"), ["sync"]);
    // Previews cannot be written where a file stands.
    std::fs::write(installation.previews(), "in the way").unwrap();
    let failed = |at: &str| {
        let runs = once(&installation, at);
        runs.contains(&("deliver".to_owned(), "failed".to_owned()))
    };
    for minute in 0..10 {
        assert!(failed(format!("2026-03-09T09:{minute:02}:00+01:00").as_str()), "minute {minute}");
    }
    let noted = |installation: &TestInstallation| -> i64 {
        rusqlite::Connection::open(installation.database())
            .unwrap()
            .query_row(
                "SELECT count(*) FROM job_run WHERE job = 'deliver' AND outcome = 'failed'",
                [],
                |row| row.get(0),
            )
            .unwrap()
    };
    assert_eq!(noted(&installation), 1);
    assert!(failed("2026-03-09T10:30:00+01:00"));
    assert_eq!(noted(&installation), 2);
    std::fs::remove_file(installation.previews()).unwrap();
    assert!(!failed("2026-03-09T10:31:00+01:00"), "and then it works by itself");
}

#[test]
fn a_normal_day_is_under_twenty_lines_in_the_log() {
    let installation = installation();
    installation.run_at("2026-03-07T09:00:00+01:00", &["run", "--once"]);
    let mut log = String::new();
    // A Monday with its digest, looked at every half hour.
    for half in 0..48 {
        let at = format!("2026-03-09T{:02}:{:02}:00+01:00", half / 2, half % 2 * 30);
        let run = installation.run_at(&at, &["run", "--once"]);
        assert_eq!(run.code, 0, "{run:#?}");
        log.push_str(&run.stderr);
    }
    assert!(log.contains("sync done") && log.contains("digest done"), "{log}");
    assert!(log.lines().count() < 20, "{log}");
}
