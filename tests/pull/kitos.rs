//! The KITOS client against the stand-in, over real sockets: what a pull reads when KITOS
//! is well, and by how many requests.

use std::collections::BTreeSet;
use std::time::Duration;

use kitos_standin::{Departure, Effect, Fault, Standin, World};
use kitos_sync::config::{self};
use kitos_sync::kitos::{Error, Known, Tokens};
use kitos_sync::model::{Few, LifeCycle, MainContract, Missing, RiskAssessment};
use uuid::Uuid;

use super::expected::{expected, standin};
use crate::support::{client, known, pull, settings};

const USAGES: &str = "/api/v2/it-system-usages";

#[tokio::test]
async fn a_pull_is_the_municipality_as_it_is() {
    for size in [0, 1, 99, 100, 101, 250, 600] {
        let standin = standin(size).await;
        let pull = pull(&standin, &Known::default()).await.unwrap();
        assert_eq!(pull.snapshot, expected(&standin.world()), "{size} usages");
        assert_eq!(pull.unconfirmed, 0);
        assert_eq!(pull.traffic.clock_skew, None);
        assert_eq!(pull.traffic.requests, standin.requests().len() as u64);
    }
}

#[tokio::test]
async fn the_first_day_of_the_year_1_is_a_date_that_was_never_set() {
    let standin = standin(10).await;
    let unset = Effect::rewrite(|rows| {
        for row in rows.as_array_mut().into_iter().flatten() {
            let never = "0001-01-01T00:00:00Z";
            row["lastModified"] = never.into();
            row["general"]["validity"]["validTo"] = never.into();
            row["gdpr"]["nextDataRetentionEvaluationDate"] = never.into();
        }
    });
    standin.fault(Fault::new(USAGES, unset).always());
    let pull = pull(&standin, &Known::default()).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 10);
    for usage in pull.snapshot.usages.values() {
        let dates = (usage.last_modified, usage.valid_to, usage.gdpr.retention_review);
        assert_eq!(dates, (None, None, None));
    }
}

#[tokio::test]
async fn a_second_pull_of_the_same_is_the_same() {
    let standin = standin(130).await;
    let client = client(&settings(&standin));
    let first = client.pull(&Known::default(), &|_| {}).await.unwrap();
    let second = client.pull(&known(&first.snapshot), &|_| {}).await.unwrap();
    assert_eq!(first.snapshot, second.snapshot);
    assert_eq!(standin.logins(), 1, "the token is kept");
}

#[tokio::test]
async fn an_eventful_week_is_pulled_as_it_is() {
    let standin = standin(60).await;
    let before = pull(&standin, &Known::default()).await.unwrap().snapshot;
    standin.edit(|world| {
        let usages: Vec<Uuid> = world.our_usages().map(|row| row.uuid).collect();
        let users: Vec<Uuid> = world.our_users().map(|row| row.uuid).collect();
        let units: Vec<Uuid> = world.our_units().map(|row| row.uuid).collect();
        let superuser = world.role("Superbruger").unwrap();
        let local = world.role("Lokal tovholder").unwrap();
        let system = world.systems[0].uuid;
        world.acquire("Nyt system", Some(users[0]));
        world.acquire("Nyt uden ejer", None);
        world.remove_owners(usages[1]);
        world.assign_owner(usages[1], users[2]);
        world.assign(usages[1], superuser, users[3]);
        // In a role that is no longer offered.
        world.assign(usages[2], local, users[3]);
        world.leave(users[4], Departure::LosesRoles);
        world.assign_owner(usages[3], users[5]);
        world.leave(users[5], Departure::LeavesRoles);
        world.leave(users[6], Departure::Successor(users[7]));
        world.anonymise(users[8]);
        world.join("Nynne", "Ny", "nynne.ny@kommune.example");
        world.rename_person(users[9], "Anne", "Gift-Navn", "anne@kommune.example");
        world.set_life_cycle(usages[4], Some("NotInUse"));
        world.set_life_cycle(usages[5], None);
        world.set_valid_to(usages[6], Some("2026-12-31".parse().unwrap()));
        world.remove_usage(usages[7]);
        world.re_register(usages[8]).unwrap();
        world.migrate(usages[9], system);
        world.rename_system(system, "Et andet navn");
        world.rename_role_type(superuser, "Superuser");
        world.rename_unit(units[3], "Et nyt navn");
        world.move_unit(units[9], units[2]);
        world.remove_unit(units[10]);
        world.deactivate_system(world.usage(usages[10]).unwrap().system);
    });
    let after = pull(&standin, &known(&before)).await.unwrap();
    assert_ne!(after.snapshot, before);
    assert_eq!(after.snapshot, expected(&standin.world()));
    assert_eq!(after.unconfirmed, 0);
}

