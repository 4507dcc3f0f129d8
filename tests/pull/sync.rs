//! The main job, end to end: the real program against the stand-in, with real
//! files. What a pull makes of KITOS, and who is told.

use kitos_standin::{Departure, OWNER_ROLE, World};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestInstallation, keys};

/// A Monday; each test begins here. Summer time is far.
const FIRST: &str = "2026-03-02T04:00:00Z";
const LOGIN: &str = "/api/authorize/GetToken";

/// A municipality in which somebody owns one system and has no other role.
fn world() -> World {
    let mut world = World::generate(7, 30);
    let (owner, role) = (idle(&world), world.role(OWNER_ROLE).unwrap());
    let usage = world
        .our_usages()
        .find(|usage| {
            usage.life_cycle.as_deref() == Some("Operational")
                && usage.responsible_unit.is_some()
                && usage.local_name.is_none()
                && usage.valid_from.is_some()
                && world.holders(usage.uuid, role).len() == 1
        })
        .unwrap()
        .uuid;
    world.remove_owners(usage);
    world.assign_owner(usage, owner);
    world
}

/// An installation after its first pull.
fn installed() -> TestInstallation {
    let installation = TestInstallation::new(world());
    assert_eq!(installation.sync_at(FIRST)["outcome"], "committed");
    installation
}

/// That somebody's system, and somebody.
fn owned(world: &World) -> (Uuid, Uuid) {
    let role = world.role(OWNER_ROLE).unwrap();
    let alone = |user: &Uuid| world.held_by(*user, role).len() == 1;
    world
        .our_usages()
        .find_map(|usage| match world.holders(usage.uuid, role).as_slice() {
            [owner] if alone(owner) => Some((usage.uuid, *owner)),
            _ => None,
        })
        .unwrap()
}

/// Somebody without any role.
fn idle(world: &World) -> Uuid {
    let busy = |user: Uuid| world.usages.iter().any(|u| u.roles.iter().any(|a| a.user == user));
    world.our_users().map(|user| user.uuid).find(|user| !busy(*user)).unwrap()
}

fn findings(installation: &TestInstallation, at: &str, more: &[&str]) -> Vec<Value> {
    let found = installation.json_at(at, &[&["findings"], more].concat());
    found.as_array().unwrap().clone()
}

#[test]
fn the_first_pull_opens_findings_and_announces_nothing() {
    let installation = TestInstallation::new(World::generate(7, 30));
    let report = installation.sync_at(FIRST);
    assert_eq!(report["outcome"], "committed");
    assert_eq!((&report["usages"], &report["users"]), (&json!(30), &json!(43)));
    assert_eq!((&report["changes"], &report["mailsQueued"]), (&json!({}), &json!(0)));
    let open = findings(&installation, FIRST, &[]);
    assert!(!open.is_empty());
    assert_eq!(report["findingsOpened"], open.len());
    assert!(open.iter().all(|f| f["state"] == "open" && f["openedAt"] == FIRST), "{open:#?}");
    assert_eq!(installation.mails(FIRST), Vec::<Value>::new());
    assert_eq!(installation.json_at(FIRST, &["changes"]), json!([]));
}

#[test]
fn an_unchanged_pull_writes_one_row_and_its_run() {
    let installation = installed();
    let before = installation.tables();
    let report = installation.sync_at("2026-03-02T05:00:00Z");
    assert_eq!(report["outcome"], "unchanged");
    assert_eq!((&report["changes"], &report["findingsOpened"]), (&json!({}), &json!(0)));
    let after = installation.tables();
    for (table, rows) in &after {
        let more = usize::from(matches!(table.as_str(), "snapshot" | "job_run"));
        assert_eq!(rows.len(), before[table].len() + more, "{table}");
        assert_eq!(rows[..before[table].len()], before[table], "{table}");
    }
}

/// A first pull asks for pages ahead, not knowing where a list ends.
#[test]
fn no_page_beyond_the_end_of_a_list_is_asked_for_again() {
    let installation = installed();
    let pages = || {
        let asked = installation.standin().requests().into_iter();
        let asked: Vec<String> = asked.map(|request| request.path).collect();
        installation.standin().forget_requests();
        let beyond = |path: &&String| path.contains("page=") && !path.contains("page=0&");
        (asked.iter().filter(beyond).count(), asked.len())
    };
    let (ahead, first) = pages();
    assert!(ahead > 0);
    assert_eq!(installation.sync_at("2026-03-02T05:00:00Z")["outcome"], "unchanged");
    assert_eq!(pages(), (0, first - ahead));
}

