//! Row 75: a year of nights on which anything can go wrong. Every snapshot that
//! was committed is KITOS as it was then, and every mail goes out once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use kitos_standin::{Departure, Effect, Fault, World};
use kitos_sync::jobs::{self, Deliver};
use kitos_sync::kitos::Known;
use kitos_sync::model::{MailState, Snapshot};
use kitos_sync::register::diff::diff;
use kitos_sync::register::lineage::settle;
use kitos_sync::store;
use uuid::Uuid;

use crate::faults::house::House;
use crate::support::{self, explore, smtp};

/// Of a hundred requests and of a hundred mails, two go wrong.
const PERCENT: u32 = 2;
const NIGHTS: usize = 366;

fn pick(rng: &mut Rng, from: &[Uuid]) -> Option<Uuid> {
    (!from.is_empty()).then(|| from[rng.usize(0..from.len())])
}

/// Something that happens in a municipality of an ordinary day.
fn a_day_passes(world: &mut World, rng: &mut Rng, day: usize) {
    let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).collect();
    let users: Vec<_> = world.our_users().map(|user| user.uuid).collect();
    let (Some(usage), Some(user)) = (pick(rng, &usages), pick(rng, &users)) else { return };
    match rng.usize(0..12) {
        0 => drop(world.acquire(&format!("System {day}"), Some(user))),
        1 if usages.len() > 15 => world.remove_usage(usage),
        2 => world.remove_owners(usage),
        3 => world.assign_owner(usage, user),
        4 if users.len() > 20 => world.leave(user, Departure::LosesRoles),
        5 => drop(world.join("Ny", &format!("Nr. {day}"), &format!("ny{day}@kommune.example"))),
        6 => world.set_life_cycle(usage, Some("NotInUse")),
        7 => world.set_life_cycle(usage, Some("Operational")),
        8 => world.change(usage, |usage| usage.local_name = Some(format!("Lokalt {day}"))),
        9 => drop(world.re_register(usage)),
        10 => world.rename_person(user, "Anne", &format!("Nr. {day}"), "anne@kommune.example"),
        _ => {}
    }
}

/// What can happen to a request.
fn trouble(rng: &mut Rng) -> Effect {
    match rng.usize(0..12) {
        0 => Effect::status(500),
        1 => Effect::status(503),
        2 => Effect::retry_after(429, "1"),
        3 => Effect::status(403),
        4 => Effect::status(401),
        5 => Effect::Html,
        6 => Effect::Cut,
        7 => Effect::Drop,
        8 => Effect::Body("[]".to_owned()),
        9 => Effect::Body("null".to_owned()),
        10 => Effect::TokensRevoked,
        _ => Effect::PageIgnored,
    }
}

/// A row is missing from a list, as when somebody deletes another one while it
/// is read. One that is known: a new one that is lost so is there the next time.
fn shift(rng: &mut Rng) -> Fault {
    let paths = [
        "/api/v2/it-system-usages",
        "/api/v2/organizations/",
        "/api/v2/it-systems",
        "/api/v2/it-contracts",
        "/api/v2/data-processing-registrations",
    ];
    let path = paths[rng.usize(0..paths.len())];
    let effect = Effect::rewrite(|answer| {
        if let Some(rows) = answer.as_array_mut().filter(|rows| rows.len() > 1) {
            rows.remove(0);
        }
    });
    Fault::new(path, effect).when("page=")
}

fn mail_trouble(rng: &mut Rng) -> smtp::Fault {
    match rng.usize(0..6) {
        0 => smtp::Fault::Greeting("421 busy"),
        1 => smtp::Fault::Mail("451 later"),
        2 => smtp::Fault::Rcpt(None, "451 later"),
        3 => smtp::Fault::Message("451 later"),
        4 => smtp::Fault::DropBeforeReply,
        _ => smtp::Fault::DropAfterReply,
    }
}

/// Who belongs to it: what stays of a snapshot when the past is left out.
fn present(mut snapshot: Snapshot) -> Snapshot {
    snapshot.people.retain(|_, person| person.member);
    snapshot
}

#[tokio::test]
async fn fault_75_a_year_of_nights_with_random_faults() {
    let mut rng = explore::rng(75);
    let mut house = House::new(20).await;
    house.set(|config| config.kitos.request_timeout = Duration::from_secs(5));
    let (mut good, mut failed, mut held) = (0, 0, 0);
    for day in 0..NIGHTS {
        house.standin.edit(|world| a_day_passes(world, &mut rng, day));
        // More is planned than a night meets.
        house.standin.forget_faults();
        // About as many requests as a pull makes, some of them twice.
        for request in 0..40 {
            if rng.u32(0..100) < PERCENT {
                house.standin.fault(Fault::new("/api", trouble(&mut rng)).after(request));
            }
        }
        if rng.u32(0..100) < PERCENT * 4 {
            house.standin.fault(shift(&mut rng));
        }
        match house.sync().await {
            Err(_) => failed += 1,
            Ok(report) if report.held.is_empty() => {
                good += 1;
                house.standin.forget_faults();
                let stored = house.store(store::current_snapshot).expect("a snapshot");
                let of_versions = house.store(|c| store::snapshot_at(c, DateTime::<Utc>::MAX_UTC));
                assert!(of_versions.as_ref() == Some(&stored), "day {day}: what is kept is not so");
                let settings = &house.context.config.kitos;
                let kitos = support::client(settings).pull(&Known::of(&stored), &|_| {}).await;
                let kitos = kitos.expect("KITOS").snapshot;
                let lineage = house.store(store::lineage);
                let (kitos, _) = settle(&lineage, Some(&stored), &kitos);
                let wrong = diff(&present(stored.clone()), &present(kitos.into_owned()));
                assert!(wrong.is_empty(), "day {day}: {wrong:?}");
            }
            // An empty list: nothing of it is committed.
            Ok(report) => {
                held += 1;
                assert!(report.snapshot_id.is_none());
            }
        }
        for _ in 0..2 {
            if rng.u32(0..100) < PERCENT * 4 {
                house.server.fault(mail_trouble(&mut rng), 1);
            }
            house.wait(TimeDelta::hours(12));
            jobs::run(&house.context, Deliver::default()).await.expect("a pass");
        }
    }
    assert!(good > NIGHTS / 2 && failed > 10, "{good} good, {failed} failed, {held} held");

    house.standin.forget_faults();

    // All that still waits goes out, in days without faults.
    house.server.heal();
    for _ in 0..8 {
        house.wait(TimeDelta::hours(12));
        jobs::run(&house.context, Deliver::default()).await.expect("a pass");
    }
    let mails = house.mails();
    let sent: BTreeSet<_> =
        mails.iter().filter(|m| m.state == MailState::Sent).map(|m| &m.message_id).collect();
    assert!(mails.iter().all(|m| matches!(m.state, MailState::Sent | MailState::Cancelled)));
    let mut taken = BTreeMap::<String, usize>::new();
    for id in house.server.ids() {
        *taken.entry(id).or_default() += 1;
    }
    assert!(taken.values().all(|times| *times == 1), "{taken:?}");
    assert_eq!(
        taken.keys().collect::<BTreeSet<_>>(),
        sent,
        "what was taken is noted, and else nothing"
    );
    assert!(sent.len() > 30, "{}", sent.len());
    println!("{good} good pulls, {failed} failed, {held} held, {} mails", sent.len());
}