#[tokio::test]
async fn a_token_is_kept_from_one_client_to_the_next_of_the_same_user() {
    let standin = standin(10).await;
    let (settings, tokens) = (settings(&standin), Tokens::default());
    for _ in 0..3 {
        let client = client(&settings).keeping(&tokens);
        client.pull(&Known::default(), &|_| {}).await.unwrap();
    }
    assert_eq!(standin.logins(), 1);
    // KITOS was restarted in between.
    standin.revoke_tokens();
    client(&settings).keeping(&tokens).pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(standin.logins(), 2);
    // Another user's token is not ours to use.
    let other = config::Kitos { email: "other@kommune.example".to_owned(), ..settings };
    let error = client(&other).keeping(&tokens).pull(&Known::default(), &|_| {}).await;
    assert!(matches!(error.unwrap_err(), Error::LoginRefused { .. }));
    assert_eq!(standin.logins(), 3);
}

#[tokio::test]
async fn unknown_values_and_nulls_survive() {
    let standin = standin(3).await;
    let usages: Vec<Uuid> = standin.world().our_usages().map(|row| row.uuid).collect();
    standin.edit(|world| {
        world.set_life_cycle(usages[0], Some("Hibernating"));
        world.change(usages[1], |row| row.local_name = Some("  ".to_owned()));
        let ours = world.organization;
        let user = world.users.iter_mut().find(|row| row.organization == ours).unwrap();
        (user.last_name, user.email) = (None, None);
    });
    standin.fault(
        Fault::new(
            USAGES,
            Effect::rewrite(|rows| {
                let row = &mut rows[2];
                for field in ["general", "roles", "organizationUsage", "gdpr"] {
                    row[field] = serde_json::Value::Null;
                }
                row["somethingNew"] = serde_json::json!({ "$type": "Novelty", "deep": [1, 2] });
                rows[0]["roles"] = serde_json::json!([null, { "user": null, "role": null }]);
            }),
        )
        .when("page=0&"),
    );
    let pull = pull(&standin, &Known::default()).await.unwrap();
    let rows: Vec<_> = usages.iter().map(|uuid| &pull.snapshot.usages[uuid]).collect();
    assert_eq!(rows[0].life_cycle, Some(LifeCycle::Other("Hibernating".to_owned())));
    assert_eq!(rows[0].roles, Few::default());
    assert_eq!(rows[1].local_name, None);
    assert_eq!((&rows[2].life_cycle, rows[2].responsible_unit), (&None, None));
    let person = standin.world().our_users().next().unwrap().uuid;
    assert_eq!(pull.snapshot.people[&person].email, None);
}

#[tokio::test]
async fn a_role_type_that_is_withdrawn_is_still_told_and_a_deleted_one_is_not() {
    let standin = standin(10).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    let (withdrawn, deleted) = standin.edit(|world| {
        let (withdrawn, deleted) =
            (world.role("Systemejer").unwrap(), world.role("Superbruger").unwrap());
        world.withdraw_role_type(withdrawn);
        world.delete_role_type(deleted);
        (withdrawn, deleted)
    });
    let after = pull(&standin, &known).await.unwrap().snapshot;
    assert!(!after.role_types[&withdrawn].available);
    assert!(!after.role_types.contains_key(&deleted));
}

#[tokio::test]
async fn never_more_requests_at_once_than_configured() {
    for concurrency in [1, 3, 4] {
        let standin = standin(300).await;
        standin.set_latency(Duration::from_millis(3));
        let mut settings = settings(&standin);
        (settings.concurrency, settings.page_size) = (concurrency, 25);
        let first = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap();
        client(&settings).pull(&known(&first.snapshot), &|_| {}).await.unwrap();
        assert_eq!(standin.most_under_way(), concurrency);
    }
}

#[tokio::test]
async fn a_known_municipality_costs_its_pages_and_two_requests_more() {
    let standin = standin(600).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    standin.forget_requests();
    pull(&standin, &known).await.unwrap();
    let count = |part: &str| standin.requests().iter().filter(|r| r.path.contains(part)).count();
    // 600 usages end with an empty page; 803 people are 4 pages of 250.
    let pages = (count("usages?"), count("/users?"), count("/organization-units?"));
    assert_eq!(pages, (7, 4, 1));
    assert_eq!(count("role-types"), 1);
    assert_eq!(count("/api/v2/organizations?"), 1);
    let pages_of = |rows: usize, size: usize| rows / size + 1;
    let systems = pages_of(known.systems.len(), 250);
    let contracts = pages_of(known.contracts.len(), 100);
    let processing = pages_of(known.data_processing.len(), 100);
    assert_eq!(count("/it-systems?"), systems);
    assert_eq!(count("/it-contracts?"), contracts);
    assert_eq!(count("/data-processing-registrations?"), processing);
    let lists = 7 + 4 + 1 + 1 + systems + contracts + processing;
    assert_eq!(standin.requests().len(), lists + 2, "and the organisation and the login");
}

