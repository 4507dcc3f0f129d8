//! Usages that would change in what the policy looks at, or that it would judge
//! otherwise, too many at once.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::step::{FEW, Side, Step, exceeds};
use crate::model::{
    Field, FieldChange, HoldReason, Interest, Rule, StateOfUse, SystemUsage, Unreachable,
};
use crate::policy::rules::def;
use crate::policy::{Policy, judge};
use crate::register::history::History;
use crate::text::addresses::{domain_of, reachability};

/// Usages that would be shut down, phased out or revived. The same change everywhere
/// is no excuse here: a life cycle or an end date that KITOS gives all of them is one
/// change, and a false alarm to every owner. What the calendar did is no mistake of
/// KITOS's.
pub(super) fn moved(step: &Step<'_>) -> Option<HoldReason> {
    let (then, today) = (step.before.seen.today, step.after.seen.today);
    let moved = step.shared.iter().filter(|(old, new)| {
        let is = told_as(new.state(today));
        told_as(old.state(then)) != is && told_as(old.state(today)) != is
    });
    let moved: Vec<&SystemUsage> = moved.map(|(_, new)| *new).collect();
    let before = step.before.snapshot().usages.len();
    exceeds(moved.len(), FEW, before, step.limits.removed).then(|| HoldReason::Moved {
        moved: moved.len(),
        before,
        samples: step.names(&moved),
    })
}

/// The states of use that owners are told apart.
fn told_as(state: StateOfUse) -> Option<StateOfUse> {
    matches!(state, StateOfUse::PhasingOut | StateOfUse::Decommissioned).then_some(state)
}

/// Usages that would change in what the policy looks at; counted by the ways in which
/// they change.
pub(super) fn changed(step: &Step<'_>) -> Option<HoldReason> {
    let changed: Vec<_> = step
        .shared
        .iter()
        .copied()
        .filter(|(old, new)| old.roles != new.roles || edits(old, new).next().is_some())
        .collect();
    step.too_many_changed(distinct_changes(&changed)).then(|| {
        let usages: Vec<_> = changed.iter().map(|(_, new)| *new).collect();
        step.changed(&usages)
    })
}

/// The edits of fields that the policy judges; the name is not one of them.
fn edits(old: &SystemUsage, new: &SystemUsage) -> impl Iterator<Item = FieldChange> {
    let judged = Field::all().filter(|field| field.interest() >= Interest::Judged);
    judged.filter_map(|field| FieldChange::between(field, old, new))
}

/// How many different changes `changed` holds: one field going from one value
/// to another on many usages (a unit merged into another) is one.
fn distinct_changes(changed: &[(&SystemUsage, &SystemUsage)]) -> usize {
    let kinds: BTreeSet<_> = changed
        .iter()
        .map(|(old, new)| {
            let edits = edits(old, new).map(|edit| (edit.field, edit.moved()));
            (&old.roles - &new.roles, &new.roles - &old.roles, edits.collect::<Vec<_>>())
        })
        .collect();
    kinds.len()
}

/// The usages that one rule would find fault with and did not before; of the rule
/// that finds most: a field that went wrong everywhere in one way is one change, and
/// a finding on each system. Neither the calendar nor a new configuration makes any:
/// both sides are judged as of one day, each by the configuration of now. Who leads
/// whom is no part of the pull.
pub(super) fn newly_faulty(step: &Step<'_>) -> Option<HoldReason> {
    let faulty = newly_judged(step);
    let (rule, faulty) = faulty.into_iter().max_by_key(|(_, faulty)| faulty.len())?;
    step.too_many_changed(faulty.len()).then(|| HoldReason::NewlyFaulty {
        rule: rule.as_str().to_owned(),
        faulty: faulty.len(),
        before: step.before.snapshot().usages.len(),
        domain: def(rule).asks_mail_server.then(|| foreign_domain(step, &faulty)).flatten(),
        samples: step.names(&faulty),
    })
}

/// The usages that each rule would find fault with and does not now.
pub(super) fn newly_judged<'a>(step: &Step<'a>) -> BTreeMap<Rule, Vec<&'a SystemUsage>> {
    let today = step.after.seen.today;
    let faulty = |side: &Side<'_>| -> BTreeSet<(Rule, Uuid)> {
        let policy = Policy { leaders: None, ..side.policy.clone() };
        let seen = judge(side.snapshot(), &History::default(), &policy, today);
        seen.into_iter().map(|observation| (observation.rule, observation.usage)).collect()
    };
    let mut by_rule: BTreeMap<Rule, Vec<&SystemUsage>> = BTreeMap::new();
    for (rule, usage) in &faulty(&step.after) - &faulty(&step.before) {
        if step.before.snapshot().usages.contains_key(&usage) {
            by_rule.entry(rule).or_default().extend(step.after.snapshot().usages.get(&usage));
        }
    }
    by_rule
}

/// The domain that keeps mail from most of the usages' owners.
fn foreign_domain(step: &Step<'_>, faulty: &[&SystemUsage]) -> Option<String> {
    let owners = faulty
        .iter()
        .flat_map(|usage| step.after.snapshot().owners(usage, &step.after.owners.roles));
    let allowed = &step.after.policy.allowed_domains;
    let mut domains: BTreeMap<String, usize> = BTreeMap::new();
    for owner in owners {
        let address = owner.email.as_deref();
        if reachability(address, allowed) == Err(Unreachable::ForeignDomain) {
            *domains.entry(domain_of(address.unwrap_or_default())).or_default() += 1;
        }
    }
    domains.into_iter().max_by_key(|(_, owners)| *owners).map(|(domain, _)| domain)
}
