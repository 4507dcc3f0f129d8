//! The demo needs nothing, tells its story, shows what every rule is for, and its tour
//! works. All of it in one run: eight weeks are long for a program that is not optimised.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use kitos_sync::policy::rules::RULES;
use serde_json::Value;

use crate::support::{Run, files, folder};

/// A Monday, and the last day of the story.
const LAST_DAY: &str = "2026-03-02T12:00:00Z";

/// The program without any installation.
fn alone(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
    Run::from(command.env("NO_COLOR", "1").args(arguments).output().unwrap())
}

fn demo(keep: &Path) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
    Run::from(command.env_clear().arg("demo").arg("--keep").arg(keep).output().unwrap())
}

#[test]
fn the_demo_works_with_nothing_configured_and_spares_a_used_directory() {
    let folder = folder();
    let keep = folder.path().join("demo");
    let run = demo(&keep);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.stderr, "");
    for part in
        ["Birkelund Kommune has 120 systems", "Borgerbooking is acquired", "held by the guard"]
    {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    every_rule_has_something_open(&keep);
    the_tour_works(&run.stdout);
    the_mails_are_there(&files(&keep.join("mails")));

    let before = changed(&keep);
    let run = demo(&keep);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("is not empty"), "{run:#?}");
    assert_eq!(changed(&keep), before);
}

/// The municipality that it begins with is in better order than not.
fn every_rule_has_something_open(keep: &Path) {
    let config = keep.join("config.toml").display().to_string();
    let findings = |more: &[&str]| -> Vec<Value> {
        let asked = ["--config", &config, "--at", LAST_DAY, "--format", "json", "findings"];
        let run = alone(&[&asked[..], more].concat());
        assert_eq!(run.code, 0, "{run:#?}");
        serde_json::from_str(&run.stdout).unwrap()
    };
    let open: BTreeSet<String> =
        findings(&[]).iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect();
    assert_eq!(open, RULES.iter().map(|rule| rule.id.as_str().to_owned()).collect());
    let first = findings(&["--as-of", "2026-01-05"]).len();
    assert!((20..=60).contains(&first), "{first} findings for 120 systems at first");
}

/// Every command of the tour works as it stands.
fn the_tour_works(told: &str) {
    let tour = told.split("What to look at next:").nth(1).unwrap();
    let mut commands = 0;
    for line in tour.lines().filter_map(|line| line.split_once("kitos-sync --config ")) {
        let run = alone(&[&["--config"], &line.1.split(' ').collect::<Vec<_>>()[..]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}: {run:#?}", line.1);
        commands += 1;
    }
    assert_eq!(commands, 8);
}

fn the_mails_are_there(mails: &[PathBuf]) {
    let (eml, html): (Vec<_>, Vec<_>) =
        mails.iter().partition(|path| path.extension().unwrap() == "eml");
    assert!(eml.len() > 10, "{mails:#?}");
    assert_eq!(html.len(), eml.len() + 1, "each for a browser, and the page that lists them");
    assert!(mails.iter().any(|path| path.to_string_lossy().contains("2026-03-02-")
        && path.to_string_lossy().contains("digest.html")));
}

/// When each file of it was last changed.
fn changed(keep: &Path) -> Vec<(PathBuf, SystemTime)> {
    let changed = |path: PathBuf| (path.clone(), fs::metadata(path).unwrap().modified().unwrap());
    files(keep).into_iter().map(changed).collect()
}
