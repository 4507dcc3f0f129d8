//! A round of confirmation by the real program: what it sends, what an answer changes,
//! and what the digest says of it.

use kitos_standin::OWNER_ROLE;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{TestInstallation, without_systems};

const ANNA: &str = "anna@kommune.example";
const BO: &str = "bo@kommune.example";
const CHEF: &str = "chef@kommune.example";

/// Anna owns two systems and Bo one; Chef leads both.
fn installation() -> (TestInstallation, [Uuid; 3]) {
    let mut world = without_systems("2026-03-02T04:00:00Z");
    let anna = world.join("Anna", "Æbelø", ANNA);
    let bo = world.join("Bo", "Aa", BO);
    let unit = world.our_units().next().unwrap().uuid;
    let usages = [("Aula", anna), ("Bus", anna), ("Cykel", bo)].map(|(name, owner)| {
        let usage = world.acquire(name, Some(owner));
        world.change(usage, |usage| {
            usage.life_cycle = Some("Operational".to_owned());
            usage.responsible_unit = Some(unit);
            usage.gdpr.sensitivity = vec!["None".to_owned()];
        });
        usage
    });
    let installation = TestInstallation::new(world);
    let leaders = installation.path("leaders.csv");
    let lines = format!(
        "email;name;level;unit;manager_email\n{ANNA};Anna Æbelø;leder;x;{CHEF}\n\
         {BO};Bo Aa;leder;z;{CHEF}\n{CHEF};Dorte Chef;direktør;y;\n"
    );
    std::fs::write(&leaders, lines).unwrap();
    installation.configure(&format!(
        "[policy]\nleaders_file = '{}'\n[policy.rules.owner-outside-unit]\nenabled = false\n",
        leaders.display()
    ));
    installation.run_at("2026-03-02T05:00:00+01:00", &["sync"]);
    (installation, usages)
}

fn ok(installation: &TestInstallation, at: &str, arguments: &[&str]) -> String {
    let run = installation.run_at(at, arguments);
    assert_eq!(run.code, 0, "{run:#?}");
    run.stdout
}

/// A working day: what goes out goes out.
fn day(installation: &TestInstallation, day: &str) {
    ok(installation, &format!("{day}T06:00:00Z"), &["sync"]);
    ok(installation, &format!("{day}T07:10:00Z"), &["remind", "--send"]);
    ok(installation, &format!("{day}T07:11:00Z"), &["deliver"]);
}

/// Readers, copies and subject of each letter of the round that went out.
fn letters(installation: &TestInstallation) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mails = installation.mails("2026-05-01T12:00:00Z").into_iter();
    let of_round = mails.filter(|mail| mail["kind"] == "review" && mail["state"] == "previewed");
    let line = |mail: Value| {
        let people = [&mail["to"], &mail["cc"]].map(|list| list.as_array().unwrap().clone());
        let people: Vec<String> = people.iter().flatten().map(text).collect();
        format!("{}: {}", people.join(" + "), text(&mail["subject"]))
    };
    of_round.map(line).collect()
}

#[test]
fn a_round_that_would_ask_nobody_is_not_started() {
    let (installation, _) = installation();
    let start = |at: &str, due: &str| {
        installation.run_at(at, &["review", "start", "--due", due, "--by", "Anne"])
    };
    for (at, due, earliest) in [
        ("2026-03-02T09:00:00+01:00", "2026-03-01", "2026-03-06"),
        ("2026-03-02T09:00:00+01:00", "2026-03-05", "2026-03-06"),
        // The next run is on Monday.
        ("2026-03-06T09:00:00+01:00", "2026-03-11", "2026-03-12"),
        // Reminders rest from 6 to 26 July.
        ("2026-07-03T09:00:00+02:00", "2026-07-24", "2026-07-30"),
    ] {
        let refused = start(at, due);
        assert_eq!(refused.code, 2, "{at} {due}: {refused:#?}");
        let way_out = format!("Give {earliest} or later");
        assert!(refused.stderr.contains(&way_out), "{at} {due}: {}", refused.stderr);
    }
    assert_eq!(start("2026-03-02T09:00:00+01:00", "2026-03-06").code, 0);
}

