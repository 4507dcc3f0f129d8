//! The command line as people and scripts meet it: help, exit codes, locks, and
//! what each mistake is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kitos_standin::{Effect, Fault, Membership, OWNER_ROLE, World};
use kitos_sync::store::Lock;

use crate::support::process::Process;
use crate::support::{self, Run, TestInstallation, files};

const FIRST: &str = "2026-03-02T04:00:00Z";
const USAGES: &str = "/api/v2/it-system-usages";

fn installed() -> TestInstallation {
    let installation = TestInstallation::new(World::generate(7, 30));
    assert_eq!(installation.sync_at(FIRST)["outcome"], "committed");
    installation
}

/// The program without any installation.
fn alone(arguments: &[&str]) -> Run {
    Run::from(Command::new(env!("CARGO_BIN_EXE_kitos-sync")).args(arguments).output().unwrap())
}

/// Every command, with what it needs to be understood.
const READING: [&[&str]; 14] = [
    &["digest"],
    &["status"],
    &["findings"],
    &["changes"],
    &["systems"],
    &["system", "x"],
    &["mail", "list"],
    &["mail", "show", "1"],
    &["mail", "preview", "digest"],
    &["guard", "show"],
    &["guard", "release"],
    &["guard", "discard"],
    &["backup", "copy.db"],
    &["digest", "--send"],
];

#[test]
fn every_command_explains_itself() {
    for (command, named) in [
        (
            &[][..],
            &["Exit codes: 0 done", "demo", "check", "--config", "--format", "findings", "backup"]
                [..],
        ),
        (&["run"], &["--once"]),
        (&["sync"], &["--dry-run", "--accept-leaders"]),
        (&["digest"], &["--send"]),
        (&["deliver"], &["outbox"]),
        (&["status"], &["Last and next runs"]),
        (
            &["findings"],
            &["--rule", "--severity", "--owner", "--unit", "--state", "--as-of", "--fail-on"],
        ),
        (&["changes"], &["--since", "--until", "--system", "--kind"]),
        (&["systems"], &["--state", "--owner"]),
        (&["system"], &["<SYSTEM>"]),
        (&["mail"], &["list", "show", "preview", "test"]),
        (&["mail", "list"], &["--all"]),
        (&["mail", "show"], &["<MAIL>"]),
        (&["mail", "preview"], &["digest", "--to"]),
        (&["mail", "test"], &["<ADDRESS>"]),
        (&["guard"], &["show", "release", "discard"]),
        (&["guard", "release"], &["[ID]"]),
        (&["guard", "discard"], &["[ID]"]),
        (&["check"], &["Test everything"]),
        (&["backup"], &["<FILE>"]),
        (&["demo"], &["--keep"]),
    ] {
        let run = alone(&[command, &["--help"]].concat());
        assert_eq!(run.code, 0, "{command:?}: {run:#?}");
        for name in named {
            assert!(run.stdout.contains(name), "{command:?} does not name {name}: {}", run.stdout);
        }
        assert!(!run.stdout.contains("--at"), "{command:?} shows what is for tests");
    }
}

#[test]
fn each_exit_code_has_its_cause() {
    let installation = installed();
    let at = "2026-03-03T04:00:00Z";
    let code = |arguments: &[&str]| installation.run_at(at, arguments).code;
    assert_eq!(code(&["sync"]), 0);
    assert_eq!(code(&["findings", "--fail-on", "high"]), 3);
    assert_eq!(code(&["check"]), 0);
    assert_eq!(code(&["findings", "--severity", "huge"]), 2);
    assert_eq!(code(&["frobnicate"]), 2);

    installation.standin().fault(Fault::new(USAGES, Effect::Html).always());
    assert_eq!(code(&["sync"]), 1);
    assert_eq!(installation.run_at("2026-03-04T04:00:00Z", &["run", "--once"]).code, 1);
    installation.standin().heal();

    installation.standin().edit(|world| world.set_membership(Membership::LostUnnoticed));
    assert_eq!(code(&["sync"]), 4);
    installation.standin().edit(|world| world.set_membership(Membership::Lost));
    assert_eq!(code(&["check"]), 3);

    let lock = Lock::daemon(&installation.database()).unwrap();
    assert_eq!(code(&["run", "--once"]), 5);
    drop(lock);
}

