//! The first run: a configuration that was tried before it was written, and what
//! the package is made of.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::time::Duration;

use kitos_standin::{CVR, EMAIL, Effect, Fault, PASSWORD, World};

use crate::support::process::Process;
use crate::support::{Run, TestInstallation, eventually, files};

/// `init` in an empty folder, with these flags and the password on stdin.
fn init(installation: &TestInstallation, flags: &[&str], password: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
    let folder = installation.path("new");
    fs::create_dir_all(&folder).unwrap();
    let mut child = command
        .arg("--config")
        .arg(folder.join("config.toml"))
        .args(["init", "--password-stdin", "--url", &installation.standin().url()])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended without reading, for want of a flag.
    let _ = writeln!(child.stdin.take().unwrap(), "{password}");
    child.wait_with_output().unwrap().into()
}

const FLAGS: [&str; 8] = [
    "--email",
    EMAIL,
    "--organization",
    CVR,
    "--from",
    "IT og Digitalisering <it@kommune.example>",
    "--it",
    "it@kommune.example",
];

fn installation() -> TestInstallation {
    TestInstallation::new(World::generate(3, 5))
}

#[test]
fn init_that_is_interrupted_while_it_tries_leaves_no_file_behind() {
    let installation = installation();
    installation.standin().fault(Fault::new("/api/authorize/GetToken", Effect::Hang));
    let folder = installation.path("new");
    fs::create_dir_all(&folder).unwrap();
    let stdin = installation.path("answer");
    fs::write(&stdin, "not the password\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
    command
        .arg("--config")
        .arg(folder.join("config.toml"))
        .args(["init", "--password-stdin", "--url", &installation.standin().url()])
        .args(FLAGS)
        .stdin(fs::File::open(stdin).unwrap());
    let init = Process::start(&mut command);
    let asked = || !installation.standin().requests_to("/api/authorize").is_empty();
    eventually("a login that hangs", asked);
    assert_eq!(files(&folder).len(), 2, "a draft and the password");
    init.signal("INT");
    let run = init.end_within(Duration::from_secs(30));
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("nothing was written"), "{run:#?}");
    assert_eq!(files(&folder).len(), 0, "a password that nobody accepted is not kept");
}

