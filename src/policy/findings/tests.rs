use uuid::Uuid;

use super::*;
use crate::model::{Fault, FaultArg, Severity};
use crate::policy::rules::{owner_departed, owner_missing, owner_several};
use crate::testing::{at, id};

fn fault(person: &str) -> Fault {
    Fault::new("departed-owner").with("departed", FaultArg::Person(id(person)))
}

fn faults(rule: Rule) -> Vec<Fault> {
    match rule == owner_missing::RULE.id {
        true => vec![Fault::new("no-owner")],
        false => vec![fault("bo")],
    }
}

fn beside(person: &str) -> Fault {
    Fault::new("departed-beside-another").with("departed", FaultArg::Person(id(person)))
}

fn open(id: i64, rule: Rule, usage: Uuid) -> Finding {
    Finding {
        id,
        rule,
        severity: Severity::High,
        usage,
        faults: faults(rule),
        opened_at: at("2026-11-02T05:00:00Z"),
        resolved_at: None,
        ending: None,
        since_baseline: false,
        by_policy_change: false,
    }
}

fn seen(rule: Rule, usage: Uuid) -> Observation {
    Observation { rule, severity: Severity::High, usage, faults: faults(rule) }
}

fn put_right(ids: &[i64]) -> BTreeMap<i64, Ending> {
    ids.iter().map(|id| (*id, Ending::Resolved)).collect()
}

#[test]
fn what_becomes_of_findings() {
    let (missing, departed) = (owner_missing::RULE.id, owner_departed::RULE.id);
    let several = owner_several::RULE.id;
    let (løn, post) = (id("løn"), id("post"));
    let more = || Observation { faults: vec![fault("bo"), fault("ida")], ..seen(departed, løn) };
    let too_many = || {
        let faults = vec![Fault::new("one-of-several-owners")];
        Observation { faults, ..seen(several, løn) }
    };
    let left_over = || Observation { faults: vec![beside("bo")], ..seen(departed, løn) };
    let open_left_over = || Finding { faults: vec![beside("bo")], ..open(1, departed, løn) };
    let milder = || Observation { severity: Severity::Low, ..seen(departed, løn) };
    let none = Transitions::default;
    for (why, known, observed, expected) in [
        ("nothing", vec![], vec![], none()),
        (
            "new",
            vec![],
            vec![seen(missing, løn)],
            Transitions { opened: vec![seen(missing, løn)], ..none() },
        ),
        ("as before", vec![open(1, departed, løn)], vec![seen(departed, løn)], none()),
        (
            "gone",
            vec![open(2, departed, løn), open(1, missing, post)],
            vec![],
            Transitions { resolved: put_right(&[1, 2]), ..none() },
        ),
        (
            "more faults",
            vec![open(1, departed, løn)],
            vec![more()],
            Transitions { amended: vec![(1, more())], ..none() },
        ),
        (
            "another severity",
            vec![open(1, departed, løn)],
            vec![milder()],
            Transitions { amended: vec![(1, milder())], ..none() },
        ),
        (
            "one of the rules on owners replaces the other: the same case",
            vec![open(1, departed, løn), open(2, departed, post)],
            vec![seen(missing, løn)],
            Transitions {
                amended: vec![(1, seen(missing, løn))],
                resolved: put_right(&[2]),
                ..none()
            },
        ),
        (
            "and back",
            vec![open(1, missing, løn)],
            vec![seen(departed, løn)],
            Transitions { amended: vec![(1, seen(departed, løn))], ..none() },
        ),
        (
            "the owner beside whom a line was left goes, and the line with them: a new case",
            vec![open_left_over()],
            vec![seen(missing, løn)],
            Transitions { opened: vec![seen(missing, løn)], resolved: put_right(&[1]), ..none() },
        ),
        (
            "… though the line stays",
            vec![open_left_over()],
            vec![seen(departed, løn)],
            Transitions { opened: vec![seen(departed, løn)], resolved: put_right(&[1]), ..none() },
        ),
        (
            "a new owner, beside a line that is left: that the system had none is over",
            vec![open(1, missing, løn)],
            vec![left_over()],
            Transitions { opened: vec![left_over()], resolved: put_right(&[1]), ..none() },
        ),
        (
            "a rule of another kind replaces nothing",
            vec![open(1, departed, løn)],
            vec![too_many()],
            Transitions { opened: vec![too_many()], resolved: put_right(&[1]), ..none() },
        ),
        (
            "the same rule on another usage",
            vec![open(1, missing, løn)],
            vec![seen(missing, løn), seen(missing, post)],
            Transitions { opened: vec![seen(missing, post)], ..none() },
        ),
    ] {
        assert_eq!(transitions(&known, observed), expected, "{why}");
    }
}
