//! Mails as their readers get them: every sample letter as subject, text and
//! HTML, and every finished message parsed back by another program's code.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use kitos_sync::config as settings;
use kitos_sync::mail::{
    Envelope, Letter, Rendered, check_templates, finish, message_id, of_alert, of_digest,
    of_notice, of_test, render,
};
use kitos_sync::model::{
    Alert, AlertFact, Check, Field, FindingLine, HeldList, HoldReason, IncidentKind, Language,
    MailKind, Notice, NoticeItem, NoticeReason, Reader, StateOfUse, SuggestionLine,
};
use kitos_sync::notify::digest::data::{Cause, Digest, Incident, Share, Solved, Story};
use kitos_sync::policy::rules::RULES;
use kitos_sync::text::clean::LONGEST_SUBJECT;
use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders};
use proptest::prelude::*;
use uuid::Uuid;

use crate::mailing::samples::{self, config, full_config};
use crate::support::explore::cases;
use crate::support::zip;

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

fn rendered(letter: &Letter) -> Rendered {
    render(letter, &["mette@aaby.dk".to_owned()], &full_config()).unwrap()
}

fn in_words(digest: &Digest) -> Rendered {
    rendered(&of_digest(digest, &full_config()).unwrap())
}

fn alert_in_words(alert: &Alert) -> Rendered {
    rendered(&of_alert(alert, Language::Da).unwrap())
}

fn test_mail() -> Letter {
    of_test("Åby Kommune", Language::Da).unwrap()
}

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

/// Every kind of mail with everything it can hold, as a mail to Mette.
fn letters(config: &settings::Mail) -> Vec<(String, MailKind, Rendered)> {
    let to = ["mette@aaby.dk".to_owned()];
    let samples = kitos_sync::mail::samples(config, &to).unwrap().into_iter();
    samples
        .map(|(kind, name, rendered)| (format!("{}-{name}", kind.as_str()), kind, rendered))
        .collect()
}

#[test]
fn every_letter_reads_as_it_should() {
    let mut seen = BTreeSet::new();
    for (name, _, mail) in letters(&full_config()) {
        // Each alert is there twice: when it opens, and when it is over. One of the
        // latter is enough to read.
        let name = match seen.insert(name.clone()) {
            true => name,
            false if name == "alert-quarantine" => "alert-over".to_owned(),
            false => continue,
        };
        assert_snapshot!(format!("{name}.text"), format!("{}\n\n{}", mail.subject, mail.text));
    }
}

#[test]
fn every_kind_of_letter_reads_as_it_should_in_english() {
    let english = config("language = 'en'\nmode = 'send'\nallowed_domains = ['aaby.dk']");
    let mut seen = BTreeSet::new();
    for (name, kind, mail) in letters(&english) {
        if seen.insert(kind) {
            let text = format!("{}\n\n{}", mail.subject, mail.text);
            assert_snapshot!(format!("en-{name}.text"), text);
        }
        assert!(mail.html.contains("<html lang=\"en\">"), "{name}");
        for danish in ["Kære", "Du får", "I får", "åmind", "Sendt", "Oplysningerne er", "Få det"]
        {
            assert!(!mail.text.contains(danish), "{name}: {danish:?} in {}", mail.text);
        }
    }
}

#[test]
fn the_digest_brings_a_spreadsheet_in_which_all_is_text() {
    let attachment = in_words(&samples::digest("=cmd()|' /C calc'!A0")).attachment.unwrap();
    assert_eq!(attachment.name, "kitos-2026-10.xlsx");
    let unpacked = zip::unzipped(&attachment.content);
    let sheet = &unpacked["xl/worksheets/sheet1.xml"];
    assert!(!sheet.contains("<f>") && !sheet.contains("hyperlink"), "{sheet}");
    assert!(
        unpacked["xl/sharedStrings.xml"].contains("=cmd()|&apos;")
            || unpacked["xl/sharedStrings.xml"].contains("=cmd()|'")
    );
    assert!(!unpacked.values().any(|part| part.contains("TargetMode=\"External\"")));
    let nothing = Digest { lines: Vec::new(), ..samples::digest("Aula") };
    assert!(in_words(&nothing).attachment.is_none());
}

