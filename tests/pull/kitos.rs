//! The KITOS client against the stand-in, over real sockets: what a pull reads
//! when KITOS is well, and what it makes of a municipality that changes.

use std::collections::BTreeSet;
use std::time::Duration;

use kitos_standin::{
    CVR, Departure, Effect, Fault, Membership, Presence, Standin, System, Usage, User, World,
};
use kitos_sync::config::{self, OrganizationId};
use kitos_sync::kitos::{Error, Known, Tokens};
use kitos_sync::model::{
    Contract, DataProcessing, DataSensitivity, Few, Gdpr, ItSystem, LifeCycle, MainContract,
    Missing, Organization, OrganizationUnit, Person, RiskAssessment, RoleAssignment, RoleType,
    Snapshot, SystemUsage,
};
use serde_json::json;
use uuid::Uuid;

use crate::support::{self, client, known, pull, settings};

const USAGES: &str = "/api/v2/it-system-usages";

async fn standin(size: usize) -> Standin {
    Standin::start(World::generate(7, size)).await.unwrap()
}

/// What a pull of `world` must be, worked out without the client's code.
fn expected(world: &World) -> Snapshot {
    let ours = world.our_organization().unwrap();
    let mut snapshot = Snapshot::empty(Organization {
        uuid: ours.uuid,
        name: ours.name.clone(),
        cvr: ours.cvr.clone(),
    });
    for row in world.role_types.iter().filter(|row| row.presence == Presence::Listed) {
        snapshot.role_types.insert(row.uuid, expected_role_type(world, row.uuid));
    }
    for row in world.our_units() {
        let unit = OrganizationUnit {
            uuid: row.uuid,
            name: row.name.clone(),
            parent: row.parent,
            external: row.external,
        };
        snapshot.units.insert(row.uuid, unit);
    }
    for row in world.our_users().filter(|row| row.first_name != "Slettet bruger") {
        snapshot.people.insert(row.uuid, expected_person(row, true));
    }
    for row in world.our_usages() {
        let System { uuid, name, deactivated, .. } = world.system(row.system).unwrap().clone();
        snapshot.systems.insert(uuid, ItSystem { uuid, name, deactivated });
        for held in &row.roles {
            let user = world.user(held.user).unwrap();
            snapshot.people.entry(held.user).or_insert_with(|| expected_person(user, false));
            let role = held.role;
            snapshot.role_types.entry(role).or_insert_with(|| expected_role_type(world, role));
        }
        snapshot.usages.insert(row.uuid, expected_usage(world, row));
    }
    for row in world.contracts.iter().filter(|row| row.organization == ours.uuid) {
        let contract = Contract {
            uuid: row.uuid,
            name: row.name.clone(),
            active: row.is_valid(world.today()),
            supplier: row.supplier.as_ref().map(|name| world.supplier(name)),
            usages: row.usages.iter().flatten().copied().collect(),
        };
        snapshot.contracts.insert(row.uuid, contract);
    }
    for row in world.registrations.iter().filter(|row| row.organization == ours.uuid) {
        let usages = row.usages.iter().copied().collect();
        let in_force = row.valid && row.concluded.as_deref() == Some("Yes");
        let (uuid, name) = (row.uuid, row.name.clone());
        let registration = DataProcessing { uuid, name, in_force, usages };
        snapshot.data_processing.insert(row.uuid, registration);
    }
    snapshot
}

fn expected_role_type(world: &World, uuid: Uuid) -> RoleType {
    let row = world.role_types.iter().find(|row| row.uuid == uuid).unwrap();
    RoleType { uuid, name: row.name.clone(), available: row.presence == Presence::Listed }
}

fn expected_person(row: &User, member: bool) -> Person {
    let email = row.email.clone().filter(|_| member);
    Person {
        uuid: row.uuid,
        kitos_uuid: row.uuid,
        name: row.name(),
        email,
        member,
        api_access: member && row.api_access,
    }
}

