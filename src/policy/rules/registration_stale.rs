//! Somebody looks at a registration now and then. Holds when nobody has edited it,
//! roles included, for the rule's months.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::{Fault, FaultArg};
use crate::policy::thresholds::{Months, ThresholdType, UpTo};

pub const RULE: RuleDef = RuleDef {
    sources: &[Source::Guideline(&[2, 6])],
    thresholds: ThresholdType::of::<Thresholds>(),
    ..RuleDef::new("registration-stale", judge)
};

#[derive(Debug, Serialize, Deserialize)]
struct Thresholds {
    /// How long nobody may edit it.
    months: Months,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { months: UpTo(24) }
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let months = case.thresholds::<Thresholds>().months.0;
    let edited = case.usage.last_modified.filter(|day| case.is_older_than(*day, months));
    Vec::from_iter(edited.map(since))
}

fn since(day: NaiveDate) -> Fault {
    Fault::new("not-edited-since").with("on", FaultArg::Date(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{day, løn, said};

    #[test]
    fn registrations_that_nobody_edits() {
        for (edited, expected) in [
            (None, None),
            (Some("2026-11-10"), None),
            (Some("2024-11-10"), None),
            (Some("2024-11-09"), Some("2024-11-09")),
        ] {
            let snapshot = løn().edit("løn", |u| u.last_modified = edited.map(day));
            let expected = expected.map(|on| since(day(on)));
            assert_eq!(said(&RULE, &snapshot), Vec::from_iter(expected), "{edited:?}");
        }
    }
}
