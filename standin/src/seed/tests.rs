use std::collections::BTreeSet;

use crate::{OWNER_ROLE, Usage, World};

#[test]
fn the_same_seed_is_the_same_world() {
    let (one, two) = (World::generate(3, 50), World::generate(3, 50));
    assert_eq!(format!("{one:?}"), format!("{two:?}"));
    assert_ne!(one, World::generate(4, 50));
}

#[test]
fn a_municipality_of_600_looks_like_one() {
    let world = World::generate(1, 600);
    let owner = world.role(OWNER_ROLE).expect("the role");
    let usages: Vec<&Usage> = world.our_usages().collect();
    let owned = usages.iter().filter(|usage| !world.holders(usage.uuid, owner).is_empty());
    assert_eq!((usages.len(), world.our_users().count()), (600, 803));
    assert_eq!(world.our_units().count(), 120);
    assert!((530..=575).contains(&owned.count()), "about 92 % have an owner");
    let roots = world.our_units().filter(|unit| unit.parent.is_none());
    assert_eq!(roots.count(), 1);
    let names: BTreeSet<&str> = usages.iter().map(|row| world.usage_name(row.uuid)).collect();
    assert!(names.len() > 500, "most names are told apart");
    let emails: BTreeSet<_> = world.our_users().map(|user| &user.email).collect();
    assert_eq!(emails.len(), 803);
    assert!(world.our_users().all(|user| user.email.as_ref().is_some_and(|e| e.is_ascii())));
}

#[test]
fn every_size_can_be_made_and_every_reference_resolves() {
    for size in [0, 1, 2, 17, 1300] {
        let world = World::generate(9, size);
        assert_eq!(world.our_usages().count(), size);
        for usage in &world.usages {
            assert!(world.system(usage.system).is_some());
            let units = usage.responsible_unit.iter().chain(&usage.using_units);
            assert!(units.copied().all(|unit| world.unit(unit).is_some()));
            assert!(usage.roles.iter().all(|held| world.user(held.user).is_some()));
            assert!(usage.relations.iter().all(|to| world.usage(*to).is_some()));
            assert!(usage.main_contract.is_none_or(|uuid| world.contract(uuid).is_some()));
        }
    }
}
