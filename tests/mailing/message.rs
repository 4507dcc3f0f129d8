//! Every finished message parsed back by another program's code: its headers, its parts,
//! and that nothing of what KITOS holds breaks out of them.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use kitos_sync::mail::{
    Envelope, Letter, Rendered, finish, message_id, of_alert, of_digest, of_notice, of_test,
};
use kitos_sync::model::{
    Alert, AlertFact, Check, HoldReason, IncidentKind, Language, MailKind, Notice, NoticeItem,
    NoticeReason, Reader, SuggestionLine,
};
use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders};
use uuid::Uuid;

use crate::mailing::mail::{letters, rendered, test_mail};
use crate::mailing::samples::{self, config, full_config};

const INSTALLATION: Uuid = Uuid::from_u128(0x1234);

/// What would break out of a header, a line, a tag, a template or a terminal.
const HOSTILE: [&str; 9] = [
    "X\r\nBcc: everyone@example.com\r\n\r\n<p>",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{ letter }}{% raw %}",
    "=cmd()|' /C calc'!A0",
    "\u{1b}[31m\u{7}red\u{0}",
    "invoice\u{202e}fdp.exe\u{2066}",
    "=?utf-8?q?Bcc:_a=40b.dk?=",
    "  \u{200b} ",
];

fn envelope(kind: MailKind, to: &[&str]) -> Envelope {
    Envelope {
        to: to.iter().map(|&address| address.to_owned()).collect(),
        cc: Vec::new(),
        message_id: message_id(INSTALLATION, "send/digest/2026-03-02", "aaby.dk"),
        date: "2026-03-02T06:00:00Z".parse().unwrap(),
        kind,
    }
}

fn to_mette(kind: MailKind) -> Envelope {
    envelope(kind, &["mette@aaby.dk"])
}

fn finished(letter: &Letter) -> Vec<u8> {
    finish(&rendered(letter), &to_mette(letter.kind), &full_config()).unwrap()
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn recipients(message: &Message<'_>) -> Vec<String> {
    [message.to(), message.cc(), message.bcc()]
        .into_iter()
        .flatten()
        .flat_map(|addresses| addresses.iter())
        .filter_map(|address| address.address().map(str::to_owned))
        .collect()
}

/// Subject, text and HTML must be what readers see, and the headers what mail
/// programs act on.
fn assert_sound(bytes: &[u8], expected: &Rendered, kind: MailKind) {
    let raw = std::str::from_utf8(bytes).unwrap();
    assert!(raw.is_ascii(), "not 7-bit");
    assert!(!raw.replace("\r\n", "").contains(['\r', '\n']), "a bare CR or LF");
    assert!(raw.split("\r\n").all(|line| line.len() <= 998), "a line is too long");

    let message = parsed(bytes);
    assert_eq!(message.subject(), Some(expected.subject.as_str()));
    assert_eq!(recipients(&message), ["mette@aaby.dk"]);
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("it@aaby.dk"));
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("IT og Digitalisering, Åby"));
    assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("systemejere@aaby.dk"));
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-03-02T06:00:00Z");
    let header = |name: &'static str| message.header_raw(HeaderName::from(name)).map(str::trim);
    assert_eq!(header("Auto-Submitted"), Some("auto-generated"));
    assert_eq!(header("X-Auto-Response-Suppress"), Some("All"));
    assert_eq!(header("Precedence"), None);
    let list = match kind {
        MailKind::Digest => Some("<digest.kitos-sync.aaby.dk>"),
        MailKind::Reminder => Some("<reminder.kitos-sync.aaby.dk>"),
        _ => None,
    };
    assert_eq!(header("List-Id"), list);
    let allowed: BTreeSet<&str> = [
        "From",
        "Subject",
        "Message-ID",
        "Date",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Reply-To",
        "To",
        "List-ID",
        "MIME-Version",
        "Content-Type",
    ]
    .into();
    for header in message.headers() {
        assert!(allowed.contains(header.name()), "header {} came from nowhere", header.name());
    }

    if let Some(attachment) = &expected.attachment {
        let attached = message.attachment(0).unwrap();
        assert_eq!(attached.attachment_name(), Some(attachment.name.as_str()));
        assert_eq!(attached.contents(), attachment.content);
    }
    assert_eq!(message.attachment_count(), usize::from(expected.attachment.is_some()));
    assert_eq!(message.text_body_count(), 1);
    assert_eq!(message.html_body_count(), 1);
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(lines(&message.body_text(0).unwrap()), lines(&expected.text));
    assert_eq!(lines(&message.body_html(0).unwrap()), lines(&expected.html));
}

#[test]
fn every_letter_survives_the_way_through_a_mail_program() {
    let config = full_config();
    for (_, kind, mail) in letters(&config) {
        let bytes = finish(&mail, &to_mette(kind), &config).unwrap();
        assert_sound(&bytes, &mail, kind);
        assert_eq!(finish(&mail, &to_mette(kind), &config).unwrap(), bytes, "to the byte");
    }
}

