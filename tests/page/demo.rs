//! The demo with its page, in English: everything is there to click, and the links in its
//! mails work.

use std::process::Command;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::page::site::{SAME_ORIGIN, token};
use crate::support::http::{self, Answer};
use crate::support::process::Process;
use crate::support::smtp::closed_port;
use crate::support::{files, folder};

#[test]
fn the_demo_serves_everything_to_click_in_english() {
    let folder = folder();
    let (demo, port) = (folder.path().join("demo"), closed_port());
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
    command.args(["demo", "--language", "en", "--serve", &port.to_string(), "--keep"]).arg(&demo);
    let mut program = Process::start(command.env("NO_COLOR", "1"));
    let started = Instant::now();
    while http::try_get(port, "/healthz").is_none() {
        assert!(!program.has_ended(), "{}", program.said());
        assert!(started.elapsed() < Duration::from_secs(300), "{}", program.said());
        std::thread::sleep(Duration::from_millis(100));
    }
    let get = |path: &str| -> Answer {
        let answer = http::get(port, path, &[]);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer
    };
    for (path, expected) in [
        ("/", "of the systems have an owner"),
        ("/", "share-line"),
        ("/findings?state=waived", "class=\"tag waived\""),
        ("/answers?all=1", "The owner should be"),
        ("/review", "Close the review"),
        ("/report", "Download for Excel"),
        ("/guard", "Earlier"),
        ("/runs", "<html lang=\"en\">"),
    ] {
        assert!(get(path).text().contains(expected), "{path}: {}", get(path).text());
    }

    let mails: Vec<_> = files(&demo.join("mails"))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "eml"))
        .map(|file| std::fs::read(file).expect("a mail"))
        .collect();
    let parsed = |bytes: &Vec<u8>| {
        let mail = MessageParser::default().parse(bytes).expect("a mail");
        (
            mail.subject().expect("a subject").to_owned(),
            mail.body_text(0).expect("a text").into_owned(),
        )
    };
    let mails: Vec<(String, String)> = mails.iter().map(parsed).collect();
    for (subject, text) in &mails {
        assert!(
            !text.contains("Venlig hilsen") && !subject.starts_with("Uge"),
            "{subject}: {text}"
        );
    }
    // Of the last weeks: the first ones are good no longer.
    let link = mails.iter().rev().find_map(|(_, text)| {
        let (_, link) = text.split_once(&format!("http://127.0.0.1:{port}/s/"))?;
        Some(format!("/s/{}", link.get(..64)?))
    });
    let link = link.expect("a personal link");
    let own = get(&link).text();
    assert!(own.contains("your systems in KITOS"), "{own}");
    let (_, system) = own.split_once("name=\"system\" value=\"").expect("a system");
    let body = format!("token={}&system={}&answer=lookedThrough", token(&own), &system[..36]);
    let done = http::ask(port, "POST", &link, &[SAME_ORIGIN], &body);
    assert_eq!(done.status, 303, "{done:?}");
    assert!(get(&link).text().contains("You looked through the information"));

    program.signal("INT");
    assert_eq!(program.end_within(Duration::from_secs(30)).code, 0);
}
