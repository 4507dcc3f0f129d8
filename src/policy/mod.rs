//! The municipality's policy: a table of rules, each judging one usage. Judging
//! is a function of snapshot, history, policy and date alone.
//!
//! The rules stand by family in the files below; what they are for, in Danish,
//! stands in [`catalogue`]. A rule that cannot know (no leaders file, a role that
//! KITOS does not have) stays silent: a false alarm is the worst that it can do.

#![deny(clippy::disallowed_methods)]

pub mod assess;
pub mod catalogue;
pub mod findings;
mod gdpr;
pub mod leaders;
mod life_cycle;
mod ownership;
mod registration;
pub mod roles;
pub mod suggestions;
pub mod waivers;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::{
    Contract, DataProcessing, Fault, LifeCycle, Missing, Rule, Severity, Snapshot, StateOfUse,
    SystemUsage,
};
use crate::policy::leaders::Leaders;
use crate::register::history::History;

/// The policy, resolved against KITOS's role types and units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Role types that count as owner …
    pub owner_roles: BTreeSet<Uuid>,
    /// … as manager (systemforvalter) …
    pub manager_roles: BTreeSet<Uuid>,
    /// … and as daily contact.
    pub contact_roles: BTreeSet<Uuid>,
    /// Units that are staff units (stabe).
    pub staff_units: BTreeSet<Uuid>,
    pub excluded_uuids: BTreeSet<Uuid>,
    /// Patterns of names in lower case; `*` stands for any characters.
    pub excluded_names: Vec<String>,
    pub excluded_life_cycles: BTreeSet<LifeCycle>,
    /// `mail.allowed_domains`, lower case; empty allows all.
    pub allowed_domains: BTreeSet<String>,
    /// Who may own; `None` without a leaders file.
    pub leaders: Option<Leaders>,
    /// The rules that are on.
    pub rules: BTreeMap<Rule, Setting>,
}

/// How one rule is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub severity: Severity,
    /// `owner-level`: the levels that may own, lower case.
    pub levels: BTreeSet<String>,
    /// `registration-incomplete`: what must be filled in.
    pub require: BTreeSet<Missing>,
    /// The rule's limit in days, where it has one.
    pub days: u32,
    /// The rule's limit in months, where it has one.
    pub months: u32,
}

/// What a rule sees wrong with one usage now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub rule: Rule,
    pub severity: Severity,
    pub usage: Uuid,
    /// Never empty; sorted, so that equal faults are equal lists.
    pub faults: Vec<Fault>,
}

impl Policy {
    /// Whether the policy covers the usage today: not decommissioned, and not
    /// excluded by configuration (`policy.md`, "Words": In scope).
    pub fn in_scope(&self, snapshot: &Snapshot, usage: &SystemUsage, today: NaiveDate) -> bool {
        usage.state(today) != StateOfUse::Decommissioned && !self.excludes(snapshot, usage)
    }

    /// Whether `policy.exclude` names the usage.
    pub fn excludes(&self, snapshot: &Snapshot, usage: &SystemUsage) -> bool {
        let name = snapshot.usage_name(usage).to_lowercase();
        self.excluded_uuids.contains(&usage.uuid)
            || usage.life_cycle.as_ref().is_some_and(|l| self.excluded_life_cycles.contains(l))
            || self.excluded_names.iter().any(|pattern| matches(pattern, &name))
    }
}

/// One usage before the rules, with all that they may ask.
#[derive(Clone, Copy)]
struct Case<'a> {
    snapshot: &'a Snapshot,
    history: &'a History,
    policy: &'a Policy,
    setting: &'a Setting,
    index: &'a Index<'a>,
    today: NaiveDate,
    usage: &'a SystemUsage,
    state: StateOfUse,
}

impl Case<'_> {
    fn in_use_or_on_its_way(&self) -> bool {
        self.state != StateOfUse::Decommissioned
    }
}

/// The snapshot read backwards: what points to a usage.
struct Index<'a> {
    contracts: BTreeMap<Uuid, Vec<&'a Contract>>,
    registrations: BTreeMap<Uuid, Vec<&'a DataProcessing>>,
    /// Usages with a relation to this one.
    related_from: BTreeMap<Uuid, Vec<Uuid>>,
    /// Usages in scope, by shared system.
    of_system: BTreeMap<Uuid, Vec<Uuid>>,
}

