//! What people answer, through the program: each kind with its effect, from the answer
//! to the pull that shows it done.

use chrono::TimeDelta;
use kitos_standin::{Departure, World};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Run, TestInstallation};

/// Eight o'clock on a day of January 2026; the 5th is a Monday.
fn on(day: u32) -> String {
    format!("2026-01-{day:02}T08:00:00Z")
}

/// "Forladt" has no owner; "Byggesag" has one, and nobody has looked at it for years.
struct Town {
    installation: TestInstallation,
    forgotten: Uuid,
    owned: Uuid,
    owner: String,
    other: String,
}

impl Town {
    fn new() -> Self {
        let installation = TestInstallation::new(World::generate(5, 12));
        let (forgotten, owned, owner, other) = installation.standin().edit(|world| {
            let mut users =
                world.our_users().filter_map(|user| Some((user.uuid, user.email.clone()?)));
            let ((owner, owner_email), (_, other_email)) =
                (users.next().expect("a user"), users.next().expect("another"));
            drop(users);
            let forgotten = world.acquire("Forladt", None);
            let owned = world.acquire("Byggesag", Some(owner));
            let usage = world.usages.iter_mut().find(|usage| usage.uuid == owned).unwrap();
            usage.last_modified -= TimeDelta::days(900);
            (forgotten, owned, owner_email, other_email)
        });
        installation.sync_at(&on(5));
        Self { installation, forgotten, owned, owner, other }
    }

    /// The user with that address.
    fn user(&self, email: &str) -> Uuid {
        let has_it = |user: &&kitos_standin::User| user.email.as_deref() == Some(email);
        self.installation.standin().edit(|world| world.our_users().find(has_it).expect("them").uuid)
    }

    /// The person gets another address.
    fn moves(&self, email: &str, to: &str) {
        let uuid = self.user(email);
        self.installation.standin().edit(|world| {
            let user = world.users.iter_mut().find(|user| user.uuid == uuid).expect("them");
            user.email = Some(to.to_owned());
        });
    }

    fn record(&self, arguments: &[&str]) -> Run {
        let command = ["--format", "json", "answers", "record"];
        self.installation.run_at(&on(6), &[&command, arguments, &["--by", "Ida IT"]].concat())
    }

    fn recorded(&self, arguments: &[&str]) -> Value {
        let run = self.record(arguments);
        assert_eq!(run.code, 0, "{run:#?}");
        serde_json::from_str(&run.stdout).expect("JSON")
    }

    fn json(&self, day: u32, arguments: &[&str]) -> Value {
        self.installation.json_at(&on(day), arguments)
    }

    /// The answer as it stands.
    fn answer(&self, day: u32, id: &Value) -> Value {
        let all = self.json(day, &["answers"]);
        all.as_array().unwrap().iter().find(|answer| answer["id"] == *id).cloned().expect("it")
    }

    /// The open findings of a system, by rule.
    fn open(&self, day: u32, system: &str, state: &str) -> Vec<String> {
        let found = self.json(day, &["findings", "--state", state]);
        let of = found.as_array().unwrap().iter().filter(|f| f["systemName"] == system);
        of.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }

    /// Why nobody is told of a system's findings now.
    fn held(&self, day: u32, system: &str) -> Vec<String> {
        let found = self.json(day, &["findings"]);
        let of = found.as_array().unwrap().iter().filter(|f| f["systemName"] == system);
        let ids: Vec<Value> = of.map(|finding| finding["id"].clone()).collect();
        let remind = self.json(day, &["remind"]);
        let held = remind["held"].as_array().unwrap().iter();
        let of = held.filter(|held| ids.contains(&held["finding"]));
        of.map(|held| held["why"].as_str().unwrap().to_owned()).collect()
    }

