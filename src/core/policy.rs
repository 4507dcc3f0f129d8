//! The municipality's policy: a table of rules, each judging one usage. Judging
//! is a function of snapshot, history, policy and date alone.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::history::History;
use crate::model::{Fault, LifeCycle, Rule, Severity, Snapshot, StateOfUse, SystemUsage};

/// The policy, resolved against KITOS's role types.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Role types that count as owner.
    pub owner_roles: BTreeSet<Uuid>,
    pub excluded_uuids: BTreeSet<Uuid>,
    /// Patterns of names in lower case; `*` stands for any characters.
    pub excluded_names: Vec<String>,
    pub excluded_life_cycles: BTreeSet<LifeCycle>,
    /// The rules that are on, with their severity.
    pub rules: Vec<(Rule, Severity)>,
}

/// What a rule sees wrong with one usage now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub rule: Rule,
    pub severity: Severity,
    pub usage: Uuid,
    /// Never empty.
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

/// Everything that the rules see wrong, by usage and rule.
pub fn judge(
    snapshot: &Snapshot,
    history: &History,
    policy: &Policy,
    today: NaiveDate,
) -> Vec<Observation> {
    let mut seen = Vec::new();
    for usage in snapshot.usages.values() {
        if !policy.in_scope(snapshot, usage, today) {
            continue;
        }
        for (rule, severity) in &policy.rules {
            let faults = match rule {
                Rule::OwnerMissing => owner_missing(snapshot, history, policy, usage),
                Rule::OwnerDeparted => owner_departed(snapshot, policy, usage),
                // The other rules come with the rest of the policy.
                _ => Vec::new(),
            };
            if !faults.is_empty() {
                seen.push(Observation {
                    rule: *rule,
                    severity: *severity,
                    usage: usage.uuid,
                    faults,
                });
            }
        }
    }
    seen
}

/// Policy: every system has an owner (ISO/IEC 27001 A.8.1.2; 5.9 in 2022).
/// Holds when nobody is assigned; an assignment to someone who left is
/// [`owner_departed`]'s, never both. Resolved by an owner who is a user.
fn owner_missing(
    snapshot: &Snapshot,
    history: &History,
    policy: &Policy,
    usage: &SystemUsage,
) -> Vec<Fault> {
    if usage.holders(&policy.owner_roles).is_empty() {
        let last = history.last_owner.get(&usage.uuid);
        return vec![Fault::NoOwner {
            since: last.map(|last| last.gone),
            last_owner: last.map(|last| last.person),
            departed: last.is_some_and(|last| !is_member(snapshot, last.person)),
        }];
    }
    // With the other rule off, someone must still say that only those who left
    // are assigned.
    let departed_rule_speaks = policy.rules.iter().any(|(rule, _)| *rule == Rule::OwnerDeparted);
    if !departed_rule_speaks && snapshot.owners(usage, &policy.owner_roles).is_empty() {
        return owner_departed(snapshot, policy, usage);
    }
    Vec::new()
}

/// Policy: the owner is still employed. Holds when an owner assignment names
/// someone who is no user of the organisation. Resolved when KITOS no longer
/// names that person.
fn owner_departed(snapshot: &Snapshot, policy: &Policy, usage: &SystemUsage) -> Vec<Fault> {
    usage
        .holders(&policy.owner_roles)
        .into_iter()
        .filter(|person| !is_member(snapshot, *person))
        .map(|person| Fault::DepartedOwner { person })
        .collect()
}

/// Whether the person is a user of the organisation now.
fn is_member(snapshot: &Snapshot, person: Uuid) -> bool {
    snapshot.people.get(&person).is_some_and(|person| person.member)
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
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
