//! History that answers, through the program: what was wrong on a day, what happened
//! between two, one system's whole life, people and units.

use kitos_standin::{Departure, OWNER_ROLE, World};
use serde_json::Value;
use uuid::Uuid;

use crate::support::TestInstallation;

const DAYS: [&str; 4] = [
    "2026-01-05T06:00:00Z",
    "2026-02-02T06:00:00Z",
    "2026-03-02T06:00:00Z",
    "2026-04-06T06:00:00Z",
];

fn sync(installation: &TestInstallation, at: &str) {
    let run = installation.run_at(at, &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

fn json(installation: &TestInstallation, at: &str, arguments: &[&str]) -> Value {
    let run = installation.run_at(at, &[&["--format", "json"], arguments].concat());
    assert_eq!(run.code, 0, "{run:#?}");
    serde_json::from_str(&run.stdout).expect("JSON")
}

fn list(installation: &TestInstallation, at: &str, arguments: &[&str]) -> Vec<Value> {
    json(installation, at, arguments).as_array().expect("an array").clone()
}

/// The values of a field, of every row.
fn column<'a>(rows: &'a [Value], field: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[field].as_str().unwrap_or_default()).collect()
}

/// The system of the story, with its unit and the people who own it in turn.
struct Story {
    installation: TestInstallation,
    usage: Uuid,
    first: (String, String),
    second: String,
    unit: String,
}

/// Anna owns Lønsystem in January. In February her unit is renamed and she has
/// left; in March Bo has it and it is being phased out; in April it is gone.
fn story() -> Story {
    let mut world = World::generate(5, 12);
    let anna = world.join("Anna", "Ærlig", "anna@kommune.example");
    let bo = world.join("Bo", "Østen", "bo@kommune.example");
    let usage = world.acquire("Lønsystem", Some(anna));
    let unit = world.our_units().last().expect("a unit").uuid;
    world.rename_unit(unit, "Lønkontoret");
    world.change(usage, |usage| {
        usage.responsible_unit = Some(unit);
        usage.life_cycle = Some("Operational".to_owned());
    });
    let installation = TestInstallation::new(world);
    sync(&installation, DAYS[0]);
    installation.standin().edit(|world| {
        world.rename_unit(unit, "HR-centret");
        world.leave(anna, Departure::LosesRoles);
    });
    sync(&installation, DAYS[1]);
    installation.standin().edit(|world| {
        world.assign_owner(usage, bo);
        world.set_life_cycle(usage, Some("PhasingOut"));
    });
    sync(&installation, DAYS[2]);
    installation.standin().edit(|world| world.remove_usage(usage));
    sync(&installation, DAYS[3]);
    Story {
        installation,
        usage,
        first: ("Anna Ærlig".to_owned(), "anna@kommune.example".to_owned()),
        second: "Bo Østen".to_owned(),
        unit: "Lønkontoret".to_owned(),
    }
}

