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
    // Somebody who answered that all is right has looked at it, too.
    let looked = case.history.looked_through.get(&case.usage.uuid).copied();
    let seen = case.usage.last_modified.map(|edited| looked.map_or(edited, |on| on.max(edited)));
    Vec::from_iter(seen.filter(|day| case.is_older_than(*day, months)).map(since))
}

fn since(day: NaiveDate) -> Fault {
    Fault::new("not-edited-since").with("on", FaultArg::Date(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::history::History;
    use crate::testing::{day, id, løn, only, said, said_by};

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

    #[test]
    fn whoever_looks_through_it_quiets_the_rule_for_its_period() {
        let snapshot = løn().edit("løn", |u| u.last_modified = Some(day("2020-01-01")));
        for (looked, stale) in [
            // Whoever edited it later has seen it later.
            ("2019-12-31", Some("2020-01-01")),
            ("2024-11-09", Some("2024-11-09")),
            ("2024-11-10", None),
            ("2026-11-10", None),
        ] {
            let looked_through = [(id("løn"), day(looked))].into();
            let history = History { looked_through, ..History::default() };
            let said = said_by(&only(&RULE), &history, &snapshot);
            assert_eq!(said, Vec::from_iter(stale.map(|on| since(day(on)))), "{looked}");
        }
    }
}
