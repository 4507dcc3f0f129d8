//! The outbox on its way to the mail server: who gets what, when it is tried
//! again, and what a wrong server costs (`reliability.md` R15–R19 and rows
//! 38–45 and 50 of the fault matrix).

#[path = "support/smtp.rs"]
mod smtp;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kitos_sync::config::{Environment, load};
use kitos_sync::core::assess::Figures;
use kitos_sync::core::diff::from_nothing;
use kitos_sync::jobs::{Clock, Context, DeliverReport, deliver, deliver_by_hand};
use kitos_sync::model::{
    Incident, MailKind, MailMode, MailState, NewMail, Organization, OutboxMail, Person, Snapshot,
};
use kitos_sync::store::{self, Access, MailFilter, NewSnapshot};
use smtp::{Fault, HOST, Security, Server, closed_port};
use tempfile::TempDir;
use uuid::Uuid;

const PASSWORD: &str = "correct horse";

/// A configured program in a folder of its own, with a clock to turn.
struct Office {
    folder: TempDir,
    context: Context,
}

impl Office {
    /// In mode `send` to `server`, over STARTTLS, logged in.
    fn sending_to(server: &Server) -> Self {
        Self::new("send", server.port, "")
    }

    fn new(mode: &str, port: u16, more: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
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
        let loaded = load(&path, &environment).unwrap_or_else(|error| panic!("{error}"));
        let mut context = Context::new(loaded.config, environment);
        context.clock = Clock::At(monday());
        context.smtp.roots = vec![smtp::root()];
        Self { folder, context }
    }

    fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, store::Error>,
    ) -> T {
        let connection = self.context.store.open(Access::Create).expect("the database");
        work(&connection).expect("the database does as it is told")
    }

    /// Puts a mail into the outbox, due now. Its Message-ID is `<name@test>`.
    fn queue(&self, name: &str) -> i64 {
        self.queue_with(name, |_| {})
    }

    fn queue_with(&self, name: &str, change: impl FnOnce(&mut NewMail)) -> i64 {
        let now = self.context.now();
        let message_id = format!("<{name}@test>");
        let mut mail = NewMail {
            key: name.to_owned(),
            kind: MailKind::Notice,
            mode: self.context.config.mail.mode,
            person: None,
            to: vec![format!("{name}@kommune.dk")],
            subject: name.to_owned(),
            mime: format!("Message-ID: {message_id}\r\nSubject: {name}\r\n\r\nHello\r\n").into(),
            message_id,
            not_before: now,
        };
        change(&mut mail);
        self.store(|c| store::enqueue(c, &mail, now)).expect("a new key")
    }

    async fn deliver(&self) -> DeliverReport {
        deliver(&self.context, None).await.unwrap_or_else(|error| panic!("{error}"))
    }

    fn wait(&mut self, pause: TimeDelta) {
        self.context.clock = Clock::At(self.context.now() + pause);
    }

    fn mail(&self, id: i64) -> OutboxMail {
        self.store(|c| store::mail_by_id(c, id)).expect("the mail")
    }

    /// Of all mails but alerts: name and state.
    fn states(&self) -> BTreeMap<String, MailState> {
        let mails = self.store(|c| store::list_mails(c, &MailFilter::default()));
        mails
            .into_iter()
            .filter(|mail| mail.kind != MailKind::Alert)
            .map(|mail| (mail.subject, mail.state))
            .collect()
    }

    /// How many alert mails there are.
    fn alerts(&self) -> usize {
        let mails = self.store(|c| store::list_mails(c, &MailFilter::default()));
        mails.into_iter().filter(|mail| mail.kind == MailKind::Alert).count()
    }

    fn incidents(&self) -> Vec<Incident> {
        self.store(store::incidents)
    }

    /// Commits the first snapshot, with these people.
    fn people(&self, people: &[Person]) {
        let organization =
            Organization { uuid: Uuid::from_u128(1), name: "Kommunen".to_owned(), cvr: None };
        let snapshot = Snapshot {
            organization,
            role_types: BTreeMap::new(),
            units: BTreeMap::new(),
            people: people.iter().map(|person| (person.uuid, person.clone())).collect(),
            systems: BTreeMap::new(),
            usages: BTreeMap::new(),
        };
        let now = self.context.now();
        let new = NewSnapshot {
            taken_at: now,
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

fn monday() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().expect("an instant")
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

fn states(expected: &[(&str, MailState)]) -> BTreeMap<String, MailState> {
    expected.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect()
}

/// What stands in the log of the server about secrets and mail in clear text.
fn assert_nothing_in_clear_text(server: &Server) {
    for line in server.lines().into_iter().filter(|line| !line.encrypted) {
        let verb = line.text.split(' ').next().unwrap_or_default();
        assert!(matches!(verb, "EHLO" | "STARTTLS" | "QUIT"), "in clear text: {line:?}");
    }
}

#[tokio::test]
async fn a_due_mail_is_sent_once() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");
    office.queue_with("tomorrow", |mail| mail.not_before += TimeDelta::days(1));

    let report = office.deliver().await;
    assert_eq!(report, DeliverReport { sent: 1, ..DeliverReport::default() });
    office.wait(minutes(60));
    assert_eq!(office.deliver().await, DeliverReport::default());

    let messages = server.messages();
    assert_eq!(server.ids(), ["<one@test>"]);
    assert_eq!(
        (messages[0].from.as_str(), &messages[0].to[..]),
        ("it@kommune.dk", &["one@kommune.dk".to_owned()][..])
    );
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts, mail.sent_at), (MailState::Sent, 1, Some(monday())));
    assert_nothing_in_clear_text(&server);
}

