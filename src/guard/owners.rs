//! Owners who would change on too many systems at once, or too many people who
//! would hear that they are owners now, or no longer.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::step::{FEW, FEW_CHANGED, Step, exceeds};
use crate::model::{HoldReason, SystemUsage};

/// Usages that would lose their last owner.
pub(super) fn stripped(step: &Step<'_>) -> Option<HoldReason> {
    let had =
        |usage: &SystemUsage| step.before.snapshot().has_owner(usage, &step.before.owners.roles);
    let has =
        |usage: &SystemUsage| step.after.snapshot().has_owner(usage, &step.after.owners.roles);
    let owned = step.before.snapshot().usages.values().filter(|usage| had(usage)).count();
    let stripped = step.shared.iter().filter(|(old, new)| had(old) && !has(new));
    let stripped: Vec<&SystemUsage> = stripped.map(|(_, new)| *new).collect();
    exceeds(stripped.len(), FEW, owned, step.limits.removed).then(|| HoldReason::Stripped {
        stripped: stripped.len(),
        before: owned,
        samples: step.names(&stripped),
    })
}

/// Users who stay and would become owner of a system: each of them would get a mail.
pub(super) fn assigned(step: &Step<'_>) -> Option<HoldReason> {
    let (before, after) = (step.before.snapshot(), step.after.snapshot());
    // Anyone who already counted as owner when the last pull was judged is not a new one.
    let counted = &step.before.owners.roles | step.after.policy.owners_then();
    let owners_before = |usage: &Uuid| {
        let old = before.usages.get(usage);
        old.map(|old| old.holders(&counted)).unwrap_or_default()
    };
    let new_owners: BTreeSet<Uuid> = after
        .usages
        .values()
        .flat_map(|usage| &usage.holders(&step.after.owners.roles) - &owners_before(&usage.uuid))
        .collect();
    let stays = |person: &&Uuid| before.is_member(**person) && after.is_member(**person);
    let assigned = new_owners.iter().filter(stays).count();
    let before = before.members().count();
    exceeds(assigned, FEW, before, step.limits.people)
        .then_some(HoldReason::Assigned { assigned, before })
}

/// Who is owner no more, and who is owner now.
type Handover = (BTreeSet<Uuid>, BTreeSet<Uuid>);

/// Systems whose owners would be replaced. Counts systems, not distinct owner changes: giving
/// everything to one person is one change per former owner, and each would be mailed. Ignored
/// if there are 25 or fewer distinct changes.
pub(super) fn handed_over(step: &Step<'_>) -> Option<HoldReason> {
    let (mut ways, mut usages) = (BTreeSet::new(), Vec::new());
    for (old, new) in &step.shared {
        let holders = new.holders(&step.after.owners.roles);
        let old = old.holders(&step.before.owners.roles);
        let way: Handover = (&old - &holders, &holders - &old);
        if !way.0.is_empty() && !holders.is_empty() {
            ways.insert(way);
            usages.push(*new);
        }
    }
    (ways.len() > FEW_CHANGED && step.too_many_changed(usages.len())).then(|| step.changed(&usages))
}
