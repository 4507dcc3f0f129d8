//! One identity for each registration and each person. What is deleted and recreated in KITOS
//! gets another uuid there, but the municipality still uses the same system, and the person is
//! the same. So a pull is rewritten here to keep the uuid under which each was first seen. Only
//! links into KITOS and requests to it use the present one, `kitos_uuid`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Few, Person, RoleAssignment, Snapshot, SystemUsage};
use crate::text::addresses::folded;
use crate::text::names::key;

/// KITOS's new uuids of entities that were recreated there, each with the uuid we keep using.
pub type Identities = BTreeMap<Uuid, Uuid>;

/// What is known of identities before a pull.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lineage {
    pub identities: Identities,
    /// People who left and are not forgotten, by [`name_and_address`].
    pub left: BTreeMap<(String, String), Uuid>,
}

/// The key by which someone who comes back long after is recognised: the address alone may have
/// become another person's.
pub fn name_and_address(name: &str, address: &str) -> (String, String) {
    (key(name), folded(address))
}

/// The uuid that something is known by here.
pub fn identity(identities: &Identities, kitos_uuid: Uuid) -> Uuid {
    identities.get(&kitos_uuid).copied().unwrap_or(kitos_uuid)
}

/// A pull with everything under the uuid that it is known by, and the identities that
/// were not known yet. `before` is the last committed snapshot.
pub fn settle<'a>(
    lineage: &Lineage,
    before: Option<&Snapshot>,
    pull: &'a Snapshot,
) -> (Cow<'a, Snapshot>, Identities) {
    let Some(before) = before else { return (Cow::Borrowed(pull), Identities::new()) };
    let mut new = usages(&lineage.identities, before, pull);
    new.extend(people(lineage, before, pull));
    if lineage.identities.is_empty() && new.is_empty() {
        return (Cow::Borrowed(pull), new);
    }
    let mut identities = lineage.identities.clone();
    identities.extend(&new);
    (Cow::Owned(rewritten(pull.clone(), &identities)), new)
}

/// The identities of usages that are not known yet. Those that went and came for the
/// same shared system are one (`docs/policy.md`, "Changes"): of several usages of a
/// system those of the same local name first, then any two.
fn usages(known: &Identities, before: &Snapshot, pull: &Snapshot) -> Identities {
    let last = |uuid: Uuid| before.usages.get(&uuid).map(|usage| usage.kitos_uuid);
    let mut new = disputed(known, |uuid| pull.usages.contains_key(uuid), last);
    let of = |usage: &SystemUsage| new.get(&usage.uuid).copied();
    let of = |usage: &SystemUsage| of(usage).unwrap_or_else(|| identity(known, usage.uuid));
    let here: BTreeSet<Uuid> = pull.usages.values().map(of).collect();
    let mut gone: Vec<&SystemUsage> =
        before.usages.values().filter(|old| !here.contains(&old.uuid)).collect();
    let came = pull.usages.values().filter(|new| !before.usages.contains_key(&of(new)));
    let mut came: Vec<&SystemUsage> = came.collect();
    type Alike<'a> = fn(&'a SystemUsage) -> (Uuid, Option<&'a str>);
    let ways: [Alike<'_>; 2] =
        [|usage| (usage.system, usage.local_name.as_deref()), |usage| (usage.system, None)];
    for alike in ways {
        let mut free: BTreeMap<_, Vec<&SystemUsage>> = BTreeMap::new();
        for old in gone.iter().rev() {
            free.entry(alike(old)).or_default().push(old);
        }
        came.retain(|anew| {
            let old = free.get_mut(&alike(anew)).and_then(Vec::pop);
            new.extend(old.map(|old| (anew.uuid, old.uuid)));
            old.is_none()
        });
        let left: BTreeSet<Uuid> = free.into_values().flatten().map(|old| old.uuid).collect();
        gone.retain(|old| left.contains(&old.uuid));
    }
    new
}

/// The identities of people that are not known yet. Who went and came with the same
/// address is one; so is who left earlier and comes with the same name and address.
fn people(lineage: &Lineage, before: &Snapshot, pull: &Snapshot) -> Identities {
    let known = &lineage.identities;
    let is_here = |uuid: &Uuid| pull.is_member(*uuid);
    let last = |uuid: Uuid| before.people.get(&uuid).map(|person| person.kitos_uuid);
    let mut new = disputed(known, is_here, last);
    let of = |person: &Person| new.get(&person.uuid).copied();
    let of = |person: &Person| of(person).unwrap_or_else(|| identity(known, person.uuid));
    let members = || pull.members();
    let here: BTreeSet<Uuid> = members().map(of).collect();
    let gone = before.people.values().filter(|old| old.member && !here.contains(&old.uuid));
    let gone = by_address(gone);
    let came = by_address(members().filter(|new| !before.people.contains_key(&of(new))));
    for (address, anew) in came {
        let left = || lineage.left.get(&name_and_address(&anew.name, &address)).copied();
        let same = gone.get(&address).map(|old| old.uuid).or_else(left);
        new.extend(same.filter(|old| !here.contains(old)).map(|old| (anew.uuid, old)));
    }
    new
}

/// People by their address; an address that two of them have tells neither.
fn by_address<'a>(people: impl Iterator<Item = &'a Person>) -> BTreeMap<String, &'a Person> {
    let (mut found, mut shared) = (BTreeMap::new(), BTreeSet::new());
    for person in people {
        let Some(address) = person.email.as_deref().map(folded).filter(|it| !it.is_empty()) else {
            continue;
        };
        if found.insert(address.clone(), person).is_some() {
            shared.insert(address);
        }
    }
    found.retain(|address, _| !shared.contains(address));
    found
}