#[test]
fn a_digest_does_not_say_that_nothing_happened_where_nothing_was_read() {
    let quiet = Digest {
        stories: Vec::new(),
        solved: Vec::new(),
        acquired: Vec::new(),
        leaving: Vec::new(),
        nothing_read: true,
        ..samples::digest("Aula")
    };
    let Rendered { text, html, .. } = in_words(&quiet);
    for text in [text, html] {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("KITOS er sidst læst mandag den 2. marts"), "{text}");
        assert!(!words.contains("Der er ikke sket noget nyt"), "{text}");
    }
}

#[test]
fn a_municipality_s_own_template_replaces_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&format!("templates = '{}'", folder.path().display()));
    let letter = test_mail();
    let subject = || render(&letter, &[], &config).unwrap().subject;
    let built_in = subject();
    assert_eq!(check_templates(&config), [""; 0]);

    std::fs::create_dir(folder.path().join("test")).unwrap();
    let file = folder.path().join("test/subject.j2");
    std::fs::write(&file, "Hej: {{ letter.works }}").unwrap();
    assert_eq!(subject(), "Hej: Mailen viser, at kitos-sync kan sende mails for Åby Ko…");
    assert_eq!(check_templates(&config), [""; 0]);

    for (source, why) in [
        ("Hej {% if %}", "syntax error"),
        ("Hej {{ letter.work }}", "undefined value"),
        ("{{ letter.works|nosuch }}", "nosuch"),
        ("{% include '/etc/passwd' %}", "/etc/passwd"),
    ] {
        std::fs::write(&file, source).unwrap();
        assert_eq!(subject(), built_in, "{source}");
        let faults = check_templates(&config).join("\n");
        assert!(faults.contains(why), "{source}: {faults}");
        assert!(!faults.contains("fault of the program"), "{faults}");
    }
    std::fs::write(&file, b"\xff").unwrap();
    assert_eq!(subject(), built_in);
    assert!(check_templates(&config)[0].starts_with("test/subject.j2: "));

    std::fs::rename(&file, folder.path().join("test/subjekt.j2")).unwrap();
    assert_eq!(
        check_templates(&config),
        ["test/subjekt.j2 replaces nothing; the nearest is test/subject.j2"]
    );
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
fn html_needs_nothing_from_outside_and_runs_nothing() {
    for (name, kind, Rendered { html, .. }) in letters(&full_config()) {
        for forbidden in ["<script", "<img", "<link", "src=", "url(", "@import", "http://"] {
            assert!(!html.contains(forbidden), "{name} holds {forbidden}");
        }
        assert!(html.contains("<html lang=\"da\">"), "{name}");
        let links = html.matches("https://").count();
        let about_systems = [MailKind::Reminder, MailKind::Escalation, MailKind::Notice];
        assert!(
            links > 0 || !about_systems.contains(&kind) || name.ends_with("removed"),
            "{name} leads nowhere"
        );
        // The address of KITOS itself may be read, too.
        let read = html.matches(">https://kitos.dk<").count();
        assert_eq!(links, html.matches("href=\"https://kitos.dk").count() + read, "{name}");
    }
}

#[test]
fn text_and_html_name_the_same_systems_and_links() {
    for (name, _, mail) in letters(&full_config()) {
        for link in mail.text.split_whitespace().filter(|word| word.starts_with("https://")) {
            assert!(mail.html.contains(&format!("href=\"{link}\"")), "{name}: {link}");
        }
    }
}

#[test]
fn no_word_of_the_program_s_own_stands_in_a_danish_mail() {
    let words: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.id.as_str())
        .chain(IncidentKind::ALL.iter().map(|kind| kind.as_str()))
        .chain(StateOfUse::ALL.iter().map(|state| state.as_str()))
        .chain([
            "responsibleUnit",
            "lifeCycle",
            "endDate",
            "ownerRoleGone",
            "otherKitos",
            "null",
            "none",
            "true",
        ])
        .collect();
    for (name, _, mail) in letters(&full_config()) {
        let shown: String = mail.text.lines().filter(|line| !line.contains("https://")).collect();
        for word in &words {
            assert!(!shown.contains(word), "{name} shows {word}");
            assert!(!mail.subject.contains(word), "{name} shows {word}");
        }
    }
}