/// Rows 38, 39, 41, 44 and more: the server is wrong, no mail is.
#[tokio::test]
async fn a_server_that_is_wrong_costs_no_mail_an_attempt() {
    let faults: [(&str, Option<Fault>, Security); 7] = [
        ("refused connection", None, Security::StartTls),
        ("421 greeting", Some(Fault::Greeting("421 busy")), Security::StartTls),
        ("554 greeting", Some(Fault::Greeting("554 no")), Security::StartTls),
        ("hang in the greeting", Some(Fault::HangInGreeting), Security::StartTls),
        ("no STARTTLS", Some(Fault::Auth("235 never asked")), Security::Clear),
        ("certificate of another", Some(Fault::WrongName), Security::StartTls),
        ("535 login", Some(Fault::Auth("535 wrong password")), Security::StartTls),
    ];
    for (what, fault, security) in faults {
        let refusing = fault.is_none();
        let port = closed_port();
        let mut server = None;
        if let Some(fault) = fault {
            let wrong = Server::start_on(port, security);
            wrong.always(fault);
            server = Some(wrong);
        }
        let mut office = Office::new("send", port, "");
        office.context.smtp.connect = Duration::from_millis(500);
        let ids = [office.queue("one"), office.queue("two")];

        let report = office.deliver().await;
        let error = report.server_error.unwrap_or_else(|| panic!("{what}: no error"));
        assert!(error.contains(&format!("{HOST}:{port}")), "{what}: {error}");
        assert_eq!((report.sent, report.dead), (0, 0), "{what}");
        for mail in ids.map(|id| office.mail(id)) {
            assert_eq!((mail.state, mail.attempts), (MailState::Queued, 0), "{what}");
            assert!(mail.not_before > office.context.now(), "{what}");
            assert_eq!(mail.last_error.as_ref(), Some(&error), "{what}");
        }
        assert_eq!(office.incidents().len(), 1, "{what}: `status` shows it");
        assert_eq!(office.alerts(), 1, "{what}");

        // It stays so: still one incident, one alert, no attempt.
        office.wait(minutes(61));
        office.deliver().await;
        assert_eq!((office.incidents().len(), office.alerts()), (1, 1), "{what}");
        assert_eq!(office.mail(ids[0]).attempts, 0, "{what}");
        if let Some(server) = &server {
            assert_eq!(server.connections(), 2, "{what}");
            assert_eq!(server.received(), [], "{what}");
            assert_nothing_in_clear_text(server);
            server.heal();
        }
        if refusing {
            server = Some(Server::start_on(port, Security::StartTls));
        }
        if security == Security::Clear {
            // It never learns; the other cases say what happens then.
            continue;
        }

        // It works again: everything goes, and the incident is over.
        office.wait(minutes(61));
        let report = office.deliver().await;
        assert_eq!((report.sent, report.server_error), (3, None), "{what}: and the alert");
        assert_eq!(office.incidents(), [], "{what}");
        assert_eq!(office.alerts(), 2, "{what}: that it is over is told too");
        assert_eq!(office.deliver().await.sent, 1, "{what}: the all-clear");
        let ids = server.expect("a server").ids();
        assert_eq!(ids[..2], ["<one@test>", "<two@test>"], "{what}");
    }
}