#[test]
fn the_json_has_the_fields_of_the_contract() {
    let installation = installed();
    let at = "2026-03-03T04:00:00Z";
    installation.standin().edit(|world| world.acquire("Nyt system", None));
    let sync = installation.sync_at(at);
    // `held`, `subject` and `text` are ours beside the contract's.
    #[rustfmt::skip]
    let expected = ["bytes", "changes", "durationMs", "findingsOpened", "findingsResolved", "held",
        "mailsQueued", "outcome", "requests", "snapshotId", "startedAt", "usages", "users"];
    assert_eq!(keys(&sync), expected);
    #[rustfmt::skip]
    let expected = ["detail", "escalatedAt", "id", "kitosUrl", "lapsed", "lastRemindedAt", "nextMailAt", "openedAt",
        "owners", "recipient", "reminders", "resolvedAt", "rule", "severity", "state", "subject", "suggestions",
        "systemName", "systemUsageUuid", "unit", "waivedBy", "waivedReason", "waivedUntil"];
    for finding in findings(&installation, at, &["--state", "all"]) {
        assert_eq!(keys(&finding), expected);
        for owner in finding["owners"].as_array().unwrap() {
            assert_eq!(keys(owner), ["email", "name"]);
        }
    }
    #[rustfmt::skip]
    let expected = ["after", "before", "detectedAt", "kind", "snapshotId", "subject", "systemName",
        "systemUsageUuid", "text"];
    let changes = installation.json_at(at, &["changes"]);
    for change in changes.as_array().unwrap() {
        assert_eq!(keys(change), expected);
    }
    assert_eq!(changes[0]["kind"], "acquired");
    #[rustfmt::skip]
    let expected = ["attempts", "cc", "createdAt", "id", "key", "kind", "lastError", "messageId",
        "notBefore", "sentAt", "state", "subject", "text", "to"];
    let mails = installation.mails(at);
    assert_eq!(mails.len(), 1);
    assert_eq!(keys(&mails[0]), expected);
    let runs = installation.once_at("2026-03-09T08:00:00Z");
    assert_eq!(runs.keys().collect::<Vec<_>>(), ["deliver", "digest", "prune", "remind", "sync"]);
    for run in runs.values() {
        let expected = ["detail", "durationMs", "job", "outcome", "scheduledFor", "startedAt"];
        assert_eq!(keys(run), expected);
        assert_eq!(
            (&run["outcome"], &run["startedAt"]),
            (&json!("done"), &json!("2026-03-09T08:00:00Z"))
        );
    }
    assert_eq!(runs["digest"]["scheduledFor"], "2026-03-09T06:00:00Z");
    assert_eq!(runs["deliver"]["scheduledFor"], Value::Null);
}

/// One edit in KITOS, and the changes that the next pull must tell, apart from
/// their times.
struct Case {
    name: &'static str,
    edit: fn(&mut World, usage: Uuid, owner: Uuid) -> Uuid,
    /// Kind, before and after; `owner`, `usage` and `new` (what `edit`
    /// returned) stand for uuids.
    changes: Value,
}

