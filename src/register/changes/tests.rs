use ChangeKind::*;

use serde_json::{Value, json};

use super::*;
use crate::model::{ChangeKind, LifeCycle, Person, RoleType};
use crate::register::diff::diff;
use crate::testing::{day, id, policy, randers};

const YESTERDAY: &str = "2026-11-09";
const TODAY: &str = "2026-11-10";

/// What changed between two pulls, on two days.
fn seen(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let delta = diff(before, after);
    changes(
        before.on(YESTERDAY),
        after.on(TODAY),
        &delta,
        OwnerRoles::unchanged(&policy().owner_roles),
    )
}

fn kinds(before: &Snapshot, after: &Snapshot) -> Vec<ChangeKind> {
    seen(before, after).iter().map(Change::kind).collect()
}

fn only(before: &Snapshot, after: &Snapshot) -> Change {
    let mut changes = seen(before, after);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    changes.remove(0)
}

fn base() -> Snapshot {
    randers().user("bo").user("ida").unit("it", None).unit("løn og hr", Some("it")).usage("løn")
}

fn in_state(life_cycle: Option<LifeCycle>) -> Snapshot {
    base().edit("løn", |u| u.life_cycle = life_cycle)
}

#[test]
fn a_usage_comes_and_goes_with_what_is_worth_remembering() {
    let with = base().assign("løn", "ejer", "bo").assign("løn", "forvalter", "ida");
    let with = with.edit("løn", |u| {
        u.local_name = Some("Løn 2".to_owned());
        u.responsible_unit = Some(id("it"));
    });
    let without = base().removed("løn");
    let facts = UsageFacts {
        name: "Løn 2".to_owned(),
        state: StateOfUse::InUse,
        owners: [id("bo")].into(),
        responsible_unit: Some(id("it")),
    };
    // Its roles are part of it, and no changes of their own.
    let acquired = Change::Acquired { usage: id("løn"), after: facts.clone() };
    assert_eq!(only(&without, &with), acquired);
    assert_eq!(only(&with, &without), Change::Removed { usage: id("løn"), before: facts });
}

#[test]
fn every_transition_has_its_name() {
    use LifeCycle::{NotInUse, Operational, Undecided};
    let other = |name| Some(LifeCycle::from_kitos(name));
    for (before, after, expected) in [
        (Some(Operational), other("Pilot"), vec![Pilot]),
        (other("Pilot"), other("PhasingIn"), vec![PhasingIn]),
        (other("PhasingIn"), Some(Operational), vec![InUse]),
        (Some(Operational), other("PhasingOut"), vec![PhasingOut]),
        (other("PhasingOut"), Some(NotInUse), vec![Decommissioned]),
        (Some(NotInUse), Some(Operational), vec![Revived]),
        (Some(NotInUse), other("PhasingOut"), vec![Revived]),
        (other("PhasingOut"), None, vec![InUse]),
        // The same state by another value is an edit.
        (None, Some(Undecided), vec![RegistrationChanged]),
        (Some(Operational), other("Something"), vec![RegistrationChanged]),
        (Some(Operational), Some(Operational), vec![]),
    ] {
        let found = kinds(&in_state(before.clone()), &in_state(after.clone()));
        assert_eq!(found, expected, "{before:?} to {after:?}");
    }
}

#[test]
fn a_date_that_passes_is_a_change_with_no_edit() {
    let ending = |end: &str| base().edit("løn", |u| u.valid_to = Some(day(end)));
    let last_day = ending(YESTERDAY);
    let change = only(&last_day, &last_day);
    assert_eq!(change.kind(), Decommissioned);
    let Transition { before, after, .. } = change.transition().expect("a transition");
    assert_eq!((before.state, after.state), (StateOfUse::InUse, StateOfUse::Decommissioned));
    assert_eq!(after.valid_to, Some(day(YESTERDAY)));
    assert_eq!(kinds(&ending(TODAY), &ending(TODAY)), []);
    assert_eq!(kinds(&ending("2026-11-08"), &ending("2026-11-08")), [], "it was so before");
    assert_eq!(kinds(&ending("2026-11-08"), &ending(TODAY)), [Revived]);
    assert_eq!(kinds(&ending(TODAY), &ending("2026-12-01")), [RegistrationChanged]);
}

