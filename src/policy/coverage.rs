//! How much of the organisation a leaders file covers, and whether the judging may go
//! by it: addresses that changed in KITOS, or half a file, must not make every owner
//! one at the wrong level.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::leaders::{Leader, Leaders};
use super::rules::owner_level::may_lead;
use crate::model::{Person, Snapshot};
use crate::policy::Policy;

/// So few owners that leave the file are people who come and go.
const FEW: usize = 3;

/// What is noted of a file that was judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// People in the file.
    pub leaders: usize,
    /// Owners of systems …
    pub owners: usize,
    /// … and how many of them the file knows.
    pub known: usize,
}

/// What a file has lost since it was last judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// A fifth of its people.
    Leaders,
    /// A fifth of its share of the owners.
    Owners,
}

impl Coverage {
    pub fn of(leaders: &Leaders, policy: &Policy, snapshot: &Snapshot) -> Self {
        let owners = owners(policy, snapshot);
        // By today's address: that many changed at once is what the guard is for.
        let is_known = |owner: &&&Person| {
            owner.email.as_deref().is_some_and(|address| leaders.of_address(address).is_some())
        };
        let known = owners.iter().filter(is_known).count();
        Self { leaders: leaders.len(), owners: owners.len(), known }
    }

    /// What is missing, measured by the file that was judged by `before`.
    pub fn lost_since(&self, before: &Self) -> Option<Lost> {
        if before.leaders > 0 && self.leaders * 5 <= before.leaders * 4 {
            return Some(Lost::Leaders);
        }
        // As many as would be known by the share of the time before.
        let expected = self.owners * before.known;
        let fell = before.owners > 0 && self.known * before.owners * 5 <= expected * 4;
        let missing = (expected / before.owners.max(1)).saturating_sub(self.known);
        (fell && missing >= FEW).then_some(Lost::Owners)
    }
}

/// Everybody who owns a system and is here, once.
pub fn owners<'a>(policy: &Policy, snapshot: &'a Snapshot) -> Vec<&'a Person> {
    let owned = snapshot.usages.values().flat_map(|u| snapshot.owners(u, &policy.owner_roles));
    let mut seen = BTreeSet::new();
    owned.filter(|person| seen.insert(person.uuid)).collect()
}

/// The responsible units of systems in scope that no leader leads, not even from above.
pub fn units_without_leader(
    leaders: &Leaders,
    policy: &Policy,
    (snapshot, today): (&Snapshot, NaiveDate),
) -> (BTreeSet<Uuid>, BTreeSet<Uuid>) {
    let usages = snapshot.usages.values();
    let in_scope = usages.filter(|usage| policy.in_scope(snapshot, usage, today));
    let units: BTreeSet<Uuid> = in_scope
        .filter_map(|usage| usage.responsible_unit)
        .filter(|unit| snapshot.units.contains_key(unit))
        .collect();
    let leads = |line: &Leader| may_lead(policy, line);
    let without = units.iter().filter(|unit| leaders.of_unit(**unit, snapshot, &leads).is_none());
    let without = without.copied().collect();
    (units, without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_lost_a_fifth_is_not_judged_by() {
        let coverage =
            |(leaders, owners, known): (usize, usize, usize)| Coverage { leaders, owners, known };
        for (before, now, lost, why) in [
            ((100, 50, 40), (100, 50, 40), None, "nothing moved"),
            ((100, 50, 40), (81, 50, 40), None, "a sixth shorter"),
            ((100, 50, 40), (80, 50, 40), Some(Lost::Leaders), "a fifth shorter"),
            ((100, 50, 40), (100, 50, 33), None, "a few owners have gone from it"),
            ((100, 50, 40), (100, 50, 32), Some(Lost::Owners), "a fifth of those whom it knew"),
            ((100, 89, 89), (100, 89, 0), Some(Lost::Owners), "every address has changed"),
            ((100, 50, 40), (100, 25, 20), None, "half of the owners left, in both"),
            ((100, 50, 40), (100, 60, 40), None, "new owners who are not in it yet"),
            ((5, 4, 4), (5, 4, 2), None, "two people of four come and go"),
            ((5, 0, 0), (5, 10, 0), None, "nobody owned anything"),
        ] {
            assert_eq!(coverage(now).lost_since(&coverage(before)), lost, "{why}");
        }
    }
}
