//! Whom a mail that is due reaches: files, one address or those it is for, by the mode that
//! it was written in, and nobody who should hear no more.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use chrono::TimeDelta;
use kitos_sync::jobs::{self, Deliver, DeliverReport};
use kitos_sync::model::{MailKind, MailMode, MailState, MailWhy, Person};
use uuid::Uuid;

use crate::mailing::delivery::states;
use crate::support::office::Office;
use crate::support::smtp::{Security, Server, closed_port};

#[tokio::test]
async fn preview_writes_private_files_and_sends_nothing() {
    let server = Server::start(Security::StartTls);
    let office = Office::new("preview", server.port, "");
    let id = office.queue("one");
    assert_eq!(office.deliver().await, DeliverReport { previewed: 1, ..DeliverReport::default() });

    let folder = office.folder.path().join("state/preview");
    let mode = |path: &std::path::Path| {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()).collect();
    files.sort_by_key(fs::DirEntry::file_name);
    assert_eq!(files.len(), 2);
    assert_eq!(files[0].file_name(), format!("2026-03-02-{id:05}-notice.eml").as_str());
    assert_eq!(files[1].file_name(), "index.html");
    assert!(files.iter().all(|file| mode(&file.path()) == 0o600));
    let index = fs::read_to_string(files[1].path()).unwrap();
    assert!(
        index.contains(&format!("<a href=\"2026-03-02-{id:05}-notice.eml\">one</a>")),
        "{index}"
    );
    assert!(index.contains("one@kommune.dk"), "{index}");
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
    let error =
        jobs::run(&office.context, Deliver::default()).await.expect_err("no folder").to_string();
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
        for &of in MailMode::ALL {
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
        kitos_uuid: Uuid::from_u128(n),
        name: "Bo".to_owned(),
        email: Some("bo@kommune.dk".to_owned()),
        member,
        api_access: false,
    };
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    for (name, reader) in
        [("here", Some(10)), ("left", Some(11)), ("unknown", Some(12)), ("desk", None)]
    {
        office.queue_with(name, |mail| mail.person = reader.map(Uuid::from_u128));
    }
    // A pull after they were written shows it.
    office.wait(TimeDelta::minutes(1));
    office.people(&[person(10, true), person(11, false)]);
    let report = office.deliver().await;
    assert_eq!((report.sent, report.cancelled), (2, 2));
    assert_eq!(server.ids(), ["<here@test>", "<desk@test>"]);
    assert_eq!(office.states()["left"], MailState::Cancelled);
    assert_eq!(office.states()["unknown"], MailState::Cancelled);
}

#[tokio::test]
async fn a_domain_that_is_no_longer_allowed_gets_nothing_that_waits() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");
    office.queue_with("digest", |mail| mail.kind = MailKind::Digest);
    std::sync::Arc::make_mut(&mut office.context.config).mail.allowed_domains =
        std::iter::once("other.dk".to_owned()).collect();
    let expected = DeliverReport { sent: 1, cancelled: 1, ..DeliverReport::default() };
    assert_eq!(office.deliver().await, expected);
    assert_eq!(office.mail(id).reason, Some(MailWhy::ForeignDomain.into()));
}