    fn digest(&self, day: u32) -> String {
        let run = self.installation.run_at(&on(day), &["digest"]);
        assert_eq!(run.code, 0, "{run:#?}");
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn an_answer_leads_to_the_registration_that_kitos_has_now() {
    let town = Town::new();
    let answer = town.recorded(&["confirmed", "--from", &town.owner, "--system", "Byggesag"]);
    let leads_to = |answer: &Value, uuid: Uuid| {
        let url = answer["kitosUrl"].as_str().unwrap();
        assert!(url.contains(&uuid.to_string()), "{url}");
    };
    leads_to(&answer, town.owned);
    let anew = town.installation.standin().edit(|world| world.re_register(town.owned)).unwrap();
    town.installation.sync_at(&on(7));
    leads_to(&town.answer(7, &answer["id"]), anew);
}

#[test]
fn a_new_owner_is_its_task_until_kitos_shows_it() {
    let town = Town::new();
    let answer = town.recorded(&[
        "newOwner",
        "--from",
        &town.owner,
        "--system",
        "Forladt",
        "--owner",
        &town.other,
    ]);
    assert_eq!((&answer["state"], &answer["notedBy"]), (&"open".into(), &"Ida IT".into()));
    assert_eq!(answer["systemUsageUuid"], town.forgotten.to_string());
    assert!(answer["kitosUrl"].as_str().unwrap().ends_with("/roles"));
    assert_eq!(answer["pausedUntil"], "2026-02-03T08:00:00Z");

    // Nobody is reminded, and IT knows what to do.
    let held = town.held(7, "Forladt");
    assert!(!held.is_empty() && held.iter().all(|why| why == "answered"), "{held:?}");
    let owner = answer["value"].as_str().unwrap();
    let task = format!("svarer, at {owner} skal være systemejer for Forladt");
    assert!(town.digest(7).contains(&task), "{}", town.digest(7));
    assert_eq!(town.json(7, &["answers", "--open"]).as_array().unwrap().len(), 1);

    // It is still wrong, and shown as that.
    assert!(town.open(7, "Forladt", "open").contains(&"owner-missing".to_owned()));

    let (usage, email) = (town.forgotten, town.other.clone());
    town.installation.standin().edit(|world| {
        let user =
            world.our_users().find(|user| user.email.as_ref() == Some(&email)).expect("them").uuid;
        world.assign_owner(usage, user);
    });
    town.installation.sync_at(&on(8));
    let done = town.answer(8, &answer["id"]);
    assert_eq!((&done["state"], &done["doneBy"]), (&"done".into(), &Value::Null));
    assert!(!town.digest(8).contains("svarer, at"));
}

#[test]
fn the_pause_ends_after_four_weeks_and_the_task_stays() {
    let town = Town::new();
    let from = ["newOwner", "--from", &town.owner, "--system", "Forladt", "--owner", &town.other];
    let answer = town.recorded(&from);
    for day in ["2026-02-02T08:00:00Z", "2026-02-04T08:00:00Z"] {
        town.installation.sync_at(day);
        let remind = town.installation.json_at(day, &["remind"]);
        let paused = remind["held"].as_array().unwrap().iter().any(|h| h["why"] == "answered");
        assert_eq!(paused, day < "2026-02-03", "{day}");
    }
    let later = town.installation.json_at("2026-02-04T08:00:00Z", &["answers", "--open"]);
    assert_eq!((&later[0]["id"], &later[0]["pausedUntil"]), (&answer["id"], &Value::Null));
}

#[test]
fn what_is_not_used_waits_for_its_life_cycle() {
    let town = Town::new();
    let answer = town.recorded(&["notUsed", "--from", &town.owner, "--system", "Byggesag"]);
    assert_eq!(answer["state"], "open");
    assert!(town.digest(7).contains("Byggesag ikke bruges mere"), "{}", town.digest(7));
    let usage = town.owned;
    town.installation.standin().edit(|world| world.set_life_cycle(usage, Some("NotInUse")));
    town.installation.sync_at(&on(8));
    assert_eq!(town.answer(8, &answer["id"])["state"], "done");
}

#[test]
fn right_as_it_is_becomes_an_exception_that_ends() {
    let town = Town::new();
    let says = ["rightAsItIs", "--from", &town.owner, "--system", "Forladt"];
    let run = town.record(&says);
    assert_eq!(run.code, 2, "without a reason: {run:#?}");
    let answer = town.recorded(&[&says[..], &["--comment", "lukkes til påske"]].concat());
    let id = answer["id"].to_string();
    let accept = ["--format", "json", "answers", "accept", &id];
    let run = town.installation.run_at(&on(7), &accept);
    assert_eq!(run.code, 2, "an exception ends: {run:#?}");
    let over = [&accept[..], &["--until", "2026-01-06"]].concat();
    let run = town.installation.run_at(&on(7), &over);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("that day is over (today is 2026-01-07)"), "{run:#?}");
    assert_eq!(town.answer(7, &answer["id"])["state"], "open");
    let with_end = [&accept[..], &["--until", "2026-04-10", "--by", "Ida IT"]].concat();
    let run = town.installation.run_at(&on(7), &with_end);
    assert_eq!(run.code, 0, "{run:#?}");

    let waived = town.json(7, &["findings", "--state", "waived"]);
    let waived = waived.as_array().unwrap();
    assert!(!waived.is_empty() && town.open(7, "Forladt", "open").is_empty());
    for finding in waived {
        let name = answer["personName"].as_str().unwrap();
        assert_eq!(finding["waivedReason"], format!("lukkes til påske ({name})"));
        assert_eq!(
            (&finding["waivedBy"], &finding["waivedUntil"]),
            (&"Ida IT".into(), &"2026-04-10".into())
        );
    }
    assert_eq!(town.answer(7, &answer["id"])["doneBy"], "Ida IT");
    assert_eq!(town.installation.run_at(&on(7), &with_end).code, 2, "once is enough");
}

#[test]
fn who_looks_through_a_system_quiets_the_rule_and_is_evidence() {
    for kind in ["confirmed", "lookedThrough"] {
        let town = Town::new();
        let stale = "registration-stale".to_owned();
        assert!(town.open(6, "Byggesag", "open").contains(&stale));
        let answer = town.recorded(&[kind, "--from", &town.owner, "--system", "Byggesag"]);
        assert_eq!(answer["state"], "done", "{kind}");
        town.installation.sync_at(&on(7));
        assert!(!town.open(7, "Byggesag", "open").contains(&stale), "{kind}");
        assert!(town.open(7, "Byggesag", "resolved").contains(&stale), "{kind}");

        let report = town.json(7, &["report"]);
        let evidence = &report["data"]["answers"][0];
        assert_eq!(
            (&evidence["kind"], &evidence["systemName"]),
            (&kind.into(), &"Byggesag".into())
        );
        let of_rule =
            |f: &&Value| f["rule"] == "registration-stale" && f["systemName"] == "Byggesag";
        let findings = report["data"]["findings"].as_array().unwrap();
        assert_eq!(findings.iter().find(of_rule).unwrap()["ending"], "resolved", "not lapsed");
        // It stays quiet on the days to come.
        town.installation.sync_at(&on(8));
        assert!(!town.open(8, "Byggesag", "open").contains(&stale), "{kind}");
    }
}

#[test]
fn away_goes_to_those_who_are_away() {
    let town = Town::new();
    let answer = town.recorded(&["away", "--from", &town.owner, "--until", "2026-01-30"]);
    assert_eq!((&answer["state"], &answer["value"]), (&"done".into(), &"2026-01-30".into()));
    let away = town.json(7, &["away", "list"]);
    assert_eq!(
        (&away[0]["email"], &away[0]["until"]),
        (&town.owner.to_lowercase().into(), &"2026-01-30".into())
    );
}

#[test]
fn an_absence_is_its_person_s_under_a_new_address_too() {
    let town = Town::new();
    town.recorded(&["away", "--from", &town.owner, "--until", "2026-01-30"]);
    town.recorded(&["away", "--from", &town.owner, "--until", "2026-02-06"]);
    town.installation.standin().edit(|world| {
        let of = |user: &&kitos_standin::User| user.email.as_deref() == Some(town.owner.as_str());
        let owner = world.users.iter().find(of).expect("the owner").uuid;
        world.rename_person(owner, "Rikke", "Ny", "rikke.ny@kommune.example");
    });
    town.installation.sync_at(&on(7));
    assert_eq!(town.json(7, &["away", "list"])[0]["name"], "Rikke Ny");
    let people = town.json(7, &["people"]);
    let away: Vec<_> = people
        .as_array()
        .into_iter()
        .flatten()
        .filter(|person| !person["awayUntil"].is_null())
        .collect();
    assert_eq!(away.len(), 1, "the person is away under any address: {away:?}");
    assert_eq!(
        (&away[0]["email"], &away[0]["awayUntil"]),
        (&"rikke.ny@kommune.example".into(), &"2026-02-06".into())
    );
    // Who decided what stays on record: also what another note took the place of.
    let end = ["away", "end", "rikke.ny@kommune.example", "--by", "Mette"];
    let ended = town.installation.run_at(&on(7), &end);
    assert_eq!(ended.code, 0, "{ended:#?}");
    assert_eq!(town.json(7, &["away", "list"]), Value::Array(Vec::new()));
    let ever = town.json(7, &["away", "list", "--all"]);
    let decided: Vec<_> = ever
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["until"].as_str(), one["by"].as_str(), one["endedBy"].as_str()))
        .collect();
    let expected = [
        (Some("2026-02-06"), Some("Ida IT"), Some("Mette")),
        (Some("2026-01-30"), Some("Ida IT"), Some("Ida IT")),
    ];
    assert_eq!(decided, expected, "{ever}");
    assert!(ever[0]["endedAt"].is_string() && ever[0]["notedAt"].is_string(), "{ever}");
}

