//! The life of findings: what this judging opens, resolves and amends.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Ending, Fault, Finding, Rule};
use crate::policy::Observation;
use crate::policy::rules::owner_missing::nobody_owns;

/// What becomes of the findings. A finding is in at most one of the lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transitions {
    pub opened: Vec<Observation>,
    /// Findings that are no longer observed, and how each ended: as put right, unless the
    /// caller knows better.
    pub resolved: BTreeMap<i64, Ending>,
    /// Still open, with other faults, another severity or by another rule than recorded.
    pub amended: Vec<(i64, Observation)>,
    /// Those of `opened` that the same rules would have seen in the snapshot
    /// before, too: the policy changed, not the world.
    pub by_policy_change: BTreeSet<(Rule, Uuid)>,
}

/// What a finding is an occurrence of: it goes on for as long as the same is the case at the
/// same system, whichever rule tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// That a system has no owner is told by two rules: by one while KITOS still names somebody
    /// who left, by the other once that line is tidied away. It is one case, with its age, what
    /// was told of it and its exception; and another case than a line that is left beside an
    /// owner who is here.
    NobodyOwns,
    Other(Rule),
}

impl What {
    pub fn of(rule: Rule, faults: &[Fault]) -> Self {
        if nobody_owns(faults) { Self::NobodyOwns } else { Self::Other(rule) }
    }
}

/// Compares the open findings with what the rules see now. A fault that comes
/// back after it was resolved is opened anew: a new occurrence.
pub fn transitions(open: &[Finding], observations: Vec<Observation>) -> Transitions {
    let mut known: BTreeMap<_, &Finding> = open
        .iter()
        .map(|finding| ((What::of(finding.rule, &finding.faults), finding.usage), finding))
        .collect();
    let mut result = Transitions::default();
    for seen in observations {
        match known.remove(&(What::of(seen.rule, &seen.faults), seen.usage)) {
            None => result.opened.push(seen),
            Some(finding) if !is_same(finding, &seen) => result.amended.push((finding.id, seen)),
            Some(_) => {}
        }
    }
    result.resolved = known.into_values().map(|gone| (gone.id, Ending::Resolved)).collect();
    result
}

/// Whether nothing about it is another than recorded.
fn is_same(finding: &Finding, seen: &Observation) -> bool {
    (finding.rule, finding.severity, &finding.faults) == (seen.rule, seen.severity, &seen.faults)
}

#[cfg(test)]
mod tests;
