//! Who is written to, by the real program from day to day: what was told follows the
//! person, whoever is away hears nothing, and nobody is asked or named for what they may
//! not do.

use std::fs;

use kitos_standin::Departure;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{TestInstallation, without_systems};

const MONDAY: &str = "2026-03-02";
const TUESDAY: &str = "2026-03-03";
const SECOND_MONDAY: &str = "2026-03-09";
const THIRD_MONDAY: &str = "2026-03-16";

const INCOMPLETE: &str = "[policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'";

/// A municipality of these owners, each with a system that says nothing about its life
/// cycle.
fn town(owners: &[&str]) -> (TestInstallation, Vec<Uuid>) {
    let mut world = without_systems(&format!("{MONDAY}T04:00:00Z"));
    let owners = owners.iter().map(|name| {
        let owner = world.join(name, "Æbelø", &address(name));
        let usage = world.acquire(&format!("System {name}"), Some(owner));
        world.set_life_cycle(usage, None);
        owner
    });
    let owners = owners.collect();
    let installation = TestInstallation::new(world);
    installation.configure(INCOMPLETE);
    (installation, owners)
}

fn address(name: &str) -> String {
    format!("{}@kommune.example", name.to_lowercase())
}

/// A pull, and what is due goes out.
fn live(installation: &TestInstallation, day: &str) {
    for (time, job) in
        [("05:00", &["sync"][..]), ("08:00", &["remind", "--send"]), ("08:05", &["deliver"])]
    {
        let run = installation.run_at(&format!("{day}T{time}:00+01:00"), job);
        assert_eq!(run.code, 0, "{run:#?}");
    }
}

/// To whom mail went on that day, and what stood in it on one line.
fn mails_of(installation: &TestInstallation, day: &str) -> Vec<(String, String)> {
    let at = format!("{day}T20:00:00Z");
    let of_day = installation.mails(&at).into_iter().filter(|mail| {
        mail["createdAt"].as_str().unwrap().starts_with(day) && mail["kind"] != "digest"
    });
    let with_text = of_day.map(|mail| {
        let whole = installation.json_at(&at, &["mail", "show", &mail["id"].to_string()]);
        let text = whole["text"].as_str().unwrap();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (mail["to"][0].as_str().unwrap().to_owned(), line)
    });
    let mut mails: Vec<_> = with_text.collect();
    mails.sort();
    mails
}

fn readers(mails: &[(String, String)]) -> Vec<&str> {
    mails.iter().map(|(to, _)| to.as_str()).collect()
}

/// How often each open finding was told.
fn reminders(installation: &TestInstallation, day: &str) -> Vec<u64> {
    let found = installation
        .json_at(&format!("{day}T20:00:00Z"), &["findings", "--rule", "registration-incomplete"]);
    found.as_array().unwrap().iter().map(|f| f["reminders"].as_u64().unwrap()).collect()
}

#[test]
fn somebody_made_anew_with_the_same_address_was_told_what_was_told() {
    let names = ["Anna", "Bente", "Carl", "Dorte"];
    for made_anew in [1, names.len()] {
        let (installation, owners) = town(&names);
        live(&installation, MONDAY);
        assert_eq!(readers(&mails_of(&installation, MONDAY)), names.map(address));
        installation.standin().edit(|world| {
            for (owner, name) in owners.iter().zip(names).take(made_anew) {
                let again = world.join(name, "Æbelø", &address(name));
                world.leave(*owner, Departure::Successor(again));
            }
        });
        live(&installation, TUESDAY);
        assert_eq!(mails_of(&installation, TUESDAY), [], "{made_anew} made anew");
        assert_eq!(reminders(&installation, TUESDAY), [1; 4]);
        live(&installation, SECOND_MONDAY);
        assert_eq!(readers(&mails_of(&installation, SECOND_MONDAY)), names.map(address));
        assert_eq!(reminders(&installation, SECOND_MONDAY), [2; 4]);
    }
}

