//! The mail server, not a mail, is wrong, or refuses every mail: all mail waits, no
//! mail pays for it, and operators are told once (`docs/reliability.md` R17; rows 38, 39,
//! 41 and 44 of the fault matrix).

use std::fs;
use std::time::Duration;

use chrono::TimeDelta;
use kitos_sync::jobs::{self, Deliver, DeliverReport};
use kitos_sync::model::{IncidentKind, MailKind, MailState, MailWhy, NewMail, Person};
use kitos_sync::store;
use uuid::Uuid;

use crate::support::office::{Office, PASSWORD, assert_nothing_in_clear_text, minutes};
use crate::support::smtp::{Fault, HOST, Security, Server, closed_port};

/// After so many minutes each it is tried again before anybody is told: it may be back in a
/// moment.
const THIRD: &[i64] = &[1, 5];
/// What nobody but an administrator can end.
const AT_ONCE: &[i64] = &[];

/// Rows 38, 39, 41, 44 and more: the server is wrong, no mail is.
#[tokio::test]
async fn a_server_that_is_wrong_costs_no_mail_an_attempt() {
    let starttls = Some(Security::StartTls);
    let faults = [
        ("connection refused", None, None, THIRD),
        ("421 greeting", starttls, Some(Fault::Greeting("421 busy")), THIRD),
        ("554 greeting", starttls, Some(Fault::Greeting("554 no")), AT_ONCE),
        ("hang in the greeting", starttls, Some(Fault::HangInGreeting), THIRD),
        ("no STARTTLS", Some(Security::Clear), None, AT_ONCE),
        ("certificate of another", starttls, Some(Fault::WrongName), THIRD),
        ("535 login", starttls, Some(Fault::Auth("535 wrong password")), AT_ONCE),
    ];
    for (what, security, fault, pauses) in faults {
        let port = closed_port();
        let server = security.map(|security| Server::start_on(port, security));
        if let (Some(server), Some(fault)) = (&server, fault) {
            server.always(fault);
        }
        let mut office = Office::new("send", port, "");
        office.context.smtp.connect = Duration::from_millis(500);
        let ids = [office.queue("one"), office.queue("two")];

        for pause in pauses {
            assert!(office.deliver().await.server_error.is_some(), "{what}");
            assert_eq!((office.incidents().len(), office.alerts()), (0, 0), "{what}: not yet");
            office.wait(minutes(*pause) - TimeDelta::seconds(1));
            assert_eq!(office.deliver().await, DeliverReport::default(), "{what}");
            office.wait(TimeDelta::seconds(1));
        }
        let report = office.deliver().await;
        let error = report.server_error.unwrap_or_else(|| panic!("{what}: no error"));
        assert!(error.contains(&format!("{HOST}:{port}")), "{what}: {error}");
        assert_eq!((report.sent, report.dead), (0, 0), "{what}");
        for mail in ids.map(|id| office.mail(id)) {
            assert_eq!((mail.state, mail.attempts), (MailState::Queued, 0), "{what}");
            assert!(mail.not_before > office.context.now(), "{what}");
            assert_eq!(mail.reason, Some(MailWhy::Reply.with(error.clone())), "{what}");
        }
        assert_eq!(office.incidents().len(), 1, "{what}: `status` shows it");
        assert_eq!(office.alerts(), 1, "{what}");

        // It stays so: still one incident, one alert, no attempt.
        office.wait(minutes(61));
        office.deliver().await;
        assert_eq!((office.incidents().len(), office.alerts()), (1, 1), "{what}");
        assert_eq!(office.mail(ids[0]).attempts, 0, "{what}");
        if let Some(server) = &server {
            assert_eq!(server.connections(), pauses.len() + 2, "{what}");
            assert_eq!(server.received(), [], "{what}");
            assert_nothing_in_clear_text(server);
            server.heal();
        }
        if security == Some(Security::Clear) {
            // It never learns; the other cases say what happens then.
            continue;
        }
        let server = server.unwrap_or_else(|| Server::start_on(port, Security::StartTls));

        // It works again: everything goes, and the incident is over.
        office.wait(minutes(61));
        let report = office.deliver().await;
        assert_eq!((report.sent, report.server_error), (3, None), "{what}: and the alert");
        assert_eq!(office.incidents(), [], "{what}");
        assert_eq!(office.alerts(), 2, "{what}: that it is over is told too");
        assert_eq!(office.deliver().await.sent, 1, "{what}: the all-clear");
        let ids = server.ids();
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

    // Somebody fixes it, and does not want to wait for the next try.
    server.heal();
    let report = jobs::run(&office.context, Deliver { by_hand: true }).await.expect("a pass");
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
    assert_eq!(office.mail(old).reason.unwrap().why, MailWhy::GivenUp);
    assert_eq!(office.mail(young).state, MailState::Queued);
    // The alert of the third try is as young.
    assert_eq!((report.dead, report.later), (1, 2));
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

/// A relay that has taken this machine off its list, a filter that takes us for spam,
/// a server that has lost its directory: each would else kill the whole outbox and
/// have every owner reported as unreachable.
#[tokio::test]
async fn a_server_that_refuses_everybody_kills_no_mail_and_no_reader_is_reported() {
    for fault in [
        Fault::Rcpt(None, "554 5.7.1 Relay access denied"),
        Fault::Rcpt(None, "550 5.1.1 no such user"),
        Fault::Message("554 5.7.1 rejected as spam"),
        Fault::Message("550 5.4.5 daily quota exceeded"),
    ] {
        let server = Server::start(Security::StartTls);
        server.always(fault.clone());
        let mut office = Office::sending_to(&server);
        let names = ["one", "two", "three", "four"];
        let people: Vec<_> = (10..).map(Uuid::from_u128).zip(names).map(person).collect();
        office.people(&people);
        let ids: Vec<i64> = people
            .iter()
            .map(|p| office.queue_with(&p.name, |mail| mail.person = Some(p.uuid)))
            .collect();

        let report = office.deliver().await;
        assert_eq!((report.sent, report.dead), (0, 0), "{fault:?}");
        let error = report.server_error.unwrap_or_else(|| panic!("{fault:?}: no error"));
        assert!(error.contains("refuses every mail"), "{fault:?}: {error}");
        assert_eq!((office.incidents().len(), office.alerts()), (1, 1), "{fault:?}");
        office.wait(minutes(15));
        office.deliver().await;
        assert_eq!((office.incidents().len(), office.alerts()), (1, 1), "{fault:?}: told once");
        assert!(office.store(store::refused_addresses).is_empty(), "{fault:?}");

        server.heal();
        office.wait(minutes(15));
        assert_eq!(office.deliver().await.sent, 5, "{fault:?}: with the alert");
        assert!(ids.iter().all(|id| office.mail(*id).state == MailState::Sent), "{fault:?}");
        assert_eq!(office.incidents(), [], "{fault:?}");
    }
}

fn person((uuid, name): (Uuid, &str)) -> Person {
    let email = Some(format!("{name}@kommune.dk"));
    Person { uuid, kitos_uuid: uuid, name: name.to_owned(), email, member: true, api_access: false }
}

#[tokio::test]
async fn readers_who_do_not_exist_are_reported_where_the_server_takes_other_mail() {
    let server = Server::start(Security::StartTls);
    let people: Vec<_> =
        (10..).map(Uuid::from_u128).zip(["a", "b", "c", "here"]).map(person).collect();
    for gone in ["a@kommune.dk", "b@kommune.dk", "c@kommune.dk"] {
        server.always(Fault::Rcpt(Some(gone), "550 5.1.1 no such user"));
    }
    let office = Office::sending_to(&server);
    office.people(&people);
    for p in &people {
        office.queue_with(&p.name, |mail| mail.person = Some(p.uuid));
    }
    let expected = DeliverReport { sent: 1, dead: 3, ..DeliverReport::default() };
    assert_eq!(office.deliver().await, expected);
    assert_eq!(office.store(store::refused_addresses).len(), 3);
    assert_eq!(office.incidents(), []);
}

/// An address that only some may write to, say: while the server takes other mail, that is
/// the reader's affair.
#[tokio::test]
async fn a_refusal_that_is_about_us_is_tried_again_for_four_days_and_then_reported() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(Some("one@kommune.dk"), "550 5.7.133 not allowed to send to it"));
    let mut office = Office::sending_to(&server);
    office.people(&[person((Uuid::from_u128(10), "one"))]);
    let id = office.queue_with("one", |mail| mail.person = Some(Uuid::from_u128(10)));
    office.queue("two");
    let expected = DeliverReport { sent: 1, later: 1, ..DeliverReport::default() };
    assert_eq!(office.deliver().await, expected);
    while office.mail(id).state == MailState::Queued {
        office.wait(office.mail(id).not_before - office.context.now());
        office.deliver().await;
    }
    let mail = office.mail(id);
    assert_eq!(mail.state, MailState::Dead);
    assert!(mail.reason.is_some_and(|reason| reason.why == MailWhy::GivenUp));
    let refused = office.store(store::refused_addresses);
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), ["one@kommune.dk"]);
    assert_eq!((office.incidents(), office.alerts()), (vec![], 0), "the server takes others");
}

