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

/// What made the share fall: systems that are newly without an owner.
fn fell<'a>(
    material: &Material<'_>,
    opened: impl Iterator<Item = &'a Finding>,
    movement: &mut Movement,
) {
    let (acquired, revived) =
        (material.happened_to(ChangeKind::Acquired), material.happened_to(ChangeKind::Revived));
    let mut leavers = BTreeSet::new();
    for finding in opened.filter(|finding| material.owner(finding).is_none()) {
        let departed = finding.faults.first().and_then(|fault| fault.person("departed"));
        if finding.by_policy_change {
            movement.lost_by_policy += 1;
        } else if acquired.contains(&finding.usage) {
            movement.came_without += 1;
        } else if revived.contains(&finding.usage) {
            // It was without one before it was shut down, too.
        } else if let Some(person) = departed {
            movement.with_leavers += 1;
            leavers.insert(person);
        } else {
            movement.lost += 1;
        }
    }
    movement.leavers = count(leavers.len());
}
