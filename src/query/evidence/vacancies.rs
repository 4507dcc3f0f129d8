//! How long systems were without an owner.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::findings::{EvidenceEnding, EvidenceFinding};

/// The times without an owner, of which some day lies in the period. Counted are those
/// that an owner ended, and those that last: not those that went with their system or
/// with the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vacancies {
    pub count: usize,
    /// Those that last at the end of the period.
    pub lasting: usize,
    pub median_days: Option<i64>,
    /// Some of them began before monitoring did, so that it may be more …
    pub median_is_least: bool,
    pub longest_days: Option<i64>,
    /// … and so of the longest.
    pub longest_is_least: bool,
    /// The longest first, with those that are not counted.
    pub all: Vec<Vacancy>,
}

/// One system's time without an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vacancy {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub unit: Option<String>,
    pub from: NaiveDate,
    /// It was so when monitoring began: it lasted longer than is known.
    pub since_baseline: bool,
    pub to: Option<NaiveDate>,
    pub days: i64,
    pub ending: EvidenceEnding,
}

pub(super) fn vacancies(findings: &[EvidenceFinding]) -> Vacancies {
    let without_owner = findings.iter().filter(|finding| finding.nobody_owns);
    let vacancy = |finding: &EvidenceFinding| Vacancy {
        system_usage_uuid: finding.system_usage_uuid,
        system_name: finding.system_name.clone(),
        unit: finding.unit.clone(),
        from: finding.opened,
        since_baseline: finding.since_baseline,
        to: finding.resolved,
        days: finding.days,
        ending: finding.ending,
    };
    let mut all: Vec<Vacancy> = without_owner.map(vacancy).collect();
    all.sort_by(|a, b| b.days.cmp(&a.days).then_with(|| a.system_name.cmp(&b.system_name)));
    let is_counted = |vacancy: &&Vacancy| vacancy.ending.lasts() || vacancy.ending.is_put_right();
    let counted: Vec<&Vacancy> = all.iter().filter(is_counted).collect();
    let median_days = median(&counted);
    let longest_days = counted.first().map(|vacancy| vacancy.days);
    let is_least = |days: Option<i64>| {
        counted.iter().any(|vacancy| vacancy.since_baseline && Some(vacancy.days) <= days)
    };
    Vacancies {
        count: counted.len(),
        lasting: counted.iter().filter(|vacancy| vacancy.ending.lasts()).count(),
        median_is_least: is_least(median_days),
        longest_is_least: is_least(longest_days),
        median_days,
        longest_days,
        all,
    }
}

/// Of an even number the mean of the two in the middle, rounded up.
fn median(by_days: &[&Vacancy]) -> Option<i64> {
    let days = |at: usize| by_days.get(at).map(|vacancy| vacancy.days);
    let (a, b) = (days(by_days.len().saturating_sub(1) / 2)?, days(by_days.len() / 2)?);
    Some((a + b + 1) / 2)
}
