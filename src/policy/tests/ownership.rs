use super::*;
use crate::model::{RoleType, Unreachable};
use crate::policy::leaders::Leaders;
use crate::policy::roles::{RecordedRoles, match_roles};

fn bo_owns() -> Snapshot {
    løn().assign("løn", "ejer", "bo")
}

/// Who is owner when the policy says "Systemejer" and KITOS says something else.
#[test]
fn role_types_that_are_renamed_withdrawn_or_unknown() {
    let matched = |recorded: &RecordedRoles, snapshot: &Snapshot| {
        let owners = match_roles(&["Systemejer".to_owned()], recorded, snapshot);
        let policy = Policy { owner_roles: owners.roles, ..with(Rule::OwnerMissing) };
        said_by(&policy, &History::default(), snapshot)
    };
    let recorded: RecordedRoles = [("Systemejer".to_owned(), id("ejer"))].into();
    let role = |edit: fn(&mut RoleType)| {
        let mut snapshot = bo_owns();
        edit(snapshot.role_types.get_mut(&id("ejer")).expect("the role"));
        snapshot
    };
    let renamed = role(|role| role.name = "Ansvarlig ejer".to_owned());
    let withdrawn = role(|role| role.available = false);
    let unknown = {
        let mut snapshot = løn().assign("løn", "ukendt", "bo");
        let role = RoleType { uuid: id("ukendt"), name: String::new(), available: false };
        snapshot.role_types.insert(role.uuid, role);
        snapshot
    };
    assert_eq!(matched(&recorded, &renamed), []);
    assert_eq!(matched(&recorded, &withdrawn), []);
    assert_eq!(matched(&RecordedRoles::new(), &withdrawn), []);
    assert_eq!(matched(&recorded, &unknown), [no_owner()]);
}

#[test]
fn without_an_owner_since_when() {
    let last = LastOwner { person: id("bo"), gone: day("2026-11-03") };
    let acquired = day("2026-10-01");
    let unowned = |since, last_owner| Fault::NoOwner { since, last_owner, departed: false };
    for (why, history, expected) in [
        ("before monitoring", History::default(), unowned(None, None)),
        (
            "since it came",
            History { acquired: [(id("løn"), acquired)].into(), ..History::default() },
            unowned(Some(acquired), None),
        ),
        (
            "since its owner went",
            History {
                acquired: [(id("løn"), acquired)].into(),
                last_owner: [(id("løn"), last)].into(),
                ..History::default()
            },
            unowned(Some(last.gone), Some(id("bo"))),
        ),
    ] {
        assert_eq!(said_by(&with(Rule::OwnerMissing), &history, &løn()), [expected], "{why}");
    }
}

#[test]
fn owners_whom_mail_cannot_reach() {
    let policy = Policy {
        allowed_domains: ["randers.dk".to_owned()].into(),
        ..with(Rule::OwnerUnreachable)
    };
    let refused = History { refused: ["bo@randers.dk".to_owned()].into(), ..History::default() };
    let nobody = History::default();
    let address = |email: Option<&str>| {
        let mut snapshot = bo_owns();
        snapshot.people.get_mut(&id("bo")).expect("bo").email = email.map(str::to_owned);
        snapshot
    };
    for (email, history, expected) in [
        (Some("bo@randers.dk"), &nobody, None),
        (Some(" Bo@Randers.DK "), &nobody, None),
        (Some("bo@randers.dk.example"), &nobody, Some(Unreachable::ForeignDomain)),
        (Some("bo@it.randers.dk"), &nobody, Some(Unreachable::ForeignDomain)),
        (Some("bo at randers.dk"), &nobody, Some(Unreachable::Malformed)),
        (Some(""), &nobody, Some(Unreachable::NoAddress)),
        (None, &nobody, Some(Unreachable::NoAddress)),
        (Some("BO@randers.dk"), &refused, Some(Unreachable::Refused)),
        (Some("ida@randers.dk"), &refused, None),
    ] {
        let expected: Vec<Fault> = expected
            .map(|why| Fault::UnreachableOwner { person: id("bo"), why })
            .into_iter()
            .collect();
        assert_eq!(said_by(&policy, history, &address(email)), expected, "{email:?}");
    }
    // Someone who left is another rule's; a forvalter is nobody's.
    assert_eq!(said_by(&policy, &nobody, &address(None).left("bo")), []);
    let forvalter = løn().assign("løn", "forvalter", "bo");
    assert_eq!(said_by(&policy, &refused, &forvalter), []);
}

#[test]
fn several_owners_are_several_people() {
    let one = |person| Fault::OneOfSeveralOwners { person: id(person) };
    for (why, snapshot, expected) in [
        ("one", bo_owns(), vec![]),
        ("two", bo_owns().assign("løn", "ejer", "ida"), sorted(vec![one("bo"), one("ida")])),
        ("two by two roles", bo_owns().assign("løn", "chef", "ida"), {
            sorted(vec![one("bo"), one("ida")])
        }),
        ("the same person twice", bo_owns().assign("løn", "chef", "bo"), vec![]),
        ("owner and forvalter", bo_owns().assign("løn", "forvalter", "ida"), vec![]),
        ("one of them left", bo_owns().assign("løn", "ejer", "ida").left("ida"), vec![]),
    ] {
        assert_eq!(said(Rule::OwnerSeveral, &snapshot), expected, "{why}");
    }
}

fn leaders(lines: &str) -> Option<Leaders> {
    let file = format!("email;name;level;unit;manager_email\n{lines}");
    Some(Leaders::parse(file.as_bytes()).expect("a leaders file").0)
}