#[test]
fn every_rule_and_list_has_danish_words() {
    for rule in RULES.iter().map(|rule| rule.id) {
        let solved = samples::digest("Aula").solved.into_iter().map(|s| Solved { rule, ..s });
        let story = samples::digest("Aula").stories.into_iter();
        let stories = story.map(|story| Story { cause: Cause::Rule(rule), ..story });
        let digest = Digest {
            open: [(rule, 1)].into(),
            lines: vec![FindingLine { rule, ..samples::finding(1, "Aula") }],
            solved: solved.collect(),
            stories: stories.collect(),
            ..samples::digest("Aula")
        };
        assert!(!in_words(&digest).text.contains(rule.as_str()));
    }
    for list in [HeldList::Usages, HeldList::People, HeldList::Units, HeldList::RoleTypes] {
        for before in [1, 2] {
            let emptied = AlertFact::Held(HoldReason::Emptied { list, before });
            let text =
                alert_in_words(&samples::alert(IncidentKind::Quarantine, vec![emptied])).text;
            assert!(
                text.contains(if before == 1 { " stod der før" } else { "- Alle 2 " }),
                "{text}"
            );
        }
    }
    let of_usages = Field::all().map(|field| (HeldList::Usages, field.name()));
    let others = [(HeldList::People, "email"), (HeldList::Units, "parent-unit")];
    for (list, field) in of_usages.chain(others) {
        let (field, samples) = (field.to_owned(), Vec::new());
        let blanked = HoldReason::Blanked { list, field, blanked: 11, before: 12, samples };
        let alert = samples::alert(IncidentKind::Quarantine, vec![AlertFact::Held(blanked)]);
        let text = alert_in_words(&alert).text;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("« er blevet tomt på 11 af 12 "), "{text}");
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
        other: Some(name.to_owned()),
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
fn a_letter_without_a_known_organisation_still_reads_well() {
    let digest = Digest { organization: String::new(), ..samples::digest("Aula") };
    let item = samples::plain_item(NoticeReason::Left, "Aula");
    let notice =
        Notice { organization: String::new(), ..samples::notice(Reader::Owner, vec![item]) };
    let alert = samples::alert(IncidentKind::MailDown, Vec::new());
    let alert = Alert { organization: String::new(), ..alert };
    for letter in [
        of_digest(&digest, &full_config()).unwrap(),
        of_notice(&notice, Language::Da).unwrap(),
        of_alert(&alert, Language::Da).unwrap(),
        of_test("", Language::Da).unwrap(),
    ] {
        let mail = rendered(&letter);
        for broken in [" .", " ,", "for .", "gælder .", "  s"] {
            // A table has columns.
            let is_row = |line: &&str| line.trim_start().matches("  ").count() > 1;
            let mut lines = mail.text.lines().filter(|line| !is_row(line));
            let shown = lines.any(|line| line.trim_start().contains(broken));
            assert!(!shown, "{}: {broken:?} in {}", letter.kind.as_str(), mail.text);
        }
    }
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

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_subject_has_at_most_sixty_characters(
        whole in any::<u32>(), part in any::<u32>(), before in any::<Option<u32>>(),
        broken in any::<bool>(), name in "\\PC{0,80}", items in 1_usize..4, it in any::<bool>(),
        reason in prop::sample::select(NoticeReason::ALL.to_vec()),
    ) {
        let mut digest = samples::digest(&name);
        digest.share = Share { whole, part: part.min(whole) };
        digest.before = before.map(|part| Share { whole, part: part.min(whole) });
        if broken {
            let since = digest.health.pulled_at;
            digest.health.incidents = vec![Incident { kind: IncidentKind::MailDown, since }];
        }
        let item = NoticeItem { links: Vec::new(), ..samples::plain_item(reason, &name) };
        let reader = if it { Reader::It } else { Reader::Owner };
        let notice = samples::notice(reader, vec![item; items]);
        let notice = of_notice(&notice, Language::Da).unwrap();
        for letter in [of_digest(&digest, &full_config()).unwrap(), notice] {
            let subject = rendered(&letter).subject;
            prop_assert!(subject.chars().count() <= LONGEST_SUBJECT, "{}", subject);
            prop_assert!(!subject.is_empty());
        }
    }
}