#[tokio::test]
async fn mails_queued_while_the_server_is_wrong_wait_with_the_others() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Auth("535 wrong password"));
    let mut office = Office::sending_to(&server);
    office.queue("one");
    office.deliver().await;

    // Each try with a wrong password could be the one that locks the account.
    for minute in 1..59 {
        office.wait(minutes(1));
        office.queue(&format!("later{minute}"));
        office.deliver().await;
    }
    assert_eq!(server.connections(), 1);
    office.wait(minutes(2));
    office.deliver().await;
    assert_eq!(server.connections(), 2);

    // Somebody mends it, and does not want to wait for the next try.
    server.heal();
    let report = deliver_by_hand(&office.context).await.expect("a pass");
    assert_eq!(report.sent, 30, "as many as a minute allows");
}

#[tokio::test]
async fn a_test_mail_is_tried_though_the_others_wait() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Auth("535 wrong password"), 1);
    let mut office = Office::sending_to(&server);
    office.queue("one");
    office.deliver().await;
    office.wait(minutes(1));
    office.queue_with("test", |mail| mail.kind = MailKind::Test);
    office.deliver().await;
    assert_eq!(server.ids(), ["<test@test>"]);
    // Since it went, the others wait no longer.
    office.deliver().await;
    assert_eq!(office.states()["one"], MailState::Sent);
}

#[tokio::test]
async fn a_mail_is_tried_again_after_ever_longer_pauses_and_given_up_after_four_days() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(None, "451 4.7.1 later"));
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");

    let mut pauses = Vec::new();
    loop {
        office.deliver().await;
        let mail = office.mail(id);
        if mail.state != MailState::Queued {
            break;
        }
        // Not a moment earlier than it says.
        let pause = mail.not_before - office.context.now();
        office.wait(pause - TimeDelta::milliseconds(1));
        assert_eq!(office.deliver().await, DeliverReport::default());
        office.wait(TimeDelta::milliseconds(1));
        pauses.push(pause.num_minutes());
    }
    assert_eq!(pauses[..9], [1, 5, 15, 60, 120, 240, 360, 360, 360]);
    assert!(pauses[9..].iter().all(|pause| *pause == 360), "{pauses:?}");

    let mail = office.mail(id);
    assert_eq!(mail.state, MailState::Dead);
    let age = office.context.now() - monday();
    assert!(age >= TimeDelta::days(4) && age < TimeDelta::hours(4 * 24 + 6), "{age}");
    let why = mail.last_error.expect("a reason");
    assert!(why.contains("mail.give_up_after") && why.contains("451 4.7.1 later"), "{why}");
    assert_eq!(office.incidents(), [], "the mail was wrong, not the server");
}

#[tokio::test]
async fn four_days_count_from_when_a_mail_was_due() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Rcpt(None, "451 later"), 1);
    let mut office = Office::sending_to(&server);
    // Written before Easter for the first working day after it.
    let id = office.queue_with("easter", |mail| mail.not_before += TimeDelta::days(6));
    office.wait(TimeDelta::days(6));
    office.deliver().await;
    assert_eq!(office.mail(id).state, MailState::Queued);
    office.wait(minutes(1));
    office.deliver().await;
    assert_eq!(server.ids(), ["<easter@test>"]);
}

#[tokio::test]
async fn a_server_that_is_wrong_for_four_days_kills_what_waited_for_it() {
    let mut office = Office::new("send", closed_port(), "");
    let old = office.queue("old");
    office.deliver().await;
    office.wait(TimeDelta::days(4) - minutes(1));
    let young = office.queue("young");
    office.deliver().await;
    assert_eq!(office.mail(old).state, MailState::Queued);
    office.wait(minutes(15));
    let report = office.deliver().await;
    assert_eq!(office.mail(old).state, MailState::Dead);
    assert!(office.mail(old).last_error.unwrap().contains("mail.give_up_after"));
    assert_eq!(office.mail(young).state, MailState::Queued);
    // The alert is as old as the mail.
    assert_eq!((report.dead, report.later), (2, 1));
}

