//! On a system's decommissioning the owner brings KITOS up to date. Holds when a
//! decommissioned system is still named by an active contract, a data-processing
//! registration, a relation with a system in use, or units that use it, or has no
//! end date. Each is a line.

use uuid::Uuid;

use super::case::Case;
use super::def::{Audience, Falls, RuleDef, Scope, Source};
use crate::model::FaultArg::{Count, Date, System, Text};
use crate::model::{Fault, LifeCycle, Severity, StateOfUse};

pub const RULE: RuleDef = RuleDef {
    severity: Severity::Medium,
    grace: 14,
    scope: Scope::All,
    audience: Audience::LastOwner,
    sources: &[Source::Guideline(&[7]), Source::Iso27001 { now: "7.10", before: "A.8.3.2" }],
    falls: Falls::WithRevival,
    ..RuleDef::new("decommission-incomplete", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    if !case.decommissioned() {
        return Vec::new();
    }
    let usage = case.usage;
    let mut faults = Vec::new();
    for contract in case.index.contracts.get(&usage.uuid).into_iter().flatten() {
        if contract.active {
            faults.push(Fault::new("active-contract").with("name", Text(contract.name.clone())));
        }
    }
    for registration in case.index.registrations.get(&usage.uuid).into_iter().flatten() {
        let name = Text(registration.name.clone());
        faults.push(Fault::new("data-processing-left").with("name", name));
    }
    // A usage of another organisation is none of ours.
    let in_use = |other: &&Uuid| {
        let other = case.snapshot.usages.get(*other);
        other.is_some_and(|other| other.state(case.today) != StateOfUse::Decommissioned)
    };
    let from = case.index.related_from.get(&usage.uuid).into_iter().flatten();
    let related = usage.relations.iter().chain(from).filter(in_use);
    faults.extend(related.map(|other| Fault::new("relation-left").with("system", System(*other))));
    // A unit that no longer exists uses nothing.
    let exists = |unit: &&Uuid| case.snapshot.units.contains_key(*unit);
    let units = usage.using_units.iter().filter(exists).count();
    if units > 0 {
        faults.push(Fault::new("units-left").with("units", Count(units)));
    }
    if usage.valid_to.is_none() && !case.is_unknown("end-date") {
        faults.push(Fault::new("no-end-date"));
    }
    // What its life cycle does not say is not said of it: another rule asks which is right.
    let by_date = usage.life_cycle != Some(LifeCycle::NotInUse);
    let ended = usage.valid_to.filter(|_| by_date).map(Date);
    faults.into_iter().map(|fault| fault.with("ended", ended.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contract, DataProcessing, Snapshot};
    use crate::testing::{day, id, løn, said};

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
        snapshot
            .data_processing
            .insert(uuid, DataProcessing { uuid, name, in_force: true, usages });
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
        let active = Fault::new("active-contract").with("name", Text("Aftale 7".to_owned()));
        let processing =
            Fault::new("data-processing-left").with("name", Text("Lønkørsel".to_owned()));
        let relation = Fault::new("relation-left").with("system", System(id("post")));
        let post = || shut_down().usage("post");
        let post_shut = || post().edit("post", |u| u.life_cycle = Some(LifeCycle::NotInUse));
        let using = |units: &[&str]| {
            let units = units.iter().map(|unit| id(unit)).collect();
            shut_down().edit("løn", |u| u.using_units = units)
        };
        let ending = |end: Option<&str>| shut_down().edit("løn", |u| u.valid_to = end.map(day));
        let units = Fault::new("units-left").with("units", Count(2));
        let by_date = active.clone().with("ended", Date(day("2026-11-01")));
        let past_its_end = shut_down().edit("løn", |u| u.life_cycle = Some(LifeCycle::PhasingOut));
        let no_end = Fault::new("no-end-date");
        let with_all = || contract(registration(løn(), &["løn"]), true, &["løn"]);
        for (why, snapshot, expected) in [
            ("nothing", shut_down(), vec![]),
            ("an active contract", contract(shut_down(), true, &["løn"]), vec![active]),
            ("by its end date", contract(past_its_end, true, &["løn"]), vec![by_date]),
            ("a contract that has ended", contract(shut_down(), false, &["løn"]), vec![]),
            ("a contract on another system", contract(post(), true, &["post"]), vec![]),
            ("a contract on nothing", contract(shut_down(), true, &[]), vec![]),
            ("data processing", registration(shut_down(), &["løn"]), vec![processing]),
            ("data processing of another", registration(post(), &["post"]), vec![]),
            ("a relation to one in use", related(post(), "løn", "post"), vec![relation.clone()]),
            ("a relation from one", related(post(), "post", "løn"), vec![relation.clone()]),
            ("both", related(related(post(), "post", "løn"), "løn", "post"), vec![relation]),
            ("a relation with one shut down", related(post_shut(), "post", "løn"), vec![]),
            ("a relation with itself", related(shut_down(), "løn", "løn"), vec![]),
            ("a relation to a stranger's", related(shut_down(), "løn", "fremmed"), vec![]),
            ("units", using(&["it", "randers"]), vec![units]),
            ("a unit that no longer exists", using(&["nedlagt"]), vec![]),
            ("no end date", ending(None), vec![no_end]),
            ("an end to come", ending(Some("2027-01-01")), vec![]),
            ("in use, with all of it", with_all(), vec![]),
        ] {
            assert_eq!(said(&RULE, &snapshot), expected, "{why}");
        }
    }
}
