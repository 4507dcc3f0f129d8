//! The guard, end to end: a pull that would empty or orphan the register
//! commits nothing until a person decides or KITOS recovers (`docs/reliability.md`
//! R8, R9; rows 30–33 of the fault matrix).

use kitos_standin::{Membership, OWNER_ROLE, World};
use serde_json::{Value, json};

use crate::support::TestInstallation;

const FIRST: &str = "2026-03-02T04:00:00Z";
const HELD: &str = "2026-03-03T04:00:00Z";
const LATER: &str = "2026-03-03T09:00:00Z";

fn installed() -> TestInstallation {
    let installation = TestInstallation::new(World::generate(7, 30));
    assert_eq!(installation.sync_at(FIRST)["outcome"], "committed");
    installation
}

/// Membership is lost in a way that KITOS does not admit: every list is empty.
fn lose_membership(world: &mut World) {
    world.set_membership(Membership::LostUnnoticed);
}

/// An installation with that pull held, as pull 1.
fn holding() -> TestInstallation {
    let installation = installed();
    installation.standin().edit(lose_membership);
    let run = installation.run_at(HELD, &["sync"]);
    assert_eq!(run.code, 4, "{run:#?}");
    installation
}

#[test]
fn a_lost_membership_that_kitos_does_not_admit_is_held() {
    let installation = installed();
    let register = installation.register();
    installation.standin().edit(lose_membership);
    let run = installation.run_at(HELD, &["sync"]);
    assert_eq!(run.code, 4, "{run:#?}");
    for part in
        ["nothing was committed", "All 30 systems are gone", "All 43 people are gone", "guard show"]
    {
        assert!(run.stdout.contains(part), "{part}: {run:#?}");
    }
    assert!(installation.register() == register, "something was committed");
    let alerts = installation.alerts(HELD);
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let report = installation.sync_at(LATER);
    assert_eq!((&report["outcome"], &report["snapshotId"]), (&json!("quarantined"), &Value::Null));
    assert_eq!(report["mailsQueued"], 0, "one alert, however often it is held");
    assert_eq!(installation.alerts(LATER), alerts);
    assert!(installation.register() == register, "something was committed");
}

/// A release must not let in what no alert described.
#[test]
fn a_pull_that_is_held_for_another_reason_has_an_alert_of_its_own() {
    let installation = installed();
    installation.standin().edit(|world| {
        let ours = world.organization;
        let usages = world.usages.iter_mut().filter(|usage| usage.organization == ours);
        usages.for_each(|usage| usage.roles.clear());
    });
    assert_eq!(installation.run_at(HELD, &["sync"]).code, 4);
    assert_eq!(installation.alerts(HELD).len(), 1);
    installation.standin().edit(lose_membership);
    assert_eq!(installation.run_at(LATER, &["sync"]).code, 4);
    assert_eq!(installation.alerts(LATER).len(), 2, "the lists are empty now");
    let shown = installation.json_at(LATER, &["guard", "show"]);
    assert_eq!(shown["id"], 2);
    let status = installation.json_at(LATER, &["status"]);
    let open = status["incidents"].as_array().unwrap();
    assert_eq!(open.len(), 1, "{status}");
    assert!(open[0]["detail"].as_str().unwrap().contains("All 30 systems are gone"), "{status}");
}

