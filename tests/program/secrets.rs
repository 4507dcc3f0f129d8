//! Passwords and tokens are nowhere but where the operator put them, and names
//! and addresses of people in no log (`docs/reliability.md` R21): every command at
//! trace level, when all is well and when it is not.

use std::fs;
use std::path::Path;
use std::process::Command;

use kitos_standin::{Effect, Fault, Membership, OWNER_ROLE, PASSWORD, World};

use crate::support::smtp::{self, Security, Server};
use crate::support::{self, Run, TestInstallation};

const SMTP_PASSWORD: &str = "kodeord-til-post";
const WRONG: &str = "et-forkert-kodeord";
/// As they go over the wire in AUTH PLAIN and AUTH LOGIN.
const ENCODED: [&str; 2] = ["AGl0AGtvZGVvcmQtdGlsLXBvc3Q=", "a29kZW9yZC10aWwtcG9zdA=="];

/// Every command, and the reading ones more than once.
const COMMANDS: [&[&str]; 24] = [
    &["check"],
    &["sync"],
    &["sync", "--dry-run"],
    &["run", "--once"],
    &["digest"],
    &["digest", "--send"],
    &["deliver"],
    &["mail", "test", "it@kommune.example"],
    &["status"],
    &["--format", "json", "status"],
    &["findings", "--state", "all"],
    &["changes"],
    &["systems"],
    &["--format", "json", "systems"],
    &["system", "Nyt system"],
    &["mail", "list", "--all"],
    &["mail", "show", "1"],
    &["mail", "preview", "digest"],
    &["guard", "show"],
    &["guard", "release"],
    &["guard", "discard"],
    &["--config", "nowhere", "status"],
    &["backup", "copy.db"],
    &["backup", "copy.db"],
];

struct Watched {
    installation: TestInstallation,
    server: Server,
    /// Names and addresses of people.
    people: Vec<String>,
}

impl Watched {
    fn new() -> Self {
        let server = Server::start(Security::Clear);
        let installation = TestInstallation::new(World::generate(7, 30));
        let (port, users) = (server.port, installation.standin().world());
        installation.configure(&format!(
            "mode = 'send'\n[mail.smtp]\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'\n\
             username = 'it'\nper_minute = 1000"
        ));
        let mut people: Vec<String> = users.our_users().map(|user| user.name()).collect();
        people.extend(users.our_users().filter_map(|user| user.email.clone()));
        people.push("it@kommune.example".to_owned());
        Self { installation, server, people }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
        command
            .env("KITOS_SYNC_CONFIG", self.installation.path("config.toml"))
            .env("KITOS_SYNC_LOG", "trace")
            .env("KITOS_SYNC_SMTP_PASSWORD", SMTP_PASSWORD)
            .current_dir(self.installation.path(""))
            .arg("-vvv")
            .args(arguments);
        Run::from(command.output().unwrap())
    }

    /// Every command; none may tell.
    fn run_all(&self, what: &str) {
        for arguments in COMMANDS {
            let run = self.run(arguments);
            for text in [&run.stdout, &run.stderr] {
                assert_no_secret(text.as_bytes(), &format!("{what}: {arguments:?}"));
            }
            // What is no log is an answer to the person who asked.
            for line in run.stderr.lines().filter(|line| line.starts_with("20")) {
                for person in &self.people {
                    assert!(
                        !line.contains(person.as_str()),
                        "{what}: {arguments:?} logs {person}: {line}"
                    );
                }
            }
        }
        self.look_at(&self.installation.path(""), what);
    }

    /// Every file but the one with the password.
    fn look_at(&self, folder: &Path, what: &str) {
        for path in support::files(folder) {
            if path.is_dir() {
                self.look_at(&path, what);
            } else if !path.ends_with("password") {
                assert_no_secret(&fs::read(&path).unwrap(), &format!("{what}: {}", path.display()));
            }
        }
        let _ = fs::remove_file(folder.join("copy.db"));
    }
}