/// Row 42.
#[tokio::test]
async fn a_mail_refused_twice_for_now_goes_at_the_third_try() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Rcpt(Some("one@kommune.dk"), "451 later"), 2);
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");
    office.queue("two");

    assert_eq!(
        office.deliver().await,
        DeliverReport { sent: 1, later: 1, ..DeliverReport::default() }
    );
    assert_eq!(server.ids(), ["<two@test>"], "the others go");
    office.wait(minutes(1));
    office.deliver().await;
    office.wait(minutes(5));
    office.deliver().await;
    assert_eq!(server.ids(), ["<two@test>", "<one@test>"]);
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts, mail.last_error), (MailState::Sent, 3, None));
}

/// Row 43.
#[tokio::test]
async fn a_mail_refused_for_good_is_dead_at_once_and_the_others_go() {
    for fault in [
        Fault::Rcpt(Some("one@kommune.dk"), "550 5.1.1 no such user"),
        Fault::Message("552 5.3.4 too big"),
    ] {
        let server = Server::start(Security::StartTls);
        server.fault(fault.clone(), 1);
        let mut office = Office::sending_to(&server);
        let id = office.queue("one");
        office.queue("two");
        let report = office.deliver().await;
        assert_eq!(report, DeliverReport { sent: 1, dead: 1, ..DeliverReport::default() });
        let mail = office.mail(id);
        assert_eq!((mail.state, mail.attempts), (MailState::Dead, 1), "{fault:?}");
        assert!(mail.last_error.unwrap().starts_with("55"), "{fault:?}");
        office.wait(TimeDelta::days(1));
        office.deliver().await;
        assert_eq!(server.ids(), ["<two@test>"], "{fault:?}");
        assert_eq!(office.incidents(), [], "{fault:?}");
    }
}

#[tokio::test]
async fn a_sender_that_the_server_does_not_want_kills_no_mail() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Mail("550 5.7.60 not allowed to send as it@kommune.dk"), 1);
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");
    let report = office.deliver().await;
    assert!(report.server_error.unwrap().contains("mail.from"));
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts), (MailState::Queued, 0));
    office.wait(minutes(15));
    office.deliver().await;
    assert_eq!(office.mail(id).state, MailState::Sent);
}

/// Rows 40 and 45.
#[tokio::test]
async fn a_lost_connection_after_data_sends_the_same_message_again() {
    for fault in [Fault::DropBeforeReply, Fault::HangInData] {
        let server = Server::start(Security::StartTls);
        server.fault(fault.clone(), 1);
        let mut office = Office::sending_to(&server);
        office.context.smtp.data = Duration::from_millis(500);
        let id = office.queue("one");
        office.queue("two");

        let report = office.deliver().await;
        assert_eq!(report, DeliverReport { sent: 1, later: 1, ..DeliverReport::default() });
        let mail = office.mail(id);
        assert_eq!((mail.state, mail.attempts), (MailState::Queued, 1), "{fault:?}");
        assert_eq!(mail.not_before, monday() + minutes(1), "{fault:?}");
        office.context.smtp.data = Duration::from_secs(60);
        office.wait(minutes(1));
        office.deliver().await;

        // The server may have kept the first copy: the reader's mail system
        // knows the second one by its Message-ID.
        let copies: Vec<_> =
            server.received().into_iter().filter(|m| m.id == "<one@test>").collect();
        assert_eq!(copies.len(), 2, "{fault:?}");
        assert_eq!(copies[0].content, copies[1].content, "{fault:?}");
        assert_eq!(office.mail(id).state, MailState::Sent, "{fault:?}");
        assert_eq!(office.incidents(), [], "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_that_loses_one_connection_after_the_other_is_left_alone() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::DropBeforeReply);
    let office = Office::sending_to(&server);
    let ids = ["one", "two", "three", "four"].map(|name| office.queue(name));
    let report = office.deliver().await;
    assert!(report.server_error.is_some());
    assert_eq!(server.connections(), 2);
    assert_eq!(ids.map(|id| office.mail(id).attempts), [1, 1, 0, 0]);
    assert_eq!(office.incidents().len(), 1);
}

#[tokio::test]
async fn a_single_mail_that_keeps_losing_the_connection_is_told() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::DropBeforeReply);
    let mut office = Office::sending_to(&server);
    office.queue("one");
    let mut open = Vec::new();
    for pause in [1, 5, 15] {
        office.deliver().await;
        open.push(office.incidents().len());
        office.wait(minutes(pause));
    }
    assert_eq!(open, [0, 0, 1]);
}

