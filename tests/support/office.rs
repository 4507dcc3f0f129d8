//! An installation for tests of mail: configuration, database and outbox in a
//! folder of its own, with a clock to turn.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use kitos_sync::config::{Environment, load};
use kitos_sync::jobs::{self, Clock, Context, Deliver, DeliverReport};
use kitos_sync::model::{
    Incident, MailKind, MailState, NewMail, Organization, OutboxMail, Person, Snapshot,
};
use kitos_sync::policy::assess::Figures;
use kitos_sync::register::diff::from_nothing;
use kitos_sync::store::{self, Access, NewSnapshot};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::smtp::{self, HOST, Server};

/// What the mail server's user logs in with.
pub const PASSWORD: &str = "correct horse";

/// A configured program in a folder of its own, with a clock to turn.
#[derive(Debug)]
pub struct Office {
    pub folder: TempDir,
    pub context: Context,
}

impl Office {
    /// In mode `send` to `server`, over STARTTLS, logged in.
    pub fn sending_to(server: &Server) -> Self {
        Self::new("send", server.port, "")
    }

    pub fn new(mode: &str, port: u16, more: &str) -> Self {
        let folder = super::folder();
        let path = folder.path().join("config.toml");
        let database = folder.path().join("state/kitos-sync.db");
        let text = format!(
            "[kitos]
             email = 'api@kommune.dk'
             organization = '12345678'
             [database]
             path = '{}'
             [mail]
             mode = '{mode}'
             redirect_to = 'trial@kommune.dk'
             from = 'IT <it@kommune.dk>'
             it = ['it@kommune.dk']
             allowed_domains = ['kommune.dk']
             [mail.smtp]
             host = '{HOST}'
             port = {port}
             username = 'user'
             {more}",
            database.display()
        );
        fs::write(&path, text).expect("a configuration");
        let environment: Environment =
            [("KITOS_SYNC_SMTP_PASSWORD", PASSWORD)].into_iter().collect();
        let config = load(&path, &environment).unwrap_or_else(|error| panic!("{error}"));
        let mut context = Context::new(config, path, environment);
        context.clock = Clock::At(monday());
        context.smtp.roots = vec![smtp::root()];
        Self { folder, context }
    }

    pub fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, store::Error>,
    ) -> T {
        let connection = self.context.store.open(Access::Create).expect("the database");
        work(&connection).expect("the database does as it is told")
    }

    /// Puts a mail into the outbox, due now. Its Message-ID is `<name@test>`.
    pub fn queue(&self, name: &str) -> i64 {
        self.queue_with(name, |_| {})
    }

    pub fn queue_with(&self, name: &str, change: impl FnOnce(&mut NewMail)) -> i64 {
        let now = self.context.now();
        let message_id = format!("<{name}@test>");
        let mut mail = NewMail {
            link: None,
            key: name.to_owned(),
            kind: MailKind::Notice,
            mode: self.context.config.mail.mode,
            person: None,
            to: vec![format!("{name}@kommune.dk")],
            cc: Vec::new(),
            subject: name.to_owned(),
            mime: format!("Message-ID: {message_id}\r\nSubject: {name}\r\n\r\nHello\r\n").into(),
            message_id,
            not_before: now,
        };
        change(&mut mail);
        self.store(|c| store::enqueue(c, &mail, now)).expect("a new key")
    }

    pub async fn deliver(&self) -> DeliverReport {
        jobs::run(&self.context, Deliver::default()).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn wait(&mut self, pause: TimeDelta) {
        self.context.clock = Clock::At(self.context.now() + pause);
    }

    pub fn mail(&self, id: i64) -> OutboxMail {
        self.store(|c| store::mail_by_id(c, id)).expect("the mail")
    }

    /// Of all mails but alerts: name and state.
    pub fn states(&self) -> BTreeMap<String, MailState> {
        let mails = self.store(|c| store::list_mails(c, None));
        mails
            .into_iter()
            .filter(|mail| mail.kind != MailKind::Alert)
            .map(|mail| (mail.subject, mail.state))
            .collect()
    }

    /// How many alert mails there are.
    pub fn alerts(&self) -> usize {
        let mails = self.store(|c| store::list_mails(c, None));
        mails.into_iter().filter(|mail| mail.kind == MailKind::Alert).count()
    }

    pub fn incidents(&self) -> Vec<Incident> {
        self.store(store::incidents)
    }

    /// Commits the first snapshot, with these people.
    pub fn people(&self, people: &[Person]) {
        let organization =
            Organization { uuid: Uuid::from_u128(1), name: "Kommunen".to_owned(), cvr: None };
        let mut snapshot = Snapshot::empty(organization);
        snapshot.people = people.iter().map(|person| (person.uuid, person.clone())).collect();
        let now = self.context.now();
        let new = NewSnapshot {
            taken_at: now,
            committed_at: now,
            local_date: now.date_naive(),
            duration_ms: 1,
            requests: 1,
            bytes: 1,
            figures: Figures::default(),
        };
        self.store(|c| {
            let id = store::insert_snapshot(c, &new)?;
            store::write_delta(c, id, &from_nothing(&snapshot))
        });
    }
}

/// When each test begins.
pub fn monday() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().expect("an instant")
}

pub fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

/// What stands in the log of the server about secrets and mail in clear text.
pub fn assert_nothing_in_clear_text(server: &Server) {
    for line in server.lines().into_iter().filter(|line| !line.encrypted) {
        let verb = line.text.split(' ').next().unwrap_or_default();
        assert!(matches!(verb, "EHLO" | "STARTTLS" | "QUIT"), "in clear text: {line:?}");
    }
}
