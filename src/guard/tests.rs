use super::causes::causes;
use super::inspect::inspect;
use super::step::{Limits, Side};
use crate::model::{
    DataSensitivity, Explained, HoldCause, HoldReason, LifeCycle, MainContract, OrganizationUnit,
    RiskAssessment, Snapshot, SystemUsage,
};
use crate::policy::Policy;
use crate::policy::roles::{MatchedRoles, RecordedRoles, match_roles};
use crate::policy::rules::{
    cross_unit_owner, owner_unreachable, registration_contradictory, registration_stale,
};
use crate::register::changes::Dated;
use crate::testing::{day, id, only, randers, with};

const LIMITS: Limits = Limits { removed: 10.0, changed: 25.0, people: 20.0 };

/// `n` systems, each with an owner of its own, and as many units.
fn register(n: usize) -> Snapshot {
    (0..n).fold(randers(), |register, n| {
        let (usage, person) = (format!("s{n}"), format!("p{n}"));
        register
            .unit(&format!("u{n}"), None)
            .user(&person)
            .usage(&usage)
            .assign(&usage, "ejer", &person)
            .edit(&usage, |u| u.responsible_unit = Some(id("u0")))
    })
}

fn recorded() -> RecordedRoles {
    [("Systemejer".to_owned(), id("ejer"))].into()
}

fn held(before: &Snapshot, after: &Snapshot) -> Vec<HoldReason> {
    held_by(&LIMITS, before, after)
}

fn held_by(limits: &Limits, before: &Snapshot, after: &Snapshot) -> Vec<HoldReason> {
    let roles = |at| match_roles(&["Systemejer".to_owned()], &recorded(), at);
    let (then, now) = (roles(before), roles(after));
    inspect(side(seen(before), &then), side(seen(after), &now), 0, limits)
}

/// A side that no rule judges.
fn side<'a>(seen: Dated<'a>, owners: &'a MatchedRoles) -> Side<'a> {
    static NO_RULES: std::sync::LazyLock<Policy> = std::sync::LazyLock::new(Policy::default);
    Side { seen, owners, policy: &NO_RULES }
}

/// As of one day.
fn seen(snapshot: &Snapshot) -> Dated<'_> {
    Dated { snapshot, today: day("2026-03-02") }
}

/// Which limits were broken, by name.
fn why(reasons: &[HoldReason]) -> Vec<String> {
    let name = |reason: &HoldReason| match reason {
        HoldReason::OtherKitos { now, .. } => format!("read from {now}"),
        HoldReason::Emptied { list, before } => format!("{list:?} emptied of {before}"),
        HoldReason::Removed { list, removed, before, .. } => {
            format!("{list:?}: {removed} of {before} removed")
        }
        HoldReason::Stripped { stripped, before, .. } => format!("{stripped} of {before} stripped"),
        HoldReason::Changed { changed, before, .. } => format!("{changed} of {before} changed"),
        HoldReason::NewlyFaulty { rule, faulty, before, .. } => {
            format!("{faulty} of {before} {rule}")
        }
        HoldReason::Blanked { list, field, blanked, before, .. } => {
            format!("{field} blanked on {blanked} of {before} {list:?}")
        }
        HoldReason::Moved { moved, before, .. } => format!("{moved} of {before} moved"),
        HoldReason::Assigned { assigned, before } => format!("{assigned} of {before} assigned"),
        HoldReason::OwnerRoleGone { name } => format!("{name} gone"),
        HoldReason::Unconfirmed { count } => format!("{count} unconfirmed"),
    };
    reasons.iter().map(name).collect()
}

/// Carries out `edit` on the first `n`.
fn first(n: usize, of: Snapshot, edit: impl Fn(Snapshot, usize) -> Snapshot) -> Snapshot {
    (0..n).fold(of, edit)
}

fn without_usages(n: usize, of: Snapshot) -> Snapshot {
    first(n, of, |s, n| s.removed(&format!("s{n}")))
}

