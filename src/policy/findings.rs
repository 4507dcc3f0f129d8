//! The life of findings: what this judging opens, resolves and amends.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Ending, Fault, Finding, Rule, Severity};
use crate::policy::Observation;

/// What becomes of the findings. A finding is in at most one of the lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transitions {
    pub opened: Vec<Observation>,
    /// Findings that are no longer observed, and how each ended: as put right, unless the
    /// caller knows better.
    pub resolved: BTreeMap<i64, Ending>,
    /// Still open, with other faults or another severity than recorded.
    pub amended: Vec<(i64, Severity, Vec<Fault>)>,
    /// Those of `opened` that the same rules would have seen in the snapshot
    /// before, too: the policy changed, not the world.
    pub by_policy_change: BTreeSet<(Rule, Uuid)>,
}

/// Compares the open findings with what the rules see now. A fault that comes
/// back after it was resolved is opened anew: a new occurrence.
pub fn transitions(open: &[Finding], observations: Vec<Observation>) -> Transitions {
    let mut known: BTreeMap<_, &Finding> =
        open.iter().map(|finding| ((finding.rule, finding.usage), finding)).collect();
    let mut result = Transitions::default();
    for seen in observations {
        match known.remove(&(seen.rule, seen.usage)) {
            None => result.opened.push(seen),
            Some(finding) if finding.faults != seen.faults || finding.severity != seen.severity => {
                result.amended.push((finding.id, seen.severity, seen.faults));
            }
            Some(_) => {}
        }
    }
    result.resolved = known.into_values().map(|gone| (gone.id, Ending::Resolved)).collect();
    result
}

#[cfg(test)]
mod tests;
