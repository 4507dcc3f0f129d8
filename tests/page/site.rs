//! A daemon that serves the page of an installation.

use std::collections::BTreeMap;

use chrono::Utc;
use kitos_standin::World;
use kitos_sync::store::link_hash;
use kitos_sync::text::addresses::folded;
use serde_json::Value;

use crate::support::http::{self, Answer};
use crate::support::process::Process;
use crate::support::smtp::closed_port;
use crate::support::{TestInstallation, eventually};

/// One of `web.operators`, as the proxy names her.
pub const OPERATOR: &str = "anne@kommune.example";
/// Somebody who is logged in and no operator.
pub const READER: &str = "bo@kommune.example";

/// The daemon, and where its page is.
#[derive(Debug)]
pub struct Site {
    pub installation: TestInstallation,
    pub port: u16,
    pub daemon: Process,
}

impl Site {
    /// With a login, and the first pull done.
    pub fn start() -> Self {
        Self::of(World::generate_at(7, 60, Utc::now()), LOGIN)
    }

    /// The same with few rows: one is like another, and each takes a browser its time.
    pub fn small() -> Self {
        Self::of(World::generate_at(7, 20, Utc::now()), LOGIN)
    }

    /// `web`: what else stands in that section of the configuration.
    pub fn of(world: World, web: &str) -> Self {
        let installation = TestInstallation::new(world);
        let port = closed_port();
        installation.configure(&format!(
            "[schedule]\njitter = '0s'\n[web]\nlisten = '127.0.0.1:{port}'\n{web}"
        ));
        let daemon = Process::start(installation.command().args(["-vv", "run"]));
        daemon.wait_for("the page is served");
        daemon.wait_for("sync done");
        // A mail to look at.
        installation.ok(&["mail", "test", "it@kommune.example"]);
        // A round to answer in.
        installation.ok(&["review", "start", "--due", "2099-01-01", "--by", "Ida IT"]);
        Self { installation, port, daemon }
    }

    /// What an operator sees.
    pub fn get(&self, path: &str) -> Answer {
        self.get_as(OPERATOR, path)
    }

    pub fn get_as(&self, who: &str, path: &str) -> Answer {
        http::get(self.port, path, &[("X-User", who)])
    }

    /// The page, which is there.
    pub fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.text()
    }

    /// Fills in a form of ours and sends it, as a browser would.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = token(&self.page(path));
        self.post_with(path, &token, fields, &[("X-User", OPERATOR), SAME_ORIGIN])
    }

    pub fn post_with(
        &self,
        path: &str,
        token: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let pairs = [&[("token", token)], fields].concat();
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        http::ask(self.port, "POST", path, headers, &body.join("&"))
    }

    /// One number from the database.
    pub fn count(&self, sql: &str) -> i64 {
        self.installation.open().query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    /// An open finding's id.
    pub fn a_finding(&self) -> i64 {
        self.count("SELECT min(id) FROM finding WHERE resolved_at IS NULL AND severity = 'high'")
    }

    /// A view of each kind, at real addresses.
    pub fn views(&self) -> Vec<String> {
        let connection = self.installation.open();
        let one = |sql: &str| -> String {
            connection.query_row(sql, [], |row| row.get(0)).expect("a value")
        };
        let finding = self.a_finding();
        let usage = one(&format!("SELECT usage FROM finding WHERE id = {finding}"));
        let person = one("SELECT person FROM role_assignment LIMIT 1");
        let written = "SELECT count(*) FROM outbox WHERE state = 'previewed'";
        eventually("the mail is written", || self.count(written) > 0);
        let mail = self.count("SELECT max(id) FROM outbox");
        let mut views: Vec<String> = [
            "/",
            "/findings",
            "/findings?state=all&sort=-opened",
            "/systems",
            "/people",
            "/people?departed=1",
            "/administration",
            "/answers?all=1",
            "/review",
            "/review?only=answered",
            "/review/start",
            "/review/close",
            "/report",
            "/outbox",
            "/guard",
            "/runs",
        ]
        .map(str::to_owned)
        .into();
        views.extend([
            format!("/systems/{usage}"),
            format!("/people/{person}"),
            format!("/outbox/{mail}"),
            format!("/findings/{finding}/waive"),
            format!("/people/{person}/away"),
            self.personal(self.owners().keys().next().expect("an owner")),
        ]);
        views
    }

    /// Everybody who owns a system, by address, with the uuids of theirs.
    pub fn owners(&self) -> BTreeMap<String, Vec<String>> {
        let listed = self.installation.ok(&["--format", "json", "systems"]);
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for system in listed.as_array().expect("a list") {
            let uuid = system["systemUsageUuid"].as_str().expect("a uuid");
            for owner in system["owners"].as_array().expect("a list") {
                if let Some(email) = owner["email"].as_str() {
                    owners.entry(email.to_owned()).or_default().push(uuid.to_owned());
                }
            }
        }
        owners
    }

    /// The path of a personal link of theirs, as their mail would hold it.
    pub fn personal(&self, email: &str) -> String {
        let token = link_hash(email);
        let mail = self.count("SELECT max(id) FROM outbox");
        let keep = "INSERT OR REPLACE INTO link (hash, email, mail, expires_at)
                    VALUES (?1, ?2, ?3, 99999999999999)";
        let connection = self.installation.open();
        connection.execute(keep, (link_hash(&token), folded(email), mail)).expect("a link");
        format!("/s/{token}")
    }
}

pub const SAME_ORIGIN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

/// With a login.
pub const LOGIN: &str = "user_header = 'X-User'\noperators = ['anne@kommune.example']\n";

/// The token in a form.
pub fn token(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form with a token");
    rest.split('"').next().expect("its end").to_owned()
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