fn stripped(n: usize, of: Snapshot) -> Snapshot {
    first(n, of, |s, n| s.unassign(&format!("s{n}"), "ejer", &format!("p{n}")))
}

#[test]
fn an_unchanged_pull_is_sane() {
    assert_eq!(held(&register(30), &register(30)), []);
    assert_eq!(held(&randers(), &randers()), [], "nothing there, nothing gone");
    assert_eq!(held(&randers(), &register(300)), [], "a register that fills up");
}

#[test]
fn removed_usages_above_ten_percent_and_above_ten() {
    for (of, removed, reasons) in [
        (200, 20, vec![]),
        (200, 21, vec!["Usages: 21 of 200 removed"]),
        (30, 10, vec![]),
        (30, 11, vec!["Usages: 11 of 30 removed"]),
        // 10 % of 110 is 11, which is not more.
        (110, 11, vec![]),
        (109, 11, vec!["Usages: 11 of 109 removed"]),
        (5, 4, vec![]),
        (5, 5, vec!["Usages emptied of 5"]),
        (1, 1, vec!["Usages emptied of 1"]),
    ] {
        let (before, after) = (register(of), without_usages(removed, register(of)));
        assert_eq!(why(&held(&before, &after)), reasons, "{removed} of {of}");
    }
}

#[test]
fn new_usages_do_not_make_up_for_removed_ones() {
    let before = register(30);
    let after = (30..60).fold(without_usages(11, register(30)), |s, n| s.usage(&format!("s{n}")));
    assert_eq!(why(&held(&before, &after)), ["Usages: 11 of 30 removed"]);
}

#[test]
fn usages_stripped_of_their_last_owner() {
    for (of, stripped_of, reasons) in [
        (100, 10, vec![]),
        (110, 11, vec![]),
        (109, 11, vec!["11 of 109 stripped"]),
        (20, 10, vec![]),
        (10, 10, vec![]),
        // All owners gone is never few, however the rest of the register is.
        (25, 25, vec!["25 of 25 stripped"]),
    ] {
        let (before, after) = (register(of), stripped(stripped_of, register(of)));
        assert_eq!(why(&held(&before, &after)), reasons, "{stripped_of} of {of}");
    }
    // Of the usages that had an owner, not of all.
    let before = stripped(80, register(100));
    let after = stripped(91, register(100));
    assert_eq!(why(&held(&before, &after)), ["11 of 20 stripped"]);
    // Handed over, or one of two owners gone, is not stripped.
    let handed =
        first(11, stripped(11, register(20)), |s, n| s.assign(&format!("s{n}"), "ejer", "p19"));
    assert_eq!(held(&register(20), &handed), []);
    // Owners who left with nobody noticing: the assignment names them still.
    let left = first(11, register(60), |s, n| s.left(&format!("p{n}")));
    assert_eq!(why(&held(&register(60), &left)), ["11 of 60 stripped"]);
}

#[test]
fn usages_changed_above_25_percent_and_above_25() {
    let changed = |n, of| {
        first(n, register(of), |s, n| {
            s.edit(&format!("s{n}"), |u| u.responsible_unit = Some(id(&format!("new{n}"))))
        })
    };
    for (of, n, reasons) in [
        (26, 25, vec![]),
        (26, 26, vec!["26 of 26 changed"]),
        (104, 26, vec![]),
        (103, 26, vec!["26 of 103 changed"]),
    ] {
        assert_eq!(why(&held(&register(of), &changed(n, of))), reasons, "{n} of {of}");
    }
}

