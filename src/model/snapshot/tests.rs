use super::*;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn units(tree: &[(u128, Option<u128>)]) -> Snapshot {
    let unit = |(n, parent): &(u128, Option<u128>)| {
        let unit = OrganizationUnit {
            uuid: id(*n),
            name: n.to_string(),
            parent: parent.map(id),
            external: None,
        };
        (unit.uuid, unit)
    };
    let organization = Organization { uuid: id(0), name: String::new(), cvr: None };
    Snapshot { units: tree.iter().map(unit).collect(), ..Snapshot::empty(organization) }
}

#[test]
fn the_administration_is_the_child_of_the_root() {
    let tree = units(&[(1, None), (2, Some(1)), (3, Some(2)), (4, Some(3)), (5, Some(99))]);
    for (unit, administration) in [
        (1, Some("1")), // the municipality itself
        (2, Some("2")),
        (3, Some("2")),
        (4, Some("2")),
        (5, Some("5")), // its parent is gone
        (6, None),
    ] {
        let found = tree.administration(id(unit)).map(|unit| unit.name.as_str());
        assert_eq!(found, administration, "unit {unit}");
    }
    // A circle has no root; that it ends is enough.
    let circle = units(&[(1, Some(2)), (2, Some(1)), (3, Some(3))]);
    assert!(circle.administration(id(1)).is_some());
    assert!(circle.administration(id(3)).is_some());
}

#[test]
fn the_way_up_goes_from_the_unit_to_the_root_and_ends_in_a_circle() {
    let tree = units(&[(1, None), (2, Some(1)), (3, Some(2)), (4, Some(99)), (5, Some(5))]);
    let circle = units(&[(1, Some(2)), (2, Some(3)), (3, Some(1))]);
    for (units, from, expected) in [
        (&tree, 3, vec![3, 2, 1]),
        (&tree, 1, vec![1]),
        (&tree, 4, vec![4, 99]),
        (&tree, 5, vec![5]),
        (&circle, 2, vec![2, 3, 1]),
    ] {
        let expected: Vec<Uuid> = expected.into_iter().map(id).collect();
        assert_eq!(units.way_up(id(from)).collect::<Vec<_>>(), expected, "from {from}");
    }
}

#[test]
fn a_usage_goes_by_its_local_name_where_it_has_one() {
    let mut snapshot = units(&[]);
    let system = ItSystem { uuid: id(7), name: "KMD Løn".to_owned(), deactivated: false };
    snapshot.systems.insert(system.uuid, system);
    let usage = |system, local_name: Option<&str>| SystemUsage {
        local_name: local_name.map(str::to_owned),
        ..SystemUsage::new(id(1), id(system))
    };
    for (system, local_name, expected) in [
        (7, None, "KMD Løn"),
        (7, Some("Vores løn"), "Vores løn"),
        (7, Some(" Vores løn\n"), "Vores løn"),
        (7, Some(" \t"), "KMD Løn"),
        (8, None, ""),
    ] {
        assert_eq!(snapshot.usage_name(&usage(system, local_name)), expected, "{local_name:?}");
    }
}

#[test]
fn a_life_cycle_keeps_kitoss_spelling_whatever_it_is() {
    for spelling in [
        "Undecided",
        "NotInUse",
        "Pilot",
        "PhasingIn",
        "Operational",
        "PhasingOut",
        "operational",
        "Sleeping",
        "",
        "Other",
    ] {
        let value = LifeCycle::from_kitos(spelling);
        assert_eq!(value.as_kitos(), spelling);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<LifeCycle>(&json).unwrap(), value, "{json}");
    }
}