impl<'a> Index<'a> {
    fn new(snapshot: &'a Snapshot, policy: &Policy, today: NaiveDate) -> Self {
        let mut index = Self {
            contracts: BTreeMap::new(),
            registrations: BTreeMap::new(),
            related_from: BTreeMap::new(),
            of_system: BTreeMap::new(),
        };
        for contract in snapshot.contracts.values() {
            for usage in &contract.usages {
                index.contracts.entry(*usage).or_default().push(contract);
            }
        }
        for registration in snapshot.data_processing.values() {
            for usage in &registration.usages {
                index.registrations.entry(*usage).or_default().push(registration);
            }
        }
        for usage in snapshot.usages.values() {
            for to in &usage.relations {
                index.related_from.entry(*to).or_default().push(usage.uuid);
            }
            if policy.in_scope(snapshot, usage, today) {
                index.of_system.entry(usage.system).or_default().push(usage.uuid);
            }
        }
        index
    }
}

/// Everything that the rules see wrong, by usage and rule.
pub fn judge(
    snapshot: &Snapshot,
    history: &History,
    policy: &Policy,
    today: NaiveDate,
) -> Vec<Observation> {
    let index = Index::new(snapshot, policy, today);
    let mut seen = Vec::new();
    for usage in snapshot.usages.values().filter(|usage| !policy.excludes(snapshot, usage)) {
        for (rule, setting) in &policy.rules {
            let case = Case {
                snapshot,
                history,
                policy,
                setting,
                index: &index,
                today,
                usage,
                state: usage.state(today),
            };
            let mut faults = faults(*rule, &case);
            if !faults.is_empty() {
                faults.sort();
                faults.dedup();
                let severity = severity(*rule, &case);
                seen.push(Observation { rule: *rule, severity, usage: usage.uuid, faults });
            }
        }
    }
    seen
}

fn faults(rule: Rule, case: &Case<'_>) -> Vec<Fault> {
    // Two rules are about systems that are, or ought to be, shut down, and one
    // about dates that contradict the life cycle.
    match rule {
        Rule::RegistrationContradictory => return registration::contradictory(case),
        Rule::DecommissionIncomplete => return life_cycle::decommission_incomplete(case),
        Rule::PhasingOutStalled => return life_cycle::phasing_out_stalled(case),
        _ if !case.in_use_or_on_its_way() => return Vec::new(),
        _ => {}
    }
    match rule {
        Rule::OwnerMissing => ownership::missing(case),
        Rule::OwnerDeparted => ownership::departed(case),
        Rule::OwnerUnreachable => ownership::unreachable(case),
        Rule::OwnerSeveral => ownership::several(case),
        Rule::OwnerLevel => ownership::level(case),
        Rule::OwnerOutsideUnit => ownership::outside_unit(case),
        Rule::CrossUnitOwner => ownership::cross_unit(case),
        Rule::ManagerMissing => ownership::nobody_in(case, &case.policy.manager_roles),
        Rule::ContactMissing => ownership::nobody_in(case, &case.policy.contact_roles),
        Rule::RegistrationIncomplete => registration::incomplete(case),
        Rule::RegistrationStale => registration::stale(case),
        Rule::DuplicateUsage => registration::duplicate(case),
        Rule::GdprIncomplete => gdpr::incomplete(case),
        Rule::RegistrationContradictory
        | Rule::DecommissionIncomplete
        | Rule::PhasingOutStalled => Vec::new(),
    }
}

/// The rule's severity; a registration that is incomplete soon after the
/// acquisition matters more, since the owner has it in hand.
fn severity(rule: Rule, case: &Case<'_>) -> Severity {
    let setting = case.setting;
    if rule == Rule::RegistrationIncomplete && registration::is_new(case) {
        return setting.severity.max(Severity::Medium);
    }
    setting.severity
}

/// Whether `day` lies more than `months` months before `today`.
fn older_than(day: NaiveDate, months: u32, today: NaiveDate) -> bool {
    day.checked_add_months(chrono::Months::new(months)).is_some_and(|limit| limit < today)
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut rest = rest;
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
