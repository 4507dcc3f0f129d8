//! Findings across a policy that changes, and people who leave.

use super::*;
use crate::policy::rules::{owner_missing, registration_incomplete};
use crate::testing::with;

fn assessed(before: &Snapshot, after: &Snapshot, open: &[Finding], policy: &Policy) -> Assessment {
    let before = before.on("2026-11-09");
    assess(Some(before), after.on("2026-11-10"), History::default(), open, policy)
}

/// An open finding that says what the rule says of `usage` in `snapshot`.
fn open(id: i64, usage: Uuid, snapshot: &Snapshot) -> Finding {
    let seen = judge(snapshot, &History::default(), &policy(), snapshot.on("2026-11-09").today);
    let seen = seen.into_iter().find(|seen| seen.usage == usage).expect("it is seen");
    Finding {
        id,
        rule: seen.rule,
        severity: Severity::High,
        usage,
        faults: seen.faults,
        opened_at: at("2026-11-02T05:00:00Z"),
        resolved_at: None,
        ending: None,
        since_baseline: false,
        by_policy_change: false,
    }
}

/// Rule and usage of what opens, and whether the policy's change opened it.
fn opened(assessment: &Assessment) -> Vec<(Rule, Uuid, bool)> {
    let by_policy = &assessment.findings.by_policy_change;
    let seen = assessment.findings.opened.iter();
    seen.map(|o| (o.rule, o.usage, by_policy.contains(&(o.rule, o.usage)))).collect()
}

#[test]
fn what_a_changed_policy_opens_is_marked_so() {
    let owned = randers().user("bo").usage("løn").assign("løn", "ejer", "bo");
    let unowned = owned.clone().unassign("løn", "ejer", "bo");
    let was_unowned = [open(1, id("løn"), &unowned)];
    let stricter = with([&owner_missing::RULE, &registration_incomplete::RULE]);
    let incomplete = |by_policy| (registration_incomplete::RULE.id, id("løn"), by_policy);
    let missing = |by_policy| (owner_missing::RULE.id, id("løn"), by_policy);
    let filled = owned.clone().unit("it", None).edit("løn", |usage| {
        usage.responsible_unit = Some(id("it"));
        usage.gdpr.sensitivity = [crate::model::DataSensitivity::NoPersonalData].into();
    });
    let emptied = filled.clone().edit("løn", |usage| usage.responsible_unit = None);
    for (why, before, after, known, expected) in [
        ("the world changed", &filled, &emptied, &[][..], vec![incomplete(false)]),
        ("the rule is new", &owned, &owned, &[], vec![incomplete(true)]),
        ("the rule is new, and so is another fault", &owned, &unowned, &[], {
            vec![missing(false), incomplete(true)]
        }),
        ("an exclusion was taken back", &unowned, &unowned, &[], {
            vec![missing(true), incomplete(true)]
        }),
        ("known already", &unowned, &unowned, &was_unowned[..], vec![incomplete(true)]),
    ] {
        assert_eq!(opened(&assessed(before, after, known, &stricter)), expected, "{why}");
    }
}

#[test]
fn a_successor_leaves_no_gap_and_a_leaver_one_finding() {
    let before = randers().user("bo").user("ida").usage("løn").assign("løn", "ejer", "bo");
    let gone = before.clone().unassign("løn", "ejer", "bo").left("bo");
    let successor = gone.clone().assign("løn", "ejer", "ida");
    assert_eq!(opened(&assessed(&before, &successor, &[], &policy())), []);
    let assessment = assessed(&before, &gone, &[], &policy());
    assert_eq!(opened(&assessment), [(owner_missing::RULE.id, id("løn"), false)]);
    let fault = &assessment.findings.opened[0].faults[0];
    assert_eq!(fault.person("departed"), Some(id("bo")));
}