#[test]
fn a_round_is_told_answered_asked_about_again_and_passed_on() {
    let (installation, [aula, bus, _]) = installation();
    let start = ["review", "start", "--due", "2026-04-10", "--by", "Anne"];
    ok(&installation, "2026-03-02T09:00:00+01:00", &start);
    day(&installation, "2026-03-03");
    day(&installation, "2026-03-04");
    let asked = [
        format!("{ANNA}: Bekræft dine 2 systemer i KITOS senest 10. april"),
        format!("{BO}: Bekræft Cykel i KITOS senest 10. april"),
    ];
    assert_eq!(letters(&installation), asked, "each once");

    let reply = |usage: Uuid, at: &str| {
        let usage = usage.to_string();
        let reply = ["answers", "record", "confirmed", "--from", ANNA, "--system", &usage];
        ok(&installation, at, &[&reply[..], &["--by", "Anne"]].concat());
    };
    reply(aula, "2026-03-05T10:00:00Z");
    let digest = ok(&installation, "2026-03-09T06:30:00Z", &["digest"]);
    let digest = digest.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        digest.contains("1 af 3 systemer er bekræftet eller besvaret, af én person. Frist: fredag"),
        "{digest}"
    );
    let status = installation.json_at("2026-03-09T06:30:00Z", &["review", "status"]);
    assert_eq!((&status["answered"], &status["people"]), (&1.into(), &1.into()));

    day(&installation, "2026-03-31");
    reply(bus, "2026-04-01T10:00:00Z");
    day(&installation, "2026-04-13");
    day(&installation, "2026-04-14");
    assert_eq!(
        letters(&installation)[2..],
        [
            format!("{ANNA}: Påmindelse: bekræft Bus senest 10. april"),
            format!("{BO}: Påmindelse: bekræft Cykel senest 10. april"),
            format!("{CHEF} + {BO}: Kan du hjælpe med svar om ét system?"),
        ]
    );
    let about = |system: &str| -> Vec<String> {
        let life = installation.json_at("2026-09-01T12:00:00Z", &["system", system]);
        let mails = life["mails"].as_array().unwrap().iter().rev();
        let of_round = mails.filter(|mail| mail["kind"] == "review");
        of_round.map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect()
    };
    // After the bodies are gone, too.
    ok(&installation, "2026-08-20T12:00:00Z", &["prune"]);
    assert_eq!(about("Cykel"), [BO, BO, CHEF]);
    assert_eq!(about("Aula"), [ANNA], "the second letter was about the other system");
    let digest = ok(&installation, "2026-04-20T06:30:00Z", &["digest"]);
    assert!(digest.contains("review close"), "{digest}");
    ok(&installation, "2026-04-20T09:00:00Z", &["review", "close", "--by", "Anne"]);
    let digest = ok(&installation, "2026-04-20T09:01:00Z", &["digest"]);
    assert!(!digest.contains("GENNEMGANG"), "{digest}");
}

#[test]
fn a_letter_that_waits_goes_to_nobody_who_has_answered_nor_after_the_round() {
    let (installation, [.., cykel]) = installation();
    let start = ["review", "start", "--due", "2026-04-10", "--by", "Anne"];
    ok(&installation, "2026-03-02T09:00:00+01:00", &start);
    ok(&installation, "2026-03-03T07:10:00Z", &["remind", "--send"]);
    let cykel = cykel.to_string();
    let reply = ["answers", "record", "confirmed", "--from", BO, "--system", &cykel, "--by", "A"];
    ok(&installation, "2026-03-03T07:11:00Z", &reply);
    ok(&installation, "2026-03-03T07:12:00Z", &["deliver"]);
    assert_eq!(letters(&installation).len(), 1, "Bo has answered");

    day(&installation, "2026-03-31");
    ok(&installation, "2026-04-01T09:00:00Z", &["review", "close", "--by", "Anne"]);
    day(&installation, "2026-04-13");
    assert_eq!(letters(&installation).len(), 2, "nobody is asked for help after it");
}

#[test]
fn neither_a_declined_answer_nor_the_word_of_a_former_owner_answers_for_a_system() {
    let (installation, [aula, _, cykel]) = installation();
    let start = ["review", "start", "--due", "2026-04-10", "--by", "Anne"];
    ok(&installation, "2026-03-02T09:00:00+01:00", &start);
    let record = |at: &str, kind: &str, from: &str, usage: Uuid| {
        let usage = usage.to_string();
        let said = ["answers", "record", kind, "--from", from, "--system", &usage, "--by", "A"];
        ok(&installation, at, &said);
    };
    let answered =
        |at: &str| installation.json_at(at, &["review", "status"])["answered"].as_u64().unwrap();
    record("2026-03-03T09:00:00Z", "confirmed", BO, cykel);
    record("2026-03-03T09:01:00Z", "notUsed", ANNA, aula);
    assert_eq!(answered("2026-03-03T09:02:00Z"), 2);
    let all = installation.json_at("2026-03-03T09:02:00Z", &["answers"]);
    let open = all.as_array().unwrap().iter().find(|answer| answer["state"] == "open").unwrap();
    let id = open["id"].to_string();
    let no = ["answers", "decline", &id, "--reason", "Det er i brug", "--by", "Anne"];
    ok(&installation, "2026-03-03T09:03:00Z", &no);
    assert_eq!(answered("2026-03-03T09:04:00Z"), 1, "Anna is asked again");

    installation.standin().edit(|world| {
        let role = world.role(OWNER_ROLE).unwrap();
        let of = |email: &str| {
            let mut users = world.our_users();
            users.find(|user| user.email.as_deref() == Some(email)).unwrap().uuid
        };
        let (anna, bo) = (of(ANNA), of(BO));
        world.unassign(cykel, role, bo);
        world.assign(cykel, role, anna);
    });
    ok(&installation, "2026-03-04T05:00:00Z", &["sync"]);
    assert_eq!(answered("2026-03-04T09:00:00Z"), 0, "Bo does not speak for Anna");
}
