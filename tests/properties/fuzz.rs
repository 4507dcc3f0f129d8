//! What others write, mutated, with a fixed budget: KITOS's answers, the
//! configuration, crontab lines, the leaders file; and whatever ends up in a mail
//! or before the guard. Nothing panics, loops or lies. `deploy/explore` looks
//! further; what that finds becomes a test of its own.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kitos_standin::{Effect, Fault, Standin, World};
use kitos_sync::config::{Config, Environment, example, load};
use kitos_sync::guard::{Limits, Side, inspect};
use kitos_sync::kitos::Known;
use kitos_sync::mail::{Envelope, Rendered, finish, message_id};
use kitos_sync::model::{MailKind, Snapshot};
use kitos_sync::policy::leaders::LeaderList;
use kitos_sync::policy::roles::MatchedRoles;
use kitos_sync::policy::{Bindings, Policy};
use kitos_sync::query::resolve;
use kitos_sync::register::changes::Dated;
use kitos_sync::time::schedule::CronLine;
use mail_parser::MessageParser;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support;
use crate::support::database::Database;
use crate::support::explore::cases;
use crate::support::generate::{Seen, first_day, owner_roles, snapshot, text};

/// What to put in the place of something.
fn replacement() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        any::<bool>().prop_map(|b| Some(json!(b))),
        any::<i64>().prop_map(|n| Some(json!(n))),
        any::<f64>().prop_map(|n| Some(json!(n))),
        text().prop_map(|text| Some(json!(text))),
        prop_oneof![
            Just("0001-01-01T00:00:00Z"),
            Just("9999-12-31T23:59:59.9999999Z"),
            Just("-0001-06-31"),
            Just("2026-13-45T99:99:99Z"),
            Just("+262142-12-31T23:59:59Z"),
            Just("00000000-0000-0000-0000-000000000000"),
            Just("Operational"),
        ]
        .prop_map(|text| Some(json!(text))),
        Just(Some(json!([]))),
        Just(Some(json!([null, 1, "x", {}]))),
        Just(Some(json!({}))),
        Just(Some(json!({ "uuid": Uuid::nil(), "name": null }))),
    ]
}

/// Puts `new` in the place of the `n`th value (or takes that away).
fn mutate(value: &mut Value, n: &mut usize, new: &Option<Value>) {
    if *n == 0 {
        *value = new.clone().unwrap_or_default();
        *n = usize::MAX;
        return;
    }
    *n -= 1;
    match value {
        Value::Array(items) => {
            for at in 0..items.len() {
                if *n == 0 && new.is_none() {
                    items.remove(at);
                    *n = usize::MAX;
                    return;
                }
                mutate(&mut items[at], n, new);
                if *n == usize::MAX {
                    return;
                }
            }
        }
        Value::Object(members) => {
            let keys: Vec<String> = members.keys().cloned().collect();
            for key in keys {
                if *n == 0 && new.is_none() {
                    members.remove(&key);
                    *n = usize::MAX;
                    return;
                }
                mutate(&mut members[&key], n, new);
                if *n == usize::MAX {
                    return;
                }
            }
        }
        _ => {}
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

const PATHS: [&str; 9] = [
    "/api/v2/it-system-usages",
    "/api/v2/it-system-usages",
    "/api/v2/organizations/",
    "/api/v2/organizations?",
    "/api/v2/it-systems",
    "/api/v2/it-contracts",
    "/api/v2/data-processing-registrations",
    "/api/v2/it-system-usage-role-types",
    "/api/authorize/GetToken",
];

fn small() -> World {
    World::generate(7, 8)
}

/// What a good pull of it gives.
static BASE: LazyLock<Snapshot> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let standin = Standin::start(small()).await.unwrap();
        support::pull(&standin, &Known::default()).await.unwrap().snapshot
    })
});

/// Every key with its default, none of them a comment.
static EVERY_KEY: LazyLock<String> = LazyLock::new(|| example().replace("\n# ", "\n"));

fn limits() -> Limits {
    Limits { removed: 0.1, changed: 0.25, people: 0.2 }
}