#[test]
fn the_same_change_everywhere_counts_as_one() {
    let before = register(60);
    type Edit = fn(&mut SystemUsage);
    let edits: [(&str, Edit); 4] = [
        ("a unit merged into another", |u| u.responsible_unit = Some(id("merged"))),
        ("an end date", |u| u.valid_to = Some(day("2026-12-31"))),
        ("a life cycle", |u| u.life_cycle = Some(LifeCycle::Pilot)),
        ("a person more in a role", |u| {
            u.roles
                .insert(crate::model::RoleAssignment { role: id("forvalter"), person: id("p0") });
        }),
    ];
    for (what, edit) in edits {
        let after = first(60, before.clone(), |s, n| s.edit(&format!("s{n}"), edit));
        assert_eq!(held(&before, &after), [], "{what}");
    }
    // What the policy does not look at is no change here.
    let renamed = first(60, before.clone(), |s, n| {
        s.edit(&format!("s{n}"), |u| u.local_name = Some(format!("Nyt navn {n}")))
    });
    assert_eq!(held(&before, &renamed), []);
    let mut unit = before.clone();
    for OrganizationUnit { name, .. } in unit.units.values_mut() {
        name.push_str(" (ny)");
    }
    assert_eq!(held(&before, &unit), []);
}

/// A fault in KITOS, or an import: each former owner would get a mail.
#[test]
fn all_systems_given_to_one_person_is_no_single_change() {
    let shared = |systems: usize, owners: usize| {
        (0..systems).fold(register(systems), |register, n| {
            let (usage, own) = (format!("s{n}"), format!("p{n}"));
            let owner = format!("p{}", n % owners);
            register.unassign(&usage, "ejer", &own).assign(&usage, "ejer", &owner)
        })
    };
    let given = |systems: usize, owners: usize, n: usize| {
        (0..n).fold(shared(systems, owners).user("admin"), |register, n| {
            let (usage, owner) = (format!("s{n}"), format!("p{}", n % owners));
            register.unassign(&usage, "ejer", &owner).assign(&usage, "ejer", "admin")
        })
    };
    let reasons =
        |systems, owners, n| why(&held(&shared(systems, owners), &given(systems, owners, n)));
    assert_eq!(reasons(120, 30, 120), ["120 of 120 changed"]);
    assert_eq!(reasons(120, 30, 31), ["31 of 120 changed"]);
    assert_eq!(reasons(120, 30, 30), [""; 0], "a quarter");
    assert_eq!(reasons(120, 25, 120), [""; 0], "so few owners are no mass mailing");
    assert_eq!(reasons(120, 1, 120), [""; 0], "a successor");
}

#[test]
fn usages_whose_owners_would_be_told_of_another_state_of_use() {
    type Edit = fn(&mut SystemUsage);
    let shut: Edit = |u| u.life_cycle = Some(LifeCycle::NotInUse);
    let ended: Edit = |u| u.valid_to = Some(day("2026-03-01"));
    let going: Edit = |u| u.life_cycle = Some(LifeCycle::PhasingOut);
    let edited = |n, of, edit: Edit| first(n, of, |s, n| s.edit(&format!("s{n}"), edit));
    for (what, edit) in [("shut down", shut), ("ended", ended), ("phased out", going)] {
        for (of, n, reasons) in
            [(110, 11, vec![]), (109, 11, vec!["11 of 109 moved"]), (20, 10, vec![])]
        {
            let (before, after) = (register(of), edited(n, register(of), edit));
            assert_eq!(why(&held(&before, &after)), reasons, "{n} of {of} {what}");
            assert_eq!(why(&held(&after, &before)), reasons, "{n} of {of} {what}, and back");
        }
    }
    // Nobody is mailed about these, and what the calendar did is nobody's mistake.
    let pilot: Edit = |u| u.life_cycle = Some(LifeCycle::Pilot);
    assert_eq!(held(&register(60), &edited(60, register(60), pilot)), []);
    let roles = MatchedRoles::default();
    let next_day = |before: &Snapshot, after: &Snapshot| {
        let after = Dated { snapshot: after, today: day("2026-03-03") };
        inspect(side(seen(before), &roles), side(after, &roles), 0, &LIMITS)
    };
    let ends = edited(60, register(60), |u| u.valid_to = Some(day("2026-03-02")));
    assert_eq!(next_day(&ends, &ends), [], "the end dates passed");
    let extended = edited(60, register(60), |u| u.valid_to = Some(day("2027-03-02")));
    assert_eq!(next_day(&ends, &extended), [], "extended on the last day");
    assert_eq!(why(&next_day(&extended, &ends)), ["60 of 60 moved"]);
}