#[test]
fn a_wrong_configuration_is_told_whole() {
    let installation = installed();
    installation
        .configure("mode = 'sned'\n[notify]\nescalate_aftr = 1\n[schedule]\nsync = '61 5 * * *'");
    for arguments in
        READING.iter().chain(&[&["sync"][..], &["run", "--once"], &["check"], &["deliver"]])
    {
        let run = installation.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {run:#?}");
        for part in [
            "sned",
            "preview",
            "escalate_aftr",
            "notify.escalate_after",
            "61 5 * * *",
            "config.toml",
        ] {
            assert!(
                run.stderr.contains(part),
                "{arguments:?} does not name {part}: {}",
                run.stderr
            );
        }
    }
    let run = alone(&["--config", "/nowhere/config.toml", "status"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("/nowhere/config.toml"), "{run:#?}");
}

#[test]
fn an_owner_role_that_kitos_does_not_have_is_a_configuration_error() {
    let installation = TestInstallation::new(World::generate(7, 30));
    installation.configure("[policy]\nowner_roles = ['Systemejeren']");
    let run = installation.run(&["sync"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(
        run.stderr.contains("Systemejeren") && run.stderr.contains("\"Systemejer\""),
        "{run:#?}"
    );
    let run = installation.run(&["check"]);
    assert_eq!(run.code, 3, "{run:#?}");
    assert!(run.stdout.contains("FAULT  owner roles"), "{run:#?}");
}

/// A local administrator withdraws a role that people still have.
#[test]
fn an_owner_role_that_is_withdrawn_still_counts_and_is_no_fault() {
    let installation = installed();
    installation.standin().edit(|world| {
        let role = world.role(OWNER_ROLE).unwrap();
        world.withdraw_role_type(role);
    });
    assert_eq!(installation.run(&["sync"]).code, 0);
    let lines = installation.json_at("2026-03-02T05:00:00Z", &["check"]);
    let verdict = |what: &str| {
        let line = lines.as_array().unwrap().iter().find(|line| line["what"] == what);
        line.unwrap_or_else(|| panic!("no {what}: {lines:#}"))["verdict"].clone()
    };
    assert_eq!((verdict("owner roles"), verdict("role withdrawn")), ("ok".into(), "note".into()));
}

#[test]
fn a_missing_password_says_where_it_can_come_from() {
    let installation = installed();
    fs::remove_file(installation.path("password")).unwrap();
    let run = installation.run(&["sync"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("password"), "{run:#?}");
    installation.set_password(kitos_standin::PASSWORD);
    fs::set_permissions(installation.path("password"), fs::Permissions::from_mode(0o644)).unwrap();
    let run = installation.run(&["sync"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("chmod 600"), "{run:#?}");
}

#[test]
fn a_missing_database_says_what_to_do() {
    let installation = TestInstallation::new(World::generate(7, 30));
    for arguments in &READING[..13] {
        let run = installation.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{arguments:?}: {run:#?}");
        for part in ["there is no database at", "kitos-sync.db", "kitos-sync sync"] {
            assert!(run.stderr.contains(part), "{arguments:?}: {run:#?}");
        }
        assert!(!installation.database().exists(), "{arguments:?} has made one");
    }
    let run = installation.run(READING[13]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("Run `kitos-sync sync` first"), "{run:#?}");
}

#[test]
fn a_database_that_cannot_be_made_says_why_and_what_to_do() {
    let installation = TestInstallation::new(World::generate(7, 30));
    // A file where the directory belongs: nobody can write there, root neither.
    fs::write(installation.path("file"), "").unwrap();
    fs::create_dir(installation.path("directory.db")).unwrap();
    for name in ["file/kitos-sync.db", "directory.db"] {
        let path = installation.path(name);
        for arguments in [&["sync"][..], &["run", "--once"], &["run"], &["findings"], &["deliver"]]
        {
            let mut command = installation.command();
            command.env("KITOS_SYNC_DATABASE__PATH", &path).args(arguments);
            let run = Run::from(command.output().unwrap());
            assert_eq!(run.code, 1, "{name} {arguments:?}: {run:#?}");
            assert!(run.stderr.contains(path.to_str().unwrap()), "{name} {arguments:?}: {run:#?}");
            assert!(run.stderr.contains("database.path"), "{name} {arguments:?}: {run:#?}");
        }
    }
    assert!(installation.standin().requests().is_empty(), "KITOS was asked before");
    assert!(files(&installation.path("directory.db")).is_empty());
}

#[test]
fn a_second_instance_is_refused_and_told_who_holds_the_lock() {
    let installation = installed();
    let lock = Lock::daemon(&installation.database()).unwrap();
    for arguments in [&["run"][..], &["run", "--once"]] {
        let run = installation.run(arguments);
        assert_eq!(run.code, 5, "{run:#?}");
        let holder = format!("the daemon's lock is held by process {}", std::process::id());
        assert!(run.stderr.contains(&holder), "{run:#?}");
    }
    // A job by hand, and reading, work all the same.
    assert_eq!(installation.run(&["sync"]).code, 0);
    assert_eq!(installation.run(&["status"]).code, 0);
    drop(lock);
}

#[test]
fn a_job_by_hand_waits_for_one_under_way() {
    let installation = installed();
    let lock = Lock::job(&installation.database(), "digest", Duration::ZERO).unwrap();
    let before = installation.standin().requests().len();
    let sync = Process::start(installation.command().args(["-vv", "sync"]));
    // It waits: reading works meanwhile, and KITOS is not asked.
    assert_eq!(installation.run(&["findings"]).code, 0);
    assert_eq!(installation.standin().requests().len(), before);
    drop(lock);
    let run = sync.end_within(Duration::from_secs(60));
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn a_job_by_hand_does_not_wait_for_ever() {
    let installation = installed();
    let lock = Lock::job(&installation.database(), "digest", Duration::ZERO).unwrap();
    let run = installation.run(&["sync"]);
    assert_eq!(run.code, 5, "{run:#?}");
    assert!(run.stderr.contains("the job lock is held by process"), "{run:#?}");
    assert!(run.stderr.contains("kitos-sync digest"), "{run:#?}");
    drop(lock);
}

#[test]
fn no_color_is_honoured_on_a_terminal() {
    let installation = installed();
    let check = format!(
        "{} --config {} check",
        env!("CARGO_BIN_EXE_kitos-sync"),
        installation.path("config.toml").display()
    );
    // `script` gives it a terminal.
    let on_terminal = |no_color: Option<&str>| {
        let mut command = Command::new("script");
        command.args(["-qec", &check, "/dev/null"]).stdin(Stdio::null());
        match no_color {
            Some(value) => command.env("NO_COLOR", value),
            None => command.env_remove("NO_COLOR"),
        };
        String::from_utf8(command.output().expect("script").stdout).unwrap()
    };
    assert!(on_terminal(None).contains("\u{1b}[32mok"), "colour on a terminal");
    let plain = on_terminal(Some("1"));
    assert!(plain.contains("ok") && !plain.contains("\u{1b}["), "{plain:?}");
}

#[test]
fn csv_without_a_list_is_refused_before_anything_is_done() {
    let installation = installed();
    let tables = installation.tables();
    for arguments in [
        &["sync"][..],
        &["digest", "--send"],
        &["deliver"],
        &["status"],
        &["mail", "test", "a@kommune.example"],
        &["guard", "release"],
        &["backup", "copy.db"],
    ] {
        let run = installation.run(&[&["--format", "csv"], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {run:#?}");
        assert!(run.stderr.contains("--format json"), "{arguments:?}: {run:#?}");
    }
    assert!(installation.tables() == tables);
    for (arguments, head) in [
        (&["check"][..], "verdict;what;detail"),
        (&["away", "list"], "name;email;until;substitute"),
        (&["review", "status"], "system;unit;owners;answer;by;as;on"),
    ] {
        let run = installation.run(&[&["--format", "csv"], arguments].concat());
        assert!(run.stdout.trim_start_matches('\u{feff}').starts_with(head), "{run:#?}");
    }
}

/// Whoever scripts a command tells a slip of theirs from a failure of ours.
#[test]
fn the_same_slip_has_the_same_exit_code_everywhere() {
    let installation = installed();
    for arguments in [
        &["findings", "--unit", "Findesikke"][..],
        &["report", "--unit", "Findesikke", "--output", "r.html"],
        &["review", "start", "--due", "2099-01-01", "--unit", "Findesikke"],
        &["systems", "--owner", "nix"],
        &["systems", "--owner", " "],
        &["demo", "--format", "json"],
        &["away", "nix", "--until", "2099-01-01"],
        &["mail", "test", "nix"],
        &["mail", "show", "4711"],
        &["mail", "preview", "digest", "--to", "preview.txt"],
        &["guard", "release"],
        &["guard", "discard"],
        &["review", "close"],
        &["answers", "accept", "4711"],
    ] {
        let run = installation.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {run:#?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let installation = installed();
    for arguments in
        [&["systems"][..], &["--format", "json", "findings"], &["-vvv", "status"], &["--help"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let errors = writer.try_clone().unwrap();
        let mut child =
            installation.command().args(arguments).stdout(writer).stderr(errors).spawn().unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!(code, Some(0), "{arguments:?}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = installation.command().arg("nonsense").stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(2));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status =
        installation.command().args(["system", "nonsense"]).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_backup_is_whole_and_overwrites_nothing() {
    let installation = installed();
    let copy = installation.path("copy.db");
    let shown = installation.json_at(FIRST, &["backup", copy.to_str().unwrap()]);
    assert_eq!(shown["bytes"], fs::metadata(&copy).unwrap().len());
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let tables = support::tables(&rusqlite::Connection::open(&copy).unwrap());
    assert!(tables == installation.tables());
    let before = fs::read(&copy).unwrap();
    let run = installation.run(&["backup", copy.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(fs::read(&copy).unwrap() == before);
}

#[test]
fn a_test_mail_to_no_address_is_said_so() {
    let installation = installed();
    let run = installation.run(&["mail", "test", "not an address"]);
    assert!(matches!(run.code, 1 | 2), "{run:#?}");
    assert!(run.stderr.contains("not an address"), "{run:#?}");
    let run = installation.run(&["mail", "show", "4711"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("`kitos-sync mail list`"), "{run:#?}");
}

#[test]
fn a_test_mail_goes_to_no_other_domain_than_all_mail() {
    let installation = installed();
    let smtp = "[mail.smtp]\nhost = '127.0.0.1'\nport = 1\nsecurity = 'none'";
    installation.configure(&format!("mode = 'send'\n{smtp}"));
    let run = installation.run(&["mail", "test", "a@elsewhere.example"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("mail.allowed_domains"), "{run:#?}");
    assert_eq!(installation.mails("2026-03-02T09:00:00+01:00").len(), 0);
}

#[test]
fn a_pipe_or_a_folder_is_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Nobody ever writes into the pipe: a program that waited would never end.
    for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero")] {
        let run = Command::new(env!("CARGO_BIN_EXE_kitos-sync"))
            .arg("--config")
            .arg(path)
            .arg("status")
            .output()
            .unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(2), "{said}");
        assert!(said.contains("is not a regular file"), "{said}");
    }
}

#[test]
#[cfg_attr(without_faketime, ignore = "needs faketime: apt-get install faketime")]
fn a_clock_before_1970_is_said_and_not_a_panic() {
    let run = Command::new("faketime")
        .args([
            "1969-06-01 12:00:00",
            env!("CARGO_BIN_EXE_kitos-sync"),
            "--config",
            "/none",
            "status",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("before 1970") && said.lines().count() == 1, "{said}");
}

#[test]
fn an_instant_that_no_mail_can_hold_is_refused() {
    for at in ["1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "9999-12-31T00:00:00Z"] {
        let run = alone(&["--at", at, "--config", "/none", "status"]);
        assert_eq!(run.code, 2, "{at}: {run:#?}");
        assert!(run.stderr.contains("between 1970 and 9998"), "{at}: {run:#?}");
    }
    for at in ["1970-01-01T00:00:00Z", "9998-12-31T23:59:59Z"] {
        let run = alone(&["--at", at, "--config", "/none", "status"]);
        assert!(run.stderr.contains("no configuration file"), "{at}: {run:#?}");
    }
}
