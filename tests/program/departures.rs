//! The list of those who leave: when the day has passed with systems still theirs, they
//! count as gone, though KITOS has the user.

use std::fs;

use kitos_standin::World;
use serde_json::Value;

use crate::support::TestInstallation;

const FRIDAY: &str = "2026-03-06T05:00:00Z";
const SATURDAY: &str = "2026-03-07T05:00:00Z";
const SUNDAY: &str = "2026-03-08T05:00:00Z";
const MONDAY: &str = "2026-03-09T05:00:00Z";

/// Ida owns "Byggesag"; Bo owns nothing. Both are on the list, with today as last day.
fn town() -> TestInstallation {
    let mut world = World::generate(5, 0);
    let ida = world.join("Ida", "Ejer", "ida@kommune.example");
    world.join("Bo", "Berg", "bo@kommune.example");
    world.acquire("Byggesag", Some(ida));
    let installation = TestInstallation::new(world);
    let file = installation.path("fratraedelser.csv");
    installation.configure(&format!("[policy]\ndepartures_file = '{}'", file.display()));
    write(&installation, "06-03-2026");
    installation
}

fn write(installation: &TestInstallation, last_day: &str) {
    let text = format!(
        "E-mail;Sidste dag\r\nIDA@kommune.example;{last_day}\r\nbo@kommune.example;6.3.2026\r\n\
         x@andre.example;06/03/2026\r\n"
    );
    fs::write(installation.path("fratraedelser.csv"), text).unwrap();
}

fn sync(installation: &TestInstallation, at: &str) {
    let run = installation.run_at(at, &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

/// The rules of who owns that are broken.
fn broken(installation: &TestInstallation, at: &str) -> Vec<String> {
    let found = installation.json_at(at, &["findings"]);
    let rules = found.as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned());
    rules.filter(|rule| rule.starts_with("owner-")).collect()
}

fn changes(installation: &TestInstallation, at: &str) -> Vec<Value> {
    let changes = installation.json_at(at, &["changes"]);
    changes.as_array().unwrap().iter().map(|change| change["kind"].clone()).collect()
}

fn check(installation: &TestInstallation, at: &str) -> String {
    let check = installation.run_at(at, &["check"]).stdout;
    check.lines().find(|line| line.contains(" departures ")).unwrap_or(&check).to_owned()
}

#[test]
fn whose_last_day_has_passed_counts_as_gone_while_systems_are_theirs() {
    let town = town();
    sync(&town, FRIDAY);
    assert_eq!(broken(&town, FRIDAY), [""; 0]);
    let line = check(&town, FRIDAY);
    assert!(line.contains("3 people; 2 are users of KITOS, 1 with roles"), "{line}");

    sync(&town, SATURDAY);
    assert_eq!(broken(&town, SATURDAY), ["owner-departed"]);
    assert_eq!(changes(&town, SATURDAY), ["personLeft"]);
    let line = check(&town, SATURDAY);
    assert!(line.contains("of 1 the last day has passed"), "{line}");

    // A list that cannot be read brings nobody back.
    fs::write(town.path("fratraedelser.csv"), "navn;dag\n").unwrap();
    sync(&town, SUNDAY);
    assert_eq!(broken(&town, SUNDAY), ["owner-departed"]);
    let line = check(&town, SUNDAY);
    assert!(line.starts_with("FAULT") && line.contains("email;last_day"), "{line}");

    // KITOS catches up: nothing new.
    write(&town, "06-03-2026");
    town.standin().edit(|world| {
        let ida = world.our_users().find(|user| user.first_name == "Ida").unwrap().uuid;
        world.leave(ida, kitos_standin::Departure::LeavesRoles);
    });
    sync(&town, MONDAY);
    assert_eq!(broken(&town, MONDAY), ["owner-departed"]);
    assert_eq!(changes(&town, MONDAY), ["personLeft"]);
}

#[test]
fn who_stays_after_all_is_back_at_once() {
    let town = town();
    sync(&town, FRIDAY);
    sync(&town, SATURDAY);
    assert_eq!(broken(&town, SATURDAY), ["owner-departed"]);
    write(&town, "2026-06-30");
    sync(&town, MONDAY);
    assert_eq!(broken(&town, MONDAY), [""; 0]);
}
