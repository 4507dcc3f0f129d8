//! What is still needed from earlier snapshots: who owned a system last and since when nobody
//! does, when a system was acquired, and since when it is being phased out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{LifeCycle, Snapshot};

/// The end of a usage's latest ownership by somebody who was here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOwner {
    pub person: Uuid,
    /// The day on which a pull first saw the ownership gone, the person or the usage itself:
    /// whoever left owns nothing, however long KITOS goes on naming them.
    pub gone: NaiveDate,
}

/// What is known of the time before a snapshot, by usage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Usages that lost an owner since monitoring began.
    pub last_owner: BTreeMap<Uuid, LastOwner>,
    /// The day on which a pull first saw a usage that the baseline did not have.
    pub acquired: BTreeMap<Uuid, NaiveDate>,
    /// The first day on which a pull saw the life cycle that still is "Under
    /// udfasning"; the baseline's day where it was so already.
    pub phasing_out_since: BTreeMap<Uuid, NaiveDate>,
    /// Addresses (folded) that the mail server refused for good, last we heard.
    pub refused: BTreeSet<String>,
    /// The last day on which somebody answered that they have looked through a system.
    pub looked_through: BTreeMap<Uuid, NaiveDate>,
    /// Addresses (folded) of people who left.
    pub departed: BTreeSet<String>,
}

impl History {
    /// Begins with the first snapshot, seen on `today`.
    pub fn begin(&mut self, baseline: &Snapshot, today: NaiveDate) {
        let phasing_out = baseline
            .usages
            .values()
            .filter(|usage| usage.life_cycle == Some(LifeCycle::PhasingOut));
        self.phasing_out_since.extend(phasing_out.map(|usage| (usage.uuid, today)));
    }

    /// Takes in what happened between two consecutive snapshots, the later one
    /// seen on `today`.
    pub fn advance(
        &mut self,
        before: &Snapshot,
        after: &Snapshot,
        owner_roles: &BTreeSet<Uuid>,
        today: NaiveDate,
    ) {
        for (uuid, old) in &before.usages {
            let kept = after.usages.get(uuid);
            if kept.is_none() {
                self.acquired.remove(uuid);
                self.phasing_out_since.remove(uuid);
            }
            let present = |snapshot: &Snapshot, usage| -> BTreeSet<Uuid> {
                snapshot.owners(usage, owner_roles).iter().map(|owner| owner.uuid).collect()
            };
            // A usage that went can come back, without its owner.
            let owners = kept.map(|new| present(after, new)).unwrap_or_default();
            let ended = &present(before, old) - &owners;
            // Several at once: any of them is "last"; the smallest, to be repeatable.
            if let Some(person) = ended.first() {
                self.last_owner.insert(*uuid, LastOwner { person: *person, gone: today });
            }
        }
        for (uuid, new) in &after.usages {
            let old = before.usages.get(uuid);
            if old.is_none() {
                self.acquired.insert(*uuid, today);
            }
            let phasing_out = Some(LifeCycle::PhasingOut);
            if new.life_cycle != phasing_out {
                self.phasing_out_since.remove(uuid);
            } else if old.is_none_or(|old| old.life_cycle != phasing_out) {
                self.phasing_out_since.insert(*uuid, today);
            }
        }
    }
}

#[cfg(test)]
mod tests;