#[test]
fn who_answers_again_means_the_new_answer_and_a_declined_one_pauses_nothing() {
    let town = Town::new();
    let first = town.recorded(&["notUsed", "--from", &town.owner, "--system", "Forladt"]);
    let second = town.recorded(&[
        "newOwner",
        "--from",
        &town.owner,
        "--system",
        "Forladt",
        "--owner",
        &town.other,
    ]);
    let replaced = town.answer(6, &first["id"]);
    assert_eq!(
        (&replaced["state"], &replaced["outcome"]),
        (&"superseded".into(), &"superseded".into())
    );
    assert_eq!(replaced["declinedBecause"], Value::Null);
    let id = second["id"].to_string();
    let decline = ["answers", "decline", &id, "--reason", "kun ledere må eje", "--by", "Ida IT"];
    assert_eq!(town.installation.run_at(&on(7), &decline).code, 0);
    let declined = town.answer(7, &second["id"]);
    assert_eq!(declined["declinedBecause"], "kun ledere må eje");
    let report = town.json(7, &["report"]);
    let outcomes = ["outcome", "declinedBecause"].map(|key| {
        let answers = report["data"]["answers"].as_array().unwrap().iter();
        answers.map(|answer| answer[key].clone()).collect::<Vec<_>>()
    });
    assert_eq!(outcomes[0], ["superseded", "declined"]);
    assert_eq!(outcomes[1], [Value::Null, "kun ledere må eje".into()]);
    assert!(!town.held(7, "Forladt").contains(&"answered".to_owned()));
}

