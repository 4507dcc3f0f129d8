use super::*;
use crate::register::changes::{OwnerRoles, changes};
use crate::register::diff::diff;
use crate::testing::{id, policy, randers};

/// A usage of the shared system "løn", named locally.
fn usage(uuid: &str, local_name: Option<&str>) -> SystemUsage {
    SystemUsage {
        local_name: local_name.map(str::to_owned),
        ..SystemUsage::new(id(uuid), id("løn/system"))
    }
}

fn register(usages: impl IntoIterator<Item = SystemUsage>) -> Snapshot {
    let usages = usages.into_iter().map(|usage| (usage.uuid, usage)).collect();
    Snapshot { usages, ..randers() }
}

fn new_of(lineage: &Lineage, before: &Snapshot, pull: &Snapshot) -> Identities {
    settle(lineage, Some(before), pull).1
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Identities {
    pairs.map(|(new, old)| (id(new), id(old))).into()
}

#[test]
fn of_several_that_are_registered_anew_the_names_decide() {
    let before = register([usage("a", Some("Skole")), usage("b", Some("Ældre")), usage("c", None)]);
    let after = register([usage("d", Some("Ældre")), usage("e", Some("Skole")), usage("f", None)]);
    let expected = pairs([("e", "a"), ("d", "b"), ("f", "c")]);
    assert_eq!(new_of(&Lineage::default(), &before, &after), expected);
}

#[test]
fn another_name_is_no_hindrance_and_nobody_is_two() {
    let one = register([usage("a", Some("Skole"))]);
    let two = register([usage("d", None), usage("e", None)]);
    let nobody = Lineage::default();
    assert_eq!(new_of(&nobody, &one, &two), [(id("d").min(id("e")), id("a"))].into());
    assert_eq!(new_of(&nobody, &two, &one), [(id("a"), id("d").min(id("e")))].into());
    assert_eq!(new_of(&nobody, &one, &one), Identities::new());
    assert_eq!(new_of(&nobody, &one, &register([])), Identities::new());
    // Another system is another system, and what came later is, too.
    let other = randers().usage("post");
    assert_eq!(new_of(&nobody, &one, &other), Identities::new());
    assert_eq!(new_of(&nobody, &register([]), &one), Identities::new());
}

#[test]
fn everything_that_names_a_usage_or_a_person_names_what_it_was_before() {
    let before = randers().user("bo").usage("løn").assign("løn", "ejer", "bo").usage("post");
    let mut pull = randers().user("bo 2").usage("løn").usage("post");
    let mut anew = pull.usages.remove(&id("løn")).expect("it");
    (anew.uuid, anew.kitos_uuid) = (id("løn 2"), id("løn 2"));
    pull.usages.insert(anew.uuid, anew);
    pull.people.get_mut(&id("bo 2")).expect("bo").email = Some(" BO@randers.dk".to_owned());
    let pull = pull.assign("løn 2", "ejer", "bo 2").edit("post", |usage| {
        usage.relations = [id("løn 2"), id("elsewhere")].into();
    });
    let (settled, new) = settle(&Lineage::default(), Some(&before), &pull);
    assert_eq!(new, pairs([("løn 2", "løn"), ("bo 2", "bo")]));
    let løn = &settled.usages[&id("løn")];
    assert_eq!((løn.uuid, løn.kitos_uuid), (id("løn"), id("løn 2")));
    assert_eq!(løn.roles, before.usages[&id("løn")].roles);
    assert_eq!(settled.usages[&id("post")].relations, [id("løn"), id("elsewhere")].into());
    assert_eq!(settled.people.keys().collect::<Vec<_>>(), [&id("bo")]);
    assert_eq!(settled.kitos_uuid(id("løn")), id("løn 2"));

    // Once known it stays so, and is not news again.
    let lineage = Lineage { identities: new, ..Lineage::default() };
    let (again, new) = settle(&lineage, Some(&settled), &pull);
    assert_eq!((&again, new), (&settled, Identities::new()));
}

#[test]
fn a_uuid_that_is_back_beside_its_successor_is_something_of_its_own() {
    let lineage = Lineage { identities: pairs([("b", "a")]), ..Lineage::default() };
    let (before, _) = {
        let first = register([usage("a", None)]);
        let pull = register([usage("b", None)]);
        let (settled, new) = settle(&Lineage::default(), Some(&first), &pull);
        (settled.into_owned(), new)
    };
    let both = register([usage("a", None), usage("b", None)]);
    let (settled, new) = settle(&lineage, Some(&before), &both);
    assert_eq!(settled.usages.len(), 2);
    assert_eq!(settled.kitos_uuid(id("a")), id("b"), "it stays with the one that had it last");
    assert_eq!(new.keys().collect::<Vec<_>>(), [&id("a")]);
    let mut identities = lineage.identities.clone();
    identities.extend(new);
    let lineage = Lineage { identities, ..lineage };
    assert_eq!(new_of(&lineage, &settled, &both), Identities::new(), "it stays so");
    // Back alone it is itself again.
    let alone = register([usage("a", None)]);
    let lineage = Lineage { identities: pairs([("b", "a")]), ..Lineage::default() };
    let (settled, new) = settle(&lineage, Some(&before), &alone);
    assert_eq!((settled.kitos_uuid(id("a")), new), (id("a"), Identities::new()));
}

#[test]
fn who_is_the_same_person() {
    let of = |name: &str, email: &str| {
        let mut snapshot = randers().user(name);
        let person = snapshot.people.get_mut(&id(name)).expect("the person");
        (person.name, person.email) = ("Bo Lund".to_owned(), Some(email.to_owned()));
        snapshot
    };
    let bo = of("bo", "bo@randers.dk");
    let left = [(name_and_address("bo lund ", "BO@randers.dk"), id("bo"))].into();
    let left = Lineage { left, ..Lineage::default() };
    let nobody = Lineage::default();
    let none = Identities::new();
    let same = pairs([("ny", "bo")]);
    let both = |mut snapshot: Snapshot, other: Snapshot| {
        snapshot.people.extend(other.people);
        snapshot
    };
    let ny = || of("ny", "Bo@randers.dk");
    let renamed = of("ny", "bl@randers.dk");
    let mut stranger = ny();
    stranger.people.get_mut(&id("ny")).expect("it").name = "Bo Holm".to_owned();
    let two = both(ny(), of("nyere", "bo@randers.dk"));
    for (why, lineage, before, pull, expected) in [
        ("went and came with an address", &nobody, &bo, &ny(), &same),
        ("under another name, too", &nobody, &bo, &stranger, &same),
        ("of another address", &nobody, &bo, &renamed, &none),
        ("both are there", &nobody, &bo, &both(bo.clone(), ny()), &none),
        ("two with that address", &nobody, &bo, &two, &none),
        ("left earlier", &left, &randers(), &ny(), &same),
        ("left earlier, and the address is another's", &left, &randers(), &stranger, &none),
        ("left earlier, and is here already", &left, &bo, &both(bo.clone(), ny()), &none),
        ("never seen", &nobody, &randers(), &ny(), &none),
    ] {
        assert_eq!(&new_of(lineage, before, pull), expected, "{why}");
    }
}

#[test]
fn whom_an_old_assignment_still_names_is_a_user_all_the_same() {
    let before = randers().user("bo").usage("løn").assign("løn", "ejer", "bo");
    let mut pull = before.clone().left("bo").user("ny");
    pull.people.get_mut(&id("ny")).expect("it").email = Some("bo@randers.dk".to_owned());
    let (settled, _) = settle(&Lineage::default(), Some(&before), &pull);
    let bo = &settled.people[&id("bo")];
    assert!(bo.member && bo.kitos_uuid == id("ny") && settled.people.len() == 1);
    let changes = changes(
        before.on("2026-11-09"),
        settled.on("2026-11-10"),
        &diff(&before, &settled),
        OwnerRoles::unchanged(&policy().owner_roles),
    );
    assert!(changes.iter().all(|change| change.usage().is_none()), "{changes:?}");
}
