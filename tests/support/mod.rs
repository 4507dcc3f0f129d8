//! What the tests share: KITOS clients for a stand-in, and a whole installation
//! in a temporary folder that runs the real program.

// Each test program uses its own part of this.
#![allow(dead_code)]

pub mod browser;
pub mod database;
pub mod explore;
pub mod generate;
pub mod http;
pub mod office;
pub mod postfix;
pub mod process;
pub mod relay;
pub mod smtp;
pub mod tls;
pub mod workbook;
pub mod zip;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};

use kitos_standin::{CVR, EMAIL, PASSWORD, Standin, World};
use kitos_sync::config::{self, OrganizationId};
use kitos_sync::kitos::{Client, Error, Known, Pace, Pull};
use kitos_sync::model::Snapshot;
use rusqlite::Connection;
use rusqlite::types::Value as SqlValue;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Pauses of a few milliseconds.
pub const PACE: Pace = Pace {
    tries: 5,
    base: Duration::from_millis(1),
    cap: Duration::from_millis(4),
    retry_after_cap: Duration::from_millis(5),
};

/// A folder that goes with the value. In memory where there is room for it: the tests
/// commit thousands of times, and none of them pulls the plug.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    // A container may have as little as 64 MiB there.
    let has_room = rustix::fs::statvfs(memory).is_ok_and(|it| it.f_bavail * it.f_frsize > 1 << 30);
    let folder = if has_room { TempDir::new_in(memory) } else { TempDir::new() };
    folder.expect("a folder")
}

/// The section `[kitos]` for a stand-in: everything as by default but for what
/// a test must not wait for.
pub fn settings(standin: &Standin) -> config::Kitos {
    config::Kitos {
        url: standin.url(),
        email: EMAIL.to_owned(),
        organization: OrganizationId::Cvr(CVR.to_owned()),
        request_timeout: Duration::from_secs(10),
        pull_timeout: Duration::from_secs(60),
        ..config::Kitos::default()
    }
}

/// A client with these settings that knows the right password.
pub fn client(settings: &config::Kitos) -> Client {
    Client::new(settings, PASSWORD.into(), PACE).unwrap()
}

/// One pull by a fresh client with the default settings.
pub async fn pull(standin: &Standin, known: &Known) -> Result<Pull, Error> {
    client(&settings(standin)).pull(known, &|_| {}).await
}

/// What the next pull knows after this one.
pub fn known(snapshot: &Snapshot) -> Known {
    Known::of(snapshot)
}

/// A stand-in and a folder with a configuration for it, for tests that run the
/// program. Mail goes to the preview folder.
#[derive(Debug)]
pub struct TestInstallation {
    folder: TempDir,
    standin: Standin,
    /// Runs the stand-in; dropped after it.
    _runtime: Runtime,
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl TestInstallation {
    pub fn new(world: World) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let standin = runtime.block_on(Standin::start(world)).unwrap();
        let folder = folder();
        let this = Self { folder, standin, _runtime: runtime };
        this.set_password(PASSWORD);
        this.configure("");
        this
    }

    pub fn standin(&self) -> &Standin {
        &self.standin
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("state/kitos-sync.db")
    }

    /// Where mail goes unless a test configures otherwise.
    pub fn previews(&self) -> PathBuf {
        self.path("preview")
    }

    /// Writes the password of the API user. As with the configuration, the file
    /// is an old one: tests act in a time that is past on the machine's clock.
    pub fn set_password(&self, password: &str) {
        let path = self.path("password");
        fs::write(&path, password).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        set_changed(&path, "2020-01-01T00:00:00Z");
    }

    /// Writes the configuration: what every test needs, then `more`, which may
    /// begin with keys of `[mail]` and go on with further sections.
    pub fn configure(&self, more: &str) {
        let text = format!(
            "[kitos]\n\
             url = '{url}'\n\
             email = '{EMAIL}'\n\
             password_file = '{password}'\n\
             organization = '{CVR}'\n\
             [database]\n\
             path = '{database}'\n\
             [mail]\n\
             from = 'IT og Digitalisering <it@kommune.example>'\n\
             it = ['it@kommune.example']\n\
             allowed_domains = ['kommune.example']\n\
             preview_dir = '{previews}'\n\
             {more}\n",
            url = self.standin.url(),
            password = self.path("password").display(),
            database = self.database().display(),
            previews = self.previews().display(),
        );
        fs::write(self.path("config.toml"), text).unwrap();
        set_changed(&self.path("config.toml"), "2020-01-01T00:00:00Z");
    }