#[test]
fn names_units_and_the_rest_of_the_registration() {
    type Edit = fn(&mut SystemUsage);
    let cases: [(&str, Edit, Vec<ChangeKind>); 6] = [
        ("a local name", |u| u.local_name = Some("Løn 2".into()), vec![Renamed]),
        ("a local name that says the same", |u| u.local_name = Some("løn".into()), {
            vec![RegistrationChanged]
        }),
        ("a unit", |u| u.responsible_unit = Some(id("it")), vec![UnitChanged]),
        ("a start", |u| u.valid_from = Some(day(TODAY)), vec![RegistrationChanged]),
        ("an end to come", |u| u.valid_to = Some(day(TODAY)), vec![RegistrationChanged]),
        (
            "all at once",
            |u| {
                u.local_name = Some("Løn 2".into());
                u.responsible_unit = Some(id("it"));
                u.valid_from = Some(day(YESTERDAY));
                u.life_cycle = Some(LifeCycle::PhasingOut);
            },
            vec![PhasingOut, Renamed, UnitChanged, RegistrationChanged],
        ),
    ];
    for (why, edit, expected) in cases {
        assert_eq!(kinds(&base(), &base().edit("løn", edit)), expected, "{why}");
    }
    let moved = base().edit("løn", |u| u.valid_from = Some(day(TODAY)));
    let (before, after) = only(&base(), &moved).sides();
    assert_eq!(before, json!({ "start-date": null }));
    assert_eq!(after, json!({ "start-date": TODAY }), "only what changed");
}

#[test]
fn the_shared_system_has_another_name_or_is_another() {
    let mut renamed = base();
    renamed.systems.get_mut(&id("løn/system")).expect("it").name = "KMD Løn".to_owned();
    let (before, after) = ("løn".to_owned(), "KMD Løn".to_owned());
    assert_eq!(only(&base(), &renamed), Change::Renamed { usage: id("løn"), before, after });

    let local = |s: Snapshot| s.edit("løn", |u| u.local_name = Some("Vores".to_owned()));
    assert_eq!(kinds(&local(base()), &local(renamed)), [], "nobody sees it");

    let mut migrated = base();
    let system = migrated.systems.remove(&id("løn/system")).expect("it");
    migrated.systems.insert(id("new"), crate::model::ItSystem { uuid: id("new"), ..system });
    let migrated = migrated.edit("løn", |u| u.system = id("new"));
    let change = only(&base(), &migrated);
    assert_eq!(change.kind(), RegistrationChanged);
    assert_eq!(change.sides().1, json!({ "system": id("new") }));
}

#[test]
fn owners_and_other_roles() {
    let bo = |role: &str| base().assign("løn", role, "bo");
    for (why, before, after, expected) in [
        ("an owner", base(), bo("ejer"), vec![OwnerAssigned]),
        ("an owner less", bo("ejer"), base(), vec![OwnerRemoved]),
        ("another role", base(), bo("forvalter"), vec![RoleAssigned]),
        ("another role less", bo("forvalter"), base(), vec![RoleRemoved]),
        (
            "handed over",
            bo("ejer"),
            base().assign("løn", "ejer", "ida"),
            vec![OwnerRemoved, OwnerAssigned],
        ),
        (
            // The ownership stays; the roles moved.
            "from one owner role to the other",
            bo("ejer"),
            bo("chef"),
            vec![RoleRemoved, RoleAssigned],
        ),
        ("both owner roles at once", base(), bo("ejer").assign("løn", "chef", "bo"), {
            vec![OwnerAssigned]
        }),
        ("a second owner role", bo("ejer"), bo("ejer").assign("løn", "chef", "bo"), {
            vec![RoleAssigned]
        }),
        ("one of two owner roles less", bo("ejer").assign("løn", "chef", "bo"), bo("chef"), {
            vec![RoleRemoved]
        }),
        ("from owner to forvalter", bo("ejer"), bo("forvalter"), {
            vec![OwnerRemoved, RoleAssigned]
        }),
    ] {
        assert_eq!(kinds(&before, &after), expected, "{why}");
    }
    let (usage, role, person) = (id("løn"), id("forvalter"), id("bo"));
    assert_eq!(only(&base(), &bo("ejer")), Change::OwnerAssigned { usage, person });
    let removed = Change::RoleRemoved { usage, role, person, departed: false };
    assert_eq!(only(&bo("forvalter"), &base()), removed);
}

/// The changes of one kind.
fn of_kind(changes: &[Change], kind: ChangeKind) -> Vec<&Change> {
    changes.iter().filter(|change| change.kind() == kind).collect()
}

