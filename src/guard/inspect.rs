//! All reasons to hold a pull, each told once.

use super::step::{Limits, Side, Step};
use super::{blanked, lists, owners, usages};
use crate::model::HoldReason;

/// Every reason to hold the step from `before` to `after`; empty when it is sane.
///
/// `unconfirmed`: rows whose absence the pull could not confirm one by one.
pub fn inspect(
    before: Side<'_>,
    after: Side<'_>,
    unconfirmed: usize,
    limits: &Limits,
) -> Vec<HoldReason> {
    // As most pulls are: nothing moved, so nothing is odd about it.
    let same = before.snapshot() == after.snapshot() && before.policy == after.policy;
    if same && before.owners == after.owners && unconfirmed == 0 {
        return Vec::new();
    }
    let step = Step { limits, ..Step::new(before, after) };
    let mut reasons = lists::reasons(&step);
    reasons.extend(owners::stripped(&step));
    reasons.extend(owners::assigned(&step));
    reasons.extend(blanked::reasons(&step));
    reasons.extend(usages::moved(&step));
    reasons.extend(usages::changed(&step).or_else(|| owners::handed_over(&step)));
    // A reason that another one has already given in its own words is not repeated.
    let faulty = usages::newly_faulty(&step);
    let told = |reason: &HoldReason| {
        matches!(
            reason,
            HoldReason::Changed { .. } | HoldReason::Stripped { .. } | HoldReason::Blanked { .. }
        )
    };
    reasons.extend(faulty.filter(|_| !reasons.iter().any(told)));
    let told = |reason: &HoldReason| {
        matches!(reason, HoldReason::Emptied { .. } | HoldReason::Removed { .. })
    };
    if unconfirmed > 0 && !reasons.iter().any(told) {
        reasons.push(HoldReason::Unconfirmed { count: unconfirmed });
    }
    reasons
}
