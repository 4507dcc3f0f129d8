//! Rules about who owns a system (ISO/IEC 27001 A.8.1.2; 5.9 in 2022: every asset
//! has an owner).

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Case;
use crate::model::{Fault, Missing, Person, Rule, Snapshot};
use crate::text::addresses::{self, reachability};

/// Policy: every system has an owner. Holds when nobody is assigned; an
/// assignment to someone who left is [`departed`]'s, never both. Resolved by an
/// owner who is a user.
pub(super) fn missing(case: &Case<'_>) -> Vec<Fault> {
    if case.snapshot.unknown.contains(&Missing::Owner) {
        return Vec::new();
    }
    if case.usage.holders(&case.policy.owner_roles).is_empty() {
        let last = case.history.last_owner.get(&case.usage.uuid);
        // Never owned, but seen to come: since then.
        let acquired = case.history.acquired.get(&case.usage.uuid);
        return vec![Fault::NoOwner {
            since: last.map(|last| last.gone).or(acquired.copied()),
            last_owner: last.map(|last| last.person),
            departed: last.is_some_and(|last| !is_member(case, last.person)),
        }];
    }
    // With the other rule off, someone must still say that only those who left
    // are assigned.
    if !case.policy.rules.contains_key(&Rule::OwnerDeparted) && owners(case).is_empty() {
        return departed(case);
    }
    Vec::new()
}

/// Policy: the owner is still employed. Holds when an owner assignment names
/// someone who is no user of the organisation. Resolved when KITOS no longer
/// names that person.
pub(super) fn departed(case: &Case<'_>) -> Vec<Fault> {
    case.usage
        .holders(&case.policy.owner_roles)
        .into_iter()
        .filter(|person| !is_member(case, *person))
        .map(|person| Fault::DepartedOwner { person })
        .collect()
}

/// Policy: the owner can be told. Holds when an owner's address is missing,
/// malformed, outside `mail.allowed_domains`, or refused for good.
pub(super) fn unreachable(case: &Case<'_>) -> Vec<Fault> {
    let fault = |person: &Person| {
        let email = person.email.as_deref();
        let why = match reachability(email, &case.policy.allowed_domains) {
            Err(why) => why,
            Ok(address) if case.history.refused.contains(&addresses::folded(address)) => {
                crate::model::Unreachable::Refused
            }
            Ok(_) => return None,
        };
        Some(Fault::UnreachableOwner { person: person.uuid, why })
    };
    owners(case).into_iter().filter_map(fault).collect()
}

/// Policy: one owner answers for a system. Holds when more than one does.
pub(super) fn several(case: &Case<'_>) -> Vec<Fault> {
    let owners = owners(case);
    if owners.len() < 2 {
        return Vec::new();
    }
    owners.into_iter().map(|p| Fault::OneOfSeveralOwners { person: p.uuid }).collect()
}

/// Policy: owners are directors, chiefs, or leaders who report to one. Holds
/// when an owner is not in the leaders file at a level that may own. Silent
/// without a leaders file.
pub(super) fn level(case: &Case<'_>) -> Vec<Fault> {
    let Some(leaders) = &case.policy.leaders else { return Vec::new() };
    let fault = |person: &Person| {
        let leader = leaders.of_person(person);
        let may_own = leader.is_some_and(|l| case.setting.levels.contains(&l.level.to_lowercase()));
        (!may_own).then(|| Fault::OwnerLevel {
            person: person.uuid,
            level: leader.map(|l| l.level.clone()),
        })
    };
    owners(case).into_iter().filter_map(fault).collect()
}

/// Policy: the owner is chosen in the field where the system is used. Holds when
/// the owner's unit is neither above nor below the responsible unit, nor in a
/// staff unit. Silent where the unit of either is unknown.
pub(super) fn outside_unit(case: &Case<'_>) -> Vec<Fault> {
    let Some(leaders) = &case.policy.leaders else { return Vec::new() };
    let Some(responsible) =
        case.usage.responsible_unit.filter(|unit| case.snapshot.units.contains_key(unit))
    else {
        return Vec::new();
    };
    let line = line_of(case.snapshot, responsible);
    let fault = |person: &Person| {
        let leader = leaders.of_person(person)?;
        let units = leaders.units_of(leader, case.snapshot);
        let fits = |unit: &Uuid| {
            let above = line_of(case.snapshot, *unit);
            line.contains(unit)
                || above.contains(&responsible)
                || above.iter().any(|unit| case.policy.staff_units.contains(unit))
        };
        let outside = !units.is_empty() && !units.iter().any(fits);
        outside.then(|| Fault::OwnerOutsideUnit { person: person.uuid, unit: leader.unit.clone() })
    };
    owners(case).into_iter().filter_map(fault).collect()
}

/// Policy: a system used across administrations is as a rule owned in a staff
/// unit. Holds when the using units lie in two administrations or more (the root
/// stands for all of them) and the responsible unit is in no staff unit. Silent
/// without staff units, and without a responsible unit.
pub(super) fn cross_unit(case: &Case<'_>) -> Vec<Fault> {
    let Case { snapshot, policy, usage, .. } = case;
    let Some(responsible) = usage.responsible_unit.filter(|unit| snapshot.units.contains_key(unit))
    else {
        return Vec::new();
    };
    if policy.staff_units.is_empty()
        || line_of(snapshot, responsible).iter().any(|unit| policy.staff_units.contains(unit))
    {
        return Vec::new();
    }
    let mut administrations = BTreeSet::new();
    for unit in &usage.using_units {
        match snapshot.units.get(unit) {
            Some(root) if root.parent.is_none() => {
                let children = snapshot.units.values().filter(|u| u.parent == Some(root.uuid));
                administrations.extend(children.map(|unit| unit.uuid));
            }
            _ => administrations.extend(snapshot.administration(*unit).map(|unit| unit.uuid)),
        }
    }
    if administrations.len() < 2 {
        return Vec::new();
    }
    administrations.into_iter().map(|administration| Fault::UsedBy { administration }).collect()
}

/// Holds when no user of the organisation has one of `roles`. Silent when KITOS
/// has none of those roles, or tells of no roles at all.
pub(super) fn nobody_in(case: &Case<'_>, roles: &BTreeSet<Uuid>) -> Vec<Fault> {
    let unknown = roles.is_empty() || case.snapshot.unknown.contains(&Missing::Owner);
    if unknown || !case.snapshot.owners(case.usage, roles).is_empty() {
        return Vec::new();
    }
    vec![Fault::NobodyAssigned]
}

/// Whether the person is a user of the organisation now.
fn is_member(case: &Case<'_>, person: Uuid) -> bool {
    case.snapshot.people.get(&person).is_some_and(|person| person.member)
}

fn owners<'a>(case: &Case<'a>) -> Vec<&'a Person> {
    case.snapshot.owners(case.usage, &case.policy.owner_roles)
}

/// The unit and all above it.
fn line_of(snapshot: &Snapshot, unit: Uuid) -> BTreeSet<Uuid> {
    let mut line = BTreeSet::new();
    let mut here = Some(unit);
    // A cycle ends where it would begin again.
    while let Some(unit) = here.filter(|unit| line.insert(*unit)) {
        here = snapshot.units.get(&unit).and_then(|unit| unit.parent);
    }
    line
}