#[test]
fn what_nobody_can_mean_is_refused_and_changes_nothing() {
    let town = Town::new();
    let before = town.installation.tables();
    let (owner, other) = (town.owner.as_str(), town.other.as_str());
    for (arguments, expected) in [
        (&["confirmed", "--from", other, "--system", "Byggesag"][..], "does not own Byggesag"),
        (
            &["confirmed", "--from", "x@example.org", "--system", "Byggesag"],
            "nobody has the address",
        ),
        (&["confirmed", "--from", owner], "--system"),
        (&["confirmed", "--from", owner, "--system", "Findes ikke"], "no system's name holds"),
        (&["newOwner", "--from", owner, "--system", "Forladt"], "newOwner needs --owner"),
        (
            &["newOwner", "--from", owner, "--system", "Forladt", "--owner", "x@example.org"],
            "no user in KITOS has the address",
        ),
        (&["away", "--from", owner], "away needs --until"),
        (
            &["away", "--from", owner, "--until", "2026-01-30", "--system", "Byggesag"],
            "away takes no --system",
        ),
        (
            &["notUsed", "--from", owner, "--system", "Byggesag", "--owner", other],
            "notUsed takes no --owner. Beside --from and --by it takes --system, --comment",
        ),
        (
            &["notUsed", "--from", owner, "--system", "Byggesag", "--until", "2026-01-30"],
            "notUsed takes no --until",
        ),
        (&["away", "--from", owner, "--until", "2025-01-30"], "lies behind us"),
    ] {
        let run = town.record(arguments);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains(expected), "{run:#?}");
    }
    for command in [["accept", "99"], ["decline", "99"]] {
        let mut arguments = vec!["answers", command[0], command[1]];
        if command[0] == "decline" {
            arguments.extend(["--reason", "x"]);
        }
        let run = town.installation.run_at(&on(6), &arguments);
        assert_eq!(run.code, 2, "{run:#?}");
    }
    assert_eq!(town.installation.tables(), before);
}

