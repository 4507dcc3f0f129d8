use super::*;
use crate::testing::{id, randers};

fn with_role(mut snapshot: Snapshot, key: &str, name: &str, available: bool) -> Snapshot {
    let uuid = id(key);
    snapshot.role_types.insert(uuid, RoleType { uuid, name: name.to_owned(), available });
    snapshot
}

fn without(mut snapshot: Snapshot, key: &str) -> Snapshot {
    snapshot.role_types.remove(&id(key));
    snapshot
}

/// What a single name comes to.
#[derive(Debug, PartialEq)]
enum Comes {
    /// Matched for the first time.
    New(Uuid),
    Known(Uuid),
    Unmatched,
    Gone,
}

#[test]
fn a_name_is_matched_once_and_by_uuid_from_then_on() {
    let ejer = id("ejer");
    let uuid = ejer.to_string();
    let renamed = || with_role(randers(), "ejer", "Ansvarlig ejer", true);
    let spelt = |name: &str| with_role(randers(), "ejer", name, true);
    let replaced = || with_role(without(randers(), "ejer"), "ny", "Systemejer", true);
    let renamed_and_replaced = || with_role(renamed(), "ny", "Systemejer", true);
    let two_offered = || with_role(randers(), "zwei", "systemejer ", true);
    for (why, name, recorded, snapshot, expected) in [
        ("by name", "Systemejer", None, randers(), Comes::New(ejer)),
        ("whatever its case and blanks", " sYSTEMEJER ", None, randers(), Comes::New(ejer)),
        ("with a no-break space", "Ansvarlig ejer", None, spelt("Ansvarlig\u{a0}ejer"), {
            Comes::New(ejer)
        }),
        ("with two blanks", "Ansvarlig ejer", None, spelt("Ansvarlig  ejer"), Comes::New(ejer)),
        ("decomposed", "Systemejer å", None, spelt("Systemejer a\u{30a}"), Comes::New(ejer)),
        ("no such name", "Ejer", None, randers(), Comes::Unmatched),
        ("an empty name", " ", None, randers(), Comes::Unmatched),
        ("by uuid", &uuid, None, randers(), Comes::New(ejer)),
        ("by uuid in other clothes", &format!("{{{uuid}}}"), None, randers(), Comes::New(ejer)),
        ("no such uuid", &id("x").to_string(), None, randers(), Comes::Unmatched),
        ("recorded", "Systemejer", Some("Systemejer"), randers(), Comes::Known(ejer)),
        ("recorded and renamed", "Systemejer", Some("Systemejer"), renamed(), Comes::Known(ejer)),
        (
            "recorded, renamed, and written otherwise since",
            "systemejer ",
            Some("Systemejer"),
            renamed(),
            Comes::Known(ejer),
        ),
        ("renamed, never recorded", "Systemejer", None, renamed(), Comes::Unmatched),
        (
            "recorded and gone",
            "Systemejer",
            Some("Systemejer"),
            without(randers(), "ejer"),
            Comes::Gone,
        ),
        // A new role type of the old name is another one: a person decides.
        ("recorded and replaced", "Systemejer", Some("Systemejer"), replaced(), Comes::Gone),
        ("recorded by name, written by uuid", &uuid, Some("Systemejer"), randers(), {
            Comes::New(ejer)
        }),
        ("recorded uuid, gone", &uuid, Some(&*uuid), without(randers(), "ejer"), Comes::Gone),
        (
            "recorded, renamed, and another took the name",
            "Systemejer",
            Some("Systemejer"),
            renamed_and_replaced(),
            Comes::Known(ejer),
        ),
        ("written by uuid, with a namesake", &uuid, None, two_offered(), Comes::New(ejer)),
        (
            "one that is no longer offered",
            "Systemejer",
            None,
            with_role(randers(), "ejer", "Systemejer", false),
            Comes::New(ejer),
        ),
    ] {
        let recorded: RecordedRoles =
            recorded.into_iter().map(|name: &str| (name.to_owned(), ejer)).collect();
        let names = [name.to_owned()];
        let expected = match expected {
            Comes::New(role) => MatchedRoles {
                roles: [role].into(),
                new: [(name.to_owned(), role)].into(),
                ..MatchedRoles::default()
            },
            Comes::Known(role) => MatchedRoles { roles: [role].into(), ..MatchedRoles::default() },
            Comes::Unmatched => {
                MatchedRoles { unmatched: names.to_vec(), ..MatchedRoles::default() }
            }
            Comes::Gone => MatchedRoles { gone: names.to_vec(), ..MatchedRoles::default() },
        };
        assert_eq!(match_roles(&names, &recorded, &snapshot), expected, "{why}");
    }
}

#[test]
fn of_several_role_types_of_one_name_all_are_meant() {
    let names = ["Systemejer".to_owned()];
    let (ejer, other) = (id("ejer"), id("other"));
    for offered in [true, false] {
        let two = with_role(randers(), "other", " systemejer", offered);
        let recorded_one = if offered { ejer.min(other) } else { ejer };
        let first = match_roles(&names, &RecordedRoles::new(), &two);
        assert_eq!(first.roles, [ejer, other].into(), "{offered}");
        assert_eq!(first.new, [("Systemejer".to_owned(), recorded_one)].into(), "{offered}");
        // One came when the other had been matched long before.
        let recorded = [("Systemejer".to_owned(), ejer)].into();
        let later = match_roles(&names, &recorded, &two);
        assert_eq!(later.roles, [ejer, other].into(), "{offered}");
        assert!(later.new.is_empty() && later.gone.is_empty() && later.unmatched.is_empty());
    }
}

#[test]
fn several_names_are_matched_each_by_itself() {
    let names = ["Systemejer", "Forretningsejer", "Findes ikke"].map(str::to_owned);
    let recorded = [("Forretningsejer".to_owned(), id("gone"))].into();
    let matched = match_roles(&names, &recorded, &randers());
    assert_eq!(matched.roles, [id("ejer")].into());
    assert_eq!(matched.unmatched, ["Findes ikke"]);
    assert_eq!(matched.gone, ["Forretningsejer"]);
}

#[test]
fn a_misspelt_name_gets_a_hint() {
    for (name, hint) in [
        ("Systemejr", Some("Systemejer")),
        ("systemejere", Some("Systemejer")),
        ("forretnings-ejer", Some("Forretningsejer")),
        ("Kok", None),
        ("", None),
    ] {
        assert_eq!(nearest_role(name, &randers()), hint, "{name}");
    }
}
