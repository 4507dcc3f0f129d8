//! The demo shows what every rule is for: at its end something of each kind is
//! open, and the municipality that it begins with is in better order than not.

use std::collections::BTreeSet;
use std::process::Command;

use kitos_sync::policy::rules::RULES;
use serde_json::Value;

/// A Monday, and the last day of the story.
const LAST_DAY: &str = "2026-03-02T12:00:00Z";

#[test]
fn the_demo_ends_with_something_open_of_every_rule() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kitos-sync"));
        command.env("NO_COLOR", "1");
        command
    };
    let run = program().arg("demo").arg("--keep").arg(&demo).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let findings = |more: &[&str]| -> Vec<Value> {
        let mut command = program();
        command.arg("--config").arg(demo.join("config.toml"));
        command.args(["--at", LAST_DAY, "--format", "json", "findings"]).args(more);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let open: BTreeSet<String> =
        findings(&[]).iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect();
    assert_eq!(open, RULES.iter().map(|rule| rule.id.as_str().to_owned()).collect());

    let first = findings(&["--as-of", "2026-01-05"]).len();
    assert!((20..=60).contains(&first), "{first} findings for 120 systems at first");
}