fn cases() -> Vec<Case> {
    let case = |name, edit, changes| Case { name, edit, changes };
    let life = |state, cycle| json!({"state": state, "lifeCycle": cycle, "validTo": null});
    vec![
        case(
            "a new owner beside the old",
            |w, u, _| {
                let p = idle(w);
                w.assign_owner(u, p);
                p
            },
            json!([["ownerAssigned", null, {"person": "new"}]]),
        ),
        case(
            "the new owner goes again",
            |w, u, o| {
                let (role, owners) =
                    (w.role(OWNER_ROLE).unwrap(), w.holders(u, w.role(OWNER_ROLE).unwrap()));
                let other = *owners.iter().find(|p| **p != o).unwrap();
                w.unassign(u, role, other);
                other
            },
            json!([["ownerRemoved", {"person": "new", "departed": false}, null]]),
        ),
        case(
            "another role",
            |w, u, o| {
                let r = w.role("Dataejer").unwrap();
                w.assign(u, r, o);
                r
            },
            json!([["roleAssigned", null, {"person": "owner", "role": "new"}]]),
        ),
        case(
            "another role goes",
            |w, u, o| {
                let r = w.role("Dataejer").unwrap();
                w.unassign(u, r, o);
                r
            },
            json!([["roleRemoved", {"person": "owner", "role": "new", "departed": false}, null]]),
        ),
        case(
            "a local name",
            |w, u, _| {
                w.change(u, |u| u.local_name = Some("Æblet".into()));
                u
            },
            json!([["renamed", "name", "Æblet"]]),
        ),
        case(
            "a pilot",
            |w, u, _| {
                w.set_life_cycle(u, Some("Pilot"));
                u
            },
            json!([["pilot", life("inUse", "Operational"), life("pilot", "Pilot")]]),
        ),
        case(
            "phasing in",
            |w, u, _| {
                w.set_life_cycle(u, Some("PhasingIn"));
                u
            },
            json!([["phasingIn", life("pilot", "Pilot"), life("phasingIn", "PhasingIn")]]),
        ),
        case(
            "in use",
            |w, u, _| {
                w.set_life_cycle(u, Some("Operational"));
                u
            },
            json!([["inUse", life("phasingIn", "PhasingIn"), life("inUse", "Operational")]]),
        ),
        case(
            "phasing out",
            |w, u, _| {
                w.set_life_cycle(u, Some("PhasingOut"));
                u
            },
            json!([["phasingOut", life("inUse", "Operational"), life("phasingOut", "PhasingOut")]]),
        ),
        case(
            "switched off",
            |w, u, _| {
                w.set_life_cycle(u, Some("NotInUse"));
                u
            },
            json!([[
                "decommissioned",
                life("phasingOut", "PhasingOut"),
                life("decommissioned", "NotInUse")
            ]]),
        ),
        case(
            "back again",
            |w, u, _| {
                w.set_life_cycle(u, Some("Operational"));
                u
            },
            json!([["revived", life("decommissioned", "NotInUse"), life("inUse", "Operational")]]),
        ),
        case(
            "no unit",
            |w, u, _| {
                let unit = w.usage(u).unwrap().responsible_unit.unwrap();
                w.change(u, |u| u.responsible_unit = None);
                unit
            },
            json!([["unitChanged", "new", null]]),
        ),
        case(
            "a first day of use",
            |w, u, _| {
                w.change(u, |u| u.valid_from = Some("2026-01-31".parse().unwrap()));
                u
            },
            json!([["registrationChanged", {"start-date": "start-date"}, {"start-date": "2026-01-31"}]]),
        ),
        case(
            "a person comes",
            |w, _, _| w.join("Åse", "Ny", "aase.ny@kommune.example"),
            json!([["personJoined", null, null]]),
        ),
        case(
            "a person has another name",
            |w, _, o| {
                let email = w.user(o).unwrap().email.clone().unwrap();
                w.rename_person(o, "Bo", "Nyt-Navn", &email);
                o
            },
            json!([["personChanged", null, {"fields": ["name"]}]]),
        ),
        case(
            "a person without roles goes",
            |w, _, _| {
                let p = idle(w);
                w.leave(p, Departure::LosesRoles);
                p
            },
            json!([["personLeft", {"owned": [], "roles": []}, null]]),
        ),
        case(
            "a unit has another name",
            |w, _, _| {
                let unit = w.our_units().last().unwrap().uuid;
                w.rename_unit(unit, "Helt ny enhed");
                unit
            },
            json!([["organizationUnitChanged", "unit", {"name": "Helt ny enhed"}]]),
        ),
        case(
            "a role type has another name",
            |w, _, _| {
                let role = w.role("Dataejer").unwrap();
                w.rename_role_type(role, "Dataansvarlig");
                role
            },
            json!([["roleTypeChanged", {"available": true, "name": "Dataejer"}, {"available": true, "name": "Dataansvarlig"}]]),
        ),
        case(
            "acquired",
            |w, _, o| w.acquire("Nyt system", Some(o)),
            json!([["acquired", null, {"name": "Nyt system", "owners": ["owner"], "responsibleUnit": null, "state": "phasingIn"}]]),
        ),
        case(
            "removed",
            |w, _, _| {
                let new = w.usages.last().unwrap().uuid;
                w.remove_usage(new);
                new
            },
            json!([["removed", {"name": "Nyt system", "owners": ["owner"], "responsibleUnit": null, "state": "phasingIn"}, null]]),
        ),
        case(
            "the owner leaves",
            |w, _, o| {
                w.leave(o, Departure::LosesRoles);
                o
            },
            json!([
                ["ownerRemoved", {"person": "owner", "departed": true}, null],
                ["personLeft", {"owned": ["usage"], "roles": []}, null]
            ]),
        ),
    ]
}

