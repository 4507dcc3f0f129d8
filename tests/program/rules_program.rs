//! What the rules and the history look like from the command line: a leaders file
//! that breaks, and a system that was registered anew.

use std::collections::BTreeSet;
use std::fs;

use kitos_standin::{OWNER_ROLE, World};
use serde_json::Value;
use uuid::Uuid;

use crate::support::TestInstallation;

const DAYS: [&str; 5] = [
    "2026-03-02T05:00:00Z",
    "2026-03-03T05:00:00Z",
    "2026-03-04T05:00:00Z",
    "2026-03-05T05:00:00Z",
    "2026-03-06T05:00:00Z",
];

fn json(installation: &TestInstallation, at: &str, arguments: &[&str]) -> Value {
    let run = installation.run_at(at, &[&["--format", "json"], arguments].concat());
    assert_eq!(run.code, 0, "{run:#?}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// The usages on which `rule` is open.
fn open(installation: &TestInstallation, at: &str, rule: &str) -> BTreeSet<String> {
    let found = json(installation, at, &["findings", "--rule", rule]);
    let usage = |f: &Value| f["systemUsageUuid"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(usage).collect()
}

fn sync(installation: &TestInstallation, at: &str, more: &[&str]) {
    let run = installation.run_at(at, &[&["sync"], more].concat());
    assert_eq!(run.code, 0, "{run:#?}");
}

/// The addresses of those who own something.
fn owners(world: &World) -> Vec<String> {
    let role = world.role(OWNER_ROLE).unwrap();
    let owns = |user: &Uuid| !world.held_by(*user, role).is_empty();
    let owners = world.our_users().filter(|user| owns(&user.uuid));
    owners.map(|user| user.email.clone().unwrap()).collect()
}

fn leaders_file(addresses: &[String]) -> String {
    let line = |address: &String| format!("{address};En Leder;leder;IT;\n");
    let lines: String = addresses.iter().map(line).collect();
    format!("email;name;level;unit;manager_email\n{lines}")
}

#[test]
fn a_leaders_file_that_breaks_freezes_its_rules_until_someone_says_so() {
    let installation = TestInstallation::new(World::generate(5, 40));
    let file = installation.path("leaders.csv");
    installation.configure(&format!("[policy]\nleaders_file = '{}'", file.display()));
    let owners = owners(&installation.standin().world());
    assert!(owners.len() >= 6, "{owners:?}");
    let (known, others) = owners.split_at(owners.len() - 1);
    assert_eq!(others.len(), 1);
    fs::write(&file, leaders_file(known)).unwrap();
    sync(&installation, DAYS[0], &[]);
    let first = open(&installation, DAYS[0], "owner-level");
    assert!(!first.is_empty(), "one owner is no leader");

    // Missing, refused, and cut in the middle: nothing opens, nothing is solved.
    fs::remove_file(&file).unwrap();
    sync(&installation, DAYS[1], &[]);
    assert_eq!(open(&installation, DAYS[1], "owner-level"), first);
    fs::write(&file, "navn;adresse\nBo;bo@kommune.example\n").unwrap();
    sync(&installation, DAYS[1], &[]);
    assert_eq!(open(&installation, DAYS[1], "owner-level"), first);
    fs::write(&file, leaders_file(&known[..known.len() / 2])).unwrap();
    sync(&installation, DAYS[2], &[]);
    assert_eq!(open(&installation, DAYS[2], "owner-level"), first);
    let status = installation.run_at(DAYS[2], &["status"]);
    assert!(status.stdout.contains("leaders"), "{status:#?}");

    // It is right all the same, says a person.
    sync(&installation, DAYS[3], &["--accept-leaders"]);
    let accepted = open(&installation, DAYS[3], "owner-level");
    assert!(accepted.is_superset(&first) && accepted.len() > first.len());

    // Whole again.
    fs::write(&file, leaders_file(&owners)).unwrap();
    sync(&installation, DAYS[4], &[]);
    assert_eq!(open(&installation, DAYS[4], "owner-level"), BTreeSet::new());
}

#[test]
fn a_system_that_was_registered_anew_is_found_by_its_name_and_both_uuids() {
    let installation = TestInstallation::new(World::generate(5, 12));
    sync(&installation, DAYS[0], &[]);
    let (old, name) = installation.standin().edit(|world| {
        let usage = world.our_usages().next().unwrap().uuid;
        (usage, world.usage_name(usage).to_owned())
    });
    let new = installation.standin().edit(|world| world.re_register(old)).unwrap();
    sync(&installation, DAYS[1], &[]);
    let (old, new) = (old.to_string(), new.to_string());
    let lives = [&old, &new, &name].map(|system| json(&installation, DAYS[1], &["system", system]));
    for life in &lives {
        assert_eq!(life["systemUsageUuid"], old);
        let url = life["current"]["kitosUrl"].as_str().unwrap();
        assert!(url.contains(&new), "its page is there under its new uuid: {url}");
        let kinds: Vec<&Value> =
            life["changes"].as_array().unwrap().iter().map(|change| &change["kind"]).collect();
        assert_eq!(kinds, ["reRegistered"]);
        let ownerships = life["ownerships"].as_array().unwrap();
        assert!(ownerships.iter().all(|o| o["to"].is_null() && o["sinceBaseline"] == true));
    }
    let changes = json(&installation, DAYS[1], &["changes"]);
    assert_eq!(changes.as_array().unwrap().len(), 1, "neither acquired nor removed: {changes:#}");
    let mails = json(&installation, DAYS[1], &["mail", "list", "--all"]);
    assert_eq!(mails.as_array().map(Vec::len), Some(0), "nobody is told: {mails:#}");
}