#[test]
fn usages_that_all_get_the_same_fault() {
    let closed = |n| {
        first(n, register(120), |mut s, n| {
            let system = s.usages[&id(&format!("s{n}"))].system;
            s.systems.get_mut(&system).expect("a system").deactivated = true;
            s
        })
    };
    let stale = |n| {
        first(n, register(120), |s, n| {
            s.edit(&format!("s{n}"), |u| u.last_modified = Some(day("2001-01-01")))
        })
    };
    let by_policy = |before: &Snapshot, after: &Snapshot| {
        let roles = MatchedRoles { roles: [id("ejer")].into(), ..MatchedRoles::default() };
        let policy = with([&registration_contradictory::RULE, &registration_stale::RULE]);
        let side = |at| Side { policy: &policy, ..side(seen(at), &roles) };
        inspect(side(before), side(after), 0, &LIMITS)
    };
    for (what, after) in [
        ("their shared systems are deactivated", &closed as &dyn Fn(usize) -> Snapshot),
        ("none was edited for long", &stale),
    ] {
        let held = |n| why(&by_policy(&register(120), &after(n)));
        assert_eq!(held(30), Vec::<String>::new(), "{what}");
        let told = held(31);
        assert!(told.len() == 1 && told[0].starts_with("31 of 120 registration-"), "{told:?}");
        assert_eq!(by_policy(&after(120), &after(120)), [], "{what}: it was so before");
        assert_eq!(by_policy(&after(120), &register(120)), [], "{what}: it is over");
        let small = by_policy(&randers(), &after(120));
        assert_eq!(small, [], "{what}: systems that come with it");
    }
}

#[test]
fn a_staff_unit_that_is_renamed_is_no_staff_unit_any_more() {
    let roles = MatchedRoles::default();
    let units = ["stab", "skole", "miljø"];
    let town = units.into_iter().fold(register(30), |s, unit| s.unit(unit, Some("u0")));
    let used = first(30, town, |s, n| {
        s.edit(&format!("s{n}"), |u| {
            u.responsible_unit = Some(id("stab"));
            u.using_units = [id("skole"), id("miljø")].into();
        })
    });
    let only_that = || only(&cross_unit_owner::RULE);
    let staff = |key| Policy { staff_units: [id(key)].into(), ..only_that() };
    let (known, unknown) = (staff("stab"), staff("other"));
    let side = |policy| Side { policy, ..side(seen(&used), &roles) };
    let held = |then, now| why(&inspect(side(then), side(now), 0, &LIMITS));
    assert_eq!(held(&known, &unknown), ["30 of 30 cross-unit-owner"]);
    assert_eq!(held(&unknown, &unknown), Vec::<String>::new());
}

#[test]
fn people_who_would_be_welcomed_as_owners() {
    let given = |n, system: &str, of: Snapshot| {
        first(n, of, |s, n| s.assign(system, "ejer", &format!("x{n}")))
    };
    let town = || first(50, register(50), |s, n| s.user(&format!("x{n}")));
    for (n, reasons) in [(20, vec![]), (21, vec!["21 of 100 assigned"])] {
        assert_eq!(why(&held(&town(), &given(n, "s0", town()))), reasons, "{n}");
        let new = given(n, "new", town().usage("new"));
        assert_eq!(why(&held(&town(), &new)), reasons, "{n} of a new system");
    }
    let many = || given(50, "s0", town());
    assert_eq!(held(&many(), &many()), [], "they were before");
    let all_to_one = first(50, many(), |s, n| s.assign(&format!("s{n}"), "ejer", "p0"));
    assert_eq!(held(&many(), &all_to_one), [], "one person is one");
}

