//! What the configuration's names and uuids were found to mean. The meaning is kept when the
//! thing is renamed or recreated in KITOS (`docs/policy.md`, "The right person").

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::roles::RecordedRoles;
use crate::register::lineage::{Identities, identity};
use crate::text::names::key;

/// What the names of the policy meant when they were matched first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bindings {
    pub roles: RecordedRoles,
    /// Staff units.
    pub units: BoundNames,
    /// Systems that are left out by name.
    pub usages: BoundNames,
    /// By which uuid each registration is known here.
    pub identities: Identities,
}

/// What names meant at their first match, by the form in which names compare.
pub type BoundNames = BTreeMap<String, BTreeSet<Uuid>>;

/// What a list of names means, with what was matched just now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bound {
    pub uuids: BTreeSet<Uuid>,
    /// To be recorded with the snapshot.
    pub new: BoundNames,
    /// Names that mean nothing.
    pub unmatched: Vec<String>,
}

/// Looks `names` up: what each was bound to, where any of it `exists`, else what it
/// `means` by name now.
pub fn bind(
    names: &[String],
    bound: &BoundNames,
    exists: impl Fn(&Uuid) -> bool,
    means: impl Fn(&str) -> BTreeSet<Uuid>,
) -> Bound {
    let mut found = Bound::default();
    for name in names {
        let known = bound.get(&key(name)).into_iter().flatten().copied().filter(&exists);
        let known: BTreeSet<Uuid> = known.collect();
        if !known.is_empty() {
            found.uuids.extend(known);
            continue;
        }
        let now = means(name);
        if now.is_empty() {
            found.unmatched.push(name.clone());
        } else {
            found.uuids.extend(&now);
            found.new.insert(key(name), now);
        }
    }
    found
}

impl Bindings {
    /// The usage that a uuid of KITOS's means, today's or an earlier one.
    pub fn usage(&self, kitos_uuid: Uuid) -> Uuid {
        identity(&self.identities, kitos_uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    #[test]
    fn a_name_means_what_it_meant_first_for_as_long_as_that_exists() {
        let names = ["Stab".to_owned(), "Nix".to_owned()];
        let means = |all: &'static [(&'static str, &'static str)]| {
            move |name: &str| -> BTreeSet<Uuid> {
                let of = all.iter().filter(|(called, _)| *called == name);
                of.map(|(_, uuid)| id(uuid)).collect()
            }
        };
        let exists = |all: &'static [(&'static str, &'static str)]| {
            move |uuid: &Uuid| all.iter().any(|(_, unit)| id(unit) == *uuid)
        };
        let first: &[(&str, &str)] = &[("Stab", "a"), ("Skole", "b")];
        let renamed: &[(&str, &str)] = &[("Direktion", "a"), ("Stab", "b")];
        let gone: &[(&str, &str)] = &[("Stab", "b")];
        let found = bind(&names, &BoundNames::new(), exists(first), means(first));
        assert_eq!((&found.uuids, &found.unmatched), (&[id("a")].into(), &vec!["Nix".to_owned()]));
        let bound = found.new;
        assert_eq!(bound, [("stab".to_owned(), [id("a")].into())].into());
        // Another of the old name is another.
        for (world, uuid) in [(renamed, "a"), (gone, "b")] {
            let found = bind(&names, &bound, exists(world), means(world));
            assert_eq!(found.uuids, [id(uuid)].into());
        }
    }
}
