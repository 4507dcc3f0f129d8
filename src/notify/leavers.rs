//! People who left with systems in their care, and which of these KITOS does not show as handed
//! on (`docs/policy.md`, "Leaver case"). Computed from the changes and the present register:
//! nobody has to report anything, and a solved case disappears by itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::{Change, Snapshot, StateOfUse, SystemUsage};
use crate::policy::Policy;

/// For this many days a role other than owner is followed up. The policy asks only for an
/// owner, so a role that nobody took by then was not missed, and must not nag for ever.
const OTHER_ROLES_FOR: i64 = 28;

/// Someone who left, and what they had to do with systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaver {
    pub person: Uuid,
    /// The day on which a pull saw it.
    pub left: NaiveDate,
    pub owned: BTreeSet<Uuid>,
    /// Usage and role, other than ownership.
    pub roles: BTreeSet<(Uuid, Uuid)>,
}

impl Leaver {
    /// What a change says about a leaver; `None` for other changes, and for someone who had
    /// nothing to hand on.
    pub fn of(left: NaiveDate, change: &Change) -> Option<Self> {
        let Change::PersonLeft { person, owned, roles } = change else { return None };
        let roles = roles.iter().map(|held| (held.usage, held.role)).collect();
        let leaver = Self { person: *person, left, owned: owned.clone(), roles };
        (!leaver.owned.is_empty() || !leaver.roles.is_empty()).then_some(leaver)
    }
}

/// A leaver some of whose systems are not handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaverCase {
    pub person: Uuid,
    pub left: NaiveDate,
    /// All systems of the case, the solved ones too.
    pub systems: usize,
    /// The others, by uuid; never empty.
    pub open: BTreeMap<Uuid, Vacancy>,
}

/// What a system lacks since someone left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vacancy {
    pub owner: bool,
    pub roles: BTreeSet<Uuid>,
}

/// The cases that are open, the oldest first.
///
/// A system is solved when it has a present owner again (or someone present in the role), is
/// gone, or is shut down; a role other than owner is dropped after four weeks. Someone who has
/// come back has not left.
pub fn open_cases(
    leavers: &[Leaver],
    snapshot: &Snapshot,
    policy: &Policy,
    today: NaiveDate,
) -> Vec<LeaverCase> {
    // Someone who left twice is one case, as of the last time.
    let mut people: BTreeMap<Uuid, Leaver> = BTreeMap::new();
    for leaver in leavers {
        let whole = people.entry(leaver.person).or_insert_with(|| Leaver {
            owned: BTreeSet::new(),
            roles: BTreeSet::new(),
            ..*leaver
        });
        whole.left = whole.left.max(leaver.left);
        whole.owned.extend(&leaver.owned);
        whole.roles.extend(&leaver.roles);
    }
    people.retain(|person, _| !snapshot.is_member(*person));
    let mut cases: Vec<LeaverCase> = people
        .into_values()
        .filter_map(|leaver| {
            let mut usages: BTreeSet<Uuid> = leaver.owned.clone();
            usages.extend(leaver.roles.iter().map(|(usage, _)| *usage));
            usages.retain(|uuid| {
                let usage = snapshot.usages.get(uuid);
                !usage.is_some_and(|usage| policy.excludes(snapshot, usage))
            });
            let open: BTreeMap<Uuid, Vacancy> = usages
                .iter()
                .filter_map(|uuid| snapshot.usages.get(uuid))
                .filter(|usage| usage.state(today) != StateOfUse::Decommissioned)
                .map(|usage| (usage.uuid, vacancy(&leaver, usage, snapshot, policy, today)))
                .filter(|(_, vacancy)| *vacancy != Vacancy::default())
                .collect();
            let (person, left) = (leaver.person, leaver.left);
            let systems = usages.len();
            (!open.is_empty()).then_some(LeaverCase { person, left, systems, open })
        })
        .collect();
    cases.sort_by_key(|case| (case.left, case.person));
    cases
}

fn vacancy(
    leaver: &Leaver,
    usage: &SystemUsage,
    snapshot: &Snapshot,
    policy: &Policy,
    today: NaiveDate,
) -> Vacancy {
    let is_recent = (today - leaver.left).num_days() <= OTHER_ROLES_FOR;
    // A role that KITOS no longer offers cannot be given to anybody.
    let offered = |role: &Uuid| snapshot.role_types.get(role).is_some_and(|role| role.available);
    let held = |role: Uuid| {
        usage.roles.iter().any(|held| held.role == role && snapshot.is_member(held.person))
    };
    let roles = leaver.roles.iter().filter(|(of, _)| *of == usage.uuid).map(|(_, role)| *role);
    Vacancy {
        owner: leaver.owned.contains(&usage.uuid)
            && !snapshot.has_owner(usage, &policy.owner_roles),
        roles: roles
            .filter(|_| is_recent)
            .filter(|role| !policy.owner_roles.contains(role) && offered(role) && !held(*role))
            .collect(),
    }
}

/// Adds to each leaving what ended just before it: a pull is no instant, and KITOS
/// may show that someone's ownerships are gone a pull before the person is.
/// `earlier`: the changes of the day before. A system that someone else owns by now
/// was handed on in good order, and is no part of it.
pub fn join(
    changes: &mut [Change],
    earlier: &[Change],
    snapshot: &Snapshot,
    owner_roles: &BTreeSet<Uuid>,
) {
    let ended = |person: Uuid| {
        earlier
            .iter()
            .filter_map(move |change| match change {
                Change::OwnerRemoved { usage, person: gone, .. } if *gone == person => {
                    snapshot.usages.get(usage)
                }
                _ => None,
            })
            .filter(|usage| !snapshot.has_owner(usage, owner_roles))
            .map(|usage| usage.uuid)
    };
    for change in changes.iter_mut() {
        if let Change::PersonLeft { person, owned, .. } = change {
            owned.extend(ended(*person));
        }
    }
}

#[cfg(test)]
mod tests;