#[test]
fn who_leaves_with_ownerships_is_one_story() {
    let before = base()
        .usage("post")
        .assign("løn", "ejer", "bo")
        .assign("løn", "forvalter", "bo")
        .assign("post", "chef", "bo");
    let kept = before.clone().left("bo");
    let unassigned = before
        .clone()
        .unassign("løn", "ejer", "bo")
        .unassign("løn", "forvalter", "bo")
        .unassign("post", "chef", "bo");
    let with_roles = unassigned.clone().left("bo");
    let successor = with_roles
        .clone()
        .assign("løn", "ejer", "ida")
        .assign("løn", "forvalter", "ida")
        .assign("post", "chef", "ida");
    let story = Change::PersonLeft {
        person: id("bo"),
        owned: [id("løn"), id("post")].into(),
        roles: vec![HeldRole { usage: id("løn"), role: id("forvalter") }],
    };
    let departed = |change: &&Change| matches!(change, Change::OwnerRemoved { departed: true, .. });
    for (why, after, removed, assigned) in [
        ("the roles stay behind", &kept, 0, 0),
        ("the roles go with the person", &with_roles, 2, 0),
        ("the roles go to a successor", &successor, 2, 2),
    ] {
        let found = seen(&before, after);
        assert_eq!(of_kind(&found, PersonLeft), [&story], "{why}");
        let gone = of_kind(&found, OwnerRemoved);
        assert_eq!(gone.len(), removed, "{why}");
        assert!(gone.iter().all(departed), "{why}");
        let new = of_kind(&found, OwnerAssigned);
        assert_eq!(new.len(), assigned, "{why}");
        assert!(new.iter().all(|change| change.subject() == Some(id("ida"))), "{why}");
    }
    // Who only hands over has not left.
    let found = seen(&before, &unassigned);
    let gone = of_kind(&found, OwnerRemoved);
    assert_eq!(gone.len(), 2);
    assert!(!gone.iter().any(departed));
    assert_eq!(of_kind(&found, PersonLeft), Vec::<&Change>::new());
}

#[test]
fn a_usage_that_is_registered_anew_is_one_change() {
    let before = base().assign("løn", "ejer", "bo");
    let (usage, kitos) = (id("løn"), id("løn 2"));
    let anew = || before.clone().edit("løn", |usage| usage.kitos_uuid = kitos);
    let change = Change::ReRegistered { usage, before: usage, after: kitos };
    assert_eq!(only(&before, &anew()), change);

    // What else is different is told beside it.
    let worse = anew().unassign("løn", "ejer", "bo").edit("løn", |usage| {
        usage.life_cycle = Some(LifeCycle::PhasingOut);
        usage.responsible_unit = Some(id("it"));
    });
    let found = kinds(&before, &worse);
    assert_eq!(found, [ReRegistered, OwnerRemoved, PhasingOut, UnitChanged]);
}

#[test]
fn back_and_forth_within_a_day_leaves_nothing_behind() {
    let (in_use, phasing_out) =
        (in_state(Some(LifeCycle::Operational)), in_state(Some(LifeCycle::PhasingOut)));
    assert_eq!(kinds(&in_use, &in_use), [], "between two pulls nobody saw it");
    let owner_roles = policy().owner_roles;
    let at_noon = |before: &Snapshot, after: &Snapshot| -> Vec<ChangeKind> {
        let found = changes(
            before.on(TODAY),
            after.on(TODAY),
            &diff(before, after),
            OwnerRoles::unchanged(&owner_roles),
        );
        found.iter().map(Change::kind).collect()
    };
    assert_eq!(at_noon(&in_use, &phasing_out), [PhasingOut]);
    assert_eq!(at_noon(&phasing_out, &in_use), [InUse]);
    assert_eq!(at_noon(&in_use, &in_use), []);
}

/// What counts as owner is configured otherwise between two pulls.
#[test]
fn a_changed_configuration_makes_no_owner_and_unmakes_none() {
    let (one, both) = (BTreeSet::from([id("ejer")]), policy().owner_roles);
    let snapshot = || randers().user("bo").user("ida").user("eva").usage("løn");
    let before = snapshot().assign("løn", "ejer", "bo").assign("løn", "chef", "ida");
    let handed_over = before.clone().unassign("løn", "ejer", "bo").assign("løn", "ejer", "eva");
    let lost = before.clone().unassign("løn", "chef", "ida");
    let changed = |(then, now): (&BTreeSet<Uuid>, &BTreeSet<Uuid>), after: &Snapshot| {
        let owner_roles = OwnerRoles { then, now };
        changes(before.on(TODAY), after.on(TODAY), &diff(&before, after), owner_roles)
    };
    let usage = id("løn");
    let removed = |person| Change::OwnerRemoved { usage, person: id(person), departed: false };
    let over = [removed("bo"), Change::OwnerAssigned { usage, person: id("eva") }];
    for (why, roles, after, expected) in [
        ("nothing happened", (&one, &both), &before, vec![]),
        (
            "another role counts, too, and the owner changes",
            (&one, &both),
            &handed_over,
            over.to_vec(),
        ),
        ("fewer roles count, and the owner changes", (&both, &one), &handed_over, over.to_vec()),
        ("who owned by both counts loses it", (&both, &both), &lost, vec![removed("ida")]),
        ("a role that no longer counts goes", (&both, &one), &lost, vec![removed("ida")]),
    ] {
        assert_eq!(changed(roles, after), expected, "{why}");
    }
}