#[test]
fn people_who_lose_their_address() {
    let silent = |n| {
        first(n, register(100), |mut s, n| {
            s.people.get_mut(&id(&format!("p{n}"))).expect("a person").email = None;
            s
        })
    };
    for (n, reasons) in [(20, vec![]), (21, vec!["email blanked on 21 of 100 People"])] {
        assert_eq!(why(&held(&register(100), &silent(n))), reasons, "{n}");
    }
    assert_eq!(held(&silent(100), &register(100)), [], "addresses that come");
    // Who left is counted as that, and not as somebody without an address, too.
    let left = |n, of| first(n, of, |s, n| s.left(&format!("p{n}")));
    assert_eq!(why(&held(&register(100), &left(2, silent(21)))), [""; 0]);
    let reasons = why(&held(&register(100), &left(21, silent(21))));
    assert_eq!(reasons, ["People: 21 of 100 removed", "21 of 100 stripped"]);
}

#[test]
fn people_and_units_above_20_percent_and_above_10() {
    let people = |n, of: Snapshot| first(n, of, |s, n| s.left(&format!("x{n}")));
    let units = |n, mut of: Snapshot| {
        for n in 0..n {
            of.units.remove(&id(&format!("u{n}")));
        }
        of
    };
    let crowd = |n| first(n, randers(), |s, n| s.user(&format!("x{n}")));
    for (of, n, reasons) in [
        (50, 10, vec![]),
        (55, 11, vec![]),
        (54, 11, vec!["People: 11 of 54 removed"]),
        (12, 10, vec![]),
        (3, 3, vec!["People emptied of 3"]),
    ] {
        assert_eq!(why(&held(&crowd(of), &people(n, crowd(of)))), reasons, "{n} of {of} people");
    }
    let village = |n| first(n, randers(), |s, n| s.unit(&format!("u{n}"), None));
    for (of, n, reasons) in [
        (55, 11, vec![]),
        (54, 11, vec!["Units: 11 of 54 removed"]),
        (3, 3, vec!["Units emptied of 3"]),
    ] {
        assert_eq!(why(&held(&village(of), &units(n, village(of)))), reasons, "{n} of {of} units");
    }
    // Someone whom only an assignment names was no user before either.
    let before = register(5).left("p0").left("p1").left("p2").left("p3").left("p4");
    assert_eq!(held(&before, &without_usages(4, before.clone())), []);
}

#[test]
fn role_types_may_go_but_not_all_and_not_the_owners() {
    let mut none = register(3);
    none.role_types.clear();
    let reasons = why(&held(&register(3), &none));
    assert!(reasons.contains(&"RoleTypes emptied of 3".to_owned()), "{reasons:?}");
    assert!(reasons.contains(&"Systemejer gone".to_owned()), "{reasons:?}");

    let without = |name: &str| {
        let mut register = register(3);
        register.role_types.remove(&id(name));
        register
    };
    assert_eq!(held(&register(3), &without("forvalter")), []);
    assert_eq!(why(&held(&register(3), &without("ejer"))), ["Systemejer gone"]);
    // Released once, it is not held for ever.
    assert_eq!(held(&without("ejer"), &without("ejer")), []);

    let mut renamed = register(30);
    renamed.role_types.get_mut(&id("ejer")).expect("it").name = "Ansvarlig".to_owned();
    assert_eq!(held(&register(30), &renamed), [], "renamed, known by uuid");
}

#[test]
fn an_owner_role_that_was_never_recorded_is_missed_too() {
    let mut after = register(3);
    after.role_types.remove(&id("ejer"));
    let written = [id("ejer").to_string(), "Findes aldrig".to_owned()];
    let roles = |at| match_roles(&written, &RecordedRoles::new(), at);
    let before = register(3);
    let (then, now) = (roles(&before), roles(&after));
    let reasons = inspect(side(seen(&before), &then), side(seen(&after), &now), 0, &LIMITS);
    // A name that never meant anything is `check`'s business.
    assert_eq!(reasons, [HoldReason::OwnerRoleGone { name: id("ejer").to_string() }]);
}