#[test]
fn a_past_day_is_told_as_it_stood() {
    let Story { installation, first, unit, .. } = story();
    let of_ours = |arguments: &[&str]| {
        let all = [&["findings", "--state", "all"], arguments].concat();
        let mut found = list(&installation, DAYS[3], &all);
        found.retain(|finding| finding["systemName"] == "Lønsystem");
        found
    };
    // In January: what is incomplete, with the owner and the unit of then.
    let january = of_ours(&["--as-of", "2026-01-31"]);
    assert_eq!(column(&january, "rule"), ["registration-incomplete"]);
    assert_eq!(january[0]["owners"][0]["name"], first.0);
    assert_eq!(january[0]["unit"], unit);
    assert_eq!(january[0]["state"], "open");
    assert_eq!(january[0]["resolvedAt"], Value::Null);
    assert_eq!(january[0]["suggestions"], Value::Array(Vec::new()));
    assert_eq!(of_ours(&["--as-of", "2026-01-31", "--owner", &first.1]).len(), 1);
    assert_eq!(of_ours(&["--as-of", "2026-01-31", "--unit", "lønkont"]).len(), 1);
    assert_eq!(of_ours(&["--as-of", "2026-02-28", "--owner", &first.1]).len(), 0);
    assert_eq!(of_ours(&["--as-of", "2026-02-28", "--unit", "hr-c"]).len(), 2);

    let missing = |day: &str| {
        let found = of_ours(&["--as-of", day, "--rule", "owner-missing"]);
        found.first().map(|finding| finding["state"].as_str().expect("a state").to_owned())
    };
    for (day, expected) in [
        ("2026-02-01", None),
        ("2026-02-02", Some("open")),
        ("2026-03-01", Some("open")),
        ("2026-03-02", Some("resolved")),
    ] {
        assert_eq!(missing(day).as_deref(), expected, "{day}");
    }

    for (day, told) in [
        ("2026-01-04", "nothing is known of 2026-01-04: the first pull was on 2026-01-05"),
        ("2026-04-07", "lies ahead"),
        ("i går", "write a day as YYYY-MM-DD"),
    ] {
        let run = installation.run_at(DAYS[3], &["findings", "--as-of", day]);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
}

#[test]
fn changes_are_found_by_day_system_and_kind() {
    let Story { installation, usage, .. } = story();
    let usage = usage.to_string();
    let kinds = |arguments: &[&str]| {
        let all = [&["changes", "--system", &usage], arguments].concat();
        let found = list(&installation, DAYS[3], &all);
        column(&found, "kind").join(" ")
    };
    for (arguments, expected) in [
        (vec![], "ownerRemoved ownerAssigned phasingOut removed"),
        (vec!["--since", "2026-03-02"], "ownerAssigned phasingOut removed"),
        (vec!["--since", "2026-03-03"], "removed"),
        (vec!["--until", "2026-03-02"], "ownerRemoved ownerAssigned phasingOut"),
        (vec!["--until", "2026-03-01"], "ownerRemoved"),
        (
            vec!["--since", "2026-03-02", "--until", "2026-03-02", "--kind", "phasingOut"],
            "phasingOut",
        ),
        (vec!["--kind", "renamed"], ""),
    ] {
        assert_eq!(kinds(&arguments), expected, "{arguments:?}");
    }
    let backwards = ["changes", "--since", "2026-03-03", "--until", "2026-03-02"];
    let run = installation.run_at(DAYS[3], &backwards);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("nothing lies between"), "{run:#?}");
    let units = list(&installation, DAYS[3], &["changes", "--kind", "organizationUnitChanged"]);
    assert_eq!(units.len(), 1, "{units:#?}");
    assert_eq!(units[0]["before"]["name"], "Lønkontoret");

    let run = installation.run_at(DAYS[3], &["--format", "csv", "changes", "--system", &usage]);
    let lines: Vec<&str> = run.stdout.split("\r\n").collect();
    assert_eq!(lines[0], "\u{feff}seen;kind;system;what");
    // By the clock on the wall in Copenhagen.
    assert_eq!(
        lines[1],
        "2026-02-02 07:00;ownerRemoved;Lønsystem;Anna Ærlig is no longer owner, and no longer a user \
         in KITOS"
    );
    assert_eq!(lines.len(), 6, "a heading, four changes and an end: {lines:#?}");
}

/// A person reads words: no JSON, and no uuid of a thing that has a name.
#[test]
fn changes_are_told_to_people_in_words() {
    let mut world = World::generate(5, 12);
    let anna = world.join("Anna", "Ærlig", "anna@kommune.example");
    let (usage, other) = (world.acquire("Lønsystem", Some(anna)), world.acquire("Lønarkiv", None));
    let unit = world.our_units().last().expect("a unit").uuid;
    world.rename_unit(unit, "Lønkontoret");
    world.change(usage, |usage| {
        usage.gdpr.sensitivity = vec!["None".to_owned()];
        usage.responsible_unit = Some(unit);
    });
    let installation = TestInstallation::new(world);
    sync(&installation, DAYS[0]);
    installation.standin().edit(|world| {
        world.change(usage, |usage| {
            usage.gdpr.sensitivity = vec!["SensitiveData".to_owned()];
            usage.using_units = vec![unit];
            usage.relations = vec![other];
        });
        world.assign(usage, world.role("Dataejer").expect("a role"), anna);
    });
    sync(&installation, DAYS[1]);
    installation.standin().edit(|world| {
        world.change(usage, |usage| usage.responsible_unit = None);
        world.leave(anna, Departure::LosesRoles);
    });
    sync(&installation, DAYS[2]);
    let told = |arguments: &[&str]| installation.run_at(DAYS[3], arguments).stdout;
    let changes = told(&["--format", "csv", "changes"]);
    for line in [
        "Lønsystem;units that use it: + Lønkontoret; relations: + Lønarkiv; kinds of data: no \
         personal data → sensitive",
        "Lønsystem;Anna Ærlig became Dataejer",
        "Lønsystem;responsible unit: Lønkontoret → none",
        "Lønsystem;Anna Ærlig is no longer owner, and no longer a user in KITOS",
        ";Anna Ærlig is no longer a user in KITOS; owned Lønsystem",
    ] {
        assert!(changes.contains(line) || changes.contains(&quoted(line)), "{line}: {changes}");
    }
    for text in [changes, told(&["changes"]), told(&["system", "Lønsystem"])] {
        let others = text.replace(&usage.to_string(), "");
        let uuid = others.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
        assert_eq!(uuid.filter(|word| Uuid::parse_str(word).is_ok()).count(), 0, "{text}");
        assert!(!text.contains('{') && !text.contains("[\""), "{text}");
    }
}