/// 451 for everybody for four days would else end with a dead outbox, and nobody told.
#[tokio::test]
async fn a_server_that_puts_everybody_off_is_told_and_greylisting_is_not() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(None, "451 4.3.2 try again later"));
    let mut office = Office::sending_to(&server);
    for name in ["one", "two", "three"] {
        office.queue(name);
    }
    let mut open = Vec::new();
    for pause in [1, 5, 15, 60] {
        office.deliver().await;
        open.push(office.incidents().len());
        office.wait(minutes(pause));
    }
    assert_eq!(open, [0, 0, 0, 1], "greylisting lasts some minutes");
    office.deliver().await;
    office.wait(TimeDelta::hours(2));
    office.deliver().await;
    assert_eq!((office.incidents().len(), office.alerts()), (1, 1), "told once");
    server.heal();
    while office.alerts() < 2 {
        office.wait(minutes(15));
        office.deliver().await;
    }
    assert_eq!(office.incidents(), []);
}

#[tokio::test]
async fn a_trial_whose_one_reader_is_refused_reports_no_owner() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(None, "550 5.1.1 no such user"));
    let office = Office::new("redirect", server.port, "");
    office.people(&[person((Uuid::from_u128(10), "one"))]);
    let id = office.queue_with("one", |mail| mail.person = Some(Uuid::from_u128(10)));
    office.deliver().await;
    assert_eq!(office.mail(id).state, MailState::Dead);
    assert!(office.store(store::refused_addresses).is_empty());
}

