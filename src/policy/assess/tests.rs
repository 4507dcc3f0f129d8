use std::collections::BTreeMap;

use super::*;
use crate::model::{ChangeKind, Fault, FaultArg, LifeCycle, Rule, Severity};
use crate::policy::findings::Transitions;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::policy::rules::{owner_departed, owner_missing};
use crate::register::changes::Dated;
use crate::testing::{at, day, id, only, policy, randers};

/// Walks through pulls as the sync job does, and keeps the findings.
#[derive(Default)]
struct Walk {
    last: Option<(Snapshot, NaiveDate)>,
    history: History,
    open: Vec<Finding>,
    next: i64,
}

impl Walk {
    fn pull(&mut self, today: &str, snapshot: Snapshot, policy: &Policy) -> Assessment {
        let today = day(today);
        let before = self.last.as_ref().map(|(snapshot, today)| Dated { snapshot, today: *today });
        let after = Dated { snapshot: &snapshot, today };
        let result = assess(before, after, self.history.clone(), &self.open, policy);
        if let Some((before, _)) = &self.last {
            self.history.advance(before, &snapshot, &policy.owner_roles, today);
        }
        let Transitions { opened, resolved, amended, by_policy_change, .. } = &result.findings;
        self.open.retain(|finding| !resolved.contains_key(&finding.id));
        for (id, seen) in amended {
            let finding = self.open.iter_mut().find(|f| f.id == *id).expect("an open finding");
            (finding.rule, finding.severity) = (seen.rule, seen.severity);
            finding.faults.clone_from(&seen.faults);
        }
        for seen in opened {
            self.next += 1;
            self.open.push(Finding {
                id: self.next,
                rule: seen.rule,
                severity: seen.severity,
                usage: seen.usage,
                faults: seen.faults.clone(),
                opened_at: at("2026-11-02T05:00:00Z"),
                resolved_at: None,
                ending: None,
                since_baseline: before.is_none(),
                by_policy_change: by_policy_change.contains(&(seen.rule, seen.usage)),
            });
        }
        self.last = Some((snapshot, today));
        result
    }
}

fn base() -> Snapshot {
    randers().user("bo").usage("løn")
}

#[test]
fn the_first_pull_opens_findings_and_announces_nothing() {
    let mut walk = Walk::default();
    let first = walk.pull("2026-11-02", base(), &policy());
    assert_eq!(first.changes, []);
    assert_eq!(first.findings.opened.len(), 1);
    assert_eq!(first.delta.usages.len(), 1);
    let second = walk.pull("2026-11-03", base(), &policy());
    assert!(second.delta.is_empty());
    assert_eq!((second.changes, second.findings), (vec![], Transitions::default()));
}

#[test]
fn a_finding_resolves_when_its_usage_leaves_the_scope() {
    let shut = base().edit("løn", |u| u.life_cycle = Some(LifeCycle::NotInUse));
    let excluded = Policy { excluded_uuids: [id("løn")].into(), ..policy() };
    let off = only(&owner_departed::RULE);
    for (why, snapshot, policy, ending) in [
        ("an owner", base().assign("løn", "ejer", "bo"), policy(), Ending::Resolved),
        ("decommissioned", shut, policy(), Ending::Closed),
        ("removed", base().removed("løn"), policy(), Ending::Removed),
        ("excluded", base(), excluded, Ending::Lapsed),
        ("the rule is off", base(), off, Ending::Lapsed),
    ] {
        let mut walk = Walk::default();
        walk.pull("2026-11-02", base(), &self::policy());
        let result = walk.pull("2026-11-03", snapshot, &policy);
        assert_eq!(result.findings.resolved, [(1, ending)].into(), "{why}");
        assert_eq!(walk.open, [], "{why}");
    }
}

#[test]
fn a_date_that_passes_resolves_a_finding_with_no_edit() {
    let ending = base().edit("løn", |u| u.valid_to = Some(day("2026-11-03")));
    let mut walk = Walk::default();
    walk.pull("2026-11-02", ending.clone(), &policy());
    assert_eq!(walk.pull("2026-11-03", ending.clone(), &policy()).findings, Transitions::default());
    let result = walk.pull("2026-11-04", ending, &policy());
    assert!(result.delta.is_empty());
    assert_eq!(result.findings.resolved, [(1, Ending::Closed)].into());
    assert_eq!(result.changes[0].kind(), ChangeKind::Decommissioned);
}