/// The last cell in quotes, as CSV has it where it holds a semicolon.
fn quoted(line: &str) -> String {
    let (system, what) = line.split_once(';').expect("two cells");
    format!("{system};\"{what}\"")
}

#[test]
fn a_system_has_its_whole_life_told() {
    let Story { installation, first, second, .. } = story();
    let life = json(&installation, DAYS[3], &["system", "lønsys"]);
    assert_eq!(life["systemName"], "Lønsystem");
    assert_eq!(life["current"], Value::Null);
    let owners: Vec<String> = life["ownerships"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|o| o["owner"] == true)
        .map(|o| format!("{} {} {} {}", o["person"], o["from"], o["to"], o["departed"]))
        .collect();
    assert_eq!(
        owners,
        [
            format!("{:?} \"2026-01-05\" \"2026-02-02\" true", first.0),
            format!("{second:?} \"2026-03-02\" \"2026-04-06\" false"),
        ]
    );
    let states: Vec<String> = life["states"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| format!("{} {} {} {}", s["state"], s["from"], s["sinceBaseline"], s["to"]))
        .collect();
    assert_eq!(
        states,
        [
            r#""inUse" "2026-01-05" true "2026-03-02""#,
            r#""phasingOut" "2026-03-02" false "2026-04-06""#,
        ]
    );
    let findings = life["findings"].as_array().expect("a list");
    assert!(column(findings, "rule").contains(&"owner-missing"), "{findings:#?}");
    assert!(findings.iter().all(|finding| finding["state"] == "resolved"), "{findings:#?}");
    // Bo and IT were told of it; Anna, who left, was told nothing.
    let mails = life["mails"].as_array().expect("a list");
    assert!(column(mails, "kind").iter().all(|kind| *kind == "notice"), "{mails:#?}");
    let readers: Vec<&str> = mails.iter().map(|mail| mail["to"][0].as_str().unwrap()).collect();
    let (it, bo) = ("it@kommune.example", "bo@kommune.example");
    assert_eq!(readers, [it, bo, it, bo, it], "{mails:#?}");
    assert_eq!(life["suggestions"], Value::Array(Vec::new()), "there is nothing to own");

    let table = installation.run_at(DAYS[3], &["system", "Lønsystem"]).stdout;
    for heading in ["Roles", "States", "Findings", "Changes", "Mails that tell of it"] {
        assert!(table.contains(&format!("\n{heading}\n")), "{heading}:\n{table}");
    }
    assert!(table.contains("no longer in KITOS"), "{table}");
    assert!(table.contains("before 2026-01-05"), "{table}");
    assert!(table.contains("2026-02-02 (left)"), "{table}");
    assert!(!table.contains("Waivers"), "{table}");
}

#[test]
fn people_are_listed_with_what_they_hold() {
    let Story { installation, first, second, .. } = story();
    let ours = installation.standin().edit(|world| {
        let bo = world.our_users().find(|user| user.name() == second).expect("Bo").uuid;
        world.acquire("Nyt system", Some(bo))
    });
    let at = "2026-04-07T06:00:00Z";
    sync(&installation, at);

    let people = list(&installation, at, &["people"]);
    let names = column(&people, "name");
    assert!(!names.contains(&first.0.as_str()), "{names:?}");
    assert!(names.last().is_some_and(|name| name.starts_with('Å')), "Å is last: {names:?}");
    let bo = people.iter().find(|person| person["name"] == second).expect("Bo");
    assert_eq!(bo["memberSince"], "2026-01-05");
    assert_eq!(bo["sinceBaseline"], true);
    assert_eq!(bo["leftOn"], Value::Null);
    assert_eq!(bo["systemsOwned"], 1);
    assert_eq!(bo["roles"].as_array().map(Vec::len), Some(1));
    assert_eq!(bo["roles"][0]["role"], OWNER_ROLE);
    assert_eq!(bo["roles"][0]["systemUsageUuid"], ours.to_string());

    let left = list(&installation, at, &["people", "--departed"]);
    let anna = left.iter().find(|person| person["name"] == first.0).expect("Anna");
    assert_eq!(anna["leftOn"], "2026-02-02");
    assert_eq!(anna["email"], first.1);
    assert_eq!(anna["systemsOwned"], 0);

    let table = installation.run_at(at, &["people"]).stdout;
    assert!(table.contains("1 Systemejer"), "{table}");
    let csv = installation.run_at(at, &["--format", "csv", "people", "--departed"]).stdout;
    assert!(csv.starts_with("\u{feff}name;email;owns;roles;member since;left\r\n"), "{csv}");
    assert!(csv.contains(";before 2026-01-05;2026-02-02\r\n"), "{csv}");
}