#[tokio::test]
async fn a_server_that_loses_one_connection_after_the_other_is_left_alone() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::DropBeforeReply);
    let mut office = Office::sending_to(&server);
    let ids = ["one", "two", "three", "four"].map(|name| office.queue(name));
    let report = office.deliver().await;
    assert!(report.server_error.is_some());
    assert_eq!(server.connections(), 2);
    assert_eq!(ids.map(|id| office.mail(id).attempts), [1, 1, 0, 0]);
    for pause in THIRD {
        assert_eq!(office.incidents().len(), 0, "it may be back in a moment");
        office.wait(minutes(*pause));
        office.deliver().await;
    }
    assert_eq!((office.incidents().len(), office.alerts()), (1, 1));
}

/// Whose mails come first in the outbox says nothing of the server.
#[tokio::test]
async fn readers_at_whom_the_server_hangs_up_keep_no_mail_from_the_others() {
    let server = Server::start(Security::StartTls);
    let gone = ["a@kommune.dk", "b@kommune.dk", "c@kommune.dk"];
    for address in gone {
        server.always(Fault::DropAtRcpt(address));
    }
    let mut office = Office::sending_to(&server);
    office.people(&[]);
    for name in ["a", "b", "c", "d", "e"] {
        office.queue(name);
    }
    office.deliver().await;
    office.wait(minutes(1));
    office.deliver().await;
    assert_eq!(server.ids(), ["<d@test>", "<e@test>"]);
    for _ in 0..5 * 24 {
        office.wait(minutes(60));
        assert_eq!(office.deliver().await.server_error, None);
    }
    assert_eq!((office.store(store::all_incidents).len(), office.alerts()), (0, 0));
    let refused: Vec<String> = office.store(store::refused_addresses).into_iter().collect();
    assert_eq!(refused, gone);
}

