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
    /// The day on which a pull first saw the ownership gone.
    pub gone: NaiveDate,
    /// The person left the organisation in the same pull: that is how KITOS
    /// removes people (`policy.md`, "Departed").
    pub departed: bool,
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
        for (uuid, new) in &after.usages {
            let Some(old) = before.usages.get(uuid) else { continue };
            let ended = &old.holders(owner_roles) - &new.holders(owner_roles);
            // Several at once: any of them is "last"; the smallest, to be repeatable.
            if let Some(person) = ended.first() {
                let member = |at: &Snapshot| at.people.get(person).is_some_and(|p| p.member);
                let departed = member(before) && !member(after);
                self.last_owner.insert(*uuid, LastOwner { person: *person, gone: today, departed });
            }
        }
    }
}
