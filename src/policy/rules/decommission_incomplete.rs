//! On a system's decommissioning the owner brings KITOS up to date. Holds when a
//! decommissioned system is still named by an active contract, a data-processing
//! registration, a relation with a system in use, or units that use it, or has no
//! end date. Each is a line.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::case::{Case, Index};
use super::def::{Audience, Falls, RuleDef, Scope, Source};
use crate::model::FaultArg::{Count, Date, System, Text};
use crate::model::{
    Contract, DataProcessing, Fault, LifeCycle, Missing, NoticeReason, OrganizationUnit, Severity,
    StateOfUse, SystemUsage,
};
use crate::register::changes::Dated;

pub const RULE: RuleDef = RuleDef {
    severity: Severity::Medium,
    grace: 14,
    scope: Scope::All,
    audience: Audience::LastOwner,
    sources: &[Source::Guideline(&[7]), Source::Iso27001 { now: "7.10", before: "A.8.3.2" }],
    told_with: &[NoticeReason::Decommissioned],
    falls: Falls::WithRevival,
    ..RuleDef::new("decommission-incomplete", judge)
};

/// What KITOS still says of a system, and a person takes away when it is closed.
#[derive(Debug)]
pub struct LeftOver<'a> {
    /// Active contracts that name it.
    pub contracts: Vec<&'a Contract>,
    pub registrations: Vec<&'a DataProcessing>,
    /// Systems in use that exchange data with it, by uuid.
    pub related: Vec<&'a SystemUsage>,
    /// Units that use it, by uuid.
    pub units: Vec<&'a OrganizationUnit>,
    pub lacks_end: bool,
}

/// What is left of `usage`. News of a system that goes list the same, before it is closed.
pub fn left_over<'a>(at: Dated<'a>, index: &Index<'a>, usage: &SystemUsage) -> LeftOver<'a> {
    let Dated { snapshot, today } = at;
    let contracts = index.contracts.get(&usage.uuid).into_iter().flatten().copied();
    let registrations = index.registrations.get(&usage.uuid).into_iter().flatten().copied();
    let from = index.related_from.get(&usage.uuid).into_iter().flatten();
    let related: BTreeSet<&Uuid> = usage.relations.iter().chain(from).collect();
    // A usage of another organisation is none of ours.
    let related = related.into_iter().filter_map(|other| snapshot.usages.get(other));
    let in_use = |other: &&SystemUsage| {
        other.uuid != usage.uuid && other.state(today) != StateOfUse::Decommissioned
    };
    // A unit that no longer exists uses nothing.
    let units = usage.using_units.iter().filter_map(|unit| snapshot.units.get(unit));
    LeftOver {
        contracts: contracts.filter(|contract| contract.active).collect(),
        registrations: registrations.collect(),
        related: related.filter(in_use).collect(),
        units: units.collect(),
        lacks_end: usage.valid_to.is_none() && !snapshot.is_unknown(Missing::EndDate.as_str()),
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    if !case.decommissioned() {
        return Vec::new();
    }
    let usage = case.usage;
    let at = Dated { snapshot: case.snapshot, today: case.today };
    let left = left_over(at, case.index, usage);
    let named = |kind, name: &str| Fault::new(kind).with("name", Text(name.to_owned()));
    let contracts = left.contracts.iter().map(|of| named("active-contract", &of.name));
    let registrations = left.registrations.iter();
    let registrations = registrations.map(|of| named("data-processing-left", &of.name));
    let related = left.related.iter();
    let related =
        related.map(|other| Fault::new("relation-left").with("system", System(other.uuid)));
    let units = left.units.len();
    let units = (units > 0).then(|| Fault::new("units-left").with("units", Count(units)));
    let end = left.lacks_end.then(|| Fault::new("no-end-date"));
    // What its life cycle does not say is not said of it: another rule asks which is right.
    let by_date = usage.life_cycle != Some(LifeCycle::NotInUse);
    let ended = usage.valid_to.filter(|_| by_date).map(Date);
    let faults = contracts.chain(registrations).chain(related).chain(units).chain(end);
    faults.map(|fault| fault.with("ended", ended.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Snapshot;
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
