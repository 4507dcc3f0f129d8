//! Rows 46, 49, 66 and 67: the program is killed, or told to stop, while it
//! waits for KITOS or for the mail server. (47, 48, 50 and 51, where the moment
//! is a system call, are walked through in `crash`.)

use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kitos_standin::{Effect, Fault, World};
use kitos_sync::model::{MailMode, MailState, NewMail};
use kitos_sync::store::{self, Access, Store};
use rusqlite::Connection;

use crate::support::smtp::{self, HOST, Security, Server};
use crate::support::{Tables, TestInstallation, tables};

const MONDAY: &str = "2026-03-02T08:00:00Z";

/// An installation that mails, and has pulled once.
fn settled(server: &Server) -> TestInstallation {
    let installation = TestInstallation::new(World::generate(7, 20));
    installation.configure(&format!(
        "mode = 'send'\n\
         [mail.smtp]\n\
         host = '{HOST}'\n\
         port = {}\n\
         security = 'none'\n\
         [schedule]\n\
         jitter = '0s'",
        server.port
    ));
    let run = installation.run_at(MONDAY, &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    installation
}

fn open(installation: &TestInstallation) -> Connection {
    Store::new(installation.database()).open(Access::Existing).expect("the database opens again")
}

fn register(installation: &TestInstallation) -> Tables {
    tables(&open(installation))
}

/// Puts mails into the outbox: `<one@test>`, `<two@test>` …
fn queue(installation: &TestInstallation, names: &[&str]) {
    let connection = open(installation);
    let now = MONDAY.parse().expect("an instant");
    for name in names {
        let message_id = format!("<{name}@test>");
        let mail = NewMail {
            link: None,
            key: format!("send/{name}"),
            kind: kitos_sync::model::MailKind::Notice,
            mode: MailMode::Send,
            person: None,
            to: vec![format!("{name}@kommune.example")],
            cc: Vec::new(),
            subject: (*name).to_owned(),
            mime: format!("Message-ID: {message_id}\r\nSubject: {name}\r\n\r\nHej\r\n").into(),
            message_id,
            not_before: now,
        };
        store::enqueue(&connection, &mail, now).expect("the outbox");
    }
}

fn states(installation: &TestInstallation) -> Vec<MailState> {
    let mut mails = store::list_mails(&open(installation), None).expect("mails");
    mails.reverse();
    mails.iter().map(|mail| mail.state).collect()
}

fn start(installation: &TestInstallation, arguments: &[&str]) -> Child {
    let mut command = installation.command();
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// Waits for its end; a program that never ends fails the test.
fn end(mut child: Child) -> ExitStatus {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        match child.try_wait().expect("a child") {
            Some(status) => return status,
            None if Instant::now() > patience => {
                child.kill().expect("a kill");
                panic!("it did not stop");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// SIGTERM, as the service manager sends it.
fn terminate(pid: u32) {
    let done = std::process::Command::new("kill").args(["-TERM", &pid.to_string()]).status();
    assert!(done.expect("kill runs").success());
}

/// From now on KITOS hangs in the list of usages.
fn hang(installation: &TestInstallation) {
    installation.standin().forget_requests();
    installation.standin().fault(Fault::new("/api/v2/it-system-usages", Effect::Hang).always());
}

/// Waits until a pull hangs there.
fn wait_until_it_hangs(installation: &TestInstallation) {
    let patience = Instant::now() + Duration::from_secs(60);
    while installation.standin().requests_to("/api/v2/it-system-usages?").is_empty() {
        assert!(Instant::now() < patience, "no pull has begun");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn fault_46_killed_during_the_pull() {
    let installation = settled(&Server::start(Security::Clear));
    let before = register(&installation);
    hang(&installation);
    let mut child = start(&installation, &["--at", "2026-03-03T08:00:00Z", "sync"]);
    wait_until_it_hangs(&installation);
    child.kill().expect("a kill");
    child.wait().expect("its end");
    assert_eq!(register(&installation), before);
    installation.standin().heal();
    let run = installation.run_at("2026-03-03T08:01:00Z", &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn fault_49_killed_before_data() {
    let server = Server::start(Security::Clear);
    let installation = settled(&server);
    queue(&installation, &["one", "two"]);
    server.fault(smtp::Fault::HangInGreeting, 1);
    let mut child = start(&installation, &["--at", MONDAY, "deliver"]);
    while server.connections() == 0 {
        std::thread::yield_now();
    }
    child.kill().expect("a kill");
    child.wait().expect("its end");
    assert_eq!(states(&installation), [MailState::Queued; 2]);
    assert_eq!(installation.run_at(MONDAY, &["deliver"]).code, 0);
    assert_eq!(server.ids(), ["<one@test>", "<two@test>"]);
}

#[test]
fn fault_50_killed_after_data_and_before_it_is_noted() {
    let server = Server::start(Security::Clear);
    let installation = settled(&server);
    queue(&installation, &["one", "two"]);
    let (tell, told) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    // The server takes the message, and answers when the program is dead.
    server.on_message(move || {
        tell.send(()).unwrap_or_default();
        let _ = gone.lock().expect("no panic").recv();
    });
    let mut child = start(&installation, &["--at", MONDAY, "deliver"]);
    told.recv().expect("a message");
    child.kill().expect("a kill");
    child.wait().expect("its end");
    drop(go);
    server.on_message(|| {});
    assert_eq!(states(&installation), [MailState::Sending, MailState::Queued]);
    assert_eq!(installation.run_at(MONDAY, &["deliver"]).code, 0);
    assert_eq!(states(&installation), [MailState::Sent; 2]);
    let ids: Vec<_> = server.received().into_iter().map(|message| message.id).collect();
    assert_eq!(ids, ["<one@test>", "<one@test>", "<two@test>"], "the same one again");
}

#[test]
fn fault_66_sigterm_mid_pull() {
    let installation = settled(&Server::start(Security::Clear));
    let before = register(&installation);
    hang(&installation);
    // The machine's own clock: the pull of many mornings since is due.
    let child = start(&installation, &["run"]);
    wait_until_it_hangs(&installation);
    terminate(child.id());
    assert_eq!(end(child).code(), Some(0));
    assert_eq!(register(&installation), before, "a pull that was broken off is no failure");
}

#[test]
fn fault_67_sigterm_mid_smtp() {
    let server = Server::start(Security::Clear);
    let installation = settled(&server);
    queue(&installation, &["one", "two"]);
    // KITOS is down: only the mails are of interest.
    installation.standin().fault(Fault::new("/api", Effect::status(400)).always());
    let (tell, told) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    server.on_message(move || {
        tell.send(()).unwrap_or_default();
        let _ = gone.lock().expect("no panic").recv();
    });
    let child = start(&installation, &["run"]);
    told.recv().expect("a message");
    terminate(child.id());
    // Answered once the signal is there: this mail is finished, and so is a second one
    // that had begun before the program saw it.
    go.send(()).expect("the server waits");
    drop(go);
    assert_eq!(end(child).code(), Some(0));
    assert!(!states(&installation).contains(&MailState::Sending));
    let sent = states(&installation).iter().filter(|state| **state == MailState::Sent).count();
    assert_eq!(sent, server.ids().len(), "what the server took is noted");
    assert!(sent >= 1);
}