fn expected_usage(world: &World, row: &Usage) -> SystemUsage {
    let main_contract = row.main_contract.and_then(|uuid| world.contract(uuid));
    let gdpr = &row.gdpr;
    SystemUsage {
        local_name: row.local_name.clone(),
        life_cycle: row.life_cycle.as_deref().map(LifeCycle::from_kitos),
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        responsible_unit: row.responsible_unit,
        using_units: row.using_units.iter().copied().collect(),
        main_contract: match main_contract.map(|contract| contract.is_valid(world.today())) {
            None => MainContract::None,
            Some(true) => MainContract::Active,
            Some(false) => MainContract::Inactive,
        },
        has_purpose: row.purpose.is_some(),
        last_modified: Some(row.last_modified.date_naive()),
        relations: row.relations.iter().copied().collect(),
        gdpr: Gdpr {
            sensitivity: gdpr.sensitivity.iter().map(|l| DataSensitivity::from_kitos(l)).collect(),
            risk_assessment: match gdpr.risk_assessment.as_deref() {
                Some("Yes") => RiskAssessment::Done,
                Some("Irrelevant") => RiskAssessment::NotNeeded,
                _ => RiskAssessment::Missing,
            },
            risk_assessed: gdpr.risk_assessed,
            risk_assessment_planned: gdpr.risk_planned,
            agreement_required: gdpr.agreement_required.as_deref() == Some("Yes"),
            retention_review: gdpr.next_retention,
        },
        roles: row
            .roles
            .iter()
            .map(|held| RoleAssignment { role: held.role, person: held.user })
            .collect(),
        ..SystemUsage::new(row.uuid, row.system)
    }
}

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
async fn the_cvr_must_be_the_whole_number() {
    let standin = standin(5).await;
    let world = standin.world();
    let containing = world
        .organizations
        .iter()
        .filter(|row| row.cvr.as_ref().is_some_and(|cvr| cvr.contains(CVR)));
    assert_eq!(containing.count(), 2, "the trap is set");
    let pull = pull(&standin, &Known::default()).await.unwrap();
    assert_eq!(pull.snapshot.organization.uuid, world.organization);
}

#[tokio::test]
async fn other_organisations_never_leak_in() {
    let standin = standin(5).await;
    let world = standin.world();
    assert!(world.usages.len() > 5, "the trap is set");
    let pull = pull(&standin, &Known::default()).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 5);

    // A KITOS that ignores the filter is refused, whatever it lists.
    let foreign = standin.edit(|world| {
        let row = world.organizations.iter().find(|row| row.uuid != world.organization);
        row.unwrap().uuid
    });
    standin.fault(Fault::new(
        USAGES,
        Effect::rewrite(move |rows| {
            rows[0]["organizationContext"]["uuid"] = foreign.to_string().into()
        }),
    ));
    let error = support::pull(&standin, &Known::default()).await.unwrap_err().to_string();
    assert!(error.contains("belongs to another organisation"), "{error}");
}

#[tokio::test]
async fn the_organisation_can_be_given_by_uuid() {
    let standin = standin(5).await;
    let mut settings = settings(&standin);
    settings.organization = OrganizationId::Uuid(standin.world().organization);
    let pull = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(pull.snapshot, expected(&standin.world()));
}

/// The error of a pull by someone who knew the organisation, and of one who
/// meets it for the first time: they ask in a different order.
async fn both_errors(standin: &Standin, known: &Known) -> [Error; 2] {
    [pull(standin, known).await.unwrap_err(), pull(standin, &Known::default()).await.unwrap_err()]
}

#[tokio::test]
async fn who_is_no_member_is_told_so() {
    let standin = standin(5).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    standin.edit(|world| world.set_membership(Membership::Lost));
    for error in both_errors(&standin, &known).await {
        assert!(matches!(&error, Error::NotMember { name, .. } if name == "Birkelund Kommune"));
        assert!(error.to_string().contains("add the user to the organisation"), "{error}");
    }
}

#[tokio::test]
async fn lost_membership_that_kitos_does_not_admit_is_left_to_the_guard() {
    let standin = standin(60).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    standin.edit(|world| world.set_membership(Membership::LostUnnoticed));
    let pull = pull(&standin, &known).await.unwrap();
    assert!(pull.snapshot.usages.is_empty());
    assert_eq!(pull.unconfirmed, known.usages.len() + known.people.len());
}