#[test]
fn whoever_is_away_hears_nothing_and_the_substitute_hears_for_them() {
    let (installation, owners) = town(&["Anna"]);
    installation.standin().edit(|world| world.join("Bo", "Aa", &address("Bo")));
    installation.run_at(&format!("{MONDAY}T05:00:00+01:00"), &["sync"]);
    let (anna, bo) = (address("Anna"), address("Bo"));
    let away = ["away", &anna, "--until", "2026-03-13", "--to", &bo];
    let run = installation.run_at(&format!("{MONDAY}T07:00:00+01:00"), &away);
    assert_eq!(run.code, 0, "{run:#?}");

    live(&installation, MONDAY);
    // A finding that opens meanwhile is no exception.
    installation.standin().edit(|world| {
        let usage = world.acquire("Nyt system", Some(owners[0]));
        world.set_life_cycle(usage, None);
    });
    live(&installation, TUESDAY);
    live(&installation, SECOND_MONDAY);
    for day in [MONDAY, TUESDAY, SECOND_MONDAY] {
        for (to, text) in mails_of(&installation, day) {
            assert_eq!(to, bo, "{day}: {text}");
            assert!(text.contains("på vegne af Anna Æbelø"), "{day}: {text}");
        }
    }
    let told = [MONDAY, TUESDAY, SECOND_MONDAY].map(|day| mails_of(&installation, day)).concat();
    assert!(told.iter().any(|(_, text)| text.contains("Nyt system")), "{told:#?}");

    // It ends by itself.
    live(&installation, THIRD_MONDAY);
    assert_eq!(readers(&mails_of(&installation, THIRD_MONDAY)), [anna]);
}

const LEADERS: &str = "email;name;level;unit;manager_email\n\
                       anna@kommune.example;Anna Æbelø;leder;Vejdrift;\n\
                       lars@kommune.example;Lars Aa;leder;Vejdrift;anna@kommune.example\n";

#[test]
fn only_who_may_own_is_suggested_and_a_leader_without_a_role_answers_with_a_name() {
    let (installation, _) = town(&[]);
    let system = installation.standin().edit(|world| {
        let root = world.our_units().find(|unit| unit.parent.is_none()).expect("a root").uuid;
        let unit = world.add_unit("Vejdrift", root);
        let system = world.acquire("Vejrstation", None);
        world.change(system, |usage| usage.responsible_unit = Some(unit));
        let managers = world.role("Systemforvalter").expect("the role");
        world.join("Anna", "Æbelø", &address("Anna"));
        for name in ["Ida", "Lars"] {
            let person = world.join(name, "Aa", &address(name));
            world.assign(system, managers, person);
        }
        system
    });
    let file = installation.path("ledere.csv");
    fs::write(&file, LEADERS).unwrap();
    installation.configure(&format!("[policy]\nleaders_file = '{}'", file.display()));
    live(&installation, MONDAY);

    let found = installation
        .json_at(&format!("{MONDAY}T20:00:00Z"), &["findings", "--rule", "owner-missing"]);
    let finding = &found[0];
    assert_eq!(finding["systemUsageUuid"], system.to_string(), "{found:#}");
    let suggested: Vec<&Value> =
        finding["suggestions"].as_array().unwrap().iter().map(|one| &one["email"]).collect();
    assert!(suggested.iter().all(|email| **email != address("Ida")), "not a leader: {finding:#}");
    assert!(suggested.iter().any(|email| **email == address("Lars")), "{finding:#}");

    let mails = mails_of(&installation, MONDAY);
    let to_anna = mails.iter().find(|(to, _)| *to == address("Anna"));
    let text = &to_anna.unwrap_or_else(|| panic!("{mails:#?}")).1;
    let (_, after) = text.split_once("Forslag: ").unwrap_or_else(|| panic!("{text}"));
    let (named, _) = after.split_once('.').expect("a sentence");
    assert!(named.contains("dig selv") && named.contains("Lars Aa"), "{named}");
    assert!(!named.contains("Anna") && !named.contains("Ida"), "{named}");
    // She has no role on the system, so that KITOS lets her change nothing.
    assert!(text.contains("Svar på denne mail med et navn"), "{text}");
    assert!(!text.contains("Systemroller"), "{text}");
}