/// If KITOS brings back a uuid that we had replaced, two rows claim one identity. The row that
/// held it in the last snapshot keeps it; the other gets its own.
fn disputed(
    known: &Identities,
    is_here: impl Fn(&Uuid) -> bool,
    last: impl Fn(Uuid) -> Option<Uuid>,
) -> Identities {
    let mut claims: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for (kitos_uuid, identity) in known {
        claims.entry(*identity).or_default().extend(Some(*kitos_uuid).filter(&is_here));
    }
    let mut own = Identities::new();
    for (identity, mut claimants) in claims {
        claimants.extend(Some(identity).filter(|it| is_here(it) && !known.contains_key(it)));
        let keeps = last(identity).filter(|uuid| claimants.contains(uuid));
        let keeps = keeps.or_else(|| claimants.first().copied());
        let others = claimants.into_iter().filter(|uuid| Some(*uuid) != keeps);
        own.extend(others.map(|uuid| (uuid, Uuid::new_v5(&uuid, b"its own again"))));
    }
    own
}

fn rewritten(mut pull: Snapshot, identities: &Identities) -> Snapshot {
    let of = |uuid: Uuid| identity(identities, uuid);
    let all = |uuids: &mut Few<Uuid>| {
        if uuids.iter().any(|uuid| identities.contains_key(uuid)) {
            *uuids = uuids.iter().map(|uuid| of(*uuid)).collect();
        }
    };
    let usages = std::mem::take(&mut pull.usages).into_values().map(|mut usage| {
        usage.uuid = of(usage.uuid);
        all(&mut usage.relations);
        let held = std::mem::take(&mut usage.roles).into_iter();
        usage.roles = held.map(|held| RoleAssignment { person: of(held.person), ..held }).collect();
        (usage.uuid, usage)
    });
    pull.usages = usages.collect();
    pull.contracts.values_mut().for_each(|contract| all(&mut contract.usages));
    pull.data_processing.values_mut().for_each(|registration| all(&mut registration.usages));
    // Users last: one whom an old assignment still names is a user all the same.
    let (users, named): (Vec<Person>, Vec<Person>) =
        std::mem::take(&mut pull.people).into_values().partition(|person| person.member);
    let people = named.into_iter().chain(users);
    pull.people =
        people.map(|person| Person { uuid: of(person.uuid), ..person }).map(keyed).collect();
    pull
}

fn keyed(person: Person) -> (Uuid, Person) {
    (person.uuid, person)
}

#[cfg(test)]
mod tests;
