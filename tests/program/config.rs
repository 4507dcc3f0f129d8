//! The configuration as an administrator meets it: files on disk, variables,
//! and what is said when something is wrong with them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kitos_sync::config::{
    Config, ConfigError, Environment, OrganizationId, Place, Problem, SmtpSecurity, example, load,
};
use kitos_sync::model::{Language, MailMode, Severity};
use kitos_sync::policy::rules::owner_missing;
use tempfile::TempDir;

const EXAMPLE: &str = include_str!("../../config/kitos-sync.example.toml");

/// Only what must be set. More keys of its last section can follow.
const REQUIRED: &str = "\
[kitos]
email = 'api@kommune.dk'
organization = '12345678'
[mail]
from = 'IT <it@kommune.dk>'
it = ['it@kommune.dk']
";

fn write(directory: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn load_with(content: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let directory = TempDir::new().unwrap();
    let environment = variables.iter().copied().collect();
    load(&write(&directory, "config.toml", content), &environment)
}

fn good(content: &str, variables: &[(&str, &str)]) -> Config {
    load_with(content, variables).unwrap_or_else(|error| panic!("{error}"))
}

fn problems(content: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> Vec<Problem> {
    match load_with(content, variables) {
        Err(ConfigError::Invalid(problems)) => problems.problems,
        other => panic!("expected problems, not {other:?}"),
    }
}

/// The one problem that there is, as it is shown.
fn problem(content: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> String {
    let problems = problems(content, variables);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems[0].to_string()
}

/// The example with every key set to the value that its comment shows.
fn uncommented_example() -> String {
    let is_key = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| {
            key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
    };
    let uncomment = |line: &'static str| match line.strip_prefix("# ") {
        Some(rest) if is_key(rest) => rest,
        _ => line,
    };
    EXAMPLE.lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_file_is_what_the_keys_say() {
    let made = example();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/kitos-sync.example.toml");
        fs::write(path, &made).unwrap();
    } else {
        assert_eq!(EXAMPLE, made, "run UPDATE_DOCS=1 cargo test --test behaviour the_example");
    }
    for line in made.lines() {
        assert!(line.chars().count() <= 100, "too long to read: {line}");
    }
}

#[test]
fn the_example_shows_the_defaults() {
    let defaults = good(EXAMPLE, &[]);
    assert_eq!(good(&uncommented_example(), &[]), defaults);
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    insta::assert_debug_snapshot!(good(REQUIRED, &[]));
}

#[test]
fn a_file_with_a_dozen_faults_is_told_all_of_them() {
    let directory = TempDir::new().unwrap();
    let exposed = write(&directory, "password", "hunter2");
    fs::set_permissions(&exposed, Permissions::from_mode(0o644)).unwrap();
    let content = format!(
        r#"# A bad day.
[kitos]
url = "http://kitos.dk"
pagesize = 50
concurrency = "many"
organization = "DK12345678"
password = "correct horse"
password_file = "{}"
proxy = "http://me:battery@proxy.kommune.dk:3128"
request_timeout = 120

[schedule]
sync = "0 25 * * *"
time_zone = "Europe/Kopenhagen"
language = "en"

[polcy]
owner_roles = ["Systemejer"]

[policy]
owner_roles = []
exclude.lifecycles = ["Operational", "PhasedOut"]

[policy.rules.owner-mising]
enabled = false

[policy.rules.owner-several]
severity = "hihg"
months = 3

[notify]
quiet_weeks = [28, 54]

[mail]
mode = "send"
from = "IT og Digitalisering"
it = ["it@kommune.dk", "not an address"]
smtp.host = "mail.kommune.dk"
smtp.security = "none"

[guard]
max_removed = 10
"#,
        exposed.display()
    );
    let path = write(&directory, "config.toml", content);
    let environment = [
        ("KITOS_SYNC_DATABASE__PATH", "kitos-sync.db"),
        ("KITOS_SYNC_RETENTION__PEOPEL", "2y"),
        ("KITOS_SYNC_MAIL__SMTP__PASSWORD", "staple"),
        ("KITOS_SYNC_CONFIG", "/elsewhere"),
        ("KITOS_SYNC_KITOS_PASSWORD", "open sesame"),
    ]
    .into_iter()
    .collect();

    let error = load(&path, &environment).unwrap_err();
    let told = error
        .to_string()
        .replace(&path.display().to_string(), "/etc/kitos-sync/config.toml")
        .replace(&exposed.display().to_string(), "/etc/kitos-sync/kitos-password");
    insta::assert_snapshot!(told);
    for secret in ["hunter2", "correct horse", "battery", "staple", "open sesame"] {
        assert!(!format!("{error:?}{told}{environment:?}").contains(secret), "{secret}");
    }
}

#[test]
fn a_file_that_is_not_there_or_cannot_be_read() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("config.toml");
    let environment = Environment::default();
    let error = load(&path, &environment).unwrap_err();
    assert!(matches!(error, ConfigError::Missing { .. }), "{error:?}");
    let told = error.to_string();
    assert!(told.contains(path.to_str().unwrap()), "{told}");
    assert!(told.contains("kitos-sync init"), "{told}");

    let error = load(directory.path(), &environment).unwrap_err();
    assert!(matches!(error, ConfigError::NotAFile { .. }), "{error:?}");
    assert!(error.to_string().contains(directory.path().to_str().unwrap()), "{error}");
}

#[test]
fn what_editors_on_windows_leave_behind() {
    let crlf = format!("\u{feff}{}", REQUIRED.replace('\n', "\r\n"));
    assert_eq!(good(&crlf, &[]), good(REQUIRED, &[]));

    let latin1 = [REQUIRED.as_bytes(), b"footer = 'Sp\xf8rgsm\xe5l?'\n"].concat();
    assert_eq!(problem(latin1, &[]), "line 7: a character is not UTF-8. Save the file as UTF-8.");
}

#[test]
fn variables_override_keys() {
    let file = format!("{REQUIRED}mode = 'nonsense'\n[policy.rules.owner-missing]\ngrace = 3\n");
    let config = good(
        &file,
        &[
            ("KITOS_SYNC_KITOS__ORGANIZATION", "87654321"),
            ("KITOS_SYNC_KITOS__PAGE_SIZE", "250"),
            ("KITOS_SYNC_MAIL__MODE", "send"),
            ("KITOS_SYNC_MAIL__IT", "it@kommune.dk, drift@kommune.dk"),
            ("KITOS_SYNC_MAIL__ALLOWED_DOMAINS", r#"["Kommune.dk"]"#),
            ("KITOS_SYNC_MAIL__SMTP__SECURITY", "tls"),
            ("KITOS_SYNC_MAIL__LANGUAGE", "en"),
            ("KITOS_SYNC_MAIL__FOOTER", ""),
            ("KITOS_SYNC_NOTIFY__BUSINESS_DAYS_ONLY", "false"),
            ("KITOS_SYNC_NOTIFY__QUIET_WEEKS", ""),
            ("KITOS_SYNC_NOTIFY__PACE__HIGH", "[0, 7]"),
            ("KITOS_SYNC_GUARD__MAX_PEOPLE", "5%"),
            ("KITOS_SYNC_POLICY__RULES__OWNER_MISSING__SEVERITY", "medium"),
        ],
    );
    assert_eq!(config.kitos.organization, OrganizationId::Cvr("87654321".to_owned()));
    assert_eq!(config.kitos.page_size, 250);
    assert_eq!(config.mail.mode, MailMode::Send);
    assert_eq!(config.mail.it, ["it@kommune.dk", "drift@kommune.dk"]);
    assert_eq!(config.mail.alerts(), config.mail.it);
    assert_eq!(config.mail.allowed_domains, ["kommune.dk"]);
    assert_eq!((config.mail.smtp.security, config.mail.smtp.port()), (SmtpSecurity::Tls, 465));
    assert_eq!(config.mail.language, Language::En);
    assert_eq!(config.mail.footer, None);
    assert!(!config.notify.business_days_only);
    assert_eq!(config.notify.quiet_weeks, [0; 0]);
    assert_eq!(config.notify.pace.high, [0, 7]);
    assert_eq!(config.guard.max_people, 5.0);
    let rule = &config.policy.rules[&owner_missing::RULE.id];
    assert_eq!((rule.severity, rule.grace), (Severity::Medium, 3));
}

#[test]
fn a_problem_of_a_variable_names_the_variable() {
    for (name, value, expected) in [
        (
            "KITOS_SYNC_KITOS__PAGE_SIZE",
            "0",
            "KITOS_SYNC_KITOS__PAGE_SIZE = \"0\": this must be from 1 to 250.",
        ),
        (
            "KITOS_SYNC_MAIL__IT",
            "it@kommune.dk,drift",
            "KITOS_SYNC_MAIL__IT = \"it@kommune.dk,drift\": entry 2, \"drift\": this is not a \
             bare mail address. Write e.g. \"it@kommune.dk\".",
        ),
        (
            "KITOS_SYNC_MAIL__IT",
            "[it@kommune.dk]",
            "KITOS_SYNC_MAIL__IT = \"[it@kommune.dk]\": this is not a TOML list (invalid \
             float, expected `inf`). Write the entries with commas, without brackets and quotes.",
        ),
        (
            "KITOS_SYNC_KITOS__PAGESIZE",
            "50",
            "KITOS_SYNC_KITOS__PAGESIZE overrides no key. \
             Did you mean KITOS_SYNC_KITOS__PAGE_SIZE?",
        ),
        (
            "KITOS_SYNC_MAIL_MODE",
            "send",
            "KITOS_SYNC_MAIL_MODE overrides no key. Did you mean KITOS_SYNC_MAIL__MODE?",
        ),
        (
            "KITOS_SYNC_KITOS_PASSWROD",
            "x",
            "KITOS_SYNC_KITOS_PASSWROD overrides no key. Did you mean KITOS_SYNC_KITOS_PASSWORD?",
        ),
        (
            "KITOS_SYNC_SOMETHING",
            "else",
            "KITOS_SYNC_SOMETHING overrides no key. \
             Unset it, or name a key: KITOS_SYNC_<SECTION>__<KEY>.",
        ),
    ] {
        assert_eq!(problem(REQUIRED, &[(name, value)]), expected);
        let place = problems(REQUIRED, &[(name, value)])[0].place.clone();
        assert_eq!(place, Place::Variable(name.to_owned()));
    }
}

#[test]
fn a_variable_that_is_not_utf8_is_a_problem() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let directory = TempDir::new().unwrap();
    let path = write(&directory, "config.toml", REQUIRED);
    let latin1 = OsString::from_vec(b"Sp\xf8rg IT".to_vec());
    let environment = [("KITOS_SYNC_MAIL__FOOTER", latin1)].into_iter().collect();
    let told = load(&path, &environment).unwrap_err().to_string();
    assert!(told.contains("KITOS_SYNC_MAIL__FOOTER is not UTF-8"), "{told}");
}

#[test]
fn a_secret_in_the_file_is_refused_wherever_it_stands() {
    for (place, ways) in [
        ("[kitos]\npassword = 'hunter2'", "kitos.password_file"),
        ("[mail.smtp]\npassword = 'hunter2'", "mail.smtp.password_file"),
        ("[kitos]\nclient_secret = 'hunter2'", "kitos.password_file"),
        ("password = 'hunter2'", "kitos.password_file"),
        ("[unknown.deep]\npassword = 'hunter2'", "kitos.password_file"),
        ("[kitos]\nurl = 'https://api:hunter2@kitos.dk'", "without them"),
        ("[kitos]\nproxy = 'http://api:hunter2@proxy:port'", "without them"),
    ] {
        let told: Vec<String> =
            problems(place, &[]).iter().map(|problem| format!("{problem} {problem:?}")).collect();
        assert!(told.iter().any(|told| told.contains(ways)), "{place}: {told:#?}");
        assert!(!told.concat().contains("hunter2"), "{place}: {told:#?}");
    }
}
