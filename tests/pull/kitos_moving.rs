//! What is missing from KITOS's lists is gone, or was lost while they were read: a pull
//! tells these apart.

use kitos_standin::{Departure, Effect, Fault};
use kitos_sync::kitos::{Error, Known};
use serde_json::json;
use uuid::Uuid;

use super::expected::{expected, standin};
use crate::support::{client, known, pull, settings};

const USAGES: &str = "/api/v2/it-system-usages";

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
async fn a_row_of_any_list_that_lost_what_hung_on_it_is_asked_for_alone() {
    let standin = standin(120).await;
    let before = pull(&standin, &Known::default()).await.unwrap().snapshot;
    let usages = before.usages.values();
    let without_roles = usages.filter(|it| it.roles.is_empty() && !it.using_units.is_empty());
    let phantom = without_roles.map(|usage| usage.uuid).next().expect("one that only units use");
    let contract = before.contracts.values().find(|it| !it.usages.is_empty());
    let registration = before.data_processing.values().find(|it| !it.usages.is_empty());
    let (contract, registration) = (contract.expect("one").uuid, registration.expect("one").uuid);
    standin.fault(phantoms(vec![phantom]));
    for (list, uuid) in
        [("it-contracts", contract), ("data-processing-registrations", registration)]
    {
        let empty = Effect::rewrite(move |rows| {
            for row in rows.as_array_mut().into_iter().flatten() {
                if row["uuid"] == uuid.to_string() {
                    row["systemUsages"] = json!([]);
                }
            }
        });
        standin.fault(Fault::new(&format!("/api/v2/{list}"), empty).when("pageSize=").always());
    }
    standin.forget_requests();
    let after = pull(&standin, &known(&before)).await.unwrap();
    assert_eq!(after.snapshot, before);
    for path in [
        format!("{USAGES}/{phantom}"),
        format!("/api/v2/it-contracts/{contract}"),
        format!("/api/v2/data-processing-registrations/{registration}"),
    ] {
        assert_eq!(standin.requests_to(&path).len(), 1, "{path}");
    }

    // Emptied in truth, and gone by the time that it is asked for.
    standin.edit(|world| {
        let emptied = world.registrations.iter_mut().find(|it| it.uuid == registration);
        emptied.expect("it").usages.clear();
        world.contracts.retain(|it| it.uuid != contract);
    });
    let after = pull(&standin, &known(&before)).await.unwrap();
    assert_eq!(after.snapshot, expected(&standin.world()));
    assert!(after.snapshot.data_processing[&registration].usages.is_empty());
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
