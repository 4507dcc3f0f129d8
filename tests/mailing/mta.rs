//! A real mail server instead of ours: Postfix takes mails, defers and refuses
//! them, stops and starts again, and loses the program around DATA. At the end
//! nothing is lost and nothing doubled (`docs/reliability.md` R15–R19; rows 38, 42, 43,
//! 49 and 50 of the fault matrix).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kitos_standin::World;
use kitos_sync::model::{MailKind, MailMode, NewMail};
use kitos_sync::store::{self, Access, Store};
use serde_json::{Value, json};

use crate::support::TestInstallation;
use crate::support::postfix::Postfix;
use crate::support::process::Process;
use crate::support::relay::Relay;

/// In minutes.
const WEEK: i64 = 7 * 24 * 60;

/// Monday morning, and some minutes.
fn after(minutes: i64) -> String {
    let monday: DateTime<Utc> = "2026-03-02T09:00:00Z".parse().unwrap();
    (monday + TimeDelta::minutes(minutes)).to_rfc3339()
}

/// An installation that has pulled once and told of nothing yet.
fn installation(port: u16) -> TestInstallation {
    let installation = TestInstallation::new(World::generate(7, 30));
    send_to(&installation, port, 1000);
    assert_eq!(installation.run_at(&after(0), &["sync"]).code, 0);
    installation
}

fn send_to(installation: &TestInstallation, port: u16, per_minute: usize) {
    installation.configure(&format!(
        "mode = 'send'\n[mail.smtp]\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'\n\
         per_minute = {per_minute}"
    ));
}

/// Puts mails for `one@kommune.example`, … into the outbox, as `<one@test>`, …
fn queue(installation: &TestInstallation, minutes: i64, names: &[&str]) {
    let connection = Store::new(installation.database()).open(Access::Existing).unwrap();
    let now = after(minutes).parse().unwrap();
    for name in names {
        let message_id = format!("<{name}@test>");
        let mime = format!(
            "Message-ID: {message_id}\r\nSubject: {name}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
             Rødgrød.\r\n.\r\n..\r\nFrom her to there\r\n"
        );
        let mail = NewMail {
            link: None,
            key: format!("send/{name}"),
            kind: MailKind::Notice,
            mode: MailMode::Send,
            person: None,
            to: vec![format!("{name}@kommune.example")],
            cc: Vec::new(),
            subject: (*name).to_owned(),
            mime: mime.into(),
            message_id,
            not_before: now,
        };
        store::enqueue(&connection, &mail, now).unwrap();
    }
}

/// How many were sent, are to be tried again, and are dead.
fn deliver(installation: &TestInstallation, minutes: i64) -> [u64; 3] {
    let report = installation.json_at(&after(minutes), &["deliver"]);
    assert_eq!(report["serverError"], Value::Null, "{report}");
    ["sent", "later", "dead"].map(|count| report[count].as_u64().unwrap())
}

/// State and attempts of a mail.
fn state(installation: &TestInstallation, name: &str) -> (String, i64) {
    let query = "SELECT state, attempts FROM outbox WHERE key = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    installation.open().query_row(query, [format!("send/{name}")], row).unwrap()
}

fn mail_is_down(installation: &TestInstallation) -> bool {
    let query = "SELECT count(*) FROM incident WHERE kind = 'mail-down' AND closed_at IS NULL";
    installation.open().query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() == 1
}

/// Every mail that is `sent` has arrived as it was written, once for each of its
/// readers, or twice if it is one of `twice`; and no other has. How many are sent.
#[track_caller]
fn nothing_is_lost_or_doubled(
    installation: &TestInstallation,
    postfix: &Postfix,
    twice: &[&str],
) -> usize {
    let mut arrived: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for mail in postfix.arrived() {
        arrived.entry((mail.message_id, mail.to)).or_default().push(mail.content);
    }
    let connection = installation.open();
    let mut statement = connection
        .prepare("SELECT message_id, recipients, mime FROM outbox WHERE state = 'sent'")
        .unwrap();
    let sent: Vec<(String, String, Vec<u8>)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (id, readers, mime) in &sent {
        let mime = String::from_utf8(mime.clone()).unwrap().replace("\r\n", "\n");
        for reader in serde_json::from_str::<Vec<String>>(readers).unwrap() {
            let copies = arrived.remove(&(id.clone(), reader.clone())).unwrap_or_default();
            let expected = 1 + usize::from(twice.contains(&id.as_str()));
            assert_eq!(copies.len(), expected, "{id} to {reader}");
            for copy in copies {
                assert!(copy.ends_with(&mime), "{id} has changed on its way:\n{copy}");
            }
        }
    }
    assert!(arrived.is_empty(), "nobody knows that these were sent: {arrived:#?}");
    sent.len()
}

