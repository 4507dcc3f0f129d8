//! Rows 73 and 74: who cannot be written to, and who must not be written to all
//! at once. (68–72, hostile names, are `tests/program/hostile.rs`.)

use kitos_standin::{Departure, World};
use kitos_sync::jobs::{self, Deliver};
use kitos_sync::model::{MailKind, MailState};
use kitos_sync::policy::rules::owner_unreachable;
use kitos_sync::store;

use crate::faults::house::House;

/// A house whose usage 0 is owned by someone with this address, and nothing else
/// has happened; then that system is taken out of use, which is a notice to its
/// owner. What `owner-unreachable` says of it, and whom the mail server saw.
async fn owner_at(email: &str) -> (usize, Vec<String>, Vec<MailState>) {
    let mut house = House::new(10).await;
    let usage = house.standin.edit(|world| {
        let owner = world.join("Åse", "Sørensen", "aase@kommune.example");
        world.users.iter_mut().find(|row| row.uuid == owner).expect("her").email =
            (!email.is_empty()).then(|| email.to_owned());
        let usage = world.acquire("Rottebekæmpelse", Some(owner));
        world.set_life_cycle(usage, Some("Operational"));
        usage
    });
    house.run_due().await;
    let about = |house: &House| {
        let open = house.store(store::open_findings);
        open.iter().filter(|f| f.usage == usage && f.rule == owner_unreachable::RULE.id).count()
    };
    let found = about(&house);
    house.wait(chrono::TimeDelta::days(1));
    house.standin.edit(|world| world.set_life_cycle(usage, Some("NotInUse")));
    house.sync().await.expect("a pull");
    jobs::run(&house.context, Deliver::default()).await.expect("a pass");
    let to = house.server.messages().into_iter().flat_map(|message| message.to);
    let readers = to.filter(|to| to != "it@kommune.example").collect();
    let mut letters = house.letters();
    letters.retain(|mail| mail.kind == MailKind::Notice && mail.person.is_some());
    (found, readers, letters.iter().map(|mail| mail.state).collect())
}

#[tokio::test]
async fn fault_73_an_owner_who_can_be_written_to() {
    let (found, readers, states) = owner_at("aase@kommune.example").await;
    assert_eq!((found, states), (0, vec![MailState::Sent]));
    assert_eq!(readers, ["aase@kommune.example"]);
}

#[tokio::test]
async fn fault_73_an_owner_who_cannot_be_written_to() {
    for email in [
        "",
        "aase",
        "aase@elsewhere.example",
        "aase@kommune.example.evil.example",
        // An address by the letter of RFC 5321, and none that a header takes: it must
        // not keep everybody else's mail, and the pull, from being finished.
        "\"aase s\"@kommune.example",
    ] {
        let (found, readers, states) = owner_at(email).await;
        assert_eq!(found, 1, "{email}: a finding");
        assert!(readers.is_empty() && states.is_empty(), "{email}: {readers:?}");
    }
}

#[tokio::test]
async fn fault_73_an_address_with_danish_letters() {
    // Before the `@` it takes SMTPUTF8, which this server offers.
    let (found, readers, _) = owner_at("åse.sørensen@kommune.example").await;
    assert_eq!((found, readers), (0, vec!["åse.sørensen@kommune.example".to_owned()]));
    // Behind it, it is another domain than the allowed one.
    let (found, readers, _) = owner_at("aase@kommuneø.example").await;
    assert_eq!((found, readers.len()), (1, 0));
}

#[tokio::test]
async fn fault_74_600_findings_at_the_first_snapshot() {
    let mut world = World::generate(7, 600);
    let (usages, users): (Vec<_>, Vec<_>) = (
        world.our_usages().map(|usage| usage.uuid).collect(),
        world.our_users().map(|user| user.uuid).take(5).collect(),
    );
    for usage in usages {
        world.remove_owners(usage);
        world.set_life_cycle(usage, Some("Operational"));
    }
    for user in users {
        world.leave(user, Departure::LeavesRoles);
    }
    let mut house = House::of(world).await;
    house.at("2026-03-01T12:00:00Z".parse().expect("an instant"));
    let report = house.sync().await.expect("the first pull");
    assert!(report.findings_opened >= 600, "{}", report.findings_opened);
    assert_eq!(report.mails_queued, 0, "the first snapshot is a baseline");
    // Two weeks.
    let mut most = 0;
    for _ in 0..14 {
        let before = house.letters().len();
        for hour in [5, 6, 7, 9, 12] {
            let day = house.context.now().date_naive();
            house.at(day.and_hms_opt(hour, 1, 0).expect("a time").and_utc());
            house.run_due().await;
        }
        let letters = house.letters();
        let owners = letters[before..].iter().filter(|m| m.kind != MailKind::Digest).count();
        most = most.max(owners);
        house.wait(chrono::TimeDelta::days(1));
    }
    assert!(most <= 50, "{most} owners in one day");
    let digests = house.letters().iter().filter(|m| m.kind == MailKind::Digest).count();
    assert_eq!(digests, 2, "one a Monday");
}