/// What it took before it failed says nothing of what it took nothing of since.
#[tokio::test]
async fn a_server_that_fails_for_everybody_amid_a_pass_makes_nobody_unreachable() {
    for fault in [
        Fault::Message("554 5.7.1 Relay access denied"),
        Fault::Message("452 4.3.1 Insufficient system storage"),
        Fault::DropBeforeReply,
    ] {
        let server = Server::start(Security::StartTls);
        server.fault(Fault::Fine, 4);
        server.always(fault.clone());
        let mut office = Office::sending_to(&server);
        office.people(&[]);
        let names = ["one", "two", "three", "four", "five", "six", "seven"];
        let ids = names.map(|name| office.queue(name));
        assert_eq!(office.deliver().await.sent, 4, "{fault:?}");
        let mut told_after = None;
        for quarter in 0..5 * 24 * 4 {
            office.wait(minutes(15));
            office.deliver().await;
            let is_told = office.incidents().iter().any(|one| one.kind == IncidentKind::MailDown);
            told_after = told_after.or(is_told.then_some(quarter));
        }
        assert!(told_after.is_some_and(|quarter| quarter < 8), "{fault:?}: {told_after:?}");
        assert!(ids[4..].iter().all(|id| office.mail(*id).state == MailState::Dead), "{fault:?}");
        let refused = office.store(store::refused_addresses);
        assert_eq!(refused.len(), 0, "{fault:?}: {refused:?}");
        let open: Vec<_> = office.incidents().iter().map(|one| one.kind).collect();
        assert_eq!(open, [IncidentKind::MailDown], "{fault:?}");
    }
}

#[tokio::test]
async fn a_connection_lost_now_and_then_is_the_affair_of_its_mail() {
    let server = Server::start(Security::StartTls);
    for fault in [Fault::DropBeforeReply, Fault::Fine, Fault::DropBeforeReply, Fault::Fine] {
        server.fault(fault, 1);
    }
    let office = Office::sending_to(&server);
    for name in ["one", "two", "three", "four"] {
        office.queue(name);
    }
    let expected = DeliverReport { sent: 2, later: 2, ..DeliverReport::default() };
    assert_eq!(office.deliver().await, expected);
    assert_eq!(server.ids(), ["<two@test>", "<four@test>"]);
    assert_eq!(office.incidents(), []);
}

#[tokio::test]
async fn a_single_mail_that_fails_for_what_the_server_or_we_are_is_told_at_the_third_try() {
    for fault in [Fault::DropBeforeReply, Fault::Rcpt(None, "554 5.7.1 Relay access denied")] {
        let server = Server::start(Security::StartTls);
        server.always(fault.clone());
        let mut office = Office::sending_to(&server);
        office.queue("one");
        let mut open = Vec::new();
        for pause in [1, 5, 15] {
            office.deliver().await;
            open.push(office.incidents().len());
            office.wait(minutes(pause));
        }
        assert_eq!(open, [0, 0, 1], "{fault:?}");
    }
}

/// A filter that hangs up on one letter, a group that takes no mail from us: what one reader
/// does not get for weeks says nothing of a server that takes other mail.
#[tokio::test]
async fn a_reader_whose_mail_fails_for_weeks_is_told_as_a_fault_of_the_server_once_at_most() {
    let weekly = |office: &Office, week: usize, to: &str| {
        office.queue_with(&format!("{to}{week}"), |mail| {
            mail.kind = MailKind::Digest;
            mail.to = vec![format!("{to}@kommune.dk")];
        })
    };
    for fault in [
        Fault::DropAtRcpt("anna@kommune.dk"),
        Fault::Rcpt(Some("anna@kommune.dk"), "421 4.7.0 closing"),
        Fault::Rcpt(Some("anna@kommune.dk"), "550 5.7.1 not allowed"),
    ] {
        let server = Server::start(Security::StartTls);
        server.always(fault.clone());
        let mut office = Office::sending_to(&server);
        for week in 0..3 {
            let id = weekly(&office, week, "anna");
            while office.mail(id).state == MailState::Queued {
                office.deliver().await;
                office.wait(minutes(60));
            }
            assert_eq!(office.mail(id).state, MailState::Dead, "{fault:?}");
        }
        let told = office.store(store::all_incidents);
        let down = told.iter().filter(|one| one.kind == IncidentKind::MailDown).count();
        assert_eq!(down, 1, "{fault:?}: at first there was no other mail to tell by");
        let open: Vec<_> = office.incidents().iter().map(|one| one.kind).collect();
        assert_eq!(open, [], "{fault:?}: anna is no reader of digests by configuration");
    }
}