#[test]
fn rows_that_could_not_be_asked_for_hold_the_pull() {
    let roles = MatchedRoles::default();
    let register = register(1);
    let inspect =
        |n| inspect(side(seen(&register), &roles), side(seen(&register), &roles), n, &LIMITS);
    assert_eq!(inspect(0), []);
    assert_eq!(inspect(51), [HoldReason::Unconfirmed { count: 51 }]);
}

#[test]
fn reasons_show_five_names_and_limits_can_be_moved() {
    let reasons = held(&register(30), &without_usages(11, register(30)));
    let HoldReason::Removed { samples, .. } = &reasons[0] else { panic!("{reasons:?}") };
    assert_eq!(samples.len(), 5);
    assert!(samples.iter().all(|name| name.starts_with('s')), "{samples:?}");

    let all = Limits { removed: 100.0, changed: 100.0, people: 100.0 };
    assert_eq!(held_by(&all, &register(30), &without_usages(29, register(30))), []);
    assert_eq!(
        why(&held_by(&all, &register(30), &without_usages(30, register(30)))),
        ["Usages emptied of 30"],
        "an empty list is never taken for true"
    );
    let none = Limits { removed: 0.0, changed: 0.0, people: 0.0 };
    assert_eq!(held_by(&none, &register(30), &without_usages(10, register(30))), []);
}

#[test]
fn usages_that_are_registered_anew_have_not_gone() {
    let anew = |n: usize| {
        first(n, register(100), |mut register, n| {
            let usage = register.usages.get_mut(&id(&format!("s{n}"))).expect("it");
            usage.kitos_uuid = id(&format!("new{n}"));
            register
        })
    };
    assert_eq!(why(&held(&register(100), &anew(100))), Vec::<String>::new());
    let strip = |n: usize| {
        first(n, anew(100), |s, n| s.unassign(&format!("s{n}"), "ejer", &format!("p{n}")))
    };
    assert_eq!(why(&held(&register(100), &strip(10))), Vec::<String>::new());
    assert_eq!(why(&held(&register(100), &strip(11))), ["11 of 100 stripped"]);
}

#[test]
fn a_field_that_is_blanked_on_many_rows_is_no_change_like_another() {
    type Edit = fn(&mut SystemUsage);
    let fields: [(&str, Edit, Edit); 8] = [
        ("life-cycle", |_| (), |u| u.life_cycle = None),
        ("start-date", |u| u.valid_from = Some(day("2020-01-01")), |u| u.valid_from = None),
        ("end-date", |u| u.valid_to = Some(day("2030-01-01")), |u| u.valid_to = None),
        ("responsible-unit", |_| (), |u| u.responsible_unit = None),
        (
            "main-contract",
            |u| u.main_contract = MainContract::Active,
            |u| u.main_contract = MainContract::None,
        ),
        ("purpose", |u| u.has_purpose = true, |u| u.has_purpose = false),
        (
            "data-sensitivity",
            |u| u.gdpr.sensitivity = [DataSensitivity::PersonData].into(),
            |u| u.gdpr.sensitivity.clear(),
        ),
        (
            "risk-assessment",
            |u| u.gdpr.risk_assessment = RiskAssessment::Done,
            |u| u.gdpr.risk_assessment = RiskAssessment::Missing,
        ),
    ];
    let edited = |n, of, edit: Edit| first(n, of, |s, n| s.edit(&format!("s{n}"), edit));
    for (field, fill, empty) in fields {
        for (of, n, reasons) in [
            (60, 25, vec![]),
            (60, 26, vec![format!("{field} blanked on 26 of 60 Usages")]),
            (60, 60, vec![format!("{field} blanked on 60 of 60 Usages")]),
            // 25 % of 104 is 26, which is not more.
            (104, 26, vec![]),
        ] {
            let before = edited(of, register(of), fill);
            let after = edited(n, before.clone(), empty);
            assert_eq!(why(&held(&before, &after)), reasons, "{field}: {n} of {of}");
            assert_eq!(held(&after, &before), [], "{field} filled in");
        }
    }
    // Of those that had a value, not of all.
    let before = edited(40, register(300), |u| u.has_purpose = true);
    let after = edited(30, before.clone(), |u| u.has_purpose = false);
    assert_eq!(why(&held(&before, &after)), ["purpose blanked on 30 of 40 Usages"]);
}

