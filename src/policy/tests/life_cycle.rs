use super::*;
use crate::model::{Contract, DataProcessing};
use crate::testing::at;
use crate::time::civil::local_date;

/// "løn", decommissioned and cleaned up.
fn shut_down() -> Snapshot {
    løn().edit("løn", |usage| {
        usage.life_cycle = Some(LifeCycle::NotInUse);
        usage.valid_to = Some(day("2026-11-01"));
    })
}

fn contract(mut snapshot: Snapshot, active: bool, usages: &[&str]) -> Snapshot {
    let usages = usages.iter().map(|usage| id(usage)).collect();
    let (uuid, name) = (id("aftale"), "Aftale 7".to_owned());
    snapshot.contracts.insert(uuid, Contract { uuid, name, active, supplier: None, usages });
    snapshot
}

fn registration(mut snapshot: Snapshot, usages: &[&str]) -> Snapshot {
    let usages = usages.iter().map(|usage| id(usage)).collect();
    let (uuid, name) = (id("behandling"), "Lønkørsel".to_owned());
    snapshot.data_processing.insert(uuid, DataProcessing { uuid, name, in_force: true, usages });
    snapshot
}

fn related(snapshot: Snapshot, from: &str, to: &str) -> Snapshot {
    let to = id(to);
    snapshot.edit(from, |usage| {
        usage.relations.insert(to);
    })
}

#[test]
fn what_is_left_of_a_system_that_is_shut_down() {
    let active = Fault::ActiveContract { contract: id("aftale"), name: "Aftale 7".to_owned() };
    let processing = Fault::DataProcessingLeft {
        registration: id("behandling"),
        name: "Lønkørsel".to_owned(),
    };
    let relation = Fault::RelationLeft { other: id("post") };
    let post = || shut_down().usage("post");
    let post_shut = || post().edit("post", |u| u.life_cycle = Some(LifeCycle::NotInUse));
    let using = |units: &[&str]| {
        let units = units.iter().map(|unit| id(unit)).collect();
        shut_down().edit("løn", |u| u.using_units = units)
    };
    for (why, snapshot, expected) in [
        ("nothing", shut_down(), vec![]),
        ("an active contract", contract(shut_down(), true, &["løn"]), vec![active]),
        ("a contract that has ended", contract(shut_down(), false, &["løn"]), vec![]),
        ("a contract on another system", contract(post(), true, &["post"]), vec![]),
        ("a contract on nothing", contract(shut_down(), true, &[]), vec![]),
        ("data processing", registration(shut_down(), &["løn"]), vec![processing]),
        ("data processing of another", registration(post(), &["post"]), vec![]),
        ("a relation to a system in use", related(post(), "løn", "post"), vec![relation.clone()]),
        ("a relation from one", related(post(), "post", "løn"), vec![relation.clone()]),
        ("both", related(related(post(), "post", "løn"), "løn", "post"), vec![relation]),
        ("a relation with one that is shut down", related(post_shut(), "post", "løn"), vec![]),
        ("a relation with itself", related(shut_down(), "løn", "løn"), vec![]),
        ("a relation to another organisation's", related(shut_down(), "løn", "fremmed"), vec![]),
        ("units", using(&["it", "randers"]), vec![Fault::UnitsLeft { units: 2 }]),
        ("a unit that no longer exists", using(&["nedlagt"]), vec![]),
        ("no end date", shut_down().edit("løn", |u| u.valid_to = None), {
            vec![Fault::Missing { field: Missing::EndDate }]
        }),
        ("an end to come", shut_down().edit("løn", |u| u.valid_to = Some(day("2027-01-01"))), {
            vec![]
        }),
        ("in use, with all of it", contract(registration(løn(), &["løn"]), true, &["løn"]), vec![]),
    ] {
        assert_eq!(said(Rule::DecommissionIncomplete, &snapshot), expected, "{why}");
    }
}

#[test]
fn phasing_out_that_does_not_end() {
    let ending = |end: Option<&str>| {
        let end = end.map(day);
        løn().edit("løn", |usage| {
            usage.life_cycle = Some(LifeCycle::PhasingOut);
            usage.valid_to = end;
        })
    };
    let passed = Fault::PlannedEndPassed { end: day("2026-11-09") };
    // 90 days, as the tests set it.
    let since = |text| Fault::PhasingOutSince { since: day(text) };
    for (why, snapshot, began, expected) in [
        ("ends yesterday", ending(Some("2026-11-09")), TODAY, Some(passed)),
        ("ends today", ending(Some("2026-11-10")), TODAY, None),
        ("ends tomorrow", ending(Some("2026-11-11")), TODAY, None),
        ("no end, 90 days ago", ending(None), "2026-08-12", None),
        ("no end, 91 days ago", ending(None), "2026-08-11", Some(since("2026-08-11"))),
        ("an end to come, 91 days ago", ending(Some("2027-01-01")), "2026-08-11", {
            Some(since("2026-08-11"))
        }),
        ("in use", løn(), "2026-08-11", None),
    ] {
        let history =
            History { phasing_out_since: [(id("løn"), day(began))].into(), ..History::default() };
        let seen = said_by(&with(Rule::PhasingOutStalled), &history, &snapshot);
        assert_eq!(seen, expected.into_iter().collect::<Vec<_>>(), "{why}");
    }
}

#[test]
fn today_is_the_day_of_the_zone_and_not_of_utc() {
    let copenhagen = chrono_tz::Europe::Copenhagen;
    for (instant, end, decommissioned) in [
        // Half past midnight on the 10th in Denmark, the 9th in UTC.
        ("2026-11-09T23:30:00Z", "2026-11-08", true),
        ("2026-11-09T23:30:00Z", "2026-11-09", true),
        ("2026-11-09T23:30:00Z", "2026-11-10", false),
        // Half past eleven in the evening on the 9th in both.
        ("2026-11-09T22:30:00Z", "2026-11-09", false),
        // Summer time: two hours.
        ("2026-07-09T21:59:59Z", "2026-07-09", false),
        ("2026-07-09T22:00:00Z", "2026-07-09", true),
    ] {
        let today = local_date(at(instant), copenhagen);
        let snapshot = løn().edit("løn", |u| u.valid_to = Some(day(end)));
        let state = snapshot.usages[&id("løn")].state(today);
        assert_eq!(state == StateOfUse::Decommissioned, decommissioned, "{end} at {instant}");
    }
}
