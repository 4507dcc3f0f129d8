//! The report through the program: it agrees with what the other commands say, shows
//! the days on which nobody looked, and its workbook holds the same.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use kitos_standin::{Departure, World};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{TestInstallation, workbook};

/// Eight o'clock on a day of January 2026; the 5th is a Monday.
fn on(day: u32) -> String {
    format!("2026-01-{day:02}T08:00:00Z")
}

/// A municipality of which the first ten days are lived: an owner leaves on the 7th, on
/// the 8th the pull fails, on the 9th the guard holds one, and on the 10th and 11th
/// nobody runs the program. One exception is made, one finding is put right.
struct Lived {
    installation: TestInstallation,
    leaver: String,
    orphan: Uuid,
}

impl Lived {
    fn new() -> Self {
        let installation = TestInstallation::new(World::generate(11, 30));
        let standin = installation.standin();
        let (forgotten, leaver, orphan) = standin.edit(|world| {
            let forgotten = world.acquire("Forladt", None);
            let leaver = world.our_users().next().expect("a user").uuid;
            let orphan = world.acquire("Byggesag", Some(leaver));
            (forgotten, leaver, orphan)
        });
        for day in [5, 6] {
            installation.once_at(&on(day));
        }
        let finding = waived(&installation, "Forladt");
        let waive = ["waive", &finding, "--until", "2026-01-31", "--reason", "lukkes", "--by", "A"];
        assert_eq!(installation.run_at(&on(6), &waive).code, 0);
        standin.edit(|world| world.leave(leaver, Departure::LosesRoles));
        installation.once_at(&on(7));
        installation.set_password("wrong");
        installation.run_at(&on(8), &["sync"]);
        installation.set_password(kitos_standin::PASSWORD);
        let before = standin.world();
        standin.edit(|world| world.usages.clear());
        let held = installation.run_at(&on(9), &["sync"]);
        assert_eq!(held.code, 4, "{held:#?}");
        standin.edit(|world| world.usages = before.usages.clone());
        let owner = standin.world().our_users().next().expect("a user").uuid;
        standin.edit(|world| world.assign_owner(forgotten, owner));
        installation.once_at(&on(12));
        let leaver = before.user(leaver).expect("the leaver").name();
        Self { installation, leaver, orphan }
    }

    fn json(&self, day: u32, more: &[&str]) -> Value {
        let arguments = [&["--format", "json", "report"], more].concat();
        let run = self.installation.run_at(&on(day), &arguments);
        assert_eq!(run.code, 0, "{run:#?}");
        serde_json::from_str(&run.stdout).expect("JSON")
    }

    fn list(&self, day: u32, command: &[&str]) -> Vec<Value> {
        let run = self.installation.run_at(&on(day), &[&["--format", "json"], command].concat());
        assert_eq!(run.code, 0, "{run:#?}");
        serde_json::from_str(&run.stdout).expect("JSON")
    }
}

fn waived(installation: &TestInstallation, system: &str) -> String {
    let run =
        installation.run_at(&on(6), &["--format", "json", "findings", "--rule", "owner-missing"]);
    let found: Vec<Value> = serde_json::from_str(&run.stdout).expect("JSON");
    let of_system = |finding: &&Value| finding["systemName"] == system;
    found.iter().find(of_system).expect("a finding")["id"].to_string()
}

