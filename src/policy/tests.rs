use chrono::NaiveDate;

use super::*;
use crate::register::history::LastOwner;
use crate::testing::{day, id, policy, randers, setting};

const TODAY: &str = "2026-11-10";

fn no_owner() -> Fault {
    Fault::NoOwner { since: None, last_owner: None, departed: false }
}

fn departed(person: &str) -> Fault {
    Fault::DepartedOwner { person: id(person) }
}

fn judged(snapshot: &Snapshot, policy: &Policy, today: NaiveDate) -> Vec<(Rule, Vec<Fault>)> {
    let seen = judge(snapshot, &History::default(), policy, today);
    assert!(seen.iter().all(|o| o.usage == id("løn") && o.severity == Severity::High));
    seen.into_iter().map(|o| (o.rule, o.faults)).collect()
}

#[test]
fn who_counts_as_owner() {
    let base = || randers().user("bo").user("ida").usage("løn");
    let missing = vec![(Rule::OwnerMissing, vec![no_owner()])];
    let bo_left = vec![(Rule::OwnerDeparted, vec![departed("bo")])];
    for (why, snapshot, expected) in [
        ("nobody", base(), missing.clone()),
        ("an owner", base().assign("løn", "ejer", "bo"), vec![]),
        ("an owner by the other role", base().assign("løn", "chef", "bo"), vec![]),
        ("a forvalter is no substitute", base().assign("løn", "forvalter", "bo"), missing),
        (
            "owner and forvalter in one",
            base().assign("løn", "ejer", "bo").assign("løn", "forvalter", "bo"),
            vec![],
        ),
        (
            "the same person by both roles",
            base().assign("løn", "ejer", "bo").assign("løn", "chef", "bo"),
            vec![],
        ),
        (
            "the same person by both roles, and gone",
            base().assign("løn", "ejer", "bo").assign("løn", "chef", "bo").left("bo"),
            bo_left.clone(),
        ),
        // Anonymised in place in KITOS: the pull does not take them for users.
        ("a departed owner", base().assign("løn", "ejer", "bo").left("bo"), bo_left.clone()),
        (
            "a departed owner beside a present one",
            base().assign("løn", "ejer", "bo").assign("løn", "ejer", "ida").left("bo"),
            bo_left,
        ),
        (
            "a departed forvalter",
            base().assign("løn", "ejer", "ida").assign("løn", "forvalter", "bo").left("bo"),
            vec![],
        ),
    ] {
        assert_eq!(judged(&snapshot, &policy(), day(TODAY)), expected, "{why}");
    }
}

#[test]
fn both_departed_owners_are_named() {
    let snapshot = randers()
        .user("bo")
        .user("ida")
        .usage("løn")
        .assign("løn", "ejer", "bo")
        .assign("løn", "chef", "ida")
        .left("bo")
        .left("ida");
    let mut expected = vec![departed("bo"), departed("ida")];
    expected.sort();
    let seen = judged(&snapshot, &policy(), day(TODAY));
    assert_eq!(seen, [(Rule::OwnerDeparted, expected)]);
}

#[test]
fn a_rule_that_is_off_says_nothing_and_leaves_no_hole() {
    let only = |rule| Policy { rules: [(rule, setting())].into(), ..policy() };
    let nobody = randers().user("bo").usage("løn");
    let gone = randers().user("bo").usage("løn").assign("løn", "ejer", "bo").left("bo");
    for (why, snapshot, policy, expected) in [
        ("no rules", &nobody, Policy { rules: [].into(), ..policy() }, vec![]),
        ("only departed, nobody", &nobody, only(Rule::OwnerDeparted), vec![]),
        (
            // With nobody else to say it, "missing" does.
            "only missing, owner departed",
            &gone,
            only(Rule::OwnerMissing),
            vec![(Rule::OwnerMissing, vec![departed("bo")])],
        ),
        ("a rule that does not judge yet", &nobody, only(Rule::GdprIncomplete), vec![]),
    ] {
        assert_eq!(judged(snapshot, &policy, day(TODAY)), expected, "{why}");
    }
    // … but an owner who is here is owner enough.
    let one_here = gone.user("ida").assign("løn", "ejer", "ida");
    assert_eq!(judged(&one_here, &only(Rule::OwnerMissing), day(TODAY)), vec![]);
}