#[test]
fn units_stand_in_the_order_of_the_tree_and_count_every_system_once() {
    let installation = TestInstallation::new(World::generate(5, 40));
    installation.standin().edit(|world| _ = world.acquire("Uden enhed", None));
    sync(&installation, DAYS[0]);
    let units = list(&installation, DAYS[0], &["units"]);
    assert_eq!(units[0]["depth"], 0);
    assert_eq!(units[0]["parent"], Value::Null);
    // Each comes after the one above it, a level deeper.
    for (n, unit) in units.iter().enumerate().filter(|(_, unit)| !unit["parent"].is_null()) {
        let above = units[..n].iter().find(|above| above["uuid"] == unit["parent"]);
        let above = above.unwrap_or_else(|| panic!("{unit} before its parent"));
        assert_eq!(above["depth"].as_u64().map(|depth| depth + 1), unit["depth"].as_u64());
    }
    let sum = |field: &str| units.iter().filter_map(|unit| unit[field].as_u64()).sum::<u64>();
    let count = |arguments: &[&str]| list(&installation, DAYS[0], arguments).len() as u64;
    assert_eq!(sum("systems"), count(&["systems"]));
    assert_eq!(sum("openFindings"), count(&["findings"]));
    let homeless = units.last().expect("a row");
    assert_eq!((&homeless["uuid"], &homeless["name"]), (&Value::Null, &Value::Null));
    assert!(homeless["systems"].as_u64() > Some(0));

    let table = installation.run_at(DAYS[0], &["units"]).stdout;
    assert!(table.contains("(no unit)"), "{table}");
    let csv = installation.run_at(DAYS[0], &["--format", "csv", "units"]).stdout;
    assert!(csv.starts_with("\u{feff}unit;systems;owners;open findings;uuid;level\r\n"), "{csv}");
}

#[test]
fn a_system_that_is_registered_anew_goes_on_with_its_life() {
    let mut world = World::generate(5, 12);
    let anna = world.join("Anna", "Ærlig", "anna@kommune.example");
    let usage = world.acquire("Lønsystem", Some(anna));
    world.set_life_cycle(usage, Some("Operational"));
    let installation = TestInstallation::new(world);
    sync(&installation, DAYS[0]);
    let found = list(&installation, DAYS[0], &["findings"]);
    let ours = found.iter().find(|f| f["systemName"] == "Lønsystem").expect("a finding");
    let id = ours["id"].to_string();
    let waive = ["waive", &id, "--until", "2026-12-31", "--reason", "x", "--by", "Bo"];
    assert_eq!(installation.run_at(DAYS[0], &waive).code, 0);

    installation.standin().edit(|world| _ = world.re_register(usage).expect("a usage"));
    sync(&installation, DAYS[1]);
    let life = json(&installation, DAYS[1], &["system", "Lønsystem"]);
    assert_eq!(life["systemUsageUuid"], usage.to_string());
    let states = life["states"].as_array().expect("a list");
    assert_eq!(states.len(), 1, "one state without a gap: {states:#?}");
    assert_eq!(states[0]["from"], "2026-01-05");
    assert_eq!(life["waivers"].as_array().map(Vec::len), Some(1), "{life:#}");
    let findings = life["findings"].as_array().expect("a list");
    assert!(column(findings, "state").contains(&"waived"), "{findings:#?}");
}

/// What `findings --as-of` tells of a day, asked at `at`.
fn of_day(installation: &TestInstallation, at: &str, day: &str) -> Vec<Value> {
    list(installation, at, &["findings", "--state", "all", "--as-of", day])
}

