//! What in KITOS explains a pull that is held: one leaver, one domain, one unit's name,
//! one role type. A person who must decide looks there first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::step::{Side, Step};
use super::usages::newly_judged;
use crate::model::{Explained, HoldCause, SystemUsage, Unreachable};
use crate::text::addresses::{domain_of, reachability};

/// A cause explains something from so many systems on.
const FEW: usize = 2;

/// The cause of each kind that explains most, the greatest first.
pub fn causes(before: Side<'_>, after: Side<'_>) -> Vec<Explained> {
    let step = Step::new(before, after);
    let affected = affected(&step);
    let of = affected.len();
    let kinds = [
        count(&affected, |old, _| leavers(&step, old)),
        count(&affected, |_, new| domains(&step, new)),
        count(&affected, |_, new| renamed_units(&step, new)),
        count(&affected, |old, new| replaced_roles(&step, old, new)),
    ];
    let mut causes: Vec<Explained> = kinds
        .into_iter()
        .flatten()
        .filter(|(_, systems)| *systems >= FEW)
        .map(|(cause, systems)| Explained { cause, systems, of })
        .collect();
    causes.sort_by_key(|cause| Reverse(cause.systems));
    causes
}

type Pair<'a> = (&'a SystemUsage, &'a SystemUsage);

/// The usages that a rule would judge otherwise, or that would have other owners.
fn affected<'a>(step: &Step<'a>) -> Vec<Pair<'a>> {
    let faulty = newly_judged(step).into_values().flatten();
    let faulty: BTreeSet<Uuid> = faulty.map(|usage| usage.uuid).collect();
    let owners = |side: &Side<'_>, usage: &SystemUsage| -> BTreeSet<Uuid> {
        let present = side.snapshot().owners(usage, &side.owners.roles).into_iter();
        present.map(|owner| owner.uuid).collect()
    };
    let others = |old: &SystemUsage, new: &SystemUsage| {
        owners(&step.before, old) != owners(&step.after, new)
    };
    let shared = step.shared.iter().copied();
    shared.filter(|(old, new)| faulty.contains(&new.uuid) || others(old, new)).collect()
}

/// The cause that most of the usages name.
fn count<'a>(
    affected: &[Pair<'a>],
    named: impl Fn(&'a SystemUsage, &'a SystemUsage) -> Vec<HoldCause>,
) -> Option<(HoldCause, usize)> {
    // How many systems name each, and which of the causes was named first.
    let mut causes: BTreeMap<HoldCause, (usize, Reverse<usize>)> = BTreeMap::new();
    for (old, new) in affected {
        for cause in named(old, new) {
            let first = Reverse(causes.len());
            causes.entry(cause).or_insert((0, first)).0 += 1;
        }
    }
    // Of equals the first.
    let most = causes.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(cause, (systems, _))| (cause, systems))
}

fn leavers(step: &Step<'_>, old: &SystemUsage) -> Vec<HoldCause> {
    let owners = step.before.snapshot().owners(old, &step.before.owners.roles);
    let gone = owners.into_iter().filter(|owner| !step.after.snapshot().is_member(owner.uuid));
    gone.map(|owner| HoldCause::Leaver { person: owner.name.clone() }).collect()
}

fn domains(step: &Step<'_>, new: &SystemUsage) -> Vec<HoldCause> {
    let mut causes = Vec::new();
    for owner in step.after.snapshot().owners(new, &step.after.owners.roles) {
        let earlier = step.before.snapshot().people.get(&owner.uuid);
        let Some(was) = earlier.and_then(|earlier| earlier.email.as_deref()) else { continue };
        let Some(is) = owner.email.as_deref() else { continue };
        let (before, now) = (domain_of(was), domain_of(is));
        let reach = reachability(Some(is), &step.after.policy.allowed_domains);
        let allowed = reach != Err(Unreachable::ForeignDomain);
        let cause = HoldCause::Domain { before: before.clone(), now: now.clone(), allowed };
        if before != now && !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes
}

fn renamed_units(step: &Step<'_>, new: &SystemUsage) -> Vec<HoldCause> {
    let after = step.after.snapshot();
    let units = new.using_units.iter().copied().chain(new.responsible_unit);
    let line: BTreeSet<Uuid> = units.flat_map(|unit| after.unit_line(unit)).collect();
    let renamed = line.into_iter().filter_map(|uuid| {
        let (was, is) = (step.before.snapshot().units.get(&uuid)?, after.units.get(&uuid)?);
        (was.name != is.name)
            .then(|| HoldCause::UnitRenamed { before: was.name.clone(), now: is.name.clone() })
    });
    renamed.collect()
}

/// Who was owner by one role type has another one there now, which is not an owner's.
fn replaced_roles(step: &Step<'_>, old: &SystemUsage, new: &SystemUsage) -> Vec<HoldCause> {
    let owner_roles = (&step.before.owners.roles, &step.after.owners.roles);
    let new_roles: BTreeMap<Uuid, Uuid> = (&new.roles - &old.roles)
        .into_iter()
        .filter(|held| !owner_roles.1.contains(&held.role))
        .map(|held| (held.person, held.role))
        .collect();
    let name = |uuid: &Uuid| {
        let of = |side: &Side<'_>| Some(side.snapshot().role_types.get(uuid)?.name.clone());
        of(&step.after).or_else(|| of(&step.before)).unwrap_or_default()
    };
    let lost =
        (&old.roles - &new.roles).into_iter().filter(|held| owner_roles.0.contains(&held.role));
    let replaced = lost.filter_map(|held| {
        let now = name(new_roles.get(&held.person)?);
        Some(HoldCause::RoleReplaced { before: name(&held.role), now })
    });
    replaced.collect()
}
