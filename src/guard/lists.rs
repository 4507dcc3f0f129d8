//! Rows that would go: lists that become empty, too many usages, people or units at
//! once, and the role types that mean owner.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::step::{FEW, Step, exceeds, samples};
use crate::model::{HeldList, HoldReason, Snapshot};
use crate::policy::roles::MatchedRoles;

pub(super) fn reasons(step: &Step<'_>) -> Vec<HoldReason> {
    let mut reasons = owner_roles_gone(step);
    let (before, after, limits) = (step.before.snapshot(), step.after.snapshot(), step.limits);
    for (list, of, limit) in [
        (HeldList::Usages, usages as Named, limits.removed),
        (HeldList::People, people, limits.people),
        (HeldList::Units, units, limits.people),
    ] {
        reasons.extend(rows_gone(list, &of(before), &of(after), limit));
    }
    // The other lists come and go with work in KITOS; only an empty one is odd.
    for (list, before, after) in [
        (HeldList::RoleTypes, before.role_types.len(), after.role_types.len()),
        (HeldList::Systems, before.systems.len(), after.systems.len()),
        (HeldList::Contracts, before.contracts.len(), after.contracts.len()),
        (HeldList::DataProcessing, before.data_processing.len(), after.data_processing.len()),
    ] {
        if before > 0 && after == 0 {
            reasons.push(HoldReason::Emptied { list, before });
        }
    }
    reasons
}

fn owner_roles_gone(step: &Step<'_>) -> Vec<HoldReason> {
    // A name that meant nothing already when the last pull was committed was
    // accepted then. One that was not recorded yet (the configuration changed
    // since) is only unmatched now, and meant something then all the same.
    let meaningless =
        |roles: &MatchedRoles, name| roles.gone.contains(name) || roles.unmatched.contains(name);
    let after = step.after.owners;
    let gone = after.gone.iter().chain(&after.unmatched);
    gone.filter(|name| !meaningless(step.before.owners, name))
        .map(|name| HoldReason::OwnerRoleGone { name: name.clone() })
        .collect()
}

/// The names of a list's rows.
type Named = for<'a> fn(&'a Snapshot) -> BTreeMap<Uuid, &'a str>;

fn usages(at: &Snapshot) -> BTreeMap<Uuid, &str> {
    at.usages.values().map(|usage| (usage.uuid, at.usage_name(usage))).collect()
}

fn people(at: &Snapshot) -> BTreeMap<Uuid, &str> {
    at.members().map(|person| (person.uuid, person.name.as_str())).collect()
}

fn units(at: &Snapshot) -> BTreeMap<Uuid, &str> {
    at.units.values().map(|unit| (unit.uuid, unit.name.as_str())).collect()
}

fn rows_gone(
    list: HeldList,
    before: &BTreeMap<Uuid, &str>,
    after: &BTreeMap<Uuid, &str>,
    limit: f64,
) -> Option<HoldReason> {
    if !before.is_empty() && after.is_empty() {
        return Some(HoldReason::Emptied { list, before: before.len() });
    }
    let is_gone = |uuid: &Uuid| !after.contains_key(uuid);
    let gone: Vec<&str> =
        before.iter().filter(|(uuid, _)| is_gone(uuid)).map(|(_, name)| *name).collect();
    exceeds(gone.len(), FEW, before.len(), limit).then(|| HoldReason::Removed {
        list,
        removed: gone.len(),
        before: before.len(),
        samples: samples(gone.into_iter()),
    })
}