#[test]
#[cfg_attr(without_root, ignore = "only root can give files away")]
fn previews_that_root_makes_by_hand_belong_to_the_service() {
    let installation = installation();
    installation.ok(&["sync"]);
    let state = installation.path("state");
    std::os::unix::fs::chown(&state, Some(61_184), Some(61_184)).unwrap();
    let config = installation.path("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let there = state.join("preview");
    let text =
        text.replace(&installation.previews().display().to_string(), &there.display().to_string());
    fs::write(&config, text).unwrap();
    installation.ok(&["digest", "--send"]);
    installation.ok(&["deliver"]);
    let made = files(&there);
    assert!(made.len() > 2, "a digest and the list of previews: {made:#?}");
    for path in made.iter().chain([&there]) {
        let file = fs::metadata(path).unwrap();
        assert_eq!((file.uid(), file.gid()), (61_184, 61_184), "{}", path.display());
    }
}

#[test]
fn from_nothing_to_a_previewed_digest() {
    let installation = installation();
    let run = init(&installation, &FLAGS, PASSWORD);
    assert_eq!(run.code, 0, "{run:#?}");
    let config = installation.path("new/config.toml");
    for (name, mode) in [("config.toml", 0o644), ("kitos-password", 0o600)] {
        let file = fs::metadata(installation.path("new").join(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, mode, "{name}");
    }
    assert_eq!(files(&installation.path("new")).len(), 2, "no draft is left");
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("# page_size = 100") && !text.contains(PASSWORD));

    // The commands that it says come next, as it says them.
    let next: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .filter_map(|line| line.trim().strip_prefix("kitos-sync "))
        .map(|line| line.split("   ").next().unwrap().split_whitespace().collect())
        .collect();
    assert_eq!(next.len(), 3, "{}", run.stdout);
    for arguments in next {
        let output =
            Command::new(env!("CARGO_BIN_EXE_kitos-sync")).args(&arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:#?}");
    }
    assert!(installation.path("new/state/kitos-sync.db").exists());
}

#[test]
fn what_does_not_work_is_not_written() {
    let installation = installation();
    let run = init(&installation, &FLAGS, "wrong");
    assert_eq!(run.code, 3, "{run:#?}");
    assert!(run.stderr.contains("refused the login"), "{}", run.stderr);
    assert_eq!(files(&installation.path("new")), Vec::<std::path::PathBuf>::new());

    let mut flags = FLAGS;
    flags[3] = "123";
    let run = init(&installation, &flags, PASSWORD);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("kitos.organization"), "{}", run.stderr);
    assert_eq!(installation.standin().logins(), 1, "nothing was tried with it");
    assert_eq!(files(&installation.path("new")), Vec::<std::path::PathBuf>::new());

    let run = init(&installation, &[&FLAGS[..], &["--untested"]].concat(), "wrong");
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(installation.path("new/config.toml").exists());
}

#[test]
fn missing_flags_are_named_and_nothing_is_overwritten() {
    let installation = installation();
    let run = init(&installation, &FLAGS[..2], PASSWORD);
    assert_eq!(run.code, 2, "{run:#?}");
    for flag in ["--organization", "--from", "--it"] {
        assert!(run.stderr.contains(flag), "{}", run.stderr);
    }
    fs::write(installation.path("new/config.toml"), "mine").unwrap();
    let run = init(&installation, &FLAGS, PASSWORD);
    assert_eq!(run.code, 2, "{run:#?}");
    assert_eq!(fs::read_to_string(installation.path("new/config.toml")).unwrap(), "mine");
}

#[test]
fn init_uses_the_password_that_it_is_given_though_a_file_has_another() {
    let installation = installation();
    let folder = installation.path("new");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("kitos-password");
    fs::write(&file, "an old one\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();

    let run = init(&installation, &FLAGS, "wrong");
    assert_eq!(run.code, 3, "{run:#?}");
    assert!(run.stderr.contains("--untested"), "{run:#?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "an old one\n", "what lay there stays");
    for nothing in ["", "\n"] {
        let run = init(&installation, &FLAGS, nothing);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains("nothing came for --password-stdin"), "{run:#?}");
    }
    let bad = [&FLAGS[..6], &["--it", "nobody", "--untested"]].concat();
    let run = init(&installation, &bad, PASSWORD);
    assert!(run.code == 2 && !run.stderr.contains("With --untested"), "{run:#?}");

    let run = init(&installation, &FLAGS, PASSWORD);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(fs::read_to_string(&file).unwrap().trim_end(), PASSWORD);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(files(&folder).len(), 2, "no draft stays");
    let text = fs::read_to_string(folder.join("config.toml")).unwrap();
    assert!(!text.contains(".draft"), "{text}");
}

#[test]
fn completions_and_manual_need_no_configuration() {
    let installation = installation();
    fs::remove_file(installation.path("config.toml")).unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let text = installation.ok(&["completions", shell]);
        assert!(text.contains("kitos-sync") && text.contains("guard"), "{shell}: {text}");
    }
    let manual = installation.ok(&["man"]);
    assert!(manual.contains(".SH DESCRIPTION") && manual.contains("EXIT STATUS"), "{manual}");
    let folder = installation.path("man");
    installation.ok(&["man".as_ref(), "--dir".as_ref(), folder.as_os_str()]);
    let pages = files(&folder);
    assert!(pages.len() > 10 && pages.contains(&folder.join("kitos-sync-backup.1")), "{pages:#?}");
    // No page refers to one that is not there.
    for page in &pages {
        let text = fs::read_to_string(page).unwrap().replace('\\', "");
        for named in text.split("kitos-sync").skip(1).filter_map(|rest| rest.split_once("(1)")) {
            let is_name = named.0.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
            let there = folder.join(format!("kitos-sync{}.1", named.0)).exists();
            assert!(!is_name || there, "{} names {}", page.display(), named.0);
        }
    }
    let preview = fs::read_to_string(folder.join("kitos-sync-mail-preview.1")).unwrap();
    let preview = preview.replace('\\', "");
    for part in ["--to", "<KIND>", "SH FILES", "SH ENVIRONMENT"] {
        assert!(preview.contains(part), "{part}: {preview}");
    }
}

/// What bash offers behind these words.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let last = words.len() - 1;
    let asked = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={last}\n_kitos__sync kitos-sync '{}' '{}'\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        words.join(" "),
        words[last],
        words[last - 1]
    );
    let output = Command::new("bash").args(["--norc", "-c", &asked]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_below_commands_and_no_hidden_option() {
    let script = installation().ok(&["completions", "bash"]);
    for (words, expected) in [
        (&["kitos-sync", "find"][..], &["findings"][..]),
        (&["kitos-sync", "mail", "re"], &["retry"]),
        (&["kitos-sync", "guard", "d"], &["discard"]),
        (&["kitos-sync", "findings", "--fail"], &["--fail-on"]),
        (&["kitos-sync", "--format", "j"], &["json"]),
        (&["kitos-sync", "findings", "--format", "c"], &["csv"]),
        (&["kitos-sync", "mail", "preview", "esc"], &["escalation"]),
        (&["kitos-sync", "--a"], &[""]),
        (&["kitos-sync", "sync", "--log"], &[""]),
    ] {
        assert_eq!(offered(&script, words), expected, "{words:?}");
    }
}
