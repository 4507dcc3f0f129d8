//! What the guard looks at: the step from one pull to the next, and which share of the register
//! is too much.

use crate::model::{HoldReason, Snapshot, SystemUsage};
use crate::policy::Policy;
use crate::policy::roles::MatchedRoles;
use crate::register::changes::Dated;

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

/// One of the two pulls that the guard compares, and the configuration as it
/// resolves against it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub seen: Dated<'a>,
    pub owners: &'a MatchedRoles,
    pub policy: &'a Policy,
}

impl<'a> Side<'a> {
    pub(super) fn snapshot(&self) -> &'a Snapshot {
        self.seen.snapshot
    }
}

/// What is judged.
pub(super) struct Step<'a> {
    pub(super) before: Side<'a>,
    pub(super) after: Side<'a>,
    /// The usages that stay, as they were and as they would be.
    pub(super) shared: Vec<(&'a SystemUsage, &'a SystemUsage)>,
    pub(super) limits: &'a Limits,
}

/// Nothing is too much.
const NO_LIMITS: Limits = Limits { removed: 100.0, changed: 100.0, people: 100.0 };

impl<'a> Step<'a> {
    pub(super) fn new(before: Side<'a>, after: Side<'a>) -> Self {
        let now = &after.snapshot().usages;
        let shared = before.snapshot().usages.values();
        let shared = shared.filter_map(|old| Some((old, now.get(&old.uuid)?))).collect();
        Self { before, after, shared, limits: &NO_LIMITS }
    }
}

impl Step<'_> {
    /// How the usages would change, as a reason to hold the pull.
    pub(super) fn changed(&self, usages: &[&SystemUsage]) -> HoldReason {
        HoldReason::Changed {
            changed: usages.len(),
            before: self.before.snapshot().usages.len(),
            samples: self.names(usages),
        }
    }

    pub(super) fn names(&self, usages: &[&SystemUsage]) -> Vec<String> {
        samples(usages.iter().map(|usage| self.after.snapshot().usage_name(usage)))
    }

    /// More than the limit on changes, of all usages.
    pub(super) fn too_many_changed(&self, count: usize) -> bool {
        exceeds(count, FEW_CHANGED, self.before.snapshot().usages.len(), self.limits.changed)
    }
}

pub(super) fn samples<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.take(SAMPLES).map(str::to_owned).collect()
}

/// Whether `part` is more than `few`, and more than `percent` of `whole`.
pub fn exceeds(part: usize, few: usize, whole: usize, percent: f64) -> bool {
    part > few && part as f64 > whole as f64 * percent / 100.0
}