proptest! {
    #![proptest_config(cases(150))]

    /// An answer that is a little wrong is an error that says where, or a
    /// snapshot that the whole way to the database can carry.
    #[test]
    fn answers_of_kitos(
        list in 0..PATHS.len(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), replacement()), 1..5),
    ) {
        let base = LazyLock::force(&BASE).clone();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let standin = Standin::start(small()).await.unwrap();
            let mut settings = support::settings(&standin);
            settings.pull_timeout = Duration::from_secs(20);
            standin.fault(Fault::new(PATHS[list].trim_end_matches('?'), Effect::rewrite(move |answer| {
                for (at, new) in &mutations {
                    mutate(answer, &mut at.index(size(answer)), new);
                }
            })).always());
            match support::client(&settings).pull(&Known::of(&base), &|_| {}).await {
                Err(error) => {
                    let error = error.to_string();
                    assert!(!error.contains("token-"), "a token in {error}");
                    assert!(!error.chars().any(char::is_control), "{error:?}");
                    assert!(error.chars().count() < 1_500, "{error}");
                }
                Ok(pull) => {
                    let config = config(&tempfile::tempdir().unwrap());
                    let policy = resolve(&config, &Bindings::default(), &base).policy;
                    let mut database = Database::new();
                    for snapshot in [base, pull.snapshot] {
                        database.commit(&Seen { snapshot, today: first_day() }, &policy);
                    }
                }
            }
        });
    }

    /// Bytes that are hardly JSON any more.
    #[test]
    fn answers_that_are_noise(body in prop_oneof![
        any::<String>(),
        "[\\[\\]{}\",:0-9eE+.a-z \\\\-]{0,200}",
        (0usize..300).prop_map(|depth| "[{\"uuid\":".repeat(depth)),
    ]) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let standin = Standin::start(World::generate(7, 2)).await.unwrap();
            for path in ["/api/v2/it-system-usages", "/api/authorize"] {
                standin.fault(Fault::new(path, Effect::Body(body.clone())).always());
                let client = support::client(&support::settings(&standin));
                let pull = client.pull(&Known::default(), &|_| {}).await;
                let empty = body.trim() == "[]";
                assert_eq!(pull.is_ok(), empty && path.ends_with("usages"), "{body:?}");
                standin.heal();
            }
        });
    }
}