#[test]
fn the_report_says_what_the_other_commands_say() {
    let lived = Lived::new();
    let report = lived.json(12, &[]);
    let data = &report["data"];
    assert_eq!(data["period"]["from"], "2026-01-05");
    assert_eq!(data["period"]["to"], "2026-01-12");
    assert_eq!(data["period"]["monitoredSince"], "2026-01-05");

    let open = lived.list(12, &["findings"]);
    let ids = |findings: &[Value]| -> BTreeSet<i64> {
        findings.iter().map(|finding| finding["id"].as_i64().expect("an id")).collect()
    };
    let of = |ending: &str| -> Vec<Value> {
        let all = data["findings"].as_array().expect("findings").iter();
        all.filter(|finding| finding["ending"] == ending).cloned().collect()
    };
    assert_eq!(ids(&of("open")), ids(&open));
    let standing: i64 =
        data["standing"]["open"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
    assert_eq!(standing, open.len() as i64);
    assert_eq!(ids(&of("resolved")), ids(&lived.list(12, &["findings", "--state", "resolved"])));
    for finding in &open {
        let ours = of("open").into_iter().find(|ours| ours["id"] == finding["id"]).unwrap();
        assert_eq!(ours["reminders"], finding["reminders"], "{finding}");
    }
    let status = lived.installation.json_at(&on(12), &["status"]);
    assert_eq!(data["standing"]["systems"], status["lastSnapshot"]["inScope"]);
    assert_eq!(data["standing"]["withOwner"], status["lastSnapshot"]["withOwner"]);

    // The owner who left, to the day on which it was seen.
    let ownerships = data["ownerships"].as_array().unwrap();
    let owned = ownerships.iter().find(|o| o["systemUsageUuid"] == lived.orphan.to_string());
    let owned = owned.expect("the leaver's time as owner");
    assert_eq!(owned["person"], lived.leaver.as_str());
    assert_eq!((&owned["from"], &owned["to"]), (&"2026-01-05".into(), &"2026-01-07".into()));
    assert_eq!((&owned["sinceBaseline"], &owned["departed"]), (&true.into(), &true.into()));

    // The exception, and what it was for: put right since.
    let waivers = data["waivers"].as_array().unwrap();
    assert_eq!((waivers.len(), &waivers[0]["systemName"]), (1, &"Forladt".into()));
    assert_eq!((&waivers[0]["by"], &waivers[0]["reason"]), (&"A".into(), &"lukkes".into()));
    let times = data["vacancies"]["all"].as_array().unwrap();
    let of_system = |name: &str| times.iter().find(|time| time["systemName"] == name).unwrap();
    assert_eq!(
        (&of_system("Forladt")["days"], &of_system("Forladt")["ending"]),
        (&7.into(), &"resolved".into())
    );
    assert_eq!(
        (&of_system("Byggesag")["days"], &of_system("Byggesag")["ending"]),
        (&5.into(), &"open".into())
    );
    assert_eq!(data["vacancies"]["longestDays"], 7);
    assert_eq!(data["vacancies"]["count"], times.len());
}

#[test]
fn days_without_a_pull_are_shown_and_not_filled_in() {
    let lived = Lived::new();
    let data = &lived.json(12, &[])["data"];
    let gaps: Vec<(&str, &str, &str)> = data["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| {
            let text = |key: &str| gap[key].as_str().unwrap();
            (text("from"), text("to"), text("why"))
        })
        .collect();
    assert_eq!(
        gaps,
        [
            ("2026-01-08", "2026-01-08", "failed"),
            ("2026-01-09", "2026-01-09", "held"),
            ("2026-01-10", "2026-01-11", "notRun"),
        ]
    );
    assert_eq!(data["period"]["missingDays"], 4);
    let points = data["share"].as_array().unwrap();
    let days: Vec<&str> = points.iter().map(|point| point["date"].as_str().unwrap()).collect();
    assert_eq!(days, ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-12"]);
}

#[test]
fn the_same_period_is_the_same_data_and_the_hash_proves_it() {
    let lived = Lived::new();
    let first = lived.json(12, &["--to", "2026-01-09"]);
    lived.installation.once_at(&on(13));
    let again = lived.json(14, &["--to", "2026-01-09"]);
    assert_eq!(first["sha256"], again["sha256"]);
    assert_eq!(first["data"], again["data"]);
    assert_ne!(first["madeAt"], again["madeAt"]);

    // As an auditor would: another program takes the sum of what stands there.
    let run =
        lived.installation.run_at(&on(14), &["--format", "json", "report", "--to", "2026-01-09"]);
    let (_, data) = run.stdout.split_once("\"data\": ").expect("the data");
    let data = data.trim_end().strip_suffix('}').expect("the end").trim_end();
    let compact: String = {
        let mut text = String::new();
        let (mut quoted, mut escaped) = (false, false);
        for c in data.chars() {
            if quoted || !c.is_whitespace() {
                text.push(c);
            }
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
        }
        text
    };
    let mut sum = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sha256sum");
    sum.stdin.take().unwrap().write_all(compact.as_bytes()).unwrap();
    let said = String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(said.split(' ').next(), again["sha256"].as_str());
}

/// What is told of a day never changes: a pull counts from its release.
#[test]
fn a_pull_that_is_released_later_changes_nothing_of_the_days_before() {
    let lived = Lived::new();
    let standin = lived.installation.standin();
    standin.edit(|world| world.usages.clear());
    assert_eq!(lived.installation.run_at(&on(13), &["sync"]).code, 4);
    let before = lived.json(14, &["--to", "2026-01-13"]);
    let release = ["guard", "release", "--by", "Anne"];
    assert_eq!(lived.installation.run_at(&on(14), &release).code, 0);
    let after = lived.json(15, &["--to", "2026-01-13"]);
    assert_eq!(before["data"], after["data"]);

    let data = &lived.json(15, &["--to", "2026-01-14"])["data"];
    let points = data["share"].as_array().unwrap();
    let last = points.last().unwrap();
    assert_eq!((&last["date"], &last["systems"]), (&"2026-01-14".into(), &0.into()));
    let gaps = data["gaps"].as_array().unwrap().iter();
    let held = gaps.filter(|gap| gap["why"] == "held" && gap["to"] == "2026-01-13").count();
    assert_eq!(held, 1, "nobody released it that day: {data}");
    let ended = data["ownerships"].as_array().unwrap().iter().filter(|o| o["to"] == "2026-01-14");
    assert!(ended.count() > 0);
}

#[test]
fn page_and_workbook_hold_the_same_tables() {
    let lived = Lived::new();
    let (page, book) = (lived.installation.path("r.html"), lived.installation.path("r.xlsx"));
    for file in [&page, &book] {
        let run =
            lived.installation.run_at(&on(12), &["report", "--output", file.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{run:#?}");
    }
    let report = lived.json(12, &[]);
    let (data, sha256) = (&report["data"], report["sha256"].as_str().unwrap());
    let page = std::fs::read_to_string(page).unwrap();
    let sheets = workbook::read(&std::fs::read(book).unwrap());
    let count = |key: &str| data[key].as_array().unwrap().len();
    for (sheet, rows, section) in [
        ("Andel", count("share"), "share"),
        ("Dage uden læsning", count("gaps"), "gaps"),
        ("Uden systemejer", data["vacancies"]["all"].as_array().unwrap().len(), "vacancies"),
        ("Regler", count("rules"), "rules"),
        ("Systemejere", count("ownerships"), "ownerships"),
        ("Alle mangler", count("findings"), "findings"),
        ("Undtagelser", count("waivers"), "waivers"),
        ("Mails", count("mails"), "mails"),
    ] {
        assert_eq!(sheets[sheet].len(), rows + 1, "{sheet}");
        let (_, rest) = page.split_once(&format!("<section id=\"{section}\"")).expect(section);
        let (section, _) = rest.split_once("</section>").expect("its end");
        assert_eq!(
            section.matches("<tr>").count(),
            if rows == 0 { 0 } else { rows + 1 },
            "{sheet}"
        );
    }
    let front = sheets["Forside"].concat().join("\n");
    assert!(front.contains(sha256) && page.contains(sha256), "{front}");
    // Excel's 46027 is 5 January 2026.
    assert!(
        sheets["Systemejere"].iter().any(|row| row[4] == "46027"),
        "{:?}",
        sheets["Systemejere"]
    );

    // To print, and nothing from elsewhere.
    assert!(page.contains("@page{size:A4") && page.contains("counter(page)"));
    assert!(page.contains("thead{display:table-header-group}"));
    for loads in ["src=", "url(", "@import", "<script", "<link"] {
        assert!(!page.contains(loads), "{loads}");
    }
    assert!(page.contains("<html lang=\"da\">") && page.contains("før 05.01.2026"), "{page}");
}

#[test]
fn a_unit_s_report_has_its_systems_alone() {
    let lived = Lived::new();
    let world = lived.installation.standin().world();
    let usage = world.our_usages().find(|usage| usage.responsible_unit.is_some()).unwrap();
    let unit = usage.responsible_unit.unwrap().to_string();
    let data = &lived.json(12, &["--unit", &unit])["data"];
    let name = world.unit(usage.responsible_unit.unwrap()).unwrap().name.as_str();
    assert_eq!(data["unit"], name);
    let systems = data["standing"]["systems"].as_u64().unwrap();
    assert!((1..30).contains(&systems), "{systems}");
    for line in ["findings", "ownerships"] {
        for row in data[line].as_array().unwrap() {
            assert!(row["unit"].is_string(), "{row}");
        }
    }
}

#[test]
fn what_cannot_be_reported_is_told() {
    let installation = TestInstallation::new(World::generate(11, 5));
    installation.sync_at(&on(5));
    for (arguments, expected) in [
        (&["report"][..], "--output FILE.html"),
        (&["report", "--output", "r.pdf"], "a report is .html"),
        (&["report", "--output", "r.html", "--to", "2026-02-01"], "lies ahead"),
        (
            &["report", "--output", "r.html", "--to", "2025-02-01"],
            "the first pull was on 2026-01-05",
        ),
        (
            &["report", "--output", "r.html", "--from", "2026-01-06", "--to", "2026-01-05"],
            "nothing lies between",
        ),
        (&["report", "--output", "r.html", "--unit", "Ukendt"], "no unit called \"Ukendt\""),
    ] {
        let run = installation.run_at(&on(6), arguments);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains(expected), "{run:#?}");
    }
}

#[test]
fn what_goes_with_its_system_is_not_said_to_be_solved() {
    let installation = TestInstallation::new(World::generate(11, 30));
    let names = ["Lukket", "Fjernet", "Stadig"];
    let [closed, removed, _] = installation.standin().edit(|world| {
        names.map(|name| {
            let usage = world.acquire(name, None);
            world.set_life_cycle(usage, Some("Operational"));
            usage
        })
    });
    installation.sync_at(&on(5));
    installation.standin().edit(|world| {
        world.set_life_cycle(closed, Some("NotInUse"));
        world.usages.retain(|usage| usage.uuid != removed);
    });
    installation.sync_at(&on(7));
    let report = installation.json_at(&on(7), &["report"]);
    let vacancies = &report["data"]["vacancies"];
    let all = vacancies["all"].as_array().unwrap();
    let endings = names
        .map(|name| all.iter().find(|time| time["systemName"] == name).unwrap()["ending"].clone());
    assert_eq!(endings, ["closed", "removed", "open"]);
    let counted = all.iter().filter(|time| time["ending"] == "open").count();
    assert_eq!((&vacancies["count"], &vacancies["lasting"]), (&counted.into(), &counted.into()));
    // All began before monitoring did.
    assert_eq!(vacancies["medianIsLeast"], true);
}

#[test]
fn an_owner_who_has_left_and_stands_there_still_is_marked() {
    let installation = TestInstallation::new(World::generate(11, 30));
    let (leaver, orphan) = installation.standin().edit(|world| {
        let leaver = world.our_users().next().expect("a user").uuid;
        (leaver, world.acquire("Byggesag", Some(leaver)))
    });
    installation.sync_at(&on(5));
    installation.standin().edit(|world| world.leave(leaver, Departure::LeavesRoles));
    installation.sync_at(&on(7));
    let report = installation.json_at(&on(7), &["report"]);
    let ownerships = report["data"]["ownerships"].as_array().unwrap().iter();
    let mut of_system = ownerships.filter(|o| o["systemUsageUuid"] == orphan.to_string());
    let stands = of_system.next().expect("the leaver's time as owner");
    assert_eq!((&stands["to"], &stands["departed"]), (&Value::Null, &true.into()));
    let life = installation.run_at(&on(7), &["system", "Byggesag"]).stdout;
    assert!(life.contains("still (left)"), "{life}");
}

#[test]
fn a_period_has_what_stood_on_a_day_of_it_and_says_what_it_does_not_know() {
    let lived = Lived::new();
    let stood = |from: &str| {
        let data = &lived.json(12, &["--from", from])["data"];
        let ownerships = data["ownerships"].as_array().unwrap();
        ownerships.iter().any(|o| o["systemUsageUuid"] == lived.orphan.to_string())
    };
    assert!(stood("2026-01-06"));
    assert!(!stood("2026-01-07"), "on the day of its end it no longer held");

    let file = lived.installation.path("r.html");
    let html = |more: &[&str]| {
        let arguments = [&["report", "--output", file.to_str().unwrap()], more].concat();
        let run = lived.installation.run_at(&on(12), &arguments);
        assert_eq!(run.code, 0, "{run:#?}");
        (run.stdout, std::fs::read_to_string(&file).unwrap())
    };
    let (_, unread) = html(&["--from", "2026-01-10", "--to", "2026-01-11"]);
    assert!(unread.contains("seneste læsning, 7. januar 2026"), "{unread}");
    let (said, early) = html(&["--from", "2025-12-01"]);
    assert!(said.contains("asked for from 2025-12-01"), "{said}");
    assert!(early.contains("Bestilt fra 1. december 2025; om tiden før 5. januar 2026"), "{early}");
    let (_, one_day) = html(&["--from", "2026-01-12", "--to", "2026-01-12"]);
    assert!(one_day.contains("systemejer, 12. januar 2026. Grå"), "{one_day}");
    assert_eq!(one_day.matches(">12.01.2026</text>").count(), 1, "{one_day}");
}
