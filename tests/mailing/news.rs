//! Notices and the case of someone who left, by the real program: what is told, what
//! is withdrawn because it was undone, and what the digest follows up.

use kitos_standin::{Departure, World};
use uuid::Uuid;

use crate::support::{TestInstallation, without_systems};

const OWNER: &str = "anna@kommune.example";
const IT: &str = "it@kommune.example";
/// A Saturday: owners' notices wait until Monday.
const SATURDAY: &str = "2026-03-07T12:00:00+01:00";
const SUNDAY: &str = "2026-03-08T12:00:00+01:00";
const MONDAY: &str = "2026-03-09T08:00:00+01:00";

struct Town {
    installation: TestInstallation,
    anna: Uuid,
    usages: [Uuid; 2],
}

/// Two systems, which Anna owns, read on a Friday.
fn town() -> Town {
    let mut world = without_systems("2026-03-06T04:00:00Z");
    let anna = world.join("Anna", "Æbelø", OWNER);
    let usages = ["Aula", "Nexus"].map(|name| world.acquire(name, Some(anna)));
    for usage in usages {
        world.set_life_cycle(usage, Some("Operational"));
    }
    let installation = TestInstallation::new(world);
    installation.run_at("2026-03-06T05:00:00+01:00", &["sync"]);
    Town { installation, anna, usages }
}

impl Town {
    fn edit(&self, edit: impl FnOnce(&mut World)) {
        self.installation.standin().edit(edit);
    }

    /// A pull, and what is due goes out.
    fn day(&self, at: &str) {
        for job in ["sync", "deliver"] {
            let run = self.installation.run_at(at, &[job]);
            assert_eq!(run.code, 0, "{run:#?}");
        }
    }

