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
        ("the person went, and is still named", vec![bo(), bo().left("bo")], second("bo")),
        ("… and tidied away later", vec![bo(), bo().left("bo"), base().left("bo")], second("bo")),
        ("was never here", vec![bo().left("bo"), base().left("bo")], None),
        (
            "came back as a user, and went again",
            vec![bo(), bo().left("bo"), bo(), bo().left("bo")],
            Some((id("bo"), day("2026-11-04"))),
        ),
        (
            "outlived as owner by another",
            vec![
                bo().assign("løn", "chef", "ida"),
                bo().left("bo").assign("løn", "chef", "ida"),
                bo().left("bo"),
                base().left("bo"),
            ],
            third("ida"),
        ),
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