#[test]
fn a_decommissioned_usage_is_out_of_scope() {
    type Edit = fn(&mut SystemUsage);
    let cases: [(&str, Edit, bool); 10] = [
        ("in use", |_| {}, true),
        ("not in use", |u| u.life_cycle = Some(LifeCycle::NotInUse), false),
        ("phasing out", |u| u.life_cycle = Some(LifeCycle::PhasingOut), true),
        ("no life cycle", |u| u.life_cycle = None, true),
        ("a new life cycle", |u| u.life_cycle = Some(LifeCycle::from_kitos("Sleeping")), true),
        ("ended yesterday", |u| u.valid_to = Some(day("2026-11-09")), false),
        ("ends today", |u| u.valid_to = Some(day("2026-11-10")), true),
        ("ends tomorrow", |u| u.valid_to = Some(day("2026-11-11")), true),
        ("not begun", |u| u.valid_from = Some(day("2026-11-11")), true),
        (
            "ends tomorrow and is not in use",
            |u| {
                u.valid_to = Some(day("2026-11-11"));
                u.life_cycle = Some(LifeCycle::NotInUse);
            },
            false,
        ),
    ];
    for (why, edit, covered) in cases {
        let snapshot = randers().usage("løn").edit("løn", edit);
        let seen = judged(&snapshot, &policy(), day(TODAY));
        assert_eq!(seen.len(), usize::from(covered), "{why}");
        let usage = &snapshot.usages[&id("løn")];
        assert_eq!(policy().in_scope(&snapshot, usage, day(TODAY)), covered, "{why}");
    }
}

#[test]
fn the_configuration_excludes_usages() {
    let plain = randers().usage("løn");
    let local = randers().usage("løn").edit("løn", |u| u.local_name = Some(" TEST af Ø ".into()));
    let names = |names: &[&str]| Policy {
        excluded_names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..policy()
    };
    let life_cycles = |of: LifeCycle| Policy { excluded_life_cycles: [of].into(), ..policy() };
    let uuids = |name| Policy { excluded_uuids: [id(name)].into(), ..policy() };
    for (why, snapshot, policy, excluded) in [
        ("nothing", &plain, policy(), false),
        ("its uuid", &plain, uuids("løn"), true),
        ("another uuid", &plain, uuids("løn/system"), false),
        ("its name", &plain, names(&["x", "løn"]), true),
        ("part of its name", &plain, names(&["lø"]), false),
        ("a pattern", &plain, names(&["lø*"]), true),
        ("the local name, whatever its case", &local, names(&["test*ø"]), true),
        ("the shared name behind a local one", &local, names(&["løn"]), false),
        ("its life cycle", &plain, life_cycles(LifeCycle::Operational), true),
        ("another life cycle", &plain, life_cycles(LifeCycle::Pilot), false),
    ] {
        let seen = judged(snapshot, &policy, day(TODAY));
        assert_eq!(seen.is_empty(), excluded, "{why}");
    }
}

#[test]
fn the_detail_tells_the_last_owner_and_whether_they_are_here() {
    let history = History {
        last_owner: [(id("løn"), LastOwner { person: id("bo"), gone: day("2026-11-03") })].into(),
        ..History::default()
    };
    let with_bo = randers().user("bo").usage("løn");
    let bo_elsewhere =
        with_bo.clone().usage("post").assign("post", "forvalter", "bo").left("bo").removed("post");
    for (why, snapshot, departed) in [
        ("here", with_bo.clone(), false),
        ("gone without a trace", with_bo.left("bo"), true),
        ("known from an assignment only", bo_elsewhere, true),
    ] {
        let fault =
            Fault::NoOwner { since: Some(day("2026-11-03")), last_owner: Some(id("bo")), departed };
        let seen = judge(&snapshot, &history, &policy(), day(TODAY));
        assert_eq!(seen.len(), 1, "{why}");
        assert_eq!(seen[0].faults, [fault], "{why}");
    }
}

#[test]
fn patterns_of_excluded_names() {
    for (pattern, text, fits) in [
        ("test", "test", true),
        ("test", "test 2", false),
        ("test*", "test 2", true),
        ("*test", "en test", true),
        ("*test*", "en test af", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("ab*ba", "aba", false),
        ("*", "", true),
        ("", "", true),
        ("", "x", false),
        ("*ø*", "sønderborg", true),
    ] {
        assert_eq!(matches(pattern, text), fits, "{pattern:?} on {text:?}");
    }
}

mod gdpr;
mod life_cycle;
mod ownership;
mod registration;

/// What one rule says of "løn", with the tests' settings and an empty past.
fn said(rule: Rule, snapshot: &Snapshot) -> Vec<Fault> {
    said_by(&with(rule), &History::default(), snapshot)
}

/// The tests' policy with `rule` alone.
fn with(rule: Rule) -> Policy {
    Policy { rules: [(rule, setting())].into(), ..policy() }
}

fn said_by(policy: &Policy, history: &History, snapshot: &Snapshot) -> Vec<Fault> {
    let seen = judge(snapshot, history, policy, day(TODAY));
    let of_løn = seen.into_iter().filter(|o| o.usage == id("løn"));
    of_løn.flat_map(|o| o.faults).collect()
}

/// Faults in the order in which an observation has them.
fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort();
    faults
}

/// "løn", which every rule but that on the owner is content with.
fn løn() -> Snapshot {
    randers().user("bo").user("ida").unit("randers", None).unit("it", Some("randers")).usage("løn")
}