    /// The program, about to run with this installation's configuration and
    /// nothing of ours in its environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KITOS_SYNC_") {
                command.env_remove(name);
            }
        }
        command
            .env_remove("CREDENTIALS_DIRECTORY")
            .env_remove("RUST_LOG")
            .env("NO_COLOR", "1")
            .arg("--config")
            .arg(self.path("config.toml"));
        command
    }

    /// Runs the program to its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Run {
        let output = self.command().args(arguments).output().unwrap();
        Run::from(output)
    }

    /// Runs it as if it were `at`, in KITOS too.
    pub fn run_at<A: AsRef<OsStr>>(&self, at: &str, arguments: &[A]) -> Run {
        self.standin.edit(|world| world.now = at.parse().unwrap());
        let output = self.command().args(["--at", at]).args(arguments).output().unwrap();
        Run::from(output)
    }

    /// What it prints as JSON, as if it were `at`, whatever its exit code.
    pub fn json_at(&self, at: &str, arguments: &[&str]) -> Value {
        let run = self.run_at(at, &[&["--format", "json"], arguments].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
    }

    /// A pull as if it were `at`, and how it ended.
    pub fn sync_at(&self, at: &str) -> Value {
        self.json_at(at, &["sync"])
    }

    /// `run --once` as if it were `at`: each job run by its job.
    pub fn once_at(&self, at: &str) -> BTreeMap<String, Value> {
        let run = self.run_at(at, &["--format", "json", "run", "--once"]);
        run.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{run:#?}")))
            .map(|run: Value| (run["job"].as_str().unwrap().to_owned(), run))
            .collect()
    }

    /// Reads the database behind the program's back.
    pub fn open(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// Every row of every table.
    pub fn tables(&self) -> Tables {
        tables(&self.open())
    }

    /// Those tables that a failed pull, or one that is held, must leave alone.
    pub fn register(&self) -> Tables {
        register(&self.open())
    }

    /// All mails, oldest first, as `mail list` tells of them.
    pub fn mails(&self, at: &str) -> Vec<Value> {
        let Value::Array(mut mails) = self.json_at(at, &["mail", "list", "--all"]) else {
            panic!("no list of mails");
        };
        mails.reverse();
        mails
    }

    /// Subjects of the alerts, oldest first.
    pub fn alerts(&self, at: &str) -> Vec<String> {
        let alerts = self.mails(at).into_iter().filter(|mail| mail["kind"] == "alert");
        alerts.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
    }

    /// Runs it and insists on success; the stdout.
    pub fn ok<A: AsRef<OsStr>>(&self, arguments: &[A]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{run:#?}");
        run.stdout
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            // A signal has no code.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The files in a folder, by name; none if it does not exist.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Every row of some tables, by the table's name.
pub type Tables = BTreeMap<String, Vec<Vec<SqlValue>>>;

/// Those tables that say what KITOS holds, not what happened to the program.
pub fn register(connection: &Connection) -> Tables {
    let mut tables = tables(connection);
    tables.retain(|name, _| {
        !matches!(name.as_str(), "job_run" | "incident" | "refused_login" | "outbox" | "quarantine")
    });
    tables
}

/// Every row of every table of a database.
pub fn tables(connection: &Connection) -> Tables {
    let names: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let rows = |name: &String| -> Vec<Vec<SqlValue>> {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = statement.column_count();
        let rows =
            statement.query_map([], |row| (0..columns).map(|i| row.get(i)).collect()).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    names.iter().map(|name| (name.clone(), rows(name))).collect()
}

/// Says when a file was last changed.
pub fn set_changed(path: &Path, at: &str) {
    let at: chrono::DateTime<chrono::Utc> = at.parse().unwrap();
    fs::File::options()
        .append(true)
        .open(path)
        .unwrap()
        .set_modified(SystemTime::from(at))
        .unwrap();
}

/// A municipality with people and units, in which no system is registered yet.
pub fn without_systems(at: &str) -> World {
    let mut world = World::generate_at(1, 4, at.parse().expect("an instant"));
    world.usages.clear();
    world.contracts.clear();
    world.registrations.clear();
    world
}

/// Waits until something holds; it is what another process does soon.
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The keys of a JSON object, sorted.
pub fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}