    /// Reader and state of every notice, oldest first.
    fn notices(&self) -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let mails = self.installation.mails("2026-03-30T12:00:00+02:00").into_iter();
        mails
            .filter(|mail| mail["kind"] == "notice")
            .map(|mail| (text(&mail["to"][0]), text(&mail["state"])))
            .collect()
    }

    fn digest(&self, at: &str) -> String {
        let run = self.installation.run_at(at, &["digest"]);
        assert_eq!(run.code, 0, "{run:#?}");
        // Lines are broken to a width.
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn notice(to: &str, state: &str) -> (String, String) {
    (to.to_owned(), state.to_owned())
}

#[test]
fn what_is_undone_before_it_is_told_is_told_to_nobody_who_did_not_hear_it() {
    let town = town();
    let usage = town.usages[0];
    town.edit(|world| world.set_life_cycle(usage, Some("NotInUse")));
    town.day(SATURDAY);
    assert_eq!(town.notices(), [notice(OWNER, "queued"), notice(IT, "previewed")]);
    town.edit(|world| world.set_life_cycle(usage, Some("Operational")));
    town.day(SUNDAY);
    town.day(MONDAY);
    // IT was told at once that the system is shut down, and hears that it is not.
    assert_eq!(
        town.notices(),
        [notice(OWNER, "cancelled"), notice(IT, "previewed"), notice(IT, "previewed")]
    );
    let mails = town.installation.mails(MONDAY);
    let withdrawn = mails.iter().find(|mail| mail["state"] == "cancelled").unwrap();
    assert_eq!(withdrawn["lastError"], "what it tells was undone before it went out");
}

#[test]
fn what_is_undone_after_it_was_told_is_told_too() {
    let town = town();
    let usage = town.usages[0];
    town.edit(|world| world.set_life_cycle(usage, Some("NotInUse")));
    town.day(MONDAY);
    town.edit(|world| world.set_life_cycle(usage, Some("Operational")));
    town.day("2026-03-10T08:00:00+01:00");
    let sent = |to| notice(to, "previewed");
    assert_eq!(town.notices(), [sent(OWNER), sent(IT), sent(OWNER), sent(IT)]);
}

#[test]
fn a_notice_of_which_something_is_so_still_goes_out() {
    let town = town();
    let [aula, nexus] = town.usages;
    town.edit(|world| {
        world.set_life_cycle(aula, Some("NotInUse"));
        world.set_life_cycle(nexus, Some("NotInUse"));
    });
    town.day(SATURDAY);
    town.edit(|world| world.set_life_cycle(aula, Some("Operational")));
    town.day(SUNDAY);
    town.day(MONDAY);
    town.day("2026-03-10T08:00:00+01:00");
    let (sent, withdrawn) = (|to| notice(to, "previewed"), notice(OWNER, "cancelled"));
    // One mail tells of Nexus, which is shut still; that Aula was, and is not, is history.
    assert_eq!(town.notices(), [withdrawn, sent(IT), sent(OWNER), sent(IT)]);
    let subject =
        "SELECT subject FROM outbox WHERE state = 'previewed' AND recipients LIKE '%anna%'";
    let subject: String =
        town.installation.open().query_row(subject, [], |row| row.get(0)).unwrap();
    assert!(subject.contains("Nexus") && !subject.contains("Aula"), "{subject}");
}

#[test]
fn an_owner_for_a_weekend_is_not_welcomed() {
    let town = town();
    let usage = town.usages[0];
    let mut bo = Uuid::nil();
    town.edit(|world| bo = world.join("Bo", "Aa", "bo@kommune.example"));
    town.day("2026-03-06T06:00:00+01:00");
    town.edit(|world| world.assign_owner(usage, bo));
    let owner_role = |world: &World| world.role("Systemejer").unwrap();
    town.day(SATURDAY);
    assert_eq!(town.notices(), [notice("bo@kommune.example", "queued")]);
    town.edit(|world| {
        let role = owner_role(world);
        world.unassign(usage, role, bo);
    });
    town.day(SUNDAY);
    town.day(MONDAY);
    assert_eq!(town.notices(), [notice("bo@kommune.example", "cancelled")]);
}

#[test]
fn an_owner_who_is_back_the_day_after_is_not_welcomed() {
    let town = town();
    let usage = town.usages[0];
    let role = town.installation.standin().world().role("Systemejer").unwrap();
    for (at, is_owner) in [
        ("2026-03-09T08:00:00+01:00", false),
        ("2026-03-10T08:00:00+01:00", true),
        ("2026-03-11T08:00:00+01:00", false),
        ("2026-03-12T08:00:00+01:00", true),
    ] {
        town.edit(|world| match is_owner {
            true => world.assign_owner(usage, town.anna),
            false => world.unassign(usage, role, town.anna),
        });
        town.day(at);
        assert_eq!(town.notices(), [], "{at}");
    }
    // After a weekend it is news.
    town.edit(|world| world.unassign(usage, role, town.anna));
    town.day("2026-03-13T08:00:00+01:00");
    town.edit(|world| world.assign_owner(usage, town.anna));
    town.day("2026-03-16T08:00:00+01:00");
    assert_eq!(town.notices(), [notice(OWNER, "previewed")]);
}

#[test]
fn an_owner_who_is_back_from_a_successor_is_told() {
    let town = town();
    let usage = town.usages[0];
    let mut bo = Uuid::nil();
    town.edit(|world| bo = world.join("Bo", "Aa", "bo@kommune.example"));
    let hand_over = |to, at| {
        town.edit(|world| {
            world.remove_owners(usage);
            world.assign_owner(usage, to);
        });
        town.day(at);
        let mut told = town.notices();
        told.sort();
        told
    };
    let (to_bo, to_anna) = (notice("bo@kommune.example", "previewed"), notice(OWNER, "previewed"));
    let first = hand_over(bo, "2026-03-09T08:00:00+01:00");
    assert_eq!(first, [to_anna.clone(), to_bo.clone()]);
    let second = hand_over(town.anna, "2026-03-10T08:00:00+01:00");
    assert_eq!(second, [to_anna.clone(), to_anna, to_bo.clone(), to_bo]);
}

#[test]
fn a_person_under_another_uuid_has_neither_left_nor_come() {
    let town = town();
    town.edit(|world| {
        let again = world.join("Anna", "Æbelø", &OWNER.to_uppercase());
        world.leave(town.anna, Departure::Successor(again));
    });
    town.day(MONDAY);
    assert_eq!(town.notices(), []);
    assert!(!town.digest(MONDAY).contains("ikke længere bruger i KITOS"));
    // Whoever else takes over is welcomed, and IT hears who left.
    town.edit(|world| {
        let anna =
            world.our_users().find(|user| user.email.as_deref() == Some("ANNA@KOMMUNE.EXAMPLE"));
        let anna = anna.unwrap().uuid;
        let bo = world.join("Bo", "Aa", "bo@kommune.example");
        world.leave(anna, Departure::Successor(bo));
    });
    town.day("2026-03-10T08:00:00+01:00");
    let mut told = town.notices();
    told.sort();
    assert_eq!(told, [notice("bo@kommune.example", "previewed"), notice(IT, "previewed")]);
}

#[test]
fn the_digest_follows_a_leaver_until_all_systems_are_handed_on() {
    let town = town();
    let [aula, nexus] = town.usages;
    let left = "Anna Æbelø er ikke længere bruger i KITOS (set den 9. marts): to systemer";
    let asks = |systems: &str| format!("Vælg en ansvarlig enhed til {systems}.");
    town.installation.run_at("2026-03-06T09:00:00+01:00", &["digest", "--send"]);
    let mut bo = Uuid::nil();
    town.edit(|world| {
        world.leave(town.anna, Departure::LosesRoles);
        bo = world.join("Bo", "Aa", "bo@kommune.example");
    });
    town.day(MONDAY);
    let digest = town.digest(MONDAY);
    assert!(digest.contains(left), "{digest}");
    assert!(digest.contains(&asks("Aula og Nexus")), "{digest}");
    town.installation.run_at(MONDAY, &["digest", "--send"]);
    town.edit(|world| world.assign_owner(aula, bo));
    town.day("2026-03-10T08:00:00+01:00");
    let digest = town.digest("2026-03-16T08:00:00+01:00");
    assert!(!digest.contains(left), "{digest}");
    assert!(digest.contains(&asks("Nexus")), "{digest}");
    assert!(digest.contains("Aula (har fået Bo Aa som systemejer)"), "{digest}");
    town.edit(|world| world.assign_owner(nexus, bo));
    town.day("2026-03-17T08:00:00+01:00");
    assert!(!town.digest("2026-03-23T08:00:00+01:00").contains("Vælg en ansvarlig enhed"));
}

#[test]
fn a_leaver_whose_roles_went_the_day_before_is_one_story() {
    let town = town();
    let usages = town.usages;
    town.installation.run_at("2026-03-06T09:00:00+01:00", &["digest", "--send"]);
    town.edit(|world| {
        let role = world.role("Systemejer").unwrap();
        for usage in usages {
            world.unassign(usage, role, town.anna);
        }
    });
    town.day("2026-03-09T05:00:00+01:00");
    assert_eq!(town.notices(), [], "nobody is told of an ownership that ends");
    town.edit(|world| world.leave(town.anna, Departure::LosesRoles));
    town.day("2026-03-10T05:00:03+01:00");
    assert_eq!(town.notices(), [notice(IT, "previewed")]);
    let digest = town.digest("2026-03-16T08:00:00+01:00");
    assert!(digest.contains("Anna Æbelø er ikke længere bruger i KITOS"), "{digest}");
    assert_eq!(digest.matches("Aula").count(), 1, "{digest}");
}

#[test]
fn a_notice_can_be_seen_before_there_is_one() {
    let town = town();
    let preview = || town.installation.json_at(SATURDAY, &["mail", "preview", "notice"]);
    let shown = preview();
    let subject = shown["subject"].as_str().unwrap();
    assert!(["Aula", "Nexus"].iter().any(|name| subject.ends_with(name)), "{shown:#}");
    assert!(subject.starts_with("Du er nu systemejer for"), "{shown:#}");
    assert_eq!(shown["to"], serde_json::json!([OWNER]));
    assert_eq!(town.notices(), [], "nothing is queued");

    town.edit(|world| world.users.iter_mut().for_each(|user| user.email = None));
    town.day(SUNDAY);
    assert_eq!(preview(), serde_json::Value::Null);
}
