//! The weekly digest, put together from what the store knows: sorted, named and
//! counted, not yet in words.

mod administrations;
pub mod data;
mod material;
mod movement;
mod news;
mod tasks;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use uuid::Uuid;

use self::data::{Digest, Named, PassedOn, Share};
use self::material::{by_administration, count, names};
use crate::model::{Finding, FindingLine, Rule, SuggestionLine, TrendPoint};
use crate::notify::Situation;
use crate::notify::lines::Lines;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::text::danish;
use crate::time::civil::local_date;
use crate::time::weeks::weekly;

pub use material::{EndingWaiver, Material};

/// Twelve weeks of trend.
const TREND_WEEKS: i64 = 12;

/// Puts the digest together.
pub fn digest(material: &Material<'_>) -> Digest {
    let Lines { snapshot, zone, .. } = material.lines;
    let policy = material.situation.directory.policy();
    let figures = crate::policy::assess::figures(snapshot, policy, material.date);
    let share = Share { whole: count(figures.in_scope), part: count(figures.with_owner) };
    Digest {
        organization: snapshot.organization.name.clone(),
        date: material.date,
        since: material.since.map(|at| local_date(at, zone)),
        nothing_read: material.since.is_some_and(|since| material.health.pulled_at <= since),
        share,
        before: material.before,
        movement: movement::movement(material),
        trend: trend(material, share),
        tasks: tasks::tasks(material),
        stories: news::stories(material),
        solved: news::solved(material),
        fallen: news::fallen(material),
        lapsed: news::lapsed(material),
        excepted_since: named(material, material.excepted_since()),
        counts_again: named(material, material.counts_again()),
        acquired: news::acquired(material),
        revived: news::revived(material),
        put_off: news::put_off(material),
        leaving: news::leaving(material),
        administrations: administrations::administrations(material),
        passed_on: passed_on(material),
        round: material.round,
        excepted: count(material.excepted().count()),
        open: open(material),
        lines: material.suggestions.map(|who| lines(material, who)).unwrap_or_default(),
        health: material.health.clone(),
    }
}

/// One point a week, the last today's own; weeks without a pull are left out.
fn trend(material: &Material<'_>, share: Share) -> Vec<TrendPoint> {
    let weeks = weekly(material.figures, |point| point.date, material.date, TREND_WEEKS);
    let point = |(date, last): (_, Option<&TrendPoint>)| Some(TrendPoint { date, ..*last? });
    let today = TrendPoint { date: material.date, in_scope: share.whole, with_owner: share.part };
    let before = weeks.into_iter().filter(|(ends, _)| *ends < material.date);
    before.filter_map(point).chain([today]).collect()
}

/// What a leader was asked to help with and is still open, by leader and day; what is new
/// since the last digest first, then what has waited longest.
fn passed_on(material: &Material<'_>) -> Vec<PassedOn> {
    let Situation { ledger, directory, .. } = *material.situation;
    let mut passed: Vec<(PassedOn, Vec<&Finding>)> = Vec::new();
    for finding in material.open() {
        let Some(asked) = ledger.asked_for_help(finding.id) else { continue };
        let leader = directory.name_of(asked.recipient).unwrap_or_default().to_owned();
        let is_same = |(line, _): &&mut (PassedOn, _)| line.leader == leader && line.on == asked.on;
        match passed.iter_mut().find(is_same) {
            Some((_, findings)) => findings.push(finding),
            None => {
                let (on, deadline) = (asked.on, asked.deadline);
                let is_new = material.since.is_none_or(|since| asked.at > since);
                let (unit, systems) = (None, Vec::new());
                let line = PassedOn { unit, systems, leader, on, deadline, is_new };
                passed.push((line, vec![finding]));
            }
        }
    }
    let line = |(line, findings): (PassedOn, Vec<&Finding>)| PassedOn {
        unit: material.common_unit(&findings),
        systems: names(material, findings.into_iter()),
        ..line
    };
    let mut lines: Vec<PassedOn> = passed.into_iter().map(line).collect();
    lines.sort_by_key(|line| (!line.is_new, line.on));
    lines
}

fn named<'a>(material: &Material<'_>, findings: impl Iterator<Item = &'a Finding>) -> Named {
    let findings: Vec<&Finding> = findings.collect();
    Named { findings: count(findings.len()), systems: names(material, findings.into_iter()) }
}

fn open(material: &Material<'_>) -> BTreeMap<Rule, u32> {
    let mut open = BTreeMap::new();
    for finding in material.open() {
        *open.entry(finding.rule).or_default() += 1;
    }
    open
}

fn lines(
    material: &Material<'_>,
    suggestions: &BTreeMap<Uuid, Vec<SuggestionLine>>,
) -> Vec<FindingLine> {
    let line = |finding: &Finding| FindingLine {
        // Whose owner is to be found.
        suggestions: match nobody_owns(&finding.faults) {
            true => suggestions.get(&finding.usage).cloned().unwrap_or_default(),
            false => Vec::new(),
        },
        ..material.lines.finding(finding, material.date)
    };
    let mut lines: Vec<FindingLine> = material.open().map(line).collect();
    lines.sort_by_cached_key(|line| {
        let administration = by_administration(line.administration.as_deref());
        (administration, Reverse(line.severity), line.opened, danish::place(&line.system))
    });
    lines
}

#[cfg(test)]
pub(crate) mod tests;