#[tokio::test]
async fn a_server_that_hangs_up_after_each_mail_gets_them_all_the_same() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::DropAfterReply);
    server.always(Fault::DropAtQuit);
    let office = Office::sending_to(&server);
    let ids = ["one", "two", "three"].map(|name| office.queue(name));
    assert_eq!(office.deliver().await, DeliverReport { sent: 3, ..DeliverReport::default() });
    assert_eq!(ids.map(|id| office.mail(id).attempts), [1, 1, 1]);
    assert_eq!(server.ids(), ["<one@test>", "<two@test>", "<three@test>"]);
}

/// Row 50: accepted, and then we died before we could note it.
#[tokio::test]
async fn a_mail_left_in_sending_goes_again_under_the_same_message_id() {
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    office.queue("before");
    let id = office.queue("one");
    office.store(|c| store::mark_sending(c, id));

    assert_eq!(office.deliver().await.sent, 2);
    assert_eq!(server.ids(), ["<one@test>", "<before@test>"], "first what was under way");
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts), (MailState::Sent, 2));
}

#[tokio::test]
async fn a_mail_left_in_sending_without_its_body_is_dead() {
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    let id = office.queue("one");
    office.queue("two");
    office.store(|c| {
        store::mark_sending(c, id)?;
        c.execute("UPDATE outbox SET mime = NULL WHERE id = ?1", [id])?;
        Ok(())
    });
    assert_eq!(
        office.deliver().await,
        DeliverReport { sent: 1, dead: 1, ..DeliverReport::default() }
    );
    assert!(office.mail(id).last_error.unwrap().contains("retention.mail_bodies"));
    assert_eq!(server.ids(), ["<two@test>"]);
}

#[tokio::test]
async fn no_more_mails_go_in_a_minute_than_the_server_wants() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::new("send", server.port, "per_minute = 3");
    let names: Vec<String> = (1..=7).map(|n| format!("m{n}")).collect();
    for name in &names {
        office.queue(name);
    }
    let mut sent = Vec::new();
    for pause in [30, 30, 30, 30, 0] {
        sent.push(office.deliver().await.sent);
        office.wait(TimeDelta::seconds(pause));
    }
    assert_eq!(sent, [3, 0, 3, 0, 1]);
    let expected: Vec<String> = names.iter().map(|name| format!("<{name}@test>")).collect();
    assert_eq!(server.ids(), expected, "in their order");
    let attempts = (1..=7).map(|id| office.mail(id).attempts);
    assert!(attempts.into_iter().all(|attempts| attempts == 1));
}

#[tokio::test]
async fn what_must_wait_for_the_next_minute_is_due_then() {
    let server = Server::start(Security::StartTls);
    let office = Office::new("send", server.port, "per_minute = 1");
    office.queue("one");
    let id = office.queue("two");
    let report = office.deliver().await;
    assert_eq!((report.sent, report.later), (1, 1));
    let next = office.store(|c| store::next_mail_at(c, MailMode::Send));
    assert_eq!(next, Some(monday() + minutes(1)), "the daemon wakes for it, and not before");
    assert!(office.mail(id).last_error.unwrap().contains("mail.smtp.per_minute"));
}

#[tokio::test]
async fn a_program_that_is_to_stop_begins_no_further_mail() {
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    office.queue("one");
    office.context.cancel.cancel();
    assert_eq!(office.deliver().await, DeliverReport::default());
    assert_eq!(server.connections(), 0);
    assert_eq!(office.states(), states(&[("one", MailState::Queued)]));
}