#[test]
fn what_is_told_of_a_day_is_the_same_after_a_held_pull_is_released() {
    let world = World::generate(5, 40);
    let installation = TestInstallation::new(world);
    sync(&installation, "2026-03-02T05:00:00+01:00");
    installation.standin().edit(|world| {
        for usage in world.our_usages().map(|usage| usage.uuid).take(15).collect::<Vec<_>>() {
            world.remove_usage(usage);
        }
    });
    assert_eq!(installation.sync_at("2026-03-03T05:00:00+01:00")["outcome"], "quarantined");
    let days = ["2026-03-02", "2026-03-03", "2026-03-04"];
    let told = |at: &str| days.map(|day| of_day(&installation, at, day));
    let before = told("2026-03-05T08:00:00+01:00");
    let released = installation.run_at("2026-03-05T09:00:00+01:00", &["guard", "release"]);
    assert_eq!(released.code, 0, "{released:#?}");
    assert_eq!(told("2026-03-05T10:00:00+01:00"), before);
    assert_ne!(of_day(&installation, "2026-03-05T10:00:00+01:00", "2026-03-05"), before[2]);
}

#[test]
fn a_digest_compares_with_what_the_last_one_knew() {
    let world = World::generate(5, 40);
    let installation = TestInstallation::new(world);
    sync(&installation, "2026-03-02T05:00:00+01:00");
    installation.standin().edit(|world| {
        for usage in world.our_usages().map(|usage| usage.uuid).collect::<Vec<_>>() {
            world.change(usage, |usage| usage.roles.clear());
        }
    });
    assert_eq!(installation.sync_at("2026-03-09T05:00:00+01:00")["outcome"], "quarantined");
    let digest = |at: &str| {
        let run = installation.run_at(at, &["digest", "--send"]);
        assert_eq!(run.code, 0, "{run:#?}");
        let mails = installation.mails(at);
        let last = mails.iter().rfind(|mail| mail["kind"] == "digest").expect("one");
        last["subject"].as_str().unwrap().to_owned()
    };
    digest("2026-03-09T07:00:00+01:00");
    let released = installation.run_at("2026-03-09T09:00:00+01:00", &["guard", "release"]);
    assert_eq!(released.code, 0, "{released:#?}");
    let next = digest("2026-03-16T07:00:00+01:00");
    assert!(next.contains("flere end sidst"), "{next}");
}

#[test]
fn a_system_keeps_its_unit_and_owner_on_the_days_before_it_was_registered_anew() {
    let world = World::generate(5, 40);
    let installation = TestInstallation::new(world);
    sync(&installation, "2026-03-02T05:00:00+01:00");
    let (day, next) = ("2026-03-02", "2026-03-03T05:00:00+01:00");
    let before = of_day(&installation, next, day);
    let finding = before.iter().find(|f| f["unit"].is_string() && f["owners"][0].is_object());
    let finding = finding.expect("a finding of a system with a unit and an owner");
    let usage: Uuid = finding["systemUsageUuid"].as_str().unwrap().parse().unwrap();
    installation.standin().edit(|world| world.re_register(usage)).expect("it is there");
    sync(&installation, next);
    let after = of_day(&installation, next, day);
    let after = after.iter().find(|f| f["id"] == finding["id"]).expect("the same finding");
    for field in ["systemUsageUuid", "systemName", "unit", "owners", "state", "detail"] {
        assert_eq!(after[field], finding[field], "{field}");
    }
    let unit = finding["unit"].as_str().unwrap();
    let of_unit = list(&installation, next, &["findings", "--as-of", day, "--unit", unit]);
    assert!(of_unit.iter().any(|f| f["id"] == finding["id"]), "{of_unit:#?}");
}

#[test]
fn a_day_whose_history_is_deleted_is_not_answered_as_if_it_were_known() {
    let Story { installation, .. } = story();
    let now = "2026-04-20T06:00:00Z";
    assert!(!of_day(&installation, now, "2026-02-10").is_empty());
    installation.configure("[retention]\nhistory = '30d'\n");
    let mut kept = of_day(&installation, now, "2026-03-21");
    // What was over before then goes for good.
    kept.retain(|finding| finding["state"] != "resolved");
    json(&installation, now, &["prune"]);
    for day in ["2026-01-05", "2026-02-10", "2026-03-20"] {
        let run = installation.run_at(now, &["findings", "--as-of", day]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:#?}");
        assert!(run.stderr.contains("history before 2026-03-21 was deleted"), "{run:#?}");
    }
    assert_eq!(of_day(&installation, now, "2026-03-21"), kept);
}
