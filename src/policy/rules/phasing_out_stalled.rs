//! A system that is phased out comes to its end. Holds when the life cycle says
//! "Under udfasning" for more than the rule's days, or after the planned end.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::def::{Falls, RuleDef, Scope, Source};
use crate::model::FaultArg::Date;
use crate::model::{Fault, LifeCycle};
use crate::policy::thresholds::{Days, ThresholdType, UpTo};

pub const RULE: RuleDef = RuleDef {
    // After the planned end it counts as decommissioned.
    scope: Scope::All,
    sources: &[Source::Guideline(&[7])],
    thresholds: ThresholdType::of::<Thresholds>(),
    falls: Falls::WithRemoval,
    ..RuleDef::new("phasing-out-stalled", judge)
};

#[derive(Debug, Serialize, Deserialize)]
struct Thresholds {
    /// How long it may take.
    days: Days,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { days: UpTo(180) }
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let usage = case.usage;
    if usage.life_cycle != Some(LifeCycle::PhasingOut) {
        return Vec::new();
    }
    if let Some(end) = usage.valid_to.filter(|end| *end < case.today) {
        return vec![Fault::new("planned-end-passed").with("end", Date(end))];
    }
    let days = case.thresholds::<Thresholds>().days.0;
    let since = case.history.phasing_out_since.get(&usage.uuid).copied();
    let since = since.filter(|since| case.is_days_past(*since, days));
    Vec::from_iter(since.map(|since| Fault::new("phasing-out-since").with("since", Date(since))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::history::History;
    use crate::testing::{TODAY, day, id, løn, only, said_by};

    #[test]
    fn phasing_out_that_does_not_end() {
        let ending = |end: Option<&str>| {
            let end = end.map(day);
            løn().edit("løn", |usage| {
                usage.life_cycle = Some(LifeCycle::PhasingOut);
                usage.valid_to = end;
            })
        };
        let passed = Fault::new("planned-end-passed").with("end", Date(day("2026-11-09")));
        let since = Fault::new("phasing-out-since").with("since", Date(day("2026-05-13")));
        for (why, snapshot, began, expected) in [
            ("ends yesterday", ending(Some("2026-11-09")), TODAY, vec![passed]),
            ("ends today", ending(Some("2026-11-10")), TODAY, vec![]),
            ("ends tomorrow", ending(Some("2026-11-11")), TODAY, vec![]),
            ("no end, 180 days ago", ending(None), "2026-05-14", vec![]),
            ("no end, 181 days ago", ending(None), "2026-05-13", vec![since.clone()]),
            ("an end to come, 181 days ago", ending(Some("2027-01-01")), "2026-05-13", vec![since]),
            ("in use", løn(), "2026-05-13", vec![]),
        ] {
            let phasing_out_since = [(id("løn"), day(began))].into();
            let history = History { phasing_out_since, ..History::default() };
            assert_eq!(said_by(&only(&RULE), &history, &snapshot), expected, "{why}");
        }
    }
}