#[test]
fn the_shared_system_is_closed_and_opened_again() {
    let closed = |mut snapshot: Snapshot, system: &str| {
        snapshot.systems.get_mut(&id(system)).expect("it").deactivated = true;
        snapshot
    };
    let shut = closed(base(), "løn/system");
    let (usage, system) = (id("løn"), Some(id("løn/system")));
    let closing = Change::SystemDeactivated { usage, before: None, after: system };
    assert_eq!(only(&base(), &shut), closing);
    assert_eq!(kinds(&shut, &shut), []);
    let opening = Change::SystemDeactivated { usage, before: system, after: None };
    assert_eq!(only(&shut, &base()), opening);

    // Migrated to a system that is closed: one story.
    let two = closed(base().usage("post"), "post/system");
    let migrated = two.clone().edit("løn", |usage| usage.system = id("post/system"));
    assert_eq!(kinds(&two, &migrated), [Renamed, RegistrationChanged]);
}

#[test]
fn people_come_go_and_change() {
    let named = base().assign("løn", "ejer", "eva").left("eva");
    let stranger = |s: Snapshot| {
        let person = Person {
            uuid: id("eva"),
            kitos_uuid: id("eva"),
            name: "Eva".into(),
            email: None,
            member: false,
            api_access: false,
        };
        let mut s = s;
        s.people.insert(person.uuid, person);
        s
    };
    let named = stranger(named);
    let edit = |change: fn(&mut Person)| {
        let mut s = base();
        change(s.people.get_mut(&id("bo")).expect("bo"));
        s
    };
    for (why, before, after, expected) in [
        ("joins", base(), base().user("eva"), vec![PersonJoined]),
        ("leaves", base(), base().left("bo"), vec![PersonLeft]),
        (
            "leaves, and is still named",
            base().assign("løn", "ejer", "bo"),
            base().assign("løn", "ejer", "bo").left("bo"),
            vec![PersonLeft],
        ),
        ("known from an assignment, now a user", named.clone(), named.clone().user("eva"), {
            vec![PersonJoined]
        }),
        ("appears in an assignment only", base(), named.clone(), vec![OwnerAssigned]),
        ("goes from it", named.clone(), base(), vec![OwnerRemoved]),
        (
            "leaves with the role, as KITOS does it",
            base().assign("løn", "ejer", "bo"),
            base().left("bo"),
            vec![OwnerRemoved, PersonLeft],
        ),
        ("another name", base(), edit(|p| p.name = "Bo Hansen".into()), vec![PersonChanged]),
        ("another address", base(), edit(|p| p.email = None), vec![PersonChanged]),
    ] {
        assert_eq!(kinds(&before, &after), expected, "{why}");
    }
    let change = only(
        &base(),
        &edit(|p| {
            p.name = "Bo Hansen".into();
            p.email = Some("bh@randers.dk".into());
        }),
    );
    let fields = vec![PersonField::Name, PersonField::Email];
    assert_eq!(change, Change::PersonChanged { person: id("bo"), fields }, "which, not what");
}

#[test]
fn role_types_and_units() {
    let mut renamed = base();
    renamed.role_types.get_mut(&id("ejer")).expect("it").name = "Ejer".to_owned();
    let mut withdrawn = base();
    withdrawn.role_types.get_mut(&id("ejer")).expect("it").available = false;
    let mut gone = base();
    gone.role_types.remove(&id("ejer"));
    for (why, after) in [("renamed", &renamed), ("withdrawn", &withdrawn), ("gone", &gone)] {
        let Change::RoleTypeChanged { role, before, .. } = only(&base(), after) else {
            panic!("{why}")
        };
        let was = RoleTypeFacts { name: "Systemejer".to_owned(), available: true };
        assert_eq!((role, before), (id("ejer"), Some(was)), "{why}");
    }
    let mut more = base();
    let role = RoleType { uuid: id("ny"), name: "Ny".into(), available: true };
    more.role_types.insert(role.uuid, role);
    assert_eq!(only(&base(), &more).sides().0, Value::Null);

    let mut renamed = base();
    renamed.units.get_mut(&id("it")).expect("it").name = "IT og Digitalisering".to_owned();
    let mut moved = base();
    moved.units.get_mut(&id("løn og hr")).expect("it").parent = None;
    let mut fewer = base();
    fewer.units.remove(&id("løn og hr"));
    for (why, after) in [("renamed", &renamed), ("moved", &moved), ("gone", &fewer)] {
        assert_eq!(kinds(&base(), after), [OrganizationUnitChanged], "{why}");
    }
    assert_eq!(only(&base(), &fewer).sides().1, Value::Null);
}

#[test]
fn every_kind_is_spelt_as_the_contract_says() {
    for kind in ChangeKind::ALL {
        assert_eq!(ChangeKind::parse(kind.as_str()), Some(*kind));
        assert_eq!(json!(kind), json!(kind.as_str()));
    }
}
