use super::*;
use crate::testing::{day, id, policy, randers};

/// The last owner of "løn" after a walk through `pulls`, one a day from the 1st.
fn walk(pulls: &[Snapshot]) -> Option<(Uuid, NaiveDate)> {
    let mut history = History::default();
    for (pair, today) in pulls.windows(2).zip(day("2026-11-02").iter_days()) {
        history.advance(&pair[0], &pair[1], &policy().owner_roles, today);
    }
    history.last_owner.get(&id("løn")).map(|last| (last.person, last.gone))
}

#[test]
fn the_end_of_the_latest_ownership_is_remembered() {
    let base = || randers().user("bo").user("ida").usage("løn");
    let bo = || base().assign("løn", "ejer", "bo");
    let ida = || base().assign("løn", "ejer", "ida");
    let second = |person| Some((id(person), day("2026-11-02")));
    let third = |person| Some((id(person), day("2026-11-03")));
    for (why, pulls, expected) in [
        ("never any", vec![base(), base()], None),
        ("still there", vec![bo(), bo()], None),
        ("the role went", vec![bo(), base()], second("bo")),
        ("and stays remembered", vec![bo(), base(), base()], second("bo")),
        ("role and person went", vec![bo(), base().left("bo")], second("bo")),
        ("handed over", vec![bo(), ida()], second("bo")),
        ("handed over, then lost", vec![bo(), ida(), base()], third("ida")),
        ("came back, and went again", vec![bo(), base(), bo(), base()], {
            Some((id("bo"), day("2026-11-04")))
        }),
        ("to the other owner role", vec![bo(), base().assign("løn", "chef", "bo")], None),
        (
            "one of two owner roles",
            vec![bo().assign("løn", "chef", "bo"), base().assign("løn", "chef", "bo")],
            None,
        ),
        ("another role", vec![bo().assign("løn", "forvalter", "ida"), bo()], None),
        ("assigned to someone who left", vec![bo(), bo().left("bo")], None),
        ("… and cleaned up later", vec![bo(), bo().left("bo"), base().left("bo")], third("bo")),
        ("the usage went and came back", vec![bo(), bo().removed("løn"), base()], second("bo")),
    ] {
        assert_eq!(walk(&pulls), expected, "{why}");
    }
}

#[test]
fn of_two_who_go_at_once_it_is_always_the_same() {
    let both = randers().user("bo").user("ida").usage("løn");
    let after = both.clone();
    let before = both.assign("løn", "ejer", "bo").assign("løn", "chef", "ida");
    let smallest = id("bo").min(id("ida"));
    assert_eq!(walk(&[before, after]), Some((smallest, day("2026-11-02"))));
}

#[test]
fn a_usage_that_is_registered_anew_goes_on_with_its_life() {
    let owner_roles = policy().owner_roles;
    let anew = |before: &Snapshot, old: &str, new: &str| {
        let usage = before.usages[&id(old)].clone();
        let mut after = before.clone().removed(old);
        after.usages.insert(id(new), crate::model::SystemUsage { uuid: id(new), ..usage });
        after
    };
    let empty = randers().user("bo");
    let came = empty.clone().usage("løn").assign("løn", "ejer", "bo");
    let phased = came.clone().edit("løn", |u| u.life_cycle = Some(LifeCycle::PhasingOut));
    let orphaned = phased.clone().unassign("løn", "ejer", "bo");
    let second = anew(&orphaned, "løn", "løn 2");
    let third = anew(&second, "løn 2", "løn 3");
    let mut history = History::default();
    history.begin(&empty, day("2026-11-01"));
    let pulls = [empty, came, phased.clone(), orphaned, second, third];
    for (pair, today) in pulls.windows(2).zip(day("2026-11-02").iter_days()) {
        history.advance(&pair[0], &pair[1], &owner_roles, today);
    }
    let last = LastOwner { person: id("bo"), gone: day("2026-11-04") };
    assert_eq!(history.last_owner, [(id("løn 3"), last)].into());
    assert_eq!(history.acquired, [(id("løn 3"), day("2026-11-02"))].into());
    assert_eq!(history.phasing_out_since, [(id("løn 3"), day("2026-11-03"))].into());

    // The owner who does not come along is the last one, from that day on.
    let mut history = History::default();
    let lost = anew(&phased, "løn", "løn 2").unassign("løn 2", "ejer", "bo");
    history.advance(&phased, &lost, &owner_roles, day("2026-11-09"));
    let last = LastOwner { person: id("bo"), gone: day("2026-11-09") };
    assert_eq!(history.last_owner, [(id("løn 2"), last)].into());
}