#[test]
fn the_detail_follows_what_becomes_known_of_the_last_owner() {
    let no_owner = |whether: &'static str| {
        let since = FaultArg::Date(day("2026-11-03"));
        let fault = Fault::new("no-owner").with("since", since);
        vec![fault.with(whether, FaultArg::Person(id("bo")))]
    };
    let mut walk = Walk::default();
    walk.pull("2026-11-02", base().assign("løn", "ejer", "bo"), &policy());
    walk.pull("2026-11-03", base(), &policy());
    assert_eq!(walk.open[0].faults, no_owner("person"));
    // A pull is no instant: the person can be gone from the next one only.
    let result = walk.pull("2026-11-04", base().left("bo"), &policy());
    let amended = result.findings.amended.iter().map(|(id, seen)| (*id, &seen.faults));
    assert_eq!(amended.collect::<Vec<_>>(), [(1, &no_owner("departed"))]);
    assert_eq!((walk.open.len(), walk.open[0].id), (1, 1), "the same finding");
    // And when both go at once, as KITOS does it:
    let mut walk = Walk::default();
    walk.pull("2026-11-02", base().assign("løn", "ejer", "bo"), &policy());
    let result = walk.pull("2026-11-03", base().left("bo"), &policy());
    assert_eq!(result.findings.opened[0].faults, no_owner("departed"));
}

#[test]
fn a_dead_assignment_that_is_tidied_away_ends_nothing() {
    let assigned = base().assign("løn", "ejer", "bo");
    let mut walk = Walk::default();
    walk.pull("2026-11-02", assigned.clone(), &policy());
    walk.pull("2026-11-03", assigned.left("bo"), &policy());
    assert_eq!(walk.open.iter().map(|f| f.rule).collect::<Vec<_>>(), [owner_departed::RULE.id]);
    let result = walk.pull("2026-11-24", base().left("bo"), &policy());
    assert_eq!((result.findings.opened, result.findings.resolved), (vec![], BTreeMap::new()));
    let [finding] = &walk.open[..] else { panic!("{:?}", walk.open) };
    assert_eq!((finding.id, finding.rule), (1, owner_missing::RULE.id), "the same case");
    let since = Fault::new("no-owner").with("since", FaultArg::Date(day("2026-11-03")));
    assert_eq!(finding.faults, [since.with("departed", FaultArg::Person(id("bo")))]);
}

#[test]
fn a_line_that_is_left_beside_an_owner_does_not_hide_that_the_owner_goes() {
    let owned = base().user("ida").assign("løn", "ejer", "bo").assign("løn", "ejer", "ida");
    let line_stays = base().user("ida").assign("løn", "ejer", "bo").left("bo");
    for (after, rule) in [
        (base().user("ida").left("bo"), owner_missing::RULE.id),
        (line_stays, owner_departed::RULE.id),
    ] {
        let mut walk = Walk::default();
        walk.pull("2026-11-02", owned.clone(), &policy());
        walk.pull("2026-11-03", owned.clone().left("bo"), &policy());
        assert!(!nobody_owns(&walk.open[0].faults), "ida does");
        let result = walk.pull("2026-11-10", after, &policy()).findings;
        assert_eq!(result.resolved, [(1, Ending::OwnerGone)].into(), "of another case");
        let opened: Vec<_> = result.opened.iter().map(|seen| seen.rule).collect();
        assert_eq!((opened, result.by_policy_change), (vec![rule], BTreeSet::new()));
        assert!(nobody_owns(&walk.open[0].faults));
    }
}

#[test]
fn a_fault_that_comes_back_is_a_new_finding() {
    let mut walk = Walk::default();
    walk.pull("2026-11-02", base(), &policy());
    walk.pull("2026-11-03", base().assign("løn", "ejer", "bo"), &policy());
    walk.pull("2026-11-04", base(), &policy());
    assert_eq!(walk.open.iter().map(|f| f.id).collect::<Vec<_>>(), [2]);
}

#[test]
fn figures_count_what_the_policy_covers() {
    let snapshot = base()
        .user("ida")
        .assign("løn", "forvalter", "bo")
        .usage("post")
        .assign("post", "ejer", "bo")
        .usage("sag")
        .assign("sag", "ejer", "eva")
        .left("eva")
        .usage("gammel")
        .assign("gammel", "ejer", "bo")
        .edit("gammel", |u| u.life_cycle = Some(LifeCycle::NotInUse))
        .usage("prøve")
        .assign("prøve", "ejer", "bo");
    let policy = Policy { excluded_names: vec!["prøve".to_owned()], ..policy() };
    let expected = Figures { usages: 5, people: 2, in_scope: 3, with_owner: 1 };
    assert_eq!(figures(&snapshot, &policy, day("2026-11-02")), expected);
}

mod carried;
