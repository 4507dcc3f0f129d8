//! Rules about systems that are shut down or on their way (Policy: on its
//! decommissioning the owner makes sure that KITOS is brought up to date).

use uuid::Uuid;

use super::Case;
use crate::model::{Fault, LifeCycle, Missing, StateOfUse};

/// Holds when a decommissioned system is still named by an active contract, a
/// data-processing registration, a relation with a system in use, or units that
/// use it, or has no end date. Each is a line.
pub(super) fn decommission_incomplete(case: &Case<'_>) -> Vec<Fault> {
    if case.state != StateOfUse::Decommissioned {
        return Vec::new();
    }
    let usage = case.usage;
    let mut faults = Vec::new();
    for contract in case.index.contracts.get(&usage.uuid).into_iter().flatten() {
        if contract.active {
            let name = contract.name.clone();
            faults.push(Fault::ActiveContract { contract: contract.uuid, name });
        }
    }
    for registration in case.index.registrations.get(&usage.uuid).into_iter().flatten() {
        let name = registration.name.clone();
        faults.push(Fault::DataProcessingLeft { registration: registration.uuid, name });
    }
    // A usage of another organisation is none of ours.
    let in_use = |other: &&Uuid| {
        case.snapshot
            .usages
            .get(*other)
            .is_some_and(|other| other.state(case.today) != StateOfUse::Decommissioned)
    };
    let from = case.index.related_from.get(&usage.uuid).into_iter().flatten();
    let related = usage.relations.iter().chain(from).filter(in_use);
    faults.extend(related.map(|other| Fault::RelationLeft { other: *other }));
    // A unit that no longer exists uses nothing.
    let units = usage.using_units.iter().filter(|unit| case.snapshot.units.contains_key(unit));
    let units = units.count();
    if units > 0 {
        faults.push(Fault::UnitsLeft { units });
    }
    if usage.valid_to.is_none() && !case.snapshot.unknown.contains(&Missing::EndDate) {
        faults.push(Fault::Missing { field: Missing::EndDate });
    }
    faults
}

/// Holds when the life cycle says "Under udfasning" for more than the rule's
/// days, or after the planned end.
pub(super) fn phasing_out_stalled(case: &Case<'_>) -> Vec<Fault> {
    let usage = case.usage;
    if usage.life_cycle != Some(LifeCycle::PhasingOut) {
        return Vec::new();
    }
    if let Some(end) = usage.valid_to.filter(|end| *end < case.today) {
        return vec![Fault::PlannedEndPassed { end }];
    }
    let long =
        |since: &chrono::NaiveDate| (case.today - *since).num_days() > i64::from(case.setting.days);
    let since = case.history.phasing_out_since.get(&usage.uuid).copied().filter(long);
    since.map(|since| Fault::PhasingOutSince { since }).into_iter().collect()
}