#[test]
fn a_round_of_confirmation_says_who_confirmed_what_and_its_result_stays() {
    let town = Town::new();
    let run = |day: u32, arguments: &[&str]| town.installation.run_at(&on(day), arguments);
    assert_eq!(run(6, &["review", "close"]).code, 2, "none is open");
    assert_eq!(run(6, &["review", "start", "--due", "2026-01-06"]).code, 2, "no time to answer");
    let start = ["review", "start", "--due", "2026-01-30", "--by", "Ida IT"];
    assert_eq!(run(6, &start).code, 0);
    assert_eq!(run(6, &start).code, 2, "one at a time");

    let status = |day: u32| town.json(day, &["review", "status"]);
    let before = status(6);
    assert_eq!((&before["answered"], &before["startedBy"]), (&0.into(), &"Ida IT".into()));
    let systems = before["systems"].as_u64().unwrap();
    assert!(systems > 1, "{before}");
    town.recorded(&["confirmed", "--from", &town.owner, "--system", "Byggesag"]);
    let after = status(7);
    assert_eq!((&after["answered"], &after["systems"]), (&1.into(), &systems.into()));
    let last = after["lines"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["systemName"], &last["kind"]), (&"Byggesag".into(), &"confirmed".into()));

    assert_eq!(run(8, &["review", "close", "--by", "Ida IT"]).code, 0);
    // What comes after the end is not of the round.
    let late =
        ["answers", "record", "lookedThrough", "--from", &town.owner, "--system", "Byggesag"];
    assert_eq!(run(9, &late).code, 0);
    let report = town.json(9, &["report"]);
    let review = &report["data"]["reviews"][0];
    assert_eq!((&review["answered"], &review["closedBy"]), (&1.into(), &"Ida IT".into()));
    let lines = review["lines"].as_array().unwrap();
    assert_eq!(lines.last().unwrap()["kind"], "confirmed");
    assert_eq!(lines.len() as u64, systems);
}

