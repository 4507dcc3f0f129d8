//! Is this pull sane? A pull that would remove or orphan more than the limits
//! allow is held for a person to decide (`reliability.md` R8): an API user who
//! lost membership looks like a municipality that switched everything off.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::diff::re_registered;
use super::roles::MatchedRoles;
use crate::model::{HeldList, HoldReason, Snapshot, SystemUsage};

/// Shares in percent, 0–100 (`guard.…`). A share counts only above [`FEW`] rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub removed: f64,
    pub changed: f64,
    pub people: f64,
}

/// So few removals are never suspicious, however small the register is.
pub const FEW: usize = 10;
/// So few changed usages are never suspicious.
pub const FEW_CHANGED: usize = 25;
const SAMPLES: usize = 5;

/// Every reason to hold the step from `before` to `after`; empty when it is sane.
///
/// `unconfirmed`: rows whose absence the pull could not confirm one by one.
pub fn inspect(
    before: &Snapshot,
    after: &Snapshot,
    roles_before: &MatchedRoles,
    roles_after: &MatchedRoles,
    unconfirmed: usize,
    limits: &Limits,
) -> Vec<HoldReason> {
    let mut reasons = Vec::new();
    // A name that meant nothing already when the last pull was committed was
    // accepted then. One that was not recorded yet (the configuration changed
    // since) is only unmatched now, and meant something then all the same.
    let meaningless =
        |roles: &MatchedRoles, name| roles.gone.contains(name) || roles.unmatched.contains(name);
    for name in roles_after.gone.iter().chain(&roles_after.unmatched) {
        if !meaningless(roles_before, name) {
            reasons.push(HoldReason::OwnerRoleGone { name: name.clone() });
        }
    }

    let members = |at: &Snapshot| -> BTreeMap<Uuid, String> {
        at.people.values().filter(|p| p.member).map(|p| (p.uuid, p.name.clone())).collect()
    };
    let units = |at: &Snapshot| -> BTreeMap<Uuid, String> {
        at.units.values().map(|u| (u.uuid, u.name.clone())).collect()
    };
    let usages = |at: &Snapshot| -> BTreeMap<Uuid, String> {
        at.usages.values().map(|u| (u.uuid, at.usage_name(u).to_owned())).collect()
    };
    // A usage that was registered anew has not gone: it is there under its heir.
    let heirs = re_registered(before, after);
    let mut list = |list, before: BTreeMap<Uuid, String>, after: BTreeMap<Uuid, String>, limit| {
        if !before.is_empty() && after.is_empty() {
            reasons.push(HoldReason::Emptied { list, before: before.len() });
            return;
        }
        let is_gone = |uuid: &Uuid| !after.contains_key(uuid) && !heirs.contains_key(uuid);
        let gone: Vec<&String> =
            before.iter().filter(|(uuid, _)| is_gone(uuid)).map(|(_, name)| name).collect();
        if gone.len() > FEW && exceeds(gone.len(), before.len(), limit) {
            reasons.push(HoldReason::Removed {
                list,
                removed: gone.len(),
                before: before.len(),
                samples: gone.into_iter().take(SAMPLES).cloned().collect(),
            });
        }
    };
    list(HeldList::Usages, usages(before), usages(after), limits.removed);
    list(HeldList::People, members(before), members(after), limits.people);
    list(HeldList::Units, units(before), units(after), limits.people);
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

    let shared = || {
        let heir = |old: &SystemUsage| *heirs.get(&old.uuid).unwrap_or(&old.uuid);
        before.usages.values().filter_map(move |old| Some((old, after.usages.get(&heir(old))?)))
    };
    let owned = |at: &Snapshot, usage: &SystemUsage, roles: &MatchedRoles| {
        !at.owners(usage, &roles.roles).is_empty()
    };
    let owned_before =
        before.usages.values().filter(|usage| owned(before, usage, roles_before)).count();
    let stripped: Vec<&SystemUsage> = shared()
        .filter(|(old, new)| owned(before, old, roles_before) && !owned(after, new, roles_after))
        .map(|(_, new)| new)
        .collect();
    if stripped.len() > FEW && exceeds(stripped.len(), owned_before, limits.removed) {
        reasons.push(HoldReason::Stripped {
            stripped: stripped.len(),
            before: owned_before,
            samples: stripped
                .iter()
                .take(SAMPLES)
                .map(|u| after.usage_name(u).to_owned())
                .collect(),
        });
    }

    let changed: Vec<(&SystemUsage, &SystemUsage)> =
        shared().filter(|(old, new)| policy_fields(old) != policy_fields(new)).collect();
    let too_many = |ways: usize, changes: usize| {
        ways > FEW_CHANGED && exceeds(changes, before.usages.len(), limits.changed)
    };
    let hold = |changed: &[&SystemUsage]| HoldReason::Changed {
        changed: changed.len(),
        before: before.usages.len(),
        samples: changed.iter().take(SAMPLES).map(|u| after.usage_name(u).to_owned()).collect(),
    };
    let distinct = distinct_changes(&changed);
    // Here every usage counts, and not the ways in which they change: were all systems
    // given to one person, there would be as many ways as former owners, and each of
    // these would be told that the systems are theirs no more. Few ways are few people.
    let moved = new_owners(shared(), roles_before, roles_after);
    let ways: BTreeSet<_> = moved.iter().map(|(way, _)| way).collect();
    if too_many(distinct, distinct) {
        let changed: Vec<_> = changed.iter().map(|(_, new)| *new).collect();
        reasons.push(hold(&changed));
    } else if too_many(ways.len(), moved.len()) {
        let moved: Vec<_> = moved.iter().map(|(_, new)| *new).collect();
        reasons.push(hold(&moved));
    }
    // Too many absent rows to ask for are a reason of their own only where no
    // list tells the same story in its own words.
    let told = |reason: &HoldReason| {
        matches!(reason, HoldReason::Emptied { .. } | HoldReason::Removed { .. })
    };
    if unconfirmed > 0 && !reasons.iter().any(told) {
        reasons.push(HoldReason::Unconfirmed { count: unconfirmed });
    }
    reasons
}