#[test]
fn the_alert_says_what_is_held_and_how_to_decide() {
    let installation = holding();
    let mails = installation.mails(HELD);
    let id = mails[0]["id"].to_string();
    let shown = installation.json_at(HELD, &["mail", "show", &id]);
    let text = shown["text"].as_str().unwrap();
    for part in ["30", "43", "kitos-sync guard show", "kitos-sync guard release"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// A test KITOS is a copy of the real one, with the same uuids, and both are right.
#[test]
fn another_kitos_behind_the_same_database_is_held_and_tells_no_owner() {
    let installation = installed();
    let register = installation.register();
    installation.standin().edit(|world| {
        // So few that the guard's limits would let them pass.
        let some: Vec<_> = world.usages.iter().take(8).map(|usage| usage.uuid).collect();
        some.into_iter().for_each(|usage| world.remove_owners(usage));
    });
    let elsewhere = installation.standin().url().replace("127.0.0.1", "localhost");
    let at_the_other = |arguments: &[&str], at: &str| -> Value {
        let output = installation
            .command()
            .env("KITOS_SYNC_KITOS__URL", &elsewhere)
            .args(["--at", at, "--format", "json"])
            .args(arguments)
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:#?}"))
    };
    let report = at_the_other(&["sync"], HELD);
    assert_eq!(report["outcome"], "quarantined", "{report:#}");
    let reason = json!({ "reason": "otherKitos", "before": "127.0.0.1", "now": "localhost" });
    assert_eq!(report["held"], json!([reason]));
    assert!(installation.register() == register, "something was committed");

    // It was the same KITOS after all: from now on that is its address.
    let released = at_the_other(&["guard", "release"], LATER);
    assert_eq!(released["outcome"], "committed", "{released:#}");
    assert_eq!(at_the_other(&["sync"], LATER)["outcome"], "unchanged");
    assert_eq!(installation.sync_at(LATER)["outcome"], "quarantined", "and no longer the first");
}

#[test]
fn a_scheduled_run_says_that_the_pull_is_held() {
    let installation = installed();
    installation.standin().edit(lose_membership);
    let run = installation.run_at(HELD, &["--format", "json", "run", "--once"]);
    assert_eq!(run.code, 4, "{run:#?}");
    let sync: Value = serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&sync["job"], &sync["outcome"]), (&json!("sync"), &json!("held")));
}

#[test]
fn the_held_pull_is_shown_with_its_reasons() {
    let installation = holding();
    let run = installation.run_at(LATER, &["guard", "show"]);
    assert_eq!(run.code, 4, "{run:#?}");
    for part in [
        "Pull 1 of 2026-03-03 05:00 is held back",
        "All 30 systems are gone",
        "All 43 people are gone",
        "systems              30 -> 0",
        "people               43 -> 0",
        "kitos-sync guard release 1",
        "kitos-sync guard discard 1",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let shown = installation.json_at(LATER, &["guard", "show"]);
    assert_eq!((&shown["id"], &shown["takenAt"]), (&json!(1), &json!(HELD)));
    let reasons = shown["reasons"].as_array().unwrap();
    assert!(
        reasons.contains(&json!({"reason": "emptied", "list": "usages", "before": 30})),
        "{shown}"
    );
    assert!(
        reasons.contains(&json!({"reason": "emptied", "list": "people", "before": 43})),
        "{shown}"
    );
    let status = installation.json_at(LATER, &["status"]);
    assert_eq!(
        (&status["quarantinedPull"], &status["incidents"][0]["kind"]),
        (&json!(1), &json!("quarantine"))
    );
    assert!(installation.run_at(LATER, &["status"]).stdout.contains("THE GUARD HOLDS PULL 1"));
}

#[test]
fn nothing_held_is_nothing_to_show_or_decide() {
    let installation = installed();
    assert_eq!(installation.run_at(HELD, &["guard", "show"]).code, 0);
    assert_eq!(installation.json_at(HELD, &["guard", "show"]), Value::Null);
    for decision in ["release", "discard"] {
        let run = installation.run_at(HELD, &["guard", decision]);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains("the guard holds no pull"), "{run:#?}");
    }
}