#[test]
fn hostile_names_stay_names() {
    for name in HOSTILE.map(str::to_owned).into_iter().chain(["æ".repeat(10_000)]) {
        for letter in hostile_letters(&name) {
            let mail = rendered(&letter);
            assert_sound(&finished(&letter), &mail, letter.kind);
            for forbidden in ["<script", "<img", "<p>\r", "onerror=alert(1)>"] {
                assert!(!mail.html.contains(forbidden), "{forbidden} in {}", mail.html);
            }
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains(['\u{1b}', '\u{202e}', '\u{2066}', '\u{0}', '\r', '\u{7}']));
                assert!(!part.contains(&"æ".repeat(300)));
            }
            assert!(!mail.text.lines().any(|line| line.starts_with("Bcc:")), "{}", mail.text);
        }
    }
    let [digest, ..] = hostile_letters(HOSTILE[0]);
    assert_snapshot!("hostile-name.text", rendered(&digest).text);
    let [digest, ..] = hostile_letters(HOSTILE[8]);
    assert!(rendered(&digest).text.contains("(uden navn)"));
}

/// One of each kind, with `name` wherever KITOS or a server has a say.
fn hostile_letters(name: &str) -> [Letter; 5] {
    let item = NoticeItem {
        other: vec![name.to_owned()],
        checks: vec![Check::Contract(name.to_owned()), Check::Relation(name.to_owned())],
        ..samples::plain_item(NoticeReason::Removed, name)
    };
    let left = NoticeItem {
        reason: NoticeReason::Left,
        roles: vec![name.to_owned()],
        suggestions: vec![SuggestionLine {
            name: name.to_owned(),
            email: name.to_owned(),
            reason: name.to_owned(),
        }],
        ..item.clone()
    };
    let notice = Notice {
        organization: name.to_owned(),
        name: Some(name.to_owned()),
        ..samples::notice(Reader::Owner, vec![left, item])
    };
    let samples = vec![name.to_owned(); 5];
    let facts = vec![
        AlertFact::Error(name.to_owned()),
        AlertFact::Held(HoldReason::Stripped { stripped: 11, before: 12, samples }),
        AlertFact::Held(HoldReason::OwnerRoleGone { name: name.to_owned() }),
    ];
    let alert =
        Alert { organization: name.to_owned(), ..samples::alert(IncidentKind::Quarantine, facts) };
    let over = Alert { until: Some(alert.since), ..alert.clone() };
    [
        of_digest(&samples::digest(name), &full_config()).unwrap(),
        of_notice(&notice, Language::Da).unwrap(),
        of_alert(&alert, Language::Da).unwrap(),
        of_alert(&over, Language::Da).unwrap(),
        of_test(name, Language::Da).unwrap(),
    ]
}

#[test]
fn a_redirected_mail_reaches_one_address_and_names_the_real_ones() {
    let config = config("mode = 'redirect'\nredirect_to = 'trial@aaby.dk'");
    let to = ["mette@aaby.dk", "bo@aaby.dk"];
    let to_both: Vec<String> = to.iter().map(|&address| address.to_owned()).collect();
    for (kind, name, mail) in kitos_sync::mail::samples(&config, &to_both).unwrap() {
        let bytes = finish(&mail, &envelope(kind, &to), &config).unwrap();
        assert_eq!(recipients(&parsed(&bytes)), ["trial@aaby.dk"], "{name}");
        let banner = "skulle have været sendt til mette@aaby.dk og bo@aaby.dk.";
        assert!(mail.text.lines().take(2).collect::<Vec<_>>().join(" ").contains(banner), "{name}");
        assert!(mail.html.contains(banner), "{name}");
    }
}

#[test]
fn several_recipients_stand_in_one_header() {
    let mail = rendered(&test_mail());
    let envelope = envelope(MailKind::Test, &["a@aaby.dk", "b@aaby.dk"]);
    let bytes = finish(&mail, &envelope, &full_config()).unwrap();
    assert_eq!(recipients(&parsed(&bytes)), ["a@aaby.dk", "b@aaby.dk"]);
}

#[test]
fn no_recipient_or_a_broken_one_is_an_error_that_says_so() {
    let mail = rendered(&test_mail());
    let fault = |to: &[&str]| {
        finish(&mail, &envelope(MailKind::Test, to), &full_config()).unwrap_err().to_string()
    };
    assert!(fault(&["a@aaby.dk\r\nBcc: b@c.dk"]).contains("\"a@aaby.dk Bcc: b@c.dk\""));
    assert!(fault(&["a@aaby.dk, b@c.dk"]).contains("Correct it"));
    assert!(fault(&[]).contains("cannot finish a mail"));
}

#[test]
fn a_message_id_is_that_of_its_key() {
    let id = |key: &str, domain: &str| message_id(INSTALLATION, key, domain);
    assert_eq!(id("send/digest/2026-03-02", "aaby.dk"), id("send/digest/2026-03-02", "aaby.dk"));
    assert_ne!(id("send/digest/2026-03-02", "aaby.dk"), id("preview/digest/2026-03-02", "aaby.dk"));
    assert_ne!(id("a", "aaby.dk"), message_id(Uuid::nil(), "a", "aaby.dk"));
    for domain in ["aaby.dk", "åby.dk", "a>b", ""] {
        let id = id("a\r\nb", domain);
        let expected = if domain == "aaby.dk" { "@aaby.dk>" } else { "@kitos-sync.invalid>" };
        assert!(id.starts_with('<') && id.ends_with(expected), "{id}");
        assert!(id.is_ascii());
    }
}