#[test]
fn owners_at_a_level_that_may_not_own() {
    let fault = |level: Option<&str>| {
        vec![Fault::OwnerLevel { person: id("bo"), level: level.map(str::to_owned) }]
    };
    for (why, lines, expected) in [
        ("at a level that may", "bo@randers.dk;Bo;leder;it;", vec![]),
        ("case does not matter", "BO@Randers.dk;Bo;LEDER;it;", vec![]),
        ("at another level", "bo@randers.dk;Bo;konsulent;it;", fault(Some("konsulent"))),
        ("not in the file", "ida@randers.dk;Ida;leder;it;", fault(None)),
    ] {
        let policy = Policy { leaders: leaders(lines), ..with(Rule::OwnerLevel) };
        assert_eq!(said_by(&policy, &History::default(), &bo_owns()), expected, "{why}");
    }
    assert_eq!(said(Rule::OwnerLevel, &bo_owns()), [], "without a file nobody is guessed");
}

/// Randers: HR (a staff unit) with Løn; Skole with Skole A; and the root.
fn units() -> Snapshot {
    bo_owns()
        .unit("hr", Some("randers"))
        .unit("lønkontor", Some("hr"))
        .unit("skole", Some("randers"))
        .unit("skole a", Some("skole"))
}

fn responsible(unit: &str) -> Snapshot {
    units().edit("løn", |usage| usage.responsible_unit = Some(id(unit)))
}

#[test]
fn owners_from_another_part_of_the_organisation() {
    let outside =
        |unit: &str| vec![Fault::OwnerOutsideUnit { person: id("bo"), unit: unit.to_owned() }];
    for (responsible_unit, owners_unit, expected) in [
        ("skole", "skole", vec![]),
        ("skole a", "skole", vec![]),
        ("skole", "skole a", vec![]),
        ("skole", "randers", vec![]),
        // The root is above everything.
        ("randers", "skole a", vec![]),
        ("skole", "it", outside("it")),
        ("skole a", "it", outside("it")),
        // A staff unit, and a unit in one.
        ("skole", "hr", vec![]),
        ("skole", "lønkontor", vec![]),
        ("lønkontor", "skole", outside("skole")),
        // Nobody is guessed.
        ("skole", "no such unit", vec![]),
        ("no such unit", "it", vec![]),
    ] {
        let policy = Policy {
            staff_units: [id("hr")].into(),
            leaders: leaders(&format!("bo@randers.dk;Bo;leder;{owners_unit};")),
            ..with(Rule::OwnerOutsideUnit)
        };
        let seen = said_by(&policy, &History::default(), &responsible(responsible_unit));
        assert_eq!(seen, expected, "{owners_unit} owns in {responsible_unit}");
    }
    let policy = Policy { leaders: leaders(""), ..with(Rule::OwnerOutsideUnit) };
    assert_eq!(said_by(&policy, &History::default(), &responsible("skole")), [], "not in the file");
    assert_eq!(said(Rule::OwnerOutsideUnit, &responsible("skole")), [], "no file");
}

#[test]
fn systems_used_across_administrations() {
    let used_by = |names: &[&str]| {
        sorted(names.iter().map(|name| Fault::UsedBy { administration: id(name) }).collect())
    };
    let staff = Policy { staff_units: [id("hr")].into(), ..with(Rule::CrossUnitOwner) };
    let all = ["it", "hr", "skole"];
    for (responsible_unit, using, expected) in [
        ("skole", &["skole", "skole a"][..], vec![]),
        ("skole", &["skole a", "it"], used_by(&["skole", "it"])),
        // The root stands for all administrations.
        ("skole", &["randers"], used_by(&all)),
        ("randers", &["skole", "it"], used_by(&["skole", "it"])),
        ("hr", &["skole", "it"], vec![]),
        ("lønkontor", &["skole", "it"], vec![]),
        ("skole", &[], vec![]),
        ("skole", &["skole", "no such unit"], vec![]),
        ("no such unit", &["skole", "it"], vec![]),
    ] {
        let snapshot = responsible(responsible_unit)
            .edit("løn", |usage| usage.using_units = using.iter().map(|unit| id(unit)).collect());
        let seen = said_by(&staff, &History::default(), &snapshot);
        assert_eq!(seen, expected, "{using:?}, {responsible_unit} responsible");
    }
    let across = responsible("skole").edit("løn", |u| u.using_units = [id("it"), id("hr")].into());
    assert_eq!(said(Rule::CrossUnitOwner, &across), [], "no staff units");
    let nobody = across.edit("løn", |u| u.responsible_unit = None);
    assert_eq!(said_by(&staff, &History::default(), &nobody), [], "no responsible unit");
}

#[test]
fn nobody_is_manager_or_contact() {
    let forvalter = |person| løn().assign("løn", "forvalter", person);
    for (rule, roles) in [
        (Rule::ManagerMissing, Policy { manager_roles: [id("forvalter")].into(), ..policy() }),
        (Rule::ContactMissing, Policy { contact_roles: [id("forvalter")].into(), ..policy() }),
    ] {
        let policy = Policy { rules: [(rule, setting())].into(), ..roles };
        for (why, snapshot, missing) in [
            ("nobody", løn(), true),
            ("somebody", forvalter("bo"), false),
            ("somebody who left", forvalter("bo").left("bo"), true),
            ("the owner is not", bo_owns(), true),
            ("the owner is, too", bo_owns().assign("løn", "forvalter", "bo"), false),
        ] {
            let expected = if missing { vec![Fault::NobodyAssigned] } else { vec![] };
            let seen = said_by(&policy, &History::default(), &snapshot);
            assert_eq!(seen, expected, "{rule:?}: {why}");
        }
        assert_eq!(said(rule, &løn()), [], "KITOS has no such role");
    }
}