#[test]
fn a_release_commits_that_very_pull_even_when_kitos_has_changed_since() {
    let installation = installed();
    let role = installation.standin().world().role(OWNER_ROLE).unwrap();
    // Half of the systems go, and KITOS means it.
    let gone: Vec<_> =
        installation.standin().world().our_usages().take(15).map(|u| u.uuid).collect();
    installation.standin().edit(|world| gone.iter().for_each(|usage| world.remove_usage(*usage)));
    let run = installation.run_at(HELD, &["sync"]);
    assert_eq!(run.code, 4, "{run:#?}");
    assert!(run.stdout.contains("15 of 30 systems are gone, among them "), "{run:#?}");
    // Meanwhile something else happens, which nobody has looked at.
    let (usage, owner) = installation.standin().edit(|world| {
        let new = world.acquire("Ikke set endnu", None);
        let usage =
            world.our_usages().find(|u| world.holders(u.uuid, role).len() == 1).unwrap().uuid;
        let owner = world.holders(usage, role)[0];
        world.unassign(usage, role, owner);
        (new, owner)
    });

    let wrong = installation.run_at(LATER, &["guard", "release", "7"]);
    assert_eq!(wrong.code, 2, "{wrong:#?}");
    assert!(wrong.stderr.contains("pull 7 is not held: pull 1 is"), "{wrong:#?}");

    let report = installation.json_at(LATER, &["guard", "release", "1"]);
    assert_eq!((&report["outcome"], &report["usages"]), (&json!("committed"), &json!(15)));
    assert_eq!((&report["changes"], &report["startedAt"]), (&json!({"removed": 15}), &json!(HELD)));
    let systems = installation.json_at(LATER, &["systems"]);
    assert_eq!(systems.as_array().unwrap().len(), 15);
    assert!(!systems.to_string().contains(&usage.to_string()));
    assert_eq!(installation.run_at(LATER, &["guard", "show"]).code, 0);
    assert_eq!(installation.alerts(LATER).len(), 2, "it is over");

    // What came after it, the next pull tells.
    let report = installation.sync_at("2026-03-04T04:00:00Z");
    assert_eq!(report["changes"], json!({"acquired": 1, "ownerRemoved": 1}), "{owner}");
}

#[test]
fn a_discarded_pull_is_gone_and_the_next_is_judged_anew() {
    let installation = holding();
    let register = installation.register();
    let wrong = installation.run_at(LATER, &["guard", "discard", "2"]);
    assert_eq!(wrong.code, 2, "{wrong:#?}");
    assert_eq!(installation.json_at(LATER, &["guard", "discard", "1"]), json!({"discarded": 1}));
    assert_eq!(installation.run_at(LATER, &["guard", "show"]).code, 0);
    assert!(installation.register() == register);
    assert_eq!(installation.alerts(LATER).len(), 2);
    assert_eq!(installation.sync_at("2026-03-04T04:00:00Z")["outcome"], "quarantined");
    assert_eq!(installation.json_at(LATER, &["guard", "show"])["id"], 2);
}

#[test]
fn a_pull_within_limits_clears_it_and_tells_operators() {
    let installation = holding();
    installation.standin().edit(|world| world.set_membership(Membership::Member));
    let report = installation.sync_at(LATER);
    assert_eq!((&report["outcome"], &report["mailsQueued"]), (&json!("unchanged"), &json!(1)));
    assert_eq!(installation.run_at(LATER, &["guard", "show"]).code, 0);
    assert_eq!(installation.json_at(LATER, &["status"])["incidents"], json!([]));
    assert_eq!(installation.alerts(LATER).len(), 2);
}

#[test]
fn a_newer_held_pull_takes_the_place_of_the_older() {
    let installation = holding();
    installation.sync_at(LATER);
    let shown = installation.json_at(LATER, &["guard", "show"]);
    assert_eq!((&shown["id"], &shown["takenAt"]), (&json!(2), &json!(LATER)));
    let run = installation.run_at(LATER, &["guard", "release", "1"]);
    assert!(run.code == 2 && run.stderr.contains("pull 2 is"), "{run:#?}");
}

#[test]
fn one_cause_is_one_alarm_however_long_it_is_held() {
    let installation = holding();
    for at in ["2026-03-04T04:00:00Z", "2026-03-05T04:00:00Z", "2026-03-06T04:00:00Z"] {
        assert_eq!(installation.once_at(at)["sync"]["outcome"], "held");
        assert_eq!(installation.alerts(at).len(), 1, "at {at}");
    }
}

