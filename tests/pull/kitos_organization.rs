//! Whose register a pull is: the organisation is found, the user belongs to it, and nothing
//! of another one comes along.

use kitos_standin::{CVR, Effect, Fault, Membership, Standin};
use kitos_sync::config::OrganizationId;
use kitos_sync::kitos::{Error, Known};
use uuid::Uuid;

use super::expected::{expected, standin};
use crate::support::{self, client, known, pull, settings};

const USAGES: &str = "/api/v2/it-system-usages";

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
async fn the_organisation_can_be_given_by_uuid() {
    let standin = standin(5).await;
    let mut settings = settings(&standin);
    settings.organization = OrganizationId::Uuid(standin.world().organization);
    let pull = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(pull.snapshot, expected(&standin.world()));
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