#[test]
fn what_becomes_of_systems_after_a_round_does_not_change_its_result() {
    let town = Town::new();
    let run = |day: u32, arguments: &[&str]| {
        let run = town.installation.run_at(&on(day), arguments);
        assert_eq!(run.code, 0, "{run:#?}");
    };
    run(6, &["review", "start", "--due", "2026-01-30", "--by", "Ida IT"]);
    // Somebody who does not own it answers: that is told apart.
    town.recorded(&["lookedThrough", "--from", &town.other, "--system", "Byggesag"]);
    run(7, &["review", "close", "--by", "Ida IT"]);
    let closed = town.json(7, &["review", "status"]);
    assert_eq!((&closed["answered"], &closed["answeredByOwners"]), (&1.into(), &0.into()));

    let (owned, forgotten, owner) = (town.owned, town.forgotten, town.user(&town.owner));
    town.installation.standin().edit(|world| {
        world.assign_owner(forgotten, owner);
        world.usages.retain(|usage| usage.uuid != owned);
    });
    town.installation.sync_at(&on(8));
    run(9, &["review", "start", "--due", "2026-01-30", "--by", "Ida IT"]);
    let report = town.json(9, &["report"]);
    let rounds = report["data"]["reviews"].as_array().unwrap();
    assert_eq!(rounds.len(), 2, "every round of the period");
    assert_eq!(rounds[0]["lines"], closed["lines"], "as it was closed");
    let names = |round: &Value| -> Vec<String> {
        let lines = round["lines"].as_array().unwrap().iter();
        lines.map(|line| line["systemName"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names(&rounds[1]).contains(&"Forladt".to_owned()));
    assert!(!names(&rounds[1]).contains(&"Byggesag".to_owned()));
}

/// One that is open until 30 January.
fn start(town: &Town) {
    let start = ["review", "start", "--due", "2026-01-30", "--by", "Ida IT"];
    assert_eq!(town.installation.run_at(&on(6), &start).code, 0);
}

/// What the round has of a system, open or closed.
fn answered(town: &Town, day: u32, system: &str) -> (Value, Value) {
    let review = town.json(day, &["review", "status"]);
    let lines = review["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["systemName"] == system).expect("the system");
    (line["kind"].clone(), line["byOwner"].clone())
}

#[test]
fn an_owner_with_another_address_has_still_confirmed() {
    let town = Town::new();
    start(&town);
    town.recorded(&["confirmed", "--from", &town.owner, "--system", "Byggesag"]);
    let confirmed = ("confirmed".into(), true.into());
    town.moves(&town.owner, "ny.adresse@kommune.example");
    town.installation.sync_at(&on(7));
    assert_eq!(answered(&town, 7, "Byggesag"), confirmed);
    let close = ["review", "close", "--by", "Ida IT"];
    assert_eq!(town.installation.run_at(&on(8), &close).code, 0);
    assert_eq!(answered(&town, 8, "Byggesag"), confirmed);
}

#[test]
fn a_later_answer_from_another_address_replaces_the_earlier_one() {
    let town = Town::new();
    let says = |from: &str, kind: &str| {
        town.recorded(&[kind, "--from", from, "--system", "Byggesag", "--comment", "nej"])
    };
    let earlier = says(&town.owner, "notUsed");
    town.moves(&town.owner, "ny.adresse@kommune.example");
    town.installation.sync_at("2026-01-06T09:00:00Z");
    let run = town.installation.run_at(
        &on(7),
        &[
            "answers",
            "record",
            "rightAsItIs",
            "--from",
            "ny.adresse@kommune.example",
            "--system",
            "Byggesag",
            "--comment",
            "ja",
        ],
    );
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(town.answer(7, &earlier["id"])["outcome"], "superseded");
}

#[test]
fn closing_a_round_takes_no_former_owner_s_word_and_changes_no_earlier_report() {
    let town = Town::new();
    start(&town);
    town.recorded(&["confirmed", "--from", &town.owner, "--system", "Byggesag"]);
    let (usage, other) = (town.owned, town.user(&town.other));
    town.installation.standin().edit(|world| {
        let usage = world.usages.iter_mut().find(|u| u.uuid == usage).expect("it");
        usage.roles.clear();
        let usage = usage.uuid;
        world.assign_owner(usage, other);
    });
    town.installation.sync_at(&on(8));
    let nobody = (Value::Null, false.into());
    assert_eq!(answered(&town, 8, "Byggesag"), nobody);
    let report = |day| {
        let report = town.json(day, &["report", "--from", "2026-01-05", "--to", "2026-01-07"]);
        report["data"]["reviews"][0]["answered"].clone()
    };
    let before = report(9);
    assert_eq!(before, 1, "on the 7th it was their own word");
    let close = ["review", "close", "--by", "Ida IT"];
    assert_eq!(town.installation.run_at(&on(10), &close).code, 0);
    assert_eq!(answered(&town, 10, "Byggesag"), nobody);
    assert_eq!(report(11), before);
}

#[test]
fn a_system_that_moves_to_another_unit_stays_in_its_round() {
    let town = Town::new();
    let usage = town.owned;
    let [here, there] = town.installation.standin().edit(|world| {
        let units: Vec<_> = world.our_units().map(|unit| (unit.uuid, unit.name.clone())).collect();
        let leaf =
            |unit: &&(Uuid, String)| !world.our_units().any(|other| other.parent == Some(unit.0));
        let mut leaves = units.iter().filter(leaf).cloned();
        [leaves.next().expect("a unit"), leaves.next().expect("another")]
    });
    let moved = |unit: Uuid| {
        let edit = |usage: &mut kitos_standin::Usage| usage.responsible_unit = Some(unit);
        town.installation.standin().edit(|world| world.change(usage, edit));
    };
    moved(here.0);
    town.installation.sync_at("2026-01-05T09:00:00Z");
    let start = ["review", "start", "--due", "2026-01-30", "--by", "Ida IT"];
    let unit = here.0.to_string();
    let of = [&start[..], &["--unit", &unit]].concat();
    let run = town.installation.run_at(&on(6), &of);
    assert_eq!(run.code, 0, "{} {run:#?}", here.1);
    town.recorded(&["confirmed", "--from", &town.owner, "--system", "Byggesag"]);
    moved(there.0);
    town.installation.sync_at(&on(7));
    assert_eq!(answered(&town, 7, "Byggesag"), ("confirmed".into(), true.into()));
}

#[test]
fn a_proposed_owner_who_leaves_is_nobody_s_task_and_no_other_owner() {
    let town = Town::new();
    let says = ["newOwner", "--from", &town.owner, "--system", "Forladt", "--owner", &town.other];
    let answer = town.recorded(&says);
    let other = town.user(&town.other);
    town.installation.standin().edit(|world| world.leave(other, Departure::LosesRoles));
    town.installation.sync_at(&on(7));
    let lapsed = town.answer(7, &answer["id"]);
    assert_eq!((&lapsed["state"], &lapsed["outcome"]), (&"lapsed".into(), &"lapsed".into()));
}

#[test]
fn a_proposed_owner_whom_another_overtakes_is_nobody_s_task() {
    let town = Town::new();
    let says = ["newOwner", "--from", &town.owner, "--system", "Forladt", "--owner", &town.other];
    let answer = town.recorded(&says);
    let (usage, owner) = (town.forgotten, town.user(&town.owner));
    town.installation.standin().edit(|world| world.assign_owner(usage, owner));
    town.installation.sync_at(&on(7));
    let overtaken = town.answer(7, &answer["id"]);
    assert_eq!(
        (&overtaken["state"], &overtaken["outcome"]),
        (&"superseded".into(), &"overtaken".into())
    );
    assert!(!town.digest(7).contains("svarer, at"));
}

#[test]
fn what_it_notes_as_done_is_not_what_kitos_shows() {
    let town = Town::new();
    let answer = town.recorded(&["notUsed", "--from", &town.owner, "--system", "Byggesag"]);
    let id = answer["id"].to_string();
    let accept = ["answers", "accept", &id, "--by", "Ida IT"];
    assert_eq!(town.installation.run_at(&on(7), &accept).code, 0);
    let done = town.answer(7, &answer["id"]);
    assert_eq!((&done["state"], &done["outcome"]), (&"done".into(), &"byHand".into()));
    let looked = town.recorded(&["lookedThrough", "--from", &town.owner, "--system", "Forladt"]);
    assert_eq!((&looked["state"], &looked["outcome"]), (&"done".into(), &"noted".into()));
}