#[tokio::test]
async fn a_disabled_or_unknown_organisation_is_told_so() {
    let standin = standin(5).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    standin.edit(|world| world.disable_organization(true));
    for error in both_errors(&standin, &known).await {
        assert!(matches!(error, Error::OrganizationDisabled { .. }), "{error}");
    }

    let mut settings = settings(&standin);
    for organization in [OrganizationId::Cvr("12345678".into()), OrganizationId::Uuid(Uuid::nil())]
    {
        settings.organization = organization;
        let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err();
        assert!(matches!(error, Error::OrganizationNotFound { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_database_of_another_organisation_is_refused() {
    let standin = standin(5).await;
    let known = Known { organization: Some(Uuid::nil()), ..Known::default() };
    let error = pull(&standin, &known).await.unwrap_err();
    assert!(matches!(error, Error::WrongOrganization { .. }), "{error}");
}

#[tokio::test]
async fn a_usage_is_gone_when_kitos_says_404_and_not_before() {
    let standin = standin(30).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    let gone = standin.edit(|world| {
        let gone = world.our_usages().nth(3).unwrap().uuid;
        world.remove_usage(gone);
        gone
    });
    standin.forget_requests();
    let after = pull(&standin, &known).await.unwrap();
    assert!(!after.snapshot.usages.contains_key(&gone));
    assert_eq!(standin.requests_to(&format!("{USAGES}/{gone}")).len(), 1);

    // Unlisted, but still there: read once more, then an error.
    let hidden = standin.world().our_usages().nth(5).unwrap().uuid;
    standin.fault(
        Fault::new(
            USAGES,
            Effect::rewrite(move |rows| {
                if let Some(rows) = rows.as_array_mut() {
                    rows.retain(|row| row["uuid"] != hidden.to_string());
                }
            }),
        )
        .when("pageSize=")
        .always(),
    );
    standin.forget_requests();
    let error = pull(&standin, &known).await.unwrap_err();
    assert!(matches!(error, Error::Changed { .. }), "{error}");
    assert!(error.to_string().contains(&hidden.to_string()), "{error}");
    assert_eq!(standin.requests_to(&format!("{USAGES}/{hidden}")).len(), 2);
}

#[tokio::test]
async fn a_person_is_gone_when_kitos_says_404_and_not_before() {
    let standin = standin(30).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    let world = standin.world();
    let (left, hidden) = (world.users.last().unwrap().uuid, world.our_users().next().unwrap().uuid);
    standin.edit(|world| world.leave(left, Departure::LosesRoles));
    let after = pull(&standin, &known).await.unwrap();
    assert!(!after.snapshot.people.contains_key(&left));

    let list = format!("/api/v2/organizations/{}/users", world.organization);
    standin.fault(
        Fault::new(
            &list,
            Effect::rewrite(move |rows| {
                if let Some(rows) = rows.as_array_mut() {
                    rows.retain(|row| row["uuid"] != hidden.to_string());
                }
            }),
        )
        .when("pageSize="),
    );
    // The second reading has the person again.
    let after = pull(&standin, &known).await.unwrap();
    assert!(after.snapshot.people.contains_key(&hidden));
}

#[tokio::test]
async fn a_usage_that_went_to_another_organisation_is_gone() {
    let standin = standin(30).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    let moved = standin.edit(|world| {
        let other = world.organizations[0].uuid;
        let ours = world.organization;
        let row = world.usages.iter_mut().find(|row| row.organization == ours).unwrap();
        row.organization = other;
        row.uuid
    });
    let after = pull(&standin, &known).await.unwrap();
    assert!(!after.snapshot.usages.contains_key(&moved));
}

#[tokio::test]
async fn more_absences_than_can_be_asked_for_are_counted_and_not_asked() {
    let standin = standin(120).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    standin.edit(|world| {
        for usage in world.our_usages().map(|row| row.uuid).take(51).collect::<Vec<_>>() {
            world.remove_usage(usage);
        }
    });
    standin.forget_requests();
    let after = pull(&standin, &known).await.unwrap();
    assert_eq!(after.unconfirmed, 51);
    assert_eq!(standin.requests_to(&format!("{USAGES}/")).len(), 0);
}

/// What KITOS's split queries make of a row while something on an earlier page is
/// deleted: everything is there but what hangs on it.
fn phantoms(uuids: Vec<Uuid>) -> Fault {
    let empty = Effect::rewrite(move |rows| {
        for row in rows.as_array_mut().into_iter().flatten() {
            if uuids.iter().any(|uuid| row["uuid"] == uuid.to_string()) {
                row["roles"] = json!([]);
                row["organizationUsage"]["usingOrganizationUnits"] = json!([]);
                row["outgoingSystemRelations"] = json!([]);
            }
        }
    });
    Fault::new(USAGES, empty).when("pageSize=").always()
}

#[tokio::test]
async fn a_usage_without_its_roles_is_asked_for_alone() {
    let standin = standin(120).await;
    let before = pull(&standin, &Known::default()).await.unwrap().snapshot;
    let known = known(&before);
    let with_roles: Vec<Uuid> =
        before.usages.values().filter(|usage| !usage.roles.is_empty()).map(|u| u.uuid).collect();
    let (phantom, bared) = (with_roles[0], with_roles[1]);
    standin.edit(|world| {
        for held in world.usage(bared).unwrap().roles.clone() {
            world.unassign(bared, held.role, held.user);
        }
    });
    standin.fault(phantoms(vec![phantom]));
    standin.forget_requests();
    let after = pull(&standin, &known).await.unwrap();
    assert_eq!(after.snapshot, expected(&standin.world()));
    assert_eq!(after.snapshot.usages[&phantom], before.usages[&phantom]);
    assert!(after.snapshot.usages[&bared].roles.is_empty());
    assert_eq!(standin.requests_to(&format!("{USAGES}/")).len(), 2);

    // What is gone by the time that it is asked for is gone.
    standin.edit(|world| world.remove_usage(bared));
    standin.fault(Fault::new(&format!("{USAGES}/{phantom}"), Effect::status(404)));
    let after = pull(&standin, &known).await.unwrap();
    assert!(!after.snapshot.usages.contains_key(&phantom));
    assert!(!after.snapshot.usages.contains_key(&bared));
}

#[tokio::test]
async fn more_usages_without_their_roles_than_can_be_asked_for_are_the_guards() {
    let standin = standin(120).await;
    let before = pull(&standin, &Known::default()).await.unwrap().snapshot;
    let with_roles: Vec<Uuid> =
        before.usages.values().filter(|usage| !usage.roles.is_empty()).map(|u| u.uuid).collect();
    assert!(with_roles.len() > 51);
    standin.fault(phantoms(with_roles[..51].to_vec()));
    standin.forget_requests();
    let after = pull(&standin, &known(&before)).await.unwrap();
    assert_eq!(after.unconfirmed, 51);
    assert_eq!(standin.requests_to(&format!("{USAGES}/")).len(), 0);
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
async fn a_cvr_number_is_known_by_its_digits() {
    for written in [format!("DK{CVR}"), "29 18 00 42".to_owned(), format!(" {CVR}\t")] {
        let standin = standin(5).await;
        standin.edit(|world| {
            let uuid = world.organization;
            let ours = world.organizations.iter_mut().find(|row| row.uuid == uuid).unwrap();
            ours.cvr = Some(written.clone());
            ours.name = " ".to_owned();
        });
        let pull = pull(&standin, &Known::default()).await.unwrap();
        assert_eq!(pull.snapshot.organization.uuid, standin.world().organization, "{written}");

        // Without a name it is called by its number.
        standin.edit(|world| world.disable_organization(true));
        let error = support::pull(&standin, &Known::default()).await.unwrap_err().to_string();
        let called = format!("the organisation with CVR {} is disabled", written.trim());
        assert!(error.contains(&called), "{error}");
    }
}

#[tokio::test]
async fn an_organisation_that_is_nearly_ours_is_named() {
    let standin = standin(5).await;
    let uuid = standin.edit(|world| {
        let uuid = world.organization;
        let ours = world.organizations.iter_mut().find(|row| row.uuid == uuid).unwrap();
        ours.cvr = Some(format!("{CVR}-1"));
        uuid
    });
    let error = pull(&standin, &Known::default()).await.unwrap_err().to_string();
    assert!(error.contains(&format!("has {CVR}-1 there and the UUID {uuid}")), "{error}");
}

#[tokio::test]
async fn a_deletion_between_two_pages_loses_nobody() {
    let standin = standin(230).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    let first = standin.world().our_usages().next().unwrap().uuid;
    let mut settings = settings(&standin);
    settings.concurrency = 1;
    standin.fault(
        Fault::new(USAGES, Effect::meanwhile(move |world| world.remove_usage(first)))
            .when("page=0&"),
    );
    let after = client(&settings).pull(&known, &|_| {}).await.unwrap();
    assert_eq!(after.snapshot, expected(&standin.world()));
    assert_eq!(after.snapshot.usages.len(), 229);
    let first_pages = standin.requests_to(&format!("{USAGES}?"));
    let first_pages = first_pages.iter().filter(|request| request.path.contains("page=0&"));
    assert_eq!(first_pages.count(), 3, "once to know it, then twice");
}

#[tokio::test]
async fn a_row_that_any_list_loses_between_two_pages_is_not_gone() {
    let lists =
        ["it-systems?", "it-contracts?", "data-processing-registrations?", "organizations/"];
    for list in lists {
        let standin = standin(30).await;
        let before = pull(&standin, &Known::default()).await.unwrap().snapshot;
        let lose = Effect::rewrite(|rows| _ = rows.as_array_mut().unwrap().pop());
        let path = format!("/api/v2/{}", list.trim_end_matches('?'));
        standin.fault(Fault::new(&path, lose).when("page=0&"));
        let after = pull(&standin, &known(&before)).await.unwrap().snapshot;
        assert_eq!(after, before, "{list}");
    }
}

#[tokio::test]
async fn an_addition_between_two_pages_is_no_error() {
    let standin = standin(230).await;
    let mut settings = settings(&standin);
    settings.concurrency = 1;
    standin.fault(
        Fault::new(USAGES, Effect::meanwhile(|world| _ = world.acquire("Nyt", None)))
            .when("page=0&"),
    );
    let pull = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(pull.snapshot, expected(&standin.world()));
    assert_eq!(pull.snapshot.usages.len(), 231);
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
