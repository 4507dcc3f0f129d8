//! Why the share of systems with an owner is another than at the last digest.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::data::Movement;
use super::material::{Material, count};
use crate::model::{ChangeKind, Ending, Finding};
use crate::policy::rules::owner_missing::nobody_owns;

/// By the findings of systems without an owner. What came and went in between moved nothing,
/// nor did a finding whose place another has taken.
pub(super) fn movement(material: &Material<'_>) -> Movement {
    let lacks_owner = |finding: &&Finding| nobody_owns(&finding.faults);
    let ended = || material.ended.iter().filter(lacks_owner);
    let lacked: BTreeSet<Uuid> =
        ended().filter(|finding| material.is_old(finding)).map(|finding| finding.usage).collect();
    let opened: Vec<&Finding> = material.all_opened().filter(lacks_owner).collect();
    let lack: BTreeSet<Uuid> = opened.iter().map(|finding| finding.usage).collect();
    let mut movement = Movement::default();
    with_owner(material, &lacked, &mut movement);
    fell(material, opened.into_iter().filter(|f| !lacked.contains(&f.usage)), &mut movement);
    // Of several findings of one system the last says how it came to be right.
    let last: BTreeMap<Uuid, Ending> =
        ended().filter_map(|finding| Some((finding.usage, finding.ending?))).collect();
    for usage in lacked.difference(&lack) {
        match last.get(usage) {
            Some(Ending::Resolved) => movement.gained += 1,
            Some(Ending::Closed | Ending::Removed) => movement.closed += 1,
            Some(Ending::Lapsed) => movement.gained_by_policy += 1,
            Some(Ending::LeftOut | Ending::OwnerGone | Ending::Revived) | None => {}
        }
    }
    movement
}

/// Systems that have an owner, or had one, and that the share did not count at the last digest,
/// or no longer counts. `lacked` are those that had none then.
fn with_owner(material: &Material<'_>, lacked: &BTreeSet<Uuid>, movement: &mut Movement) {
    let snapshot = material.lines.snapshot;
    let policy = material.situation.directory.policy();
    // Whether the share counted it then, by the first that happened to it since.
    let mut counted: BTreeMap<Uuid, bool> = BTreeMap::new();
    for (_, change) in material.changes {
        let was_counted = match change.kind() {
            ChangeKind::Acquired | ChangeKind::Revived => false,
            ChangeKind::Decommissioned | ChangeKind::Removed => true,
            _ => continue,
        };
        if let Some(usage) = change.usage() {
            counted.entry(usage).or_insert(was_counted);
        }
    }
    for (uuid, was_counted) in counted {
        let usage = snapshot.usages.get(&uuid);
        let is_counted = usage.is_some_and(|u| policy.in_scope(snapshot, u, material.date));
        let has_owner = || usage.is_some_and(|u| snapshot.has_owner(u, &policy.owner_roles));
        let is_left_out = || match usage {
            Some(usage) => policy.excludes(snapshot, usage),
            None => policy.excluded_uuids.contains(&uuid),
        };
        match (was_counted, is_counted) {
            (false, true) if has_owner() => movement.came_with += 1,
            (true, false) if !lacked.contains(&uuid) && !is_left_out() => movement.went_with += 1,
            _ => {}
        }
    }
}

/// What made the share fall: systems that are newly without an owner.
fn fell<'a>(
    material: &Material<'_>,
    opened: impl Iterator<Item = &'a Finding>,
    movement: &mut Movement,
) {
    let came =
        &material.happened_to(ChangeKind::Acquired) | &material.happened_to(ChangeKind::Revived);
    let mut leavers = BTreeSet::new();
    for finding in opened.filter(|finding| material.owner(finding).is_none()) {
        if finding.by_policy_change {
            movement.lost_by_policy += 1;
        } else if came.contains(&finding.usage) {
            movement.came_without += 1;
        } else if let Some(person) = material.leaver(finding) {
            movement.with_leavers += 1;
            leavers.insert(person);
        } else {
            movement.lost += 1;
        }
    }
    movement.leavers = count(leavers.len());
}