#[tokio::test]
async fn preview_writes_private_files_and_sends_nothing() {
    let server = Server::start(Security::StartTls);
    let office = Office::new("preview", server.port, "");
    let id = office.queue("one");
    assert_eq!(office.deliver().await, DeliverReport { previewed: 1, ..DeliverReport::default() });

    let folder = office.folder.path().join("state/preview");
    let mode = |path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].file_name(), format!("2026-03-02-{id:05}-notice.eml").as_str());
    assert_eq!(mode(&files[0].path()), 0o600);
    let content = fs::read_to_string(files[0].path()).unwrap();
    assert_eq!(content, "Message-ID: <one@test>\r\nSubject: one\r\n\r\nHello\r\n");
    assert_eq!(office.states(), states(&[("one", MailState::Previewed)]));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_preview_folder_that_cannot_be_made_is_named() {
    let office = Office::new("preview", closed_port(), "");
    let id = office.queue("one");
    fs::write(office.folder.path().join("state/preview"), "in the way").unwrap();
    let error = deliver(&office.context, None).await.expect_err("no folder").to_string();
    assert!(error.contains("state/preview/") && error.contains("mail.preview_dir"), "{error}");
    assert_eq!(office.mail(id).state, MailState::Queued);
}

#[tokio::test]
async fn redirect_reaches_the_one_address_and_nobody_else() {
    let server = Server::start(Security::StartTls);
    let office = Office::new("redirect", server.port, "");
    office.queue("one");
    office
        .queue_with("digest", |mail| mail.to = vec!["a@kommune.dk".into(), "b@kommune.dk".into()]);
    assert_eq!(office.deliver().await.sent, 2);
    let readers: Vec<_> = server.messages().into_iter().map(|message| message.to).collect();
    assert_eq!(readers, [["trial@kommune.dk"], ["trial@kommune.dk"]]);
}

#[tokio::test]
async fn mails_of_one_mode_never_go_out_in_another() {
    for (mode, report) in [
        ("preview", DeliverReport { previewed: 1, cancelled: 2, ..DeliverReport::default() }),
        ("redirect", DeliverReport { sent: 1, cancelled: 2, ..DeliverReport::default() }),
        ("send", DeliverReport { sent: 1, cancelled: 2, ..DeliverReport::default() }),
    ] {
        let server = Server::start(Security::StartTls);
        let office = Office::new(mode, server.port, "");
        for of in MailMode::ALL {
            office.queue_with(of.as_str(), |mail| mail.mode = of);
        }
        assert_eq!(office.deliver().await, report, "{mode}");
        for (name, state) in office.states() {
            assert_eq!(state == MailState::Cancelled, name != mode, "{mode}: {name} is {state:?}");
        }
    }
}

#[tokio::test]
async fn a_reader_who_left_gets_nothing() {
    let person = |n, member| Person {
        uuid: Uuid::from_u128(n),
        name: "Bo".to_owned(),
        email: Some("bo@kommune.dk".to_owned()),
        member,
    };
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    office.people(&[person(10, true), person(11, false)]);
    for (name, reader) in
        [("here", Some(10)), ("left", Some(11)), ("unknown", Some(12)), ("desk", None)]
    {
        office.queue_with(name, |mail| mail.person = reader.map(Uuid::from_u128));
    }
    let report = office.deliver().await;
    assert_eq!((report.sent, report.cancelled), (2, 2));
    assert_eq!(server.ids(), ["<here@test>", "<desk@test>"]);
    assert_eq!(office.states()["left"], MailState::Cancelled);
    assert_eq!(office.states()["unknown"], MailState::Cancelled);
}

#[tokio::test]
async fn a_digest_that_reaches_some_is_sent_and_says_whom_not() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Rcpt(Some("eva@kommune.dk"), "550 no such user"), 1);
    let office = Office::sending_to(&server);
    let id = office.queue_with("digest", |mail| {
        mail.to = vec!["bo@kommune.dk".into(), "eva@kommune.dk".into()];
    });
    assert_eq!(office.deliver().await, DeliverReport { sent: 1, ..DeliverReport::default() });
    let note = office.mail(id).last_error.expect("a note");
    assert_eq!(note, "not to eva@kommune.dk: 550 no such user");
}

#[tokio::test]
async fn neither_the_database_nor_an_error_holds_the_password() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Auth("535 wrong password"));
    let office = Office::sending_to(&server);
    office.queue("one");
    let report = office.deliver().await;
    assert!(report.server_error.is_some() && !format!("{report:?}").contains(PASSWORD));
    assert!(!format!("{:?}", office.context).contains(PASSWORD));
    for file in fs::read_dir(office.folder.path().join("state")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let found = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
        assert!(!found);
    }
}
