//! The program's own mails, the digest and alerts: one that dies is somebody's business,
//! and a reader who is put off gets it alone.

use std::sync::Arc;

use kitos_sync::jobs::{self, DeliverReport};
use kitos_sync::mail::{Attachment, Envelope, Rendered, finish};
use kitos_sync::model::{AlertFact, IncidentKind, MailKind, MailState};
use kitos_sync::store;

use crate::support::office::{Office, minutes};
use crate::support::smtp::{Fault, Message, Security, Server};

const IT: &str = "it@kommune.dk";
const GUARD: &str = "vagt@kommune.dk";

fn office(server: &Server, it: &[&str], alerts: &[&str]) -> Office {
    let mut office = Office::sending_to(server);
    let config = Arc::make_mut(&mut office.context.config);
    config.mail.it = it.iter().map(|to| (*to).to_owned()).collect();
    config.mail.alerts = Some(alerts.iter().map(|to| (*to).to_owned()).collect());
    office.people(&[]);
    office
}

async fn digest(office: &Office) {
    jobs::run(&office.context, jobs::Digest { send: true }).await.expect("a digest");
}

/// A digest on its way that has something to attach.
fn with_spreadsheet(office: &Office, to: &[&str]) {
    let attachment = Some(Attachment { name: "mangler.xlsx".to_owned(), content: vec![7; 9_000] });
    let (subject, text) = ("Overblik".to_owned(), "Ugens overblik\n".to_owned());
    let html = "<html><body class=\"x\"><p>Ugens overblik</p></body></html>".to_owned();
    let rendered = Rendered { subject, text, html, attachment };
    office.queue_with("digest", |mail| {
        mail.kind = MailKind::Digest;
        mail.to = to.iter().map(|to| (*to).to_owned()).collect();
        let envelope = Envelope {
            to: mail.to.clone(),
            cc: Vec::new(),
            message_id: mail.message_id.clone(),
            date: office.context.now(),
            kind: mail.kind,
        };
        mail.mime = finish(&rendered, &envelope, &office.context.config.mail).unwrap();
    });
}

fn kinds(office: &Office) -> Vec<IncidentKind> {
    office.incidents().iter().map(|incident| incident.kind).collect()
}

fn readers(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.to.join(" ")).collect()
}

#[tokio::test]
async fn a_reader_of_the_digest_who_is_refused_is_told_of_to_every_other() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(Some(IT), "550 5.1.1 no such user"));
    let mut office = office(&server, &[IT, "chef@kommune.dk"], &[IT, GUARD]);
    digest(&office).await;
    let report = office.deliver().await;
    assert_eq!(report, DeliverReport { sent: 1, dead: 1, ..DeliverReport::default() });
    assert_eq!(kinds(&office), [IncidentKind::DigestRefused]);
    let refused = |address: &str, reply: &str| AlertFact::Refused {
        address: address.to_owned(),
        reply: reply.to_owned(),
    };
    assert_eq!(office.incidents()[0].facts, [refused(IT, "550 5.1.1 no such user")]);

    office.wait(minutes(1));
    assert_eq!(office.deliver().await.sent, 2);
    let told = readers(&server.messages());
    assert_eq!(told, ["chef@kommune.dk", "chef@kommune.dk", GUARD]);
    let alert = &server.messages()[2].content;
    assert!(alert.contains("no such user"), "{alert}");

    // It is over when a later one arrives.
    server.heal();
    office.wait(minutes(7 * 24 * 60));
    digest(&office).await;
    office.deliver().await;
    assert_eq!(kinds(&office), []);
}

/// The one address of a trial says nothing of the readers that its mails name.
#[tokio::test]
async fn in_a_trial_no_reader_is_reported_and_what_was_is_over() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(None, "550 5.1.1 no such user"));
    let mut office = Office::new("redirect", server.port, "");
    office.people(&[]);
    let now = office.context.now();
    office.store(|c| store::open_incident(c, IncidentKind::DigestRefused, now, vec![]));
    digest(&office).await;
    office.deliver().await;
    assert_eq!(kinds(&office), []);
    office.wait(minutes(1));
    assert_eq!(office.deliver().await, DeliverReport::default());
}

#[tokio::test]
async fn the_second_reader_who_is_refused_is_told_of_as_the_first_was() {
    let server = Server::start(Security::StartTls);
    let chief = "chef@kommune.dk";
    server.always(Fault::Rcpt(Some(IT), "550 5.1.1 no such user"));
    let mut office = office(&server, &[IT, chief], &[GUARD]);
    digest(&office).await;
    office.deliver().await;
    office.wait(minutes(1));
    office.deliver().await;
    assert_eq!(readers(&server.messages()), [chief, chief, GUARD]);

    server.always(Fault::Rcpt(Some(chief), "550 5.1.1 no such user either"));
    office.wait(minutes(7 * 24 * 60));
    digest(&office).await;
    for _ in 0..2 {
        office.deliver().await;
        office.wait(minutes(1));
    }
    assert_eq!(kinds(&office), [IncidentKind::DigestRefused]);
    assert_eq!(office.incidents()[0].facts.len(), 2, "both of them");
    let messages = server.messages();
    assert_eq!(readers(&messages), [chief, chief, GUARD, GUARD]);
    let told = &messages[3].content;
    assert!(told.contains("no such user either"), "{told}");

    // What is known is not told again.
    office.wait(minutes(7 * 24 * 60));
    digest(&office).await;
    for _ in 0..2 {
        office.deliver().await;
        office.wait(minutes(1));
    }
    assert_eq!(server.messages().len(), 4);
}

