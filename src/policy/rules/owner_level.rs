//! Owners are directors, chiefs, or leaders who report to one. Holds when an owner
//! is not in the leaders file at a level that may own. Silent without that file.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::def::{Audience, Falls, RuleDef, Source};
use crate::model::FaultArg::{Person, Text};
use crate::model::{self, Fault, Severity, Tab};
use crate::policy::leaders::Leader;
use crate::policy::settings::Policy;
use crate::policy::thresholds::{Setting, ThresholdType};
use crate::text::names::key;

pub const RULE: RuleDef = RuleDef {
    severity: Severity::Medium,
    grace: 14,
    audience: Audience::OwnersLeader,
    tab: Tab::Roles,
    sources: &[Source::Guideline(&[5])],
    needs_leaders: true,
    thresholds: ThresholdType::of::<Thresholds>(),
    falls: Falls::WithOwner,
    ..RuleDef::new("owner-level", judge)
};

#[derive(Debug, Serialize, Deserialize)]
struct Thresholds {
    /// The levels of the leaders file that may own.
    levels: Vec<String>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            levels: ["direktør", "sektionschef", "stabschef", "leder"].map(str::to_owned).into(),
        }
    }
}

impl Thresholds {
    fn allow(&self, level: &str) -> bool {
        self.levels.iter().any(|allowed| key(allowed) == key(level))
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let Some(leaders) = &case.policy.leaders else { return Vec::new() };
    let thresholds = case.thresholds::<Thresholds>();
    let fault = |person: &model::Person| {
        let fault = Fault::new("owner-level").with("person", Person(person.uuid));
        let Some(leader) = leaders.of_person(person) else { return Some(fault) };
        // Without a level in the file there is nothing to judge.
        let level = leader.level.clone().filter(|level| !thresholds.allow(level))?;
        Some(fault.with("level", Text(level)))
    };
    case.owners.iter().copied().filter_map(fault).collect()
}

/// Whether someone at this level is known to be allowed to own; everybody is while
/// the rule is off.
pub fn may_own(policy: &Policy, level: Option<&str>) -> bool {
    let allows = |setting: &Setting| {
        level.is_some_and(|level| setting.thresholds.get::<Thresholds>().allow(level))
    };
    policy.rules.get(&RULE.id).is_none_or(allows)
}

/// Whether the file has somebody as a leader: at a level that may own, or without a level. A
/// consultant of a unit does not lead it.
pub fn may_lead(policy: &Policy, line: &Leader) -> bool {
    line.level.is_none() || may_own(policy, line.level.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::history::History;
    use crate::testing::{bo_owns, id, leaders, only, said, said_by};

    #[test]
    fn owners_at_a_level_that_may_not_own() {
        let fault = |level: Option<&str>| {
            let level = level.map(|level| Text(level.to_owned()));
            vec![Fault::new("owner-level").with("person", Person(id("bo"))).with("level", level)]
        };
        for (why, lines, expected) in [
            ("at a level that may", "bo@randers.dk;Bo;leder;it;", vec![]),
            ("case does not matter", "BO@Randers.dk;Bo;LEDER;it;", vec![]),
            ("at another level", "bo@randers.dk;Bo;konsulent;it;", fault(Some("konsulent"))),
            ("not in the file", "ida@randers.dk;Ida;leder;it;", fault(None)),
            ("at no known level", "bo@randers.dk;Bo;;it;", vec![]),
        ] {
            let leaders = Some(leaders(lines, &bo_owns()));
            let policy = Policy { leaders, ..only(&RULE) };
            assert_eq!(said_by(&policy, &History::default(), &bo_owns()), expected, "{why}");
        }
        assert_eq!(said(&RULE, &bo_owns()), [], "without a file nobody is guessed");
    }
}
