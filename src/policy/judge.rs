//! Judging: every rule that is on looks at every usage that the policy does not
//! exclude. A function of snapshot, history, policy and date alone.

use chrono::NaiveDate;
use uuid::Uuid;

use super::rules::case::{Case, Index};
use super::rules::{RULES, Scope};
use super::settings::Policy;
use crate::model::{Fault, Rule, Severity, Snapshot};
use crate::register::history::History;

/// What a rule sees wrong with one usage now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub rule: Rule,
    pub severity: Severity,
    pub usage: Uuid,
    /// Never empty; sorted, so that equal faults are equal lists.
    pub faults: Vec<Fault>,
}

/// Everything that the rules see wrong, by usage and rule.
pub fn judge(
    snapshot: &Snapshot,
    history: &History,
    policy: &Policy,
    today: NaiveDate,
) -> Vec<Observation> {
    let index = Index::new(snapshot, policy, today);
    let rules: Vec<_> =
        RULES.iter().filter_map(|rule| Some((rule, policy.rules.get(&rule.id)?))).collect();
    let mut seen = Vec::new();
    for usage in snapshot.usages.values().filter(|usage| !policy.excludes(snapshot, usage)) {
        let state = usage.state(today);
        let (index, owners) = (&index, &*snapshot.owners(usage, &policy.owner_roles));
        for &(rule, setting) in &rules {
            let case =
                Case { snapshot, history, policy, setting, index, today, usage, state, owners };
            if rule.scope == Scope::NotDecommissioned && case.decommissioned() {
                continue;
            }
            let mut faults = (rule.judge)(&case);
            if !faults.is_empty() {
                faults.sort();
                faults.dedup();
                let severity = (rule.weigh)(&case);
                seen.push(Observation { rule: rule.id, severity, usage: usage.uuid, faults });
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TODAY, bo_owns, day, id, løn, policy};

    #[test]
    fn a_rule_that_is_off_says_nothing() {
        let nothing = Policy { rules: [].into(), ..policy() };
        for snapshot in [løn(), bo_owns().left("bo")] {
            assert_eq!(judge(&snapshot, &History::default(), &nothing, day(TODAY)), []);
            let seen = judge(&snapshot, &History::default(), &policy(), day(TODAY));
            assert_eq!(seen.len(), 1, "one of the two, never both");
            assert_eq!(seen[0].usage, id("løn"));
        }
    }
}