#[test]
fn each_edit_in_kitos_is_told_as_the_contract_names_it() {
    let installation = installed();
    let (usage, owner) = owned(&installation.standin().world());
    let name = installation.standin().world().usage_name(usage).to_owned();
    for (day, case) in cases().into_iter().enumerate() {
        let at = format!("2026-03-{:02}T04:00:00Z", day + 3);
        let old = installation.standin().world();
        let new = installation.standin().edit(|world| (case.edit)(world, usage, owner));
        let report = installation.sync_at(&at);
        let told = installation.json_at(&at, &["changes", "--since", &at[..10]]);
        let told: Vec<Value> = told
            .as_array()
            .unwrap()
            .iter()
            .map(|c| {
                assert_eq!(
                    (&c["snapshotId"], &c["detectedAt"]),
                    (&report["snapshotId"], &json!(at))
                );
                json!([c["kind"], c["before"], c["after"]])
            })
            .collect();
        let was = old.usage(usage).unwrap();
        let unit = old.unit(new).map(|u| json!({"name": u.name, "parent": u.parent}));
        let text = case.changes.to_string();
        let text = text
            .replace(r#""new""#, &json!(new).to_string())
            .replace(r#""owner""#, &json!(owner).to_string())
            .replace(r#""usage""#, &json!(usage).to_string())
            .replace(r#"["renamed","name""#, &format!(r#"["renamed",{}"#, json!(name)))
            .replace(
                r#""start-date":"start-date""#,
                &format!(r#""start-date":{}"#, json!(was.valid_from)),
            )
            .replace(r#""unit""#, &json!(unit).to_string());
        let mut expected: Value = serde_json::from_str(&text).unwrap();
        if let (Some(unit), "a unit has another name") = (&unit, case.name) {
            expected[0][2]["parent"] = unit["parent"].clone();
        }
        assert_eq!(json!(told), expected, "{}", case.name);
        let count: u64 =
            report["changes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(count, told.len() as u64, "{}", case.name);
    }
}

#[test]
fn a_finding_opens_resolves_and_comes_again_as_another() {
    let installation = installed();
    let (usage, owner) = owned(&installation.standin().world());
    let role = installation.standin().world().role(OWNER_ROLE).unwrap();
    let of_usage = |at: &str, more: &[&str]| -> Vec<Value> {
        let more = [&["--rule", "owner-missing"], more].concat();
        let found = findings(&installation, at, &more).into_iter();
        found.filter(|f| f["systemUsageUuid"] == json!(usage)).collect()
    };
    assert_eq!(of_usage(FIRST, &["--state", "all"]), Vec::<Value>::new());

    installation.standin().edit(|world| world.unassign(usage, role, owner));
    let (opened, later) = ("2026-03-03T04:00:00Z", "2026-03-04T04:00:00Z");
    assert_eq!(installation.sync_at(opened)["findingsOpened"], 1);
    assert_eq!(installation.sync_at(later)["findingsOpened"], 0);
    let first = of_usage(later, &[]);
    assert_eq!((first.len(), &first[0]["openedAt"]), (1, &json!(opened)));
    assert_eq!((&first[0]["state"], &first[0]["severity"]), (&json!("open"), &json!("high")));
    assert_eq!(first[0]["owners"], json!([]));

    installation.standin().edit(|world| world.assign(usage, role, owner));
    let solved = "2026-03-05T04:00:00Z";
    assert_eq!(installation.sync_at(solved)["findingsResolved"], 1);
    assert_eq!(of_usage(solved, &[]), Vec::<Value>::new());
    let resolved = of_usage(solved, &["--state", "resolved"]);
    assert_eq!(
        (&resolved[0]["state"], &resolved[0]["resolvedAt"]),
        (&json!("resolved"), &json!(solved))
    );

    installation.standin().edit(|world| world.unassign(usage, role, owner));
    let again = "2026-03-06T04:00:00Z";
    installation.sync_at(again);
    let second = of_usage(again, &[]);
    assert_ne!(second[0]["id"], first[0]["id"]);
    assert_eq!(second[0]["openedAt"], again);
    assert_eq!(of_usage(again, &["--state", "all"]).len(), 2);
}

#[test]
fn notices_go_to_the_owner_or_to_it_and_once() {
    let installation = installed();
    let world = installation.standin().world();
    let (usage, owner) = owned(&world);
    let email = world.user(owner).unwrap().email.clone().unwrap();
    let told = |at: &str, after: usize| -> Vec<(String, String)> {
        let mut told: Vec<_> = installation.mails(at)[after..]
            .iter()
            .map(|m| {
                (m["kind"].as_str().unwrap().to_owned(), m["to"][0].as_str().unwrap().to_owned())
            })
            .collect();
        told.sort();
        told
    };
    let notice = |to: &str| ("notice".to_owned(), to.to_owned());

    installation.standin().edit(|world| {
        world.acquire("Med ejer", Some(owner));
        world.acquire("Også med ejer", Some(owner));
    });
    let at = "2026-03-03T04:00:00Z";
    assert_eq!(installation.sync_at(at)["mailsQueued"], 1);
    assert_eq!(told(at, 0), [notice(&email)], "one mail per person for all of it");

    installation.standin().edit(|world| world.acquire("Uden ejer", None));
    let at = "2026-03-04T04:00:00Z";
    installation.sync_at(at);
    assert_eq!(told(at, 1), [notice("it@kommune.example")]);

    installation.standin().edit(|world| world.set_life_cycle(usage, Some("NotInUse")));
    let at = "2026-03-05T04:00:00Z";
    installation.sync_at(at);
    let mut expected = [notice(&email), notice("it@kommune.example")];
    expected.sort();
    assert_eq!(told(at, 2), expected);

    for at in ["2026-03-06T04:00:00Z", "2026-03-07T04:00:00Z"] {
        assert_eq!(installation.sync_at(at)["mailsQueued"], 0);
        assert_eq!(told(at, 0).len(), 4, "nothing is told twice");
    }
}

#[test]
fn whoever_holds_either_of_two_owner_roles_of_one_name_is_owner() {
    let without_owner = |world: World| {
        let installation = TestInstallation::new(world);
        assert_eq!(installation.sync_at(FIRST)["outcome"], json!("committed"));
        let found = findings(&installation, FIRST, &["--rule", "owner-missing"]);
        let check = installation.run(&["check"]);
        (found.len(), check.stdout.contains("2 role types of KITOS bear these names"))
    };
    let one = world();
    let mut two = one.clone();
    let (owner, other) = (two.role(OWNER_ROLE).unwrap(), two.add_role_type(OWNER_ROLE));
    for usage in two.usages.iter_mut().step_by(2) {
        for held in usage.roles.iter_mut().filter(|held| held.role == owner) {
            held.role = other;
        }
    }
    let (expected, told) = without_owner(one);
    assert!(!told);
    assert_eq!(without_owner(two), (expected, true));
}

#[test]
fn a_dry_run_before_the_first_pull_makes_no_database() {
    let installation = TestInstallation::new(World::generate(7, 30));
    let report = installation.json_at("2026-03-02T04:00:00Z", &["sync", "--dry-run"]);
    assert_eq!(report["outcome"], "dryRun", "{report:#}");
    assert_eq!(report["usages"], 30);
    assert!(report["findingsOpened"].as_u64() > Some(0), "{report:#}");
    assert!(!installation.path("state").exists(), "neither a database nor its folder");
}

#[test]
fn a_dry_run_writes_nothing() {
    let installation = installed();
    let (usage, _) = owned(&installation.standin().world());
    installation.standin().edit(|world| {
        world.remove_owners(usage);
        world.acquire("Nyt system", None);
    });
    let (bytes, tables) = (std::fs::read(installation.database()).unwrap(), installation.tables());
    let at = "2026-03-03T04:00:00Z";
    let report = installation.json_at(at, &["sync", "--dry-run"]);
    assert_eq!((&report["outcome"], &report["snapshotId"]), (&json!("dryRun"), &Value::Null));
    assert_eq!(report["changes"], json!({"acquired": 1, "ownerRemoved": 1}));
    assert!(report["findingsOpened"].as_u64().unwrap() >= 2, "{report}");

    installation.standin().edit(|world| world.usages.clear());
    let run = installation.run_at(at, &["sync", "--dry-run"]);
    assert_eq!(run.code, 4, "{run:#?}");
    assert!(run.stdout.contains("would hold"), "{run:#?}");
    assert_eq!(run.stderr, "", "no incident has begun");

    installation.set_password("wrong");
    assert_eq!(installation.run_at(at, &["sync", "--dry-run"]).code, 1);
    assert_eq!(installation.tables(), tables);
    assert!(std::fs::read(installation.database()).unwrap() == bytes, "the file has changed");
}

#[test]
fn logging_in_is_one_request_and_every_other_one_reads() {
    let installation = installed();
    let requests = installation.standin().requests();
    let (posts, gets): (Vec<_>, Vec<_>) = requests.iter().partition(|r| r.method == "POST");
    assert_eq!(posts.iter().map(|r| r.path.as_str()).collect::<Vec<_>>(), [LOGIN]);
    assert!(gets.iter().all(|r| r.method == "GET" && r.had_token));
    assert!(requests.iter().all(|r| r.user_agent.starts_with("kitos-sync/")));
}
