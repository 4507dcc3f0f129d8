//! Is this pull sane? A pull that would remove or orphan more than the limits
//! allow, or tell many people of what one mistake in KITOS did, is held for a person
//! to decide (`reliability.md` R8): an API user who lost membership looks like a
//! municipality that switched everything off.
#![deny(clippy::disallowed_methods)]

mod blanked;
mod lists;
mod owners;
mod usages;

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::{HoldReason, Person, Snapshot, SystemUsage};
use crate::policy::Policy;
use crate::policy::roles::MatchedRoles;
use crate::register::changes::Dated;
use crate::register::diff::re_registered;

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
    fn snapshot(&self) -> &'a Snapshot {
        self.seen.snapshot
    }
}

/// What is judged.
struct Step<'a> {
    before: Side<'a>,
    after: Side<'a>,
    /// A usage that was registered anew has not gone: old uuid to new.
    heirs: BTreeMap<Uuid, Uuid>,
    /// The usages that stay, as they were and as they would be.
    shared: Vec<(&'a SystemUsage, &'a SystemUsage)>,
    limits: &'a Limits,
}

/// Every reason to hold the step from `before` to `after`; empty when it is sane.
///
/// `unconfirmed`: rows whose absence the pull could not confirm one by one.
pub fn inspect(
    before: Side<'_>,
    after: Side<'_>,
    unconfirmed: usize,
    limits: &Limits,
) -> Vec<HoldReason> {
    let heirs = re_registered(before.snapshot(), after.snapshot());
    let now = &after.snapshot().usages;
    let shared = before.snapshot().usages.values();
    let shared = shared
        .filter_map(|old| Some((old, now.get(heirs.get(&old.uuid).unwrap_or(&old.uuid))?)))
        .collect();
    let step = Step { before, after, heirs, shared, limits };

    let mut reasons = lists::reasons(&step);
    reasons.extend(owners::stripped(&step));
    reasons.extend(owners::assigned(&step));
    reasons.extend(blanked::reasons(&step));
    reasons.extend(usages::moved(&step));
    reasons.extend(usages::changed(&step).or_else(|| owners::handed_over(&step)));
    // What one of the others has told in its own words is not told again.
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

impl Step<'_> {
    /// How the usages would change, as a reason to hold the pull.
    fn changed(&self, usages: &[&SystemUsage]) -> HoldReason {
        HoldReason::Changed {
            changed: usages.len(),
            before: self.before.snapshot().usages.len(),
            samples: self.names(usages),
        }
    }

    fn names(&self, usages: &[&SystemUsage]) -> Vec<String> {
        samples(usages.iter().map(|usage| self.after.snapshot().usage_name(usage)))
    }

    /// More than the limit on changes, of all usages.
    fn too_many_changed(&self, count: usize) -> bool {
        exceeds(count, FEW_CHANGED, self.before.snapshot().usages.len(), self.limits.changed)
    }
}

fn samples<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.take(SAMPLES).map(str::to_owned).collect()
}

fn members(at: &Snapshot) -> impl Iterator<Item = &Person> {
    at.people.values().filter(|person| person.member)
}

/// Whether `part` is more than `few`, and more than `percent` of `whole`.
pub fn exceeds(part: usize, few: usize, whole: usize, percent: f64) -> bool {
    part > few && part as f64 > whole as f64 * percent / 100.0
}

#[cfg(test)]
mod tests;