#[tokio::test]
async fn an_alert_that_is_refused_is_told_of_too_and_alone_it_is_an_incident_at_least() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(Some(IT), "550 5.1.1 no such user"));
    let office = office(&server, &[IT], &[IT]);
    digest(&office).await;
    assert_eq!(office.deliver().await.dead, 1);
    assert_eq!(kinds(&office), [IncidentKind::DigestRefused]);
    assert_eq!(office.alerts(), 0, "there is nobody to tell");
    assert_eq!(office.store(store::refused_addresses).len(), 0, "IT is no owner");
}

#[tokio::test]
async fn a_digest_that_is_too_large_goes_again_without_its_spreadsheet_and_says_so() {
    for reply in ["552 5.3.4 message too big", "552 5.2.3 over the mailbox's limit", "552 too big"]
    {
        let server = Server::start(Security::StartTls);
        server.fault(Fault::Message(reply), 1);
        let office = office(&server, &[IT], &[GUARD]);
        with_spreadsheet(&office, &[IT]);
        assert_eq!(office.deliver().await.later, 1, "{reply}");
        assert_eq!(office.deliver().await.sent, 1, "{reply}");
        assert_eq!(kinds(&office), []);
        let [slim] = &server.messages()[..] else { panic!("one: {:?}", server.messages()) };
        assert_eq!(slim.id, "<digest@test>");
        let parsed = mail_parser::MessageParser::default().parse(slim.content.as_bytes()).unwrap();
        assert_eq!(parsed.attachment_count(), 0);
        let said = "Regnearket er ikke med: mailserveren tager ikke imod så stor en mail";
        for words in [parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap()] {
            assert!(words.contains(said), "{words}");
        }
    }
}

#[tokio::test]
async fn a_digest_too_large_for_one_of_its_readers_goes_to_that_one_without_its_spreadsheet() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Rcpt(Some(IT), "552 5.2.3 longer than this mailbox allows"), 1);
    let office = office(&server, &["chef@kommune.dk", IT], &[GUARD]);
    with_spreadsheet(&office, &["chef@kommune.dk", IT]);
    let report = office.deliver().await;
    assert_eq!(report, DeliverReport { sent: 1, later: 1, ..DeliverReport::default() });
    assert_eq!(office.deliver().await.sent, 1);
    assert_eq!(readers(&server.messages()), ["chef@kommune.dk", IT]);
    let attached = |message: &Message| {
        let parsed = mail_parser::MessageParser::default().parse(message.content.as_bytes());
        parsed.expect("a mail").attachment_count()
    };
    assert_eq!(server.messages().iter().map(attached).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(kinds(&office), []);
}

/// Whom the latest digest did not reach: `check` and `/healthz` say so until it is over.
#[tokio::test]
async fn a_dead_digest_is_the_affair_of_the_reader_whom_none_has_reached_since() {
    let chief = "chef@kommune.dk";
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(Some(IT), "550 5.1.1 no such user"));
    let mut office = office(&server, &[IT, chief], &[GUARD]);
    let dead = |office: &Office, readers: &[&str]| {
        let readers: Vec<String> = readers.iter().map(|to| (*to).to_owned()).collect();
        let mode = office.context.config.mail.mode;
        office.store(|c| store::dead_digest(c, mode, &readers)).map(|dead| dead.to)
    };
    let to_it = || Some(vec![IT.to_owned()]);
    digest(&office).await;
    office.deliver().await;
    assert_eq!(dead(&office, &[chief, IT]), to_it());
    assert_eq!(dead(&office, &[chief]), None, "who is no reader any more is none's business");

    office.wait(minutes(7 * 24 * 60));
    digest(&office).await;
    office.deliver().await;
    assert_eq!(dead(&office, &[chief, IT]), to_it(), "another reader's digest changes nothing");

    // Over with the next digest, or with a test mail.
    server.heal();
    let test = office.queue_with("test", |mail| {
        mail.kind = MailKind::Test;
        mail.to = vec![IT.to_uppercase()];
    });
    office.deliver().await;
    assert_eq!(dead(&office, &[chief, IT]), None);
    office.store(|c| {
        c.execute("DELETE FROM outbox WHERE id = ?1", [test])?;
        Ok(())
    });
    assert_eq!(dead(&office, &[chief, IT]), to_it());
    office.wait(minutes(7 * 24 * 60));
    digest(&office).await;
    office.deliver().await;
    assert_eq!(dead(&office, &[chief, IT]), None);
}

