//! A whole installation in this process: a stand-in for KITOS, a mail server, a
//! database in a folder of its own, and a clock to turn. Jobs run as in the
//! daemon.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kitos_standin::{CVR, EMAIL, Fault, PASSWORD, Standin, World};
use kitos_sync::config::{Config, Environment, load};
use kitos_sync::jobs::{self, Clock, Context, Error, Rhythm, Sync, SyncReport};
use kitos_sync::model::{Did, JobKind, JobOutcome, JobRun, MailKind, OutboxMail};
use kitos_sync::store::{self, Access};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::smtp::{HOST, Security, Server};
use crate::support::{self, PACE, Tables};

pub struct House {
    pub standin: Standin,
    pub server: Server,
    pub context: Context,
    pub folder: TempDir,
}

impl House {
    /// Some systems; mail goes out, on a Monday at nine in Denmark.
    pub async fn new(systems: usize) -> Self {
        Self::of(World::generate(7, systems)).await
    }

    pub async fn of(world: World) -> Self {
        let folder = support::folder();
        let standin = Standin::start(world).await.expect("a stand-in");
        let server = Server::start(Security::Clear);
        let text = format!(
            "[kitos]
             url = '{url}'
             email = '{EMAIL}'
             organization = '{CVR}'
             [database]
             path = '{database}'
             [mail]
             mode = 'send'
             from = 'IT <it@kommune.example>'
             it = ['it@kommune.example']
             allowed_domains = ['kommune.example']
             [mail.smtp]
             host = '{HOST}'
             port = {port}
             security = 'none'",
            url = standin.url(),
            database = folder.path().join("state/kitos-sync.db").display(),
            port = server.port,
        );
        let path = folder.path().join("config.toml");
        fs::write(&path, text).expect("a configuration");
        let environment: Environment =
            [("KITOS_SYNC_KITOS_PASSWORD", PASSWORD)].into_iter().collect();
        let config = load(&path, &environment).unwrap_or_else(|error| panic!("{error}"));
        let mut context = Context::new(config, path, environment);
        context.clock = Clock::At("2026-03-02T08:00:00Z".parse().expect("an instant"));
        context.pace = PACE;
        Self { standin, server, context, folder }
    }

    /// Changes the configuration.
    pub fn set(&mut self, change: impl FnOnce(&mut Config)) {
        change(Arc::make_mut(&mut self.context.config));
    }

    /// Nothing that hangs is waited for. Pages of one row cannot be asked for in
    /// smaller ones.
    pub fn impatient(&mut self) {
        self.set(|config| {
            config.kitos.request_timeout = Duration::from_millis(300);
            config.kitos.page_size = 1;
        });
    }

    pub fn database(&self) -> PathBuf {
        self.context.config.database.path.clone()
    }

    /// Turns the clock, here and in KITOS.
    pub fn wait(&mut self, pause: TimeDelta) {
        self.at(self.context.now() + pause);
    }

    pub fn at(&mut self, instant: DateTime<Utc>) {
        self.context.clock = Clock::At(instant);
        self.standin.edit(|world| world.now = instant);
    }

    pub async fn sync(&self) -> Result<SyncReport, Error> {
        jobs::run(&self.context, Sync::default()).await
    }

    pub async fn run_due(&self) -> Vec<JobRun> {
        jobs::run_due(&self.context, Rhythm::Once).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn store<T>(&self, work: impl FnOnce(&Connection) -> Result<T, store::Error>) -> T {
        let connection = self.context.store.open(Access::Existing).expect("the database");
        work(&connection).expect("the database does as it is told")
    }

    /// All that was made of what KITOS holds.
    pub fn register(&self) -> Tables {
        self.store(|connection| Ok(support::register(connection)))
    }

    /// All mails but alerts, oldest first.
    pub fn letters(&self) -> Vec<OutboxMail> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.kind != MailKind::Alert);
        mails
    }

    /// All mails, oldest first.
    pub fn mails(&self) -> Vec<OutboxMail> {
        let mut mails = self.store(|c| store::list_mails(c, None));
        mails.reverse();
        mails
    }

    /// Renames a system, so that the next commit shows.
    pub fn something_happens(&self) {
        self.standin.edit(|world| {
            let system = world.our_usages().next().expect("a usage").system;
            world.rename_system(system, "Noget andet");
        });
    }

    /// A pull that must fail while `fault` lasts. Everything is as it was then,
    /// the run history says why, and the next good pull works. The message.
    pub async fn fails_while(&mut self, fault: Fault) -> String {
        self.standin.fault(fault.always());
        let message = self.fails().await;
        self.standin.heal();
        self.recovers().await;
        message
    }

    /// A pull that must fail and leave all as it was. The message.
    pub async fn fails(&mut self) -> String {
        let before = self.register();
        let letters = self.letters();
        self.something_happens();
        self.wait(TimeDelta::hours(1));
        let error = self.sync().await.expect_err("a failed pull").to_string();
        assert_eq!(self.register(), before, "{error}");
        assert_eq!(self.letters(), letters, "{error}");
        let run = self.store(|c| store::last_run(c, JobKind::Sync)).expect("a row of it");
        assert_eq!((run.outcome, run.started_at), (JobOutcome::Failed, self.context.now()));
        assert_eq!(run.did, Did::Failed { why: error.clone() });
        error
    }

    pub async fn recovers(&mut self) {
        let before = self.register();
        self.wait(TimeDelta::hours(1));
        self.sync().await.unwrap_or_else(|error| panic!("it is fixed: {error}"));
        assert_ne!(self.register(), before, "what happened meanwhile is there");
    }
}

/// Lets `outer` run `inner`, with its arguments and environment.
pub fn run_behind(outer: &mut Command, inner: &Command) {
    outer.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
}