#[tokio::test]
async fn the_program_names_itself_and_only_reads() {
    let standin = standin(5).await;
    pull(&standin, &Known::default()).await.unwrap();
    for request in standin.requests() {
        let agent =
            concat!("kitos-sync/", env!("CARGO_PKG_VERSION"), " (kitos-api@kommune.example)");
        assert_eq!(request.user_agent, agent);
        let is_login = request.path == "/api/authorize/GetToken";
        assert_eq!(request.method, if is_login { "POST" } else { "GET" });
        assert_eq!(request.had_token, !is_login);
    }
}

/// Takes `path` out of each row, as in a KITOS that does not have the field.
fn without(rows: &mut serde_json::Value, path: &[&str]) {
    let (last, parents) = path.split_last().unwrap();
    for row in rows.as_array_mut().into_iter().flatten() {
        let parent = parents.iter().fold(row, |row, key| &mut row[*key]);
        parent.as_object_mut().unwrap().remove(*last);
    }
}

#[tokio::test]
async fn an_older_kitos_is_read_by_its_own_fields() {
    let standin = standin(60).await;
    let usages = standin.world().our_usages().map(|row| row.uuid).collect::<Vec<_>>();
    standin.edit(|world| {
        world.change(usages[0], |usage| usage.purpose = Some("Løn".to_owned()));
        world.change(usages[1], |usage| usage.purpose = None);
        world.add_registration("Nej", &[usages[0]]);
    });
    let now = pull(&standin, &Known::default()).await.unwrap().snapshot;
    assert_eq!(now.unknown, BTreeSet::new());

    // May 2026: the purpose stood under GDPR, the agreement's validity beside it.
    let older = Effect::rewrite(|rows| {
        for row in rows.as_array_mut().into_iter().flatten() {
            row["gdpr"]["purpose"] = row["general"]["purpose"].clone();
        }
        without(rows, &["general", "purpose"]);
        without(rows, &["general", "validity", "mainContractState"]);
        without(rows, &["gdpr", "isDataProcessingAgreementRequired"]);
    });
    standin.fault(Fault::new(USAGES, older).always());
    let flat = Effect::rewrite(|rows| {
        for row in rows.as_array_mut().into_iter().flatten() {
            row["general"]["valid"] = row["general"]["validity"]["valid"].clone();
        }
        without(rows, &["general", "validity"]);
    });
    standin.fault(Fault::new("/api/v2/data-processing-registrations", flat).always());
    let then = pull(&standin, &Known::default()).await.unwrap().snapshot;
    assert_eq!(then.unknown, BTreeSet::new());
    assert_eq!(then.data_processing, now.data_processing);
    for (uuid, usage) in &then.usages {
        assert_eq!(usage.has_purpose, now.usages[uuid].has_purpose);
        assert_eq!(usage.main_contract, MainContract::Unknown);
        assert!(!usage.gdpr.agreement_required);
    }
}

#[tokio::test]
async fn a_field_that_no_row_has_is_unknown() {
    let standin = standin(60).await;
    let bare = Effect::rewrite(|rows| {
        without(rows, &["general", "validity", "lifeCycleStatus"]);
        without(rows, &["general", "purpose"]);
        without(rows, &["gdpr"]);
        without(rows, &["roles"]);
        // One row that has it is enough.
        for row in rows.as_array_mut().into_iter().flatten().skip(1) {
            row["organizationUsage"].as_object_mut().unwrap().clear();
        }
    });
    standin.fault(Fault::new(USAGES, bare).always());
    let bare = Effect::rewrite(|rows| without(rows, &["general"]));
    standin.fault(Fault::new("/api/v2/data-processing-registrations", bare).always());
    let snapshot = pull(&standin, &Known::default()).await.unwrap().snapshot;
    let expected = [Missing::Owner, Missing::LifeCycle, Missing::DataSensitivity, Missing::Purpose];
    assert_eq!(snapshot.unknown, expected.into());
    assert!(snapshot.usages.values().all(|u| u.gdpr.risk_assessment == RiskAssessment::Unknown));
    assert!(snapshot.data_processing.values().all(|registration| registration.in_force));

    // Of no systems nothing is unknown.
    let nothing = Standin::start(World::generate(7, 0)).await.unwrap();
    let snapshot = pull(&nothing, &Known::default()).await.unwrap().snapshot;
    assert_eq!(snapshot.unknown, BTreeSet::new());
}

#[tokio::test]
async fn an_agreement_that_is_not_concluded_or_not_valid_is_not_in_force() {
    let standin = standin(60).await;
    let usage = standin.world().our_usages().next().unwrap().uuid;
    for (concluded, valid, in_force) in [
        (Some("Yes"), true, true),
        (Some("Yes"), false, false),
        (Some("No"), true, false),
        (Some("Irrelevant"), true, false),
        (None, true, false),
    ] {
        let registration = standin.edit(|world| {
            let uuid = world.add_registration("Aftale", &[usage]);
            world.change_registration(uuid, |row| {
                row.concluded = concluded.map(str::to_owned);
                row.valid = valid;
            });
            uuid
        });
        let snapshot = pull(&standin, &Known::default()).await.unwrap().snapshot;
        assert_eq!(snapshot.data_processing[&registration].in_force, in_force);
    }
}