/// What a release would do is found out by trying, and the trial is taken back.
#[test]
fn a_pull_that_is_still_held_logs_no_end_of_it() {
    let installation = holding();
    let again = installation.run_at("2026-03-04T05:00:00+01:00", &["-v", "sync"]);
    assert_eq!(again.code, 4, "{again:#?}");
    assert!(!again.stderr.contains("the incident is over"), "{again:#?}");
}

#[test]
fn owners_that_all_vanish_are_held() {
    let installation = installed();
    installation.standin().edit(|world| {
        let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).collect();
        usages.iter().for_each(|usage| world.remove_owners(*usage));
    });
    let run = installation.run_at(HELD, &["sync"]);
    assert_eq!(run.code, 4, "{run:#?}");
    assert!(run.stdout.contains("systems have lost their last owner, among them "), "{run:#?}");
    assert!(!run.stdout.contains("are gone"), "{run:#?}");
}

#[test]
fn what_kitos_says_of_all_at_once_is_held() {
    type Edit = fn(&mut World);
    let shut: Edit = |world| {
        world.usages.iter_mut().for_each(|row| row.life_cycle = Some("NotInUse".to_owned()));
    };
    let ended: Edit = |world| {
        world.usages.iter_mut().for_each(|row| row.valid_to = "2020-12-31".parse().ok());
    };
    let closed: Edit = |world| world.systems.iter_mut().for_each(|row| row.deactivated = true);
    let silent: Edit = |world| world.users.iter_mut().for_each(|row| row.email = None);
    let welcomed: Edit = |world| {
        let users: Vec<_> = world.our_users().map(|user| user.uuid).collect();
        let usage = world.our_usages().next().expect("a system").uuid;
        users.into_iter().for_each(|user| world.assign_owner(usage, user));
    };
    for (edit, reason, words) in [
        (welcomed, "assigned", "people became owner of a system at once"),
        (shut, "moved", "were shut down, phased out or taken into use again at once"),
        (ended, "moved", "were shut down, phased out or taken into use again at once"),
        (closed, "newlyFaulty", "7 systems: "),
        (silent, "blanked", "The field »E-mail« is empty now for"),
    ] {
        let installation = installed();
        installation.standin().edit(edit);
        let run = installation.run_at(HELD, &["--format", "json", "sync"]);
        assert_eq!(run.code, 4, "{run:#?}");
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["held"][0]["reason"], reason, "{report:#}");
        assert_eq!(report["mailsQueued"], 1, "the alert alone: {report:#}");
        let show = installation.run(&["guard", "show"]);
        assert!(show.stdout.contains(words), "{show:#?}");
    }
}

#[test]
fn an_owner_role_that_vanishes_is_held_and_one_renamed_is_not() {
    let installation = installed();
    let role = installation.standin().world().role(OWNER_ROLE).unwrap();
    installation.standin().edit(|world| world.rename_role_type(role, "Systemansvarlig leder"));
    let report = installation.sync_at(HELD);
    assert_eq!(
        (&report["outcome"], &report["changes"]),
        (&json!("committed"), &json!({"roleTypeChanged": 1}))
    );
    assert_eq!((&report["findingsOpened"], &report["mailsQueued"]), (&json!(0), &json!(0)));
    assert_eq!(installation.sync_at(LATER)["outcome"], "unchanged");

    installation.standin().edit(|world| world.delete_role_type(role));
    let at = "2026-03-04T04:00:00Z";
    let run = installation.run_at(at, &["sync"]);
    assert_eq!(run.code, 4, "{run:#?}");
    assert!(
        run.stdout.contains("The role »Systemejer«, which counts as owner, is no longer in KITOS"),
        "{run:#?}"
    );
}