#[tokio::test]
async fn a_reader_who_is_put_off_gets_it_later_alone() {
    let all = ["a@kommune.dk", "b@kommune.dk", "c@kommune.dk"];
    for reply in ["451 4.3.0 try again later", "452 4.5.3 too many recipients"] {
        let server = Server::start(Security::StartTls);
        server.fault(Fault::Rcpt(Some("c@kommune.dk"), reply), 1);
        let mut office = office(&server, &all, &[GUARD]);
        digest(&office).await;
        let report = office.deliver().await;
        assert_eq!(report, DeliverReport { sent: 1, later: 1, ..DeliverReport::default() });
        assert_eq!(office.deliver().await, DeliverReport::default(), "not before its time");
        office.wait(minutes(1));
        assert_eq!(office.deliver().await.sent, 1);
        assert_eq!(readers(&server.messages()), ["a@kommune.dk b@kommune.dk", "c@kommune.dk"]);
        let ids = server.ids();
        assert_eq!(ids[0], ids[1], "it is the same mail");
        assert!(office.states().values().all(|state| *state == MailState::Sent));
        assert_eq!(kinds(&office), []);
    }
}

/// R17: each reader has a verdict of their own, even where it comes with a hang-up.
#[tokio::test]
async fn a_reader_for_whom_the_server_hangs_up_does_not_keep_the_mail_from_the_others() {
    let all = ["a@kommune.dk", "b@kommune.dk", "c@kommune.dk"];
    for fault in [
        Fault::Rcpt(Some("b@kommune.dk"), "421 4.7.0 try later, closing"),
        Fault::DropAtRcpt("b@kommune.dk"),
    ] {
        let server = Server::start(Security::StartTls);
        server.always(fault.clone());
        let mut office = office(&server, &all, &[GUARD]);
        digest(&office).await;
        assert_eq!(office.deliver().await.later, 2, "{fault:?}");
        office.wait(minutes(1));
        assert_eq!(office.deliver().await.sent, 1, "{fault:?}");
        assert_eq!(readers(&server.messages()), ["a@kommune.dk c@kommune.dk"], "{fault:?}");

        // The one who never gets it is told of to the others, and nothing else is.
        for _ in 0..6 * 24 {
            office.wait(minutes(60));
            office.deliver().await;
        }
        let told = readers(&server.messages());
        assert_eq!(told[1..], ["a@kommune.dk", "c@kommune.dk", GUARD], "{fault:?}");
        assert!(server.messages()[1].content.contains("b@kommune.dk"), "{fault:?}: who it is");
        assert_eq!(kinds(&office), [IncidentKind::DigestRefused], "{fault:?}");
    }
}

/// For good or not: after four days nobody would else hear of it.
#[tokio::test]
async fn a_reader_who_is_put_off_until_it_is_given_up_is_told_of_as_one_who_is_refused() {
    for (it, told) in [(&[IT, "chef@kommune.dk"][..], 2), (&[IT], 1)] {
        let server = Server::start(Security::StartTls);
        server.always(Fault::Rcpt(Some(IT), "452 4.2.2 over quota"));
        let mut office = office(&server, it, &[GUARD]);
        digest(&office).await;
        for _ in 0..6 * 24 {
            office.deliver().await;
            office.wait(minutes(60));
        }
        assert_eq!(kinds(&office), [IncidentKind::DigestRefused]);
        let facts = office.incidents().remove(0).facts;
        assert!(matches!(&facts[..], [AlertFact::Refused { address, .. }] if address == IT));
        assert_eq!(office.alerts(), told, "every other reader");
    }
}

#[tokio::test]
async fn many_readers_and_a_long_sender_stay_within_the_lines_of_a_strict_server() {
    let server = Server::start(Security::StartTls);
    let reader = |n| format!("medarbejder.nr.{n:03}@afd.kommune.dk");
    let all: Vec<String> = (0..28).map(reader).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut office = office(&server, &all, &[GUARD]);
    let from = "\"Digitaliserings- og informationssikkerhedsafdelingen i Ærøskøbing Kommune, Økonomi og Ældre\" <it@kommune.dk>";
    Arc::make_mut(&mut office.context.config).mail.from = from.parse().unwrap();
    digest(&office).await;
    assert_eq!(office.deliver().await.sent, 1);
    let content = &server.messages()[0].content;
    let head = content.split("\r\n\r\n").next().unwrap();
    for line in head.split("\r\n") {
        let limit = if line.contains("=?") { 76 } else { 78 };
        assert!(line.len() <= limit, "{} of {limit}: {line}", line.len());
    }
    let parsed = mail_parser::MessageParser::default().parse(content.as_bytes()).unwrap();
    assert_eq!(parsed.to().unwrap().iter().count(), 28);
    assert!(parsed.from().unwrap().first().unwrap().name().unwrap().ends_with("Økonomi og Ældre"));
}