/// With other mail to tell by it is no incident at all, and costs the others nothing.
#[tokio::test]
async fn a_mail_that_goes_on_losing_its_connection_is_no_incident_while_others_are_taken() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::DropAtRcpt("anna@kommune.dk"));
    let mut office = Office::sending_to(&server);
    office.people(&[]);
    let id = office.queue_with("letter", |mail| mail.to = vec!["anna@kommune.dk".to_owned()]);
    office.queue("other");
    while office.mail(id).state == MailState::Queued {
        assert_eq!(office.deliver().await.server_error, None);
        office.wait(minutes(16));
    }
    assert_eq!(office.mail(id).reason.expect("a reason").why, MailWhy::GivenUp);
    assert_eq!((office.store(store::all_incidents).len(), office.alerts()), (0, 0));
    assert!(office.store(store::refused_addresses).contains("anna@kommune.dk"));
}

/// An address to which nothing came for as long counts as one that the server refuses, until
/// something comes.
#[tokio::test]
async fn a_mailbox_that_is_full_for_four_days_cannot_be_reached_until_a_mail_arrives() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(Some("anna@kommune.dk"), "452 4.2.2 over quota"));
    let mut office = Office::sending_to(&server);
    office.people(&[]);
    let to_anna = |mail: &mut NewMail| mail.to = vec!["anna@kommune.dk".to_owned()];
    let id = office.queue_with("full", to_anna);
    office.queue("other");
    while office.mail(id).state == MailState::Queued {
        assert!(office.store(store::refused_addresses).is_empty(), "not before it is given up");
        office.deliver().await;
        office.wait(minutes(16));
    }
    assert!(office.store(store::refused_addresses).contains("anna@kommune.dk"));
    server.heal();
    office.queue_with("test", |mail| {
        to_anna(mail);
        mail.kind = MailKind::Test;
    });
    office.deliver().await;
    assert!(office.store(store::refused_addresses).is_empty(), "a test mail shows it");
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

#[tokio::test]
async fn a_password_that_cannot_be_read_makes_all_mail_wait() {
    let server = Server::start(Security::StartTls);
    let office = Office::new("send", server.port, "password_file = '/nowhere/smtp-password'");
    let id = office.queue("one");
    let error = office.deliver().await.server_error.expect("an error");
    assert!(error.contains("/nowhere/smtp-password"), "{error}");
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts), (MailState::Queued, 0));
    assert_eq!((office.incidents().len(), server.connections()), (1, 0));
}

/// The service has its password as a credential, which no command by hand sees.
#[tokio::test]
async fn a_command_by_hand_without_the_password_leaves_the_mails_and_says_the_way_out() {
    let server = Server::start(Security::StartTls);
    let office = Office::new("send", server.port, "password_file = '/nowhere/smtp-password'");
    let id = office.queue("one");
    let before = office.mail(id);
    let by_hand = jobs::run(&office.context, Deliver { by_hand: true }).await.unwrap_err();
    let test = jobs::send_test(&office.context, "a@kommune.dk").await.unwrap_err();
    for error in [by_hand, test].map(|error| error.to_string()) {
        assert!(error.contains("/nowhere/smtp-password") && error.contains("sudo"), "{error}");
    }
    assert_eq!(office.mail(id), before);
    assert_eq!(office.incidents().len(), 0);
    assert_eq!(office.store(|c| store::list_mails(c, None)).len(), 1);
    let runs: i64 = office.store(|connection| {
        let count = connection.query_row("SELECT count(*) FROM job_run", [], |row| row.get(0));
        count.map_err(store::Error::from)
    });
    assert_eq!(runs, 0, "nor is it a failure of the service");
}

/// A restored backup gives the same numbers to other incidents, and a reader's mail
/// system drops a mail that it knows by its Message-ID.
#[tokio::test]
async fn after_a_restored_backup_another_alert_is_another_mail() {
    let mut office = Office::new("send", closed_port(), "");
    office.people(&[]);
    let (backup, database) =
        (office.folder.path().join("backup.db"), office.context.store.path().to_owned());
    office.store(|c| store::backup(c, &backup).map(|_| ()));
    let mut alerts = Vec::new();
    for _ in 0..2 {
        fs::copy(&backup, &database).expect("restored");
        office.queue("one");
        for pause in [1, 5, 0] {
            office.deliver().await;
            office.wait(minutes(pause));
        }
        let mails = office.store(|c| store::list_mails(c, None));
        alerts.extend(mails.into_iter().filter(|mail| mail.kind == MailKind::Alert));
        office.wait(TimeDelta::days(1));
    }
    assert_eq!(alerts[0].key, alerts[1].key);
    assert_ne!(alerts[0].message_id, alerts[1].message_id);
}