proptest! {
    #![proptest_config(cases(200))]

    /// Keys with values of other kinds: told, each with the way out.
    #[test]
    fn configurations(
        lines in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just("''"), Just("-1"), Just("9223372036854775807"), Just("1e400"), Just("nan"), Just("[]"),
            Just("{}"), Just("['']"), Just("[[1]]"), Just("true"), Just("1979-05-27T07:32:00Z"),
            Just("'99999999999999999999d'"), Just("'0s'"), Just("'* * * * *'"), Just("'0 0 31 2 *'"),
            Just("'../../etc'"), Just("'a\u{0}b'"), Just("'\u{202e}'"), Just("'999999%'"),
            Just("'http://[::1]:x'"), Just("'Europe/Atlantis'"), Just("\"\\uD800\""),
        ]), 1..16),
    ) {
        let mut text: Vec<String> = EVERY_KEY.lines().map(str::to_owned).collect();
        let keys: Vec<usize> = (0..text.len()).filter(|at| text[*at].contains(" = ")).collect();
        for (at, value) in lines {
            let at = keys[at.index(keys.len())];
            let key = text[at].split(" = ").next().unwrap_or_default().to_owned();
            text[at] = format!("{key} = {value}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, text.join("\n")).unwrap();
        if let Err(error) = load(&path, &Environment::default()) {
            let told = error.to_string();
            prop_assert!(told.lines().count() > 1, "no word of what is wrong: {told}");
        }
    }
}

proptest! {
    #![proptest_config(cases(500))]

    /// A line that is taken has a next time or says that it has none, and never
    /// one that is past.
    #[test]
    fn crontab_lines(
        fields in prop::collection::vec("(\\*|[0-9]{1,3}|Mon|sun|JAN|L|\\?|-|,|/|æ|@){1,5}", 0..8),
        after in -2_000_000_000i64..10_000_000_000,
    ) {
        let text = fields.join(" ");
        let after: DateTime<Utc> = DateTime::from_timestamp(after, 0).unwrap();
        match CronLine::parse(&text) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(line) => {
                let zone = chrono_tz::Europe::Copenhagen;
                if let Some(next) = line.next_after(after, zone) {
                    prop_assert!(next > after, "{text}: {next}");
                }
                let start = after - TimeDelta::days(400);
                if let Some(latest) = line.latest_at_or_before(after, zone, start) {
                    prop_assert!(latest <= after && latest > start, "{text}: {latest}");
                }
            }
        }
    }

    /// Every line of it counts as a leader, or is told as a bad one.
    #[test]
    fn leaders_files(
        header in prop_oneof![
            3 => Just("email;name;level;unit;manager_email"),
            1 => Just("EMAIL,Name,level,unit,manager_email"),
            1 => Just("email;name"),
            1 => Just(""),
        ],
        lines in prop::collection::vec(prop_oneof![
            3 => "[a-zæ]{0,3}@?[a-z.]{0,6};[^\r\n]{0,9};[a-zæø]{0,9};[^;\r\n]{0,9};[a-z@]{0,5}",
            1 => "[;,\"\t a-zæø@]{0,40}",
        ], 0..12),
        latin in any::<bool>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let text = format!("{header}\r\n{}", lines.join("\n"));
        let mut bytes: Vec<u8> = if latin {
            text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
        } else {
            text.into_bytes()
        };
        bytes.truncate(cut.index(bytes.len() + 1));
        if let Ok((leaders, bad)) = LeaderList::parse(&bytes) {
            prop_assert!(leaders.len() <= lines.len());
            prop_assert!(bad.iter().all(|cell| (2..=lines.len() + 1).contains(&cell.line)));
            prop_assert!(bad.iter().all(|line| !line.why.is_empty()));
        }
    }

    /// What a mail says is what its reader's program reads.
    #[test]
    fn mails(
        subject in text(), words in text(), page in text(), key in text(),
        to in prop::collection::vec(prop_oneof![2 => "[a-zæ]{1,8}@kommune\\.example", 1 => text()], 1..3),
        seconds in 0i64..10_000_000_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder).mail;
        let rendered = Rendered { subject, text: words.clone(), html: page.clone(), attachment: None };
        let envelope = Envelope {
            to: to.clone(),
            cc: Vec::new(),
            message_id: message_id(Uuid::nil(), &key, "kommune.example"),
            date: DateTime::from_timestamp(seconds, 0).unwrap(),
            kind: MailKind::Notice,
        };
        let Ok(bytes) = finish(&rendered, &envelope, &config) else {
            let sound = |to: &String| to.trim().parse::<lettre::Address>().is_ok();
            prop_assert!(!to.iter().all(sound), "{to:?}");
            return Ok(());
        };
        let (head, _) = split(&bytes);
        let mut names = BTreeMap::<String, usize>::new();
        for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
            let (name, _) = line.split_once(':').expect("a header line");
            *names.entry(name.to_ascii_lowercase()).or_default() += 1;
            prop_assert!(!["bcc", "cc", "x-evil"].contains(&name.to_ascii_lowercase().as_str()));
        }
        prop_assert!(names.values().all(|times| *times == 1), "{names:?}");
        let mail = MessageParser::default().parse(&bytes).expect("a mail");
        let readers: Vec<_> = mail.to().unwrap().iter().filter_map(|a| a.address()).collect();
        prop_assert_eq!(readers, to.iter().map(|to| to.trim()).collect::<Vec<_>>());
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim_end().to_owned();
        prop_assert_eq!(lines(&mail.body_text(0).unwrap()), lines(&words));
        prop_assert_eq!(lines(&mail.body_html(0).unwrap()), lines(&page));
    }

    /// The guard has an opinion on any step, and none on no step.
    #[test]
    fn guard(before in snapshot(), after in snapshot(), unconfirmed in 0usize..3) {
        let roles = MatchedRoles { roles: owner_roles(), ..MatchedRoles::default() };
        let policy = Policy::default();
        let side = |snapshot| {
            Side { seen: Dated { snapshot, today: first_day() }, owners: &roles, policy: &policy }
        };
        prop_assert_eq!(inspect(side(&before), side(&before), 0, &limits()), vec![]);
        let reasons = inspect(side(&before), side(&after), unconfirmed, &limits());
        prop_assert!(unconfirmed == 0 || !reasons.is_empty());
    }
}

fn config(folder: &tempfile::TempDir) -> Config {
    let path = folder.path().join("config.toml");
    let text = "[kitos]\nemail = 'a@b.dk'\norganization = '29180042'\n[mail]\n\
                from = 'IT og Digitalisering, Åby <it@kommune.example>'\nit = ['it@kommune.example']";
    fs::write(&path, text).unwrap();
    load(&path, &Environment::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Headers and body.
fn split(bytes: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("an end of the headers");
    (head.to_owned(), body.to_owned())
}