/// Who is owner no more, and who is owner now.
type Handover = (BTreeSet<Uuid>, BTreeSet<Uuid>);

/// The usages that had owners and have others, each with who they are. Those that have
/// lost their last are another reason.
fn new_owners<'a>(
    shared: impl Iterator<Item = (&'a SystemUsage, &'a SystemUsage)>,
    roles_before: &MatchedRoles,
    roles_after: &MatchedRoles,
) -> Vec<(Handover, &'a SystemUsage)> {
    let handover = |(old, new): (&SystemUsage, &'a SystemUsage)| {
        let (old, holders) = (old.holders(&roles_before.roles), new.holders(&roles_after.roles));
        let way = (&old - &holders, &holders - &old);
        (!way.0.is_empty() && !holders.is_empty()).then_some((way, new))
    };
    shared.filter_map(handover).collect()
}

fn exceeds(part: usize, whole: usize, percent: f64) -> bool {
    part as f64 > whole as f64 * percent / 100.0
}

/// What the policy looks at: a name is not among it.
fn policy_fields(usage: &SystemUsage) -> impl PartialEq + std::fmt::Debug + '_ {
    (
        (&usage.life_cycle, usage.valid_from, usage.valid_to, usage.main_contract),
        (usage.responsible_unit, &usage.using_units, &usage.roles),
        (usage.has_purpose, &usage.relations, &usage.gdpr),
    )
}

/// How many different changes `changed` holds: one field going from one value
/// to another on many usages (a unit merged into another) is one.
fn distinct_changes(changed: &[(&SystemUsage, &SystemUsage)]) -> usize {
    let kinds: BTreeSet<_> = changed
        .iter()
        .map(|(old, new)| {
            (
                (&old.roles - &new.roles, &new.roles - &old.roles),
                moved(&old.responsible_unit, &new.responsible_unit),
                moved(&old.life_cycle, &new.life_cycle),
                moved(&old.valid_from, &new.valid_from),
                moved(&old.valid_to, &new.valid_to),
                (
                    moved(&old.main_contract, &new.main_contract),
                    moved(&old.has_purpose, &new.has_purpose),
                    moved(&old.gdpr, &new.gdpr),
                    (&old.using_units - &new.using_units, &new.using_units - &old.using_units),
                    (&old.relations - &new.relations, &new.relations - &old.relations),
                ),
            )
        })
        .collect();
    kinds.len()
}

fn moved<'a, T: PartialEq>(old: &'a T, new: &'a T) -> Option<(&'a T, &'a T)> {
    (old != new).then_some((old, new))
}

#[cfg(test)]
mod tests;
