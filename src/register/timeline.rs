//! The states that a system went through. A state changes by an edit in KITOS, and
//! by the calendar alone when the end date passes.

use chrono::NaiveDate;

use crate::model::{StateOfUse, SystemUsage};

/// What pulls saw of a usage from one day until, and not including, another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub from: NaiveDate,
    /// `None` while it holds.
    pub to: Option<NaiveDate>,
    pub usage: SystemUsage,
}

/// A state of use from one day until, and not including, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub state: StateOfUse,
    pub from: NaiveDate,
    /// `None` while it holds.
    pub to: Option<NaiveDate>,
}

/// The states until `today`, oldest first. `versions` are those of one usage,
/// oldest first. What came and went within a day is left out.
pub fn spans(versions: &[Version], today: NaiveDate) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for Version { from, to, usage } in versions {
        // The first day on which the end date has passed, where it does so
        // within this version.
        let passed = usage
            .valid_to
            .and_then(|end| end.succ_opt())
            .filter(|day| day > from && *day <= today && to.is_none_or(|to| *day < to));
        let until_passed = (*from, passed.or(*to));
        let after = passed.map(|day| (day, *to));
        for (from, to) in [Some(until_passed), after].into_iter().flatten() {
            if to.is_some_and(|to| to <= from) {
                continue;
            }
            let state = usage.state(from);
            match spans.last_mut() {
                Some(last) if last.state == state && last.to == Some(from) => last.to = to,
                _ => spans.push(Span { state, from, to }),
            }
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LifeCycle;
    use crate::testing::{day, id};

    #[test]
    fn states_change_by_edits_and_by_the_calendar() {
        use StateOfUse::{Decommissioned, InUse, Pilot};
        let version = |from: &str, to: &str, life_cycle: &str, end: &str| Version {
            from: day(from),
            to: to.parse().ok(),
            usage: SystemUsage {
                life_cycle: Some(LifeCycle::from_kitos(life_cycle)),
                valid_to: end.parse().ok(),
                ..SystemUsage::new(id("løn"), id("system"))
            },
        };
        let span =
            |state, from: &str, to: &str| Span { state, from: day(from), to: to.parse().ok() };
        for (versions, expected, why) in [
            (vec![], vec![], "never seen"),
            (
                vec![version("2026-01-01", "", "Operational", "")],
                vec![span(InUse, "2026-01-01", "")],
                "nothing moved",
            ),
            (
                vec![
                    version("2026-01-01", "2026-02-01", "Pilot", ""),
                    version("2026-02-01", "2026-02-05", "Operational", ""),
                    version("2026-02-05", "", "Operational", "2027-01-01"),
                ],
                vec![span(Pilot, "2026-01-01", "2026-02-01"), span(InUse, "2026-02-01", "")],
                "an edit of something else makes no new state",
            ),
            (
                vec![version("2026-01-01", "", "Operational", "2026-03-31")],
                vec![
                    span(InUse, "2026-01-01", "2026-04-01"),
                    span(Decommissioned, "2026-04-01", ""),
                ],
                "the end date passed today",
            ),
            (
                vec![version("2026-01-01", "", "Operational", "2026-04-01")],
                vec![span(InUse, "2026-01-01", "")],
                "today is the last day",
            ),
            (
                vec![
                    version("2026-01-01", "2026-02-01", "Operational", "2026-01-15"),
                    version("2026-02-01", "", "Operational", ""),
                ],
                vec![
                    span(InUse, "2026-01-01", "2026-01-16"),
                    span(Decommissioned, "2026-01-16", "2026-02-01"),
                    span(InUse, "2026-02-01", ""),
                ],
                "revived",
            ),
            (
                vec![
                    version("2026-01-01", "2026-02-01", "Operational", ""),
                    version("2026-03-01", "", "Operational", ""),
                ],
                vec![span(InUse, "2026-01-01", "2026-02-01"), span(InUse, "2026-03-01", "")],
                "gone for a month",
            ),
            (
                vec![
                    version("2026-01-01", "2026-01-01", "Pilot", ""),
                    version("2026-01-01", "", "Operational", "2025-01-01"),
                ],
                vec![span(Decommissioned, "2026-01-01", "")],
                "two pulls on a day, and an end long passed",
            ),
        ] {
            assert_eq!(spans(&versions, day("2026-04-01")), expected, "{why}");
        }
    }
}