#[test]
fn the_first_pull_has_no_guard() {
    let mut world = World::generate(7, 30);
    world.usages.clear();
    world.contracts.clear();
    let installation = TestInstallation::new(world);
    let report = installation.sync_at(FIRST);
    assert_eq!((&report["outcome"], &report["usages"]), (&json!("committed"), &json!(0)));
}

#[test]
fn the_digest_says_so_in_red_while_it_is_held() {
    let installation = installed();
    let html = installation.path("digest.html");
    let digest = |at: &str| {
        let run =
            installation.run_at(at, &["mail", "preview", "digest", "--to", html.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{run:#?}");
        std::fs::read_to_string(&html).unwrap()
    };
    // The box's red, and its words.
    let marks = ["border-left:5px solid #b3261e", "Driftsfejl: "];
    let quiet = digest(FIRST);
    assert!(marks.iter().all(|mark| !quiet.contains(mark)), "{quiet}");
    installation.standin().edit(lose_membership);
    installation.sync_at(HELD);
    let held = digest(HELD);
    assert!(marks.iter().all(|mark| held.contains(mark)), "{held}");
}

/// Every address moves to a domain that is not allowed: no system has changed.
#[test]
fn addresses_that_all_move_are_told_as_that_with_what_a_release_would_send() {
    let mut world = World::generate(7, 0);
    let owners: Vec<_> = (0..40)
        .map(|n| {
            let owner = world.join("Ejer", &n.to_string(), &format!("e{n}@kommune.example"));
            world.acquire(&format!("System {n}"), Some(owner));
            owner
        })
        .collect();
    let installation = TestInstallation::new(world);
    assert_eq!(installation.sync_at(FIRST)["outcome"], "committed");
    installation.standin().edit(|world| {
        for (owner, n) in owners.iter().zip(0..) {
            let address = format!("e{n}@kommune.randers.example");
            world.rename_person(*owner, "Ejer", &format!("{n}"), &address);
        }
    });
    let register = installation.register();
    let held = installation.sync_at(HELD);
    let reasons = held["held"].as_array().unwrap();
    let kinds: Vec<&Value> = reasons.iter().map(|reason| &reason["reason"]).collect();
    assert_eq!(kinds, ["newlyFaulty"], "{held:#}");
    assert!(installation.register() == register, "what was tried is taken back");

    let shown = installation.json_at(HELD, &["guard", "show"]);
    assert_eq!(shown["rules"], json!({ "owner-unreachable": 40 }), "{shown:#}");
    assert_eq!(
        shown["causes"],
        json!([{
            "cause": "domain",
            "before": "kommune.example",
            "now": "kommune.randers.example",
            "allowed": false,
            "systems": 40,
            "of": 40,
        }])
    );
    assert!(shown["mails"].is_object() && shown["refused"].is_null(), "{shown:#}");
    let table = installation.run_at(HELD, &["guard", "show"]).stdout;
    assert!(!table.contains("changed at once"), "{table}");
    assert!(table.contains("because kommune.randers.example is not allowed"), "{table}");

    let alert = installation.mails(HELD)[0]["id"].to_string();
    let alert = installation.run_at(HELD, &["mail", "show", &alert]).stdout;
    let words = alert.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "40 systemer: systemejeren kan ikke få mail, fordi kommune.randers.example ikke er tilladt",
        "fra kommune.example til kommune.randers.example, som ikke er tilladt: det forklarer 40 af 40 systemer",
        "Godkendes læsningen,",
    ] {
        assert!(words.contains(line), "{line}:\n{alert}");
    }

    // What was foretold is what a release does.
    installation.run_at(LATER, &["guard", "release"]);
    let notices = installation.mails(LATER).iter().filter(|mail| mail["kind"] == "notice").count();
    assert_eq!(shown["mails"]["notice"].as_u64().unwrap_or(0), notices as u64);
    let found = installation.json_at(LATER, &["findings", "--rule", "owner-unreachable"]);
    assert_eq!(found.as_array().unwrap().len(), 40);
}