#[test]
fn units_that_lose_their_parent() {
    let tree = || {
        let root = register(1).unit("root", None);
        first(54, root, |s, n| s.unit(&format!("v{n}"), Some("root")))
    };
    let flat = |n| first(n, tree(), |s, n| s.unit(&format!("v{n}"), None));
    assert_eq!(why(&held(&tree(), &flat(10))), Vec::<String>::new());
    assert_eq!(why(&held(&tree(), &flat(11))), ["parent-unit blanked on 11 of 54 Units"]);
}

#[test]
fn what_explains_most_is_named_with_how_much_it_explains() {
    let roles = |name: &str| MatchedRoles { roles: [id(name)].into(), ..MatchedRoles::default() };
    let town = || {
        first(12, register(12).unit("stab", Some("u0")), |s, n| {
            s.edit(&format!("s{n}"), |u| u.responsible_unit = Some(id("stab")))
        })
    };
    let of_one = || {
        first(12, town().user("leaver"), |s, n| {
            let usage = format!("s{n}");
            s.unassign(&usage, "ejer", &format!("p{n}")).assign(&usage, "ejer", "leaver")
        })
    };
    let moved = |domain: &str| {
        let mut town = town();
        for person in town.people.values_mut() {
            person.email = Some(format!("{}@{domain}", person.uuid.simple()));
        }
        town
    };
    let replaced = first(12, town(), |s, n| {
        let (usage, person) = (format!("s{n}"), format!("p{n}"));
        s.unassign(&usage, "ejer", &person).assign(&usage, "forvalter", &person)
    });
    let mut renamed =
        first(12, town(), |s, n| s.unassign(&format!("s{n}"), "ejer", &format!("p{n}")));
    renamed.units.get_mut(&id("stab")).expect("the unit").name = "Direktion".to_owned();
    let policy = Policy {
        owner_roles: [id("ejer")].into(),
        allowed_domains: ["randers.dk".to_owned(), "by.dk".to_owned()].into(),
        ..only(&owner_unreachable::RULE)
    };
    let owner = roles("ejer");
    fn of<'a>(at: &'a Snapshot, policy: &'a Policy, owners: &'a MatchedRoles) -> Side<'a> {
        Side { policy, ..side(seen(at), owners) }
    }
    let all = |cause| Explained { cause, systems: 12, of: 12 };
    let text = |text: &str| text.to_owned();
    for (before, after, cause) in [
        (of_one(), of_one().left("leaver"), Some(HoldCause::Leaver { person: text("leaver") })),
        (
            town(),
            moved("andre.dk"),
            Some(HoldCause::Domain {
                before: text("randers.dk"),
                now: text("andre.dk"),
                allowed: false,
            }),
        ),
        // Nothing is judged otherwise for it.
        (town(), moved("by.dk"), None),
        (
            town(),
            replaced,
            Some(HoldCause::RoleReplaced {
                before: text("Systemejer"),
                now: text("Systemforvalter"),
            }),
        ),
        (
            town(),
            renamed,
            Some(HoldCause::UnitRenamed { before: text("stab"), now: text("Direktion") }),
        ),
        (town(), town(), None),
    ] {
        let found = causes(of(&before, &policy, &owner), of(&after, &policy, &owner));
        assert_eq!(found, Vec::from_iter(cause.map(all)));
    }
}
