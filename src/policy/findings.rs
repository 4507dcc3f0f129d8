//! The life of findings: what this judging opens, resolves and amends.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Ending, Finding, Rule};
use crate::policy::Observation;
use crate::policy::rules::def;

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
                result.amended.push((finding.id, seen));
            }
            Some(_) => {}
        }
    }
    let mut gone: Vec<&Finding> = known.into_values().collect();
    carry_on(&mut result, &mut gone);
    result.resolved = gone.into_iter().map(|gone| (gone.id, Ending::Resolved)).collect();
    result
}

/// That a system has no owner is told by two rules: by one while KITOS still names somebody who
/// left, by the other once that line is tidied away. It is one fault: the finding goes on by the
/// other rule, with its age, what was told of it and its exception.
fn carry_on(result: &mut Transitions, gone: &mut Vec<&Finding>) {
    for seen in std::mem::take(&mut result.opened) {
        let same = |finding: &&Finding| {
            let is_one_case = def(finding.rule).nobody_owns && def(seen.rule).nobody_owns;
            finding.usage == seen.usage && is_one_case
        };
        match gone.iter().position(same) {
            Some(at) => result.amended.push((gone.remove(at).id, seen)),
            None => result.opened.push(seen),
        }
    }
}

#[cfg(test)]
mod tests;
