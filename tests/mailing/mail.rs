//! Mails as their readers get them: every sample letter as subject, text and HTML.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use kitos_sync::config as settings;
use kitos_sync::mail::{
    Letter, Rendered, check_templates, of_alert, of_digest, of_notice, of_test, render,
};
use kitos_sync::model::{
    Alert, AlertFact, Field, FindingLine, HeldList, HoldReason, IncidentKind, Language, MailKind,
    Notice, NoticeItem, NoticeReason, Reader, StateOfUse,
};
use kitos_sync::notify::digest::data::{Cause, Digest, Incident, Named, Share, Solved, Story};
use kitos_sync::policy::rules::RULES;
use kitos_sync::text::clean::LONGEST_SUBJECT;
use proptest::prelude::*;

use crate::mailing::samples::{self, config, full_config};
use crate::support::explore::cases;
use crate::support::zip;

pub fn rendered(letter: &Letter) -> Rendered {
    render(letter, &["mette@aaby.dk".to_owned()], &full_config()).unwrap()
}

fn in_words(digest: &Digest) -> Rendered {
    rendered(&of_digest(digest, &full_config()).unwrap())
}

fn alert_in_words(alert: &Alert) -> Rendered {
    rendered(&of_alert(alert, Language::Da).unwrap())
}

pub fn test_mail() -> Letter {
    of_test("Åby Kommune", Language::Da).unwrap()
}

/// Every kind of mail with everything it can hold, as a mail to Mette.
pub fn letters(config: &settings::Mail) -> Vec<(String, MailKind, Rendered)> {
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
    assert_eq!(attachment.name, "kitos-uge-10.xlsx");
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
        revived: Vec::new(),
        put_off: Vec::new(),
        leaving: Vec::new(),
        excepted_since: Named::default(),
        counts_again: Named::default(),
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
