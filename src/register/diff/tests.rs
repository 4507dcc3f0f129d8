use super::*;
use crate::testing::{id, randers};

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

#[test]
fn of_several_that_are_registered_anew_the_names_decide() {
    let before = register([usage("a", Some("Skole")), usage("b", Some("Ældre")), usage("c", None)]);
    let after = register([usage("d", Some("Ældre")), usage("e", Some("Skole")), usage("f", None)]);
    let expected = [("a", "e"), ("b", "d"), ("c", "f")].map(|(old, new)| (id(old), id(new)));
    assert_eq!(re_registered(&before, &after), expected.into());
}

#[test]
fn another_name_is_no_hindrance_and_nobody_has_two_heirs() {
    let one = register([usage("a", Some("Skole"))]);
    let two = register([usage("d", None), usage("e", None)]);
    let pairs = re_registered(&one, &two);
    assert_eq!(pairs, [(id("a"), id("d").min(id("e")))].into());
    let pairs = re_registered(&two, &one);
    assert_eq!(pairs, [(id("d").min(id("e")), id("a"))].into());
    assert_eq!(re_registered(&one, &one), BTreeMap::new());
    assert_eq!(re_registered(&one, &register([])), BTreeMap::new());
}