fn assert_no_secret(bytes: &[u8], place: &str) {
    for secret in [PASSWORD, SMTP_PASSWORD, WRONG, ENCODED[0], ENCODED[1], "Bearer "] {
        assert!(
            !holds(bytes, secret),
            "{place} holds {secret}:\n{}",
            String::from_utf8_lossy(bytes)
        );
    }
    // The stand-in's tokens.
    let text = String::from_utf8_lossy(bytes);
    let token = |rest: &&str| {
        rest.len() >= 36 && uuid::Uuid::parse_str(rest.get(..36).unwrap_or("")).is_ok()
    };
    assert!(!text.split("token-").skip(1).any(|rest| token(&rest)), "{place} holds a token");
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let caught = |text: &str| {
        let text = text.to_owned();
        std::panic::catch_unwind(move || assert_no_secret(text.as_bytes(), "a test")).is_err()
    };
    assert!(!caught("nothing, token-less, token-1234"));
    for text in [
        format!("x{PASSWORD}y"),
        format!("x{SMTP_PASSWORD}"),
        "AUTH PLAIN AGl0AGtvZGVvcmQtdGlsLXBvc3Q=".to_owned(),
        format!("token-{}", uuid::Uuid::nil()),
    ] {
        assert!(caught(&text), "{text}");
    }
}

#[test]
fn no_command_tells_a_secret_when_all_is_well() {
    let watched = Watched::new();
    assert_eq!(watched.run(&["sync"]).code, 0);
    watched.installation.standin().edit(|world| {
        let role = world.role(OWNER_ROLE).unwrap();
        let owner = world.our_usages().find_map(|u| world.holders(u.uuid, role).first().copied());
        world.acquire("Nyt system", owner);
        world.acquire("Andet system", None);
    });
    watched.run_all("all is well");
    assert!(
        watched.server.lines().iter().any(|line| line.text.contains(ENCODED[0])),
        "it logged in"
    );
    assert!(!watched.server.messages().is_empty());
    for message in watched.server.messages() {
        assert_no_secret(message.content.as_bytes(), "a mail");
    }
}

#[test]
fn no_command_tells_a_secret_when_something_is_wrong() {
    let watched = Watched::new();
    let standin = watched.installation.standin();
    assert_eq!(watched.run(&["sync"]).code, 0);
    standin.edit(|world| world.acquire("Nyt system", None));

    watched.server.always(smtp::Fault::Auth(
        "535 5.7.8 no: it@kommune.example, AGl0AGtvZGVvcmQtdGlsLXBvc3Q=",
    ));
    watched.run_all("the mail server refuses the login and quotes it");
    watched.server.heal();
    watched.server.always(smtp::Fault::Rcpt(None, "550 5.1.1 <it@kommune.example> unknown"));
    watched.run_all("the mail server refuses a reader");

    standin.fault(Fault::new("/api/v2/organizations", Effect::Html).always());
    watched.run_all("a proxy answers");
    standin.heal();
    let shape = Effect::rewrite(|json| json[0]["email"] = serde_json::json!({"of": "nobody"}));
    standin.fault(Fault::new("/api/v2/organizations", shape).always());
    watched.run_all("a field of the wrong type");
    standin.heal();

    let echo = format!("{{\"msg\": \"no such login: it@kommune.example / {PASSWORD}\"}}");
    let status = Effect::Status { status: 401, body: echo, retry_after: None };
    standin.fault(Fault::new("/api/authorize/GetToken", status).always());
    watched.run_all("KITOS refuses the login and quotes it");
    standin.heal();
    // Such a login is tried again, with a line in the log each time.
    let page = format!("<pre>email=it@kommune.example&password={PASSWORD}</pre>");
    let status = Effect::Status { status: 503, body: page, retry_after: Some("0".to_owned()) };
    standin.fault(Fault::new("/api/authorize/GetToken", status).always());
    watched.run_all("an error page of the login quotes it");
    standin.heal();

    watched.installation.set_password(WRONG);
    watched.run_all("a wrong password");
    watched.installation.set_password(PASSWORD);
    standin.edit(|world| world.set_membership(Membership::LostUnnoticed));
    watched.run_all("a pull is held");
}
