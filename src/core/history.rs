//! What the snapshots before this one are still needed for: who owned a system
//! last, and since when nobody does.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::Snapshot;

/// The end of a usage's latest ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastOwner {
    pub person: Uuid,
    /// The day on which a pull first saw the ownership gone, or the usage itself.
    pub gone: NaiveDate,
}

/// By usage; only usages that lost an owner since monitoring began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    pub last_owner: BTreeMap<Uuid, LastOwner>,
}

impl History {
    /// Takes in what ended between two consecutive snapshots, the later one
    /// seen on `today`.
    pub fn advance(
        &mut self,
        before: &Snapshot,
        after: &Snapshot,
        owner_roles: &BTreeSet<Uuid>,
        today: NaiveDate,
    ) {
        for (uuid, old) in &before.usages {
            // A usage that went can come back, without its owner.
            let kept =
                after.usages.get(uuid).map(|new| new.holders(owner_roles)).unwrap_or_default();
            let ended = &old.holders(owner_roles) - &kept;
            // Several at once: any of them is "last"; the smallest, to be repeatable.
            if let Some(person) = ended.first() {
                self.last_owner.insert(*uuid, LastOwner { person: *person, gone: today });
            }
        }
    }
}

#[cfg(test)]
mod tests;