#[test]
#[cfg_attr(
    without_postfix,
    ignore = "needs Postfix, and root to start it: apt-get install postfix"
)]
fn postfix_takes_some_defers_one_and_refuses_one() {
    let postfix = Postfix::start();
    let installation = installation(postfix.port);
    postfix.defer(&["later@kommune.example"]);
    queue(&installation, 0, &["one", "later", "gone", "two"]);

    assert_eq!(deliver(&installation, 0), [2, 1, 1]);
    assert_eq!(state(&installation, "gone"), ("dead".to_owned(), 1), "at once");
    assert_eq!(state(&installation, "later"), ("queued".to_owned(), 1));
    assert_eq!(deliver(&installation, 0), [0, 0, 0], "not before its time");
    assert_eq!(deliver(&installation, 1), [0, 1, 0]);
    assert_eq!(nothing_is_lost_or_doubled(&installation, &postfix, &[]), 2);
    assert!(!mail_is_down(&installation), "the mails were wrong, not the server");

    postfix.defer(&[]);
    assert_eq!(deliver(&installation, 6), [1, 0, 0]);
    assert_eq!(state(&installation, "later"), ("sent".to_owned(), 3));
    assert_eq!(nothing_is_lost_or_doubled(&installation, &postfix, &[]), 3);
    let mails = installation.mails(&after(6));
    let gone = mails.iter().find(|mail| mail["subject"] == "gone").unwrap();
    assert!(gone["lastError"].as_str().unwrap().starts_with("550 5.1.1"), "{gone}");
}

#[test]
#[cfg_attr(
    without_postfix,
    ignore = "needs Postfix, and root to start it: apt-get install postfix"
)]
fn mails_wait_while_postfix_is_stopped_and_go_when_it_is_back() {
    let mut postfix = Postfix::start();
    let installation = installation(postfix.port);
    // What the program itself has to say after a week, the digest with it.
    assert_eq!(installation.run_at(&after(1), &["run", "--once"]).code, 0);
    installation.standin().edit(|world| world.acquire("Nyt system", None));
    let run = installation.run_at(&after(WEEK), &["run", "--once"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let first = nothing_is_lost_or_doubled(&installation, &postfix, &[]);
    let mails = installation.mails(&after(WEEK));
    for kind in ["digest", "notice"] {
        assert!(mails.iter().any(|mail| mail["kind"] == kind && mail["state"] == "sent"), "{kind}");
    }

    // Mid-way: two of four have gone.
    send_to(&installation, postfix.port, 2);
    queue(&installation, WEEK + 10, &["one", "two", "three", "four"]);
    assert_eq!(deliver(&installation, WEEK + 10), [2, 2, 0]);
    postfix.stop();
    for (minutes, is_told) in [(11, false), (12, false), (17, true), (90, true)] {
        let at = after(WEEK + minutes);
        let run = installation.run_at(&at, &["--format", "json", "deliver"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((run.code, &report["sent"]), (1, &json!(0)), "{run:#?}");
        assert!(report["serverError"].is_string(), "{report}");
        assert_eq!(mail_is_down(&installation), is_told);
        assert_eq!(state(&installation, "three"), ("queued".to_owned(), 0));
    }

    postfix.start_again();
    // With the alert that mail was down, and the all-clear.
    let sent: Vec<u64> =
        (91..95).map(|minutes| deliver(&installation, WEEK + minutes)[0]).collect();
    assert_eq!(sent, [2, 2, 0, 0]);
    assert!(!mail_is_down(&installation));
    assert_eq!(nothing_is_lost_or_doubled(&installation, &postfix, &[]), first + 6);
}

#[test]
#[cfg_attr(
    without_postfix,
    ignore = "needs Postfix, and root to start it: apt-get install postfix"
)]
fn killed_around_data_it_sends_the_same_message_again() {
    let postfix = Postfix::start();
    let relay = Relay::start(postfix.port);
    let installation = installation(relay.port);
    for (reply, names, twice) in [
        // Postfix has no line of the mail yet; then, it has the whole mail, and
        // the program does not know.
        ("354 ", ["one", "two"], &[][..]),
        ("250 2.0.0 Ok: queued", ["three", "four"], &["<three@test>"][..]),
    ] {
        queue(&installation, 0, &names);
        let told = relay.withhold(reply);
        let run = Process::start(installation.command().args(["--at", &after(0), "deliver"]));
        told.recv_timeout(Duration::from_secs(30)).expect("Postfix answers");
        run.kill();
        assert_eq!(state(&installation, names[0]), ("sending".to_owned(), 1), "{reply}");
        assert_eq!(state(&installation, names[1]), ("queued".to_owned(), 0), "{reply}");

        assert_eq!(deliver(&installation, 1), [2, 0, 0], "{reply}");
        nothing_is_lost_or_doubled(&installation, &postfix, twice);
    }
}
