//! Rows 30–33: KITOS answers well, and what it answers cannot be true. The pull
//! is kept and commits nothing until a person decides or KITOS recovers.

use kitos_standin::{Departure, Membership, OWNER_ROLE, World};
use kitos_sync::jobs::SyncOutcome;
use kitos_sync::model::{HoldReason, IncidentKind, MailKind};
use kitos_sync::store;

use crate::faults::house::House;

/// Held while the edit lasts: nothing is committed, operators hear once, and the
/// next sane pull clears it. Why it was held.
async fn held(edit: impl FnOnce(&mut World)) -> Vec<HoldReason> {
    let mut house = House::new(60).await;
    house.sync().await.expect("the first pull");
    let (world, before) = (house.standin.world(), house.register());
    house.standin.edit(edit);
    let report = house.sync().await.expect("a pull");
    assert_eq!(report.outcome, SyncOutcome::Quarantined);
    assert_eq!(house.register(), before);
    let again = house.sync().await.expect("another");
    assert_eq!(again.outcome, SyncOutcome::Quarantined);
    assert_eq!(house.register(), before);
    let mails = house.mails();
    assert_eq!(mails.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [MailKind::Alert]);
    let open = house.store(store::incidents);
    assert_eq!(open.iter().map(|i| i.kind).collect::<Vec<_>>(), [IncidentKind::Quarantine]);

    house.standin.edit(|there| *there = world);
    house.recovers_unchanged().await;
    report.held
}

impl House {
    /// KITOS is as it was: the pull passes, and the incident is over.
    async fn recovers_unchanged(&mut self) {
        let report = self.sync().await.expect("a pull");
        assert_eq!(report.outcome, SyncOutcome::Unchanged);
        assert_eq!(self.store(store::incidents), []);
        assert!(self.store(store::quarantined_pull).is_none());
    }
}

#[tokio::test]
async fn fault_30_all_usages_gone() {
    let reasons = held(|world| world.set_membership(Membership::LostUnnoticed)).await;
    assert!(!reasons.is_empty());
}

#[tokio::test]
async fn fault_30_membership_lost() {
    let mut house = House::new(60).await;
    house.sync().await.expect("the first pull");
    house.standin.edit(|world| world.set_membership(Membership::Lost));
    let message = house.fails().await;
    assert!(message.contains("is not a member"), "{message}");
    house.standin.edit(|world| world.set_membership(Membership::Member));
    house.recovers().await;
}

#[tokio::test]
async fn fault_31_all_users_gone() {
    let reasons = held(|world| {
        let users: Vec<_> = world.our_users().map(|user| user.uuid).collect();
        for user in users {
            world.leave(user, Departure::LeavesRoles);
        }
    })
    .await;
    assert!(!reasons.is_empty());
}

#[tokio::test]
async fn fault_32_all_owners_gone() {
    let reasons = held(|world| {
        let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).collect();
        for usage in usages {
            world.remove_owners(usage);
        }
    })
    .await;
    assert!(!reasons.is_empty());
}

#[tokio::test]
async fn fault_33_owner_role_renamed() {
    let house = House::new(60).await;
    let first = house.sync().await.expect("the first pull");
    assert!(first.findings_opened > 0);
    house.standin.edit(|world| {
        let role = world.role(OWNER_ROLE).expect("the owner role");
        world.rename_role_type(role, "Systemansvarlig chef");
    });
    let report = house.sync().await.expect("a pull");
    assert_eq!(report.outcome, SyncOutcome::Committed);
    assert_eq!((report.findings_opened, report.findings_resolved), (0, 0));
    assert_eq!(report.mails_queued, 0);
    assert_eq!(house.store(store::incidents), []);
}

#[tokio::test]
async fn fault_33_owner_role_deleted() {
    let reasons = held(|world| {
        let role = world.role(OWNER_ROLE).expect("the owner role");
        world.delete_role_type(role);
    })
    .await;
    assert!(!reasons.is_empty());
}

/// A new version of KITOS that calls a field something else, or no longer shows it
/// to us: every registration would be incomplete, and every owner told so.
#[tokio::test]
async fn a_field_that_kitos_no_longer_shows_is_held() {
    let reasons = held(|world| {
        let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).collect();
        usages.into_iter().for_each(|usage| world.set_life_cycle(usage, None));
    });
    let reasons = reasons.await;
    let [HoldReason::Blanked { field, blanked, before, .. }] = &reasons[..] else {
        panic!("{reasons:?}")
    };
    assert_eq!((field.as_str(), blanked), ("life-cycle", before));
}
