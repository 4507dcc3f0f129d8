//! Owners are directors, chiefs, or leaders who report to one. Holds when an owner
//! is not in the leaders file at a level that may own. Silent without that file.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::def::{Audience, RuleDef, Source};
use crate::model::FaultArg::{Person, Text};
use crate::model::{self, Fault, Severity};
use crate::policy::settings::Policy;
use crate::policy::thresholds::ThresholdType;
use crate::text::links::Tab;

pub const RULE: RuleDef = RuleDef {
    severity: Severity::Medium,
    grace: 14,
    audience: Audience::OwnersLeader,
    tab: Tab::Roles,
    sources: &[Source::Guideline(&[5])],
    needs_leaders: true,
    thresholds: ThresholdType::of::<Thresholds>(),
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
        let level = level.to_lowercase();
        self.levels.iter().any(|allowed| allowed.to_lowercase() == level)
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let Some(leaders) = &case.policy.leaders else { return Vec::new() };
    let thresholds = case.thresholds::<Thresholds>();
    let fault = |person: &model::Person| {
        let leader = leaders.of_person(person);
        let may_own = leader.is_some_and(|leader| thresholds.allow(&leader.level));
        let level = leader.map(|leader| Text(leader.level.clone()));
        let fault = Fault::new("owner-level").with("person", Person(person.uuid));
        (!may_own).then(|| fault.with("level", level))
    };
    case.owners().into_iter().filter_map(fault).collect()
}

/// Whether someone at this level may own; everybody may while the rule is off.
pub fn may_own(policy: &Policy, level: &str) -> bool {
    let setting = policy.rules.get(&RULE.id);
    setting.is_none_or(|setting| setting.thresholds.get::<Thresholds>().allow(level))
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
        ] {
            let policy = Policy { leaders: Some(leaders(lines)), ..only(&RULE) };
            assert_eq!(said_by(&policy, &History::default(), &bo_owns()), expected, "{why}");
        }
        assert_eq!(said(&RULE, &bo_owns()), [], "without a file nobody is guessed");
    }
}
