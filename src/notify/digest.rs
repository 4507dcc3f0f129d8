//! The weekly digest, put together from what the store knows: sorted, named and
//! counted, not yet in words.

mod administrations;
pub mod data;
mod news;
mod tasks;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use self::data::{Digest, Health, PassedOn, Share};
use crate::model::{Change, Finding, FindingLine, TrendPoint};
use crate::notify::Situation;
use crate::notify::leavers::LeaverCase;
use crate::notify::lines::Lines;
use crate::text::danish;
use crate::time::civil::local_date;

/// Twelve weeks of trend.
const TREND_WEEKS: i64 = 12;

/// What a digest is made from.
#[derive(Debug)]
pub struct Material<'a> {
    pub situation: &'a Situation<'a>,
    pub lines: Lines<'a>,
    pub date: NaiveDate,
    /// When the last digest in this mail mode was made.
    pub since: Option<DateTime<Utc>>,
    /// Put right since the last digest …
    pub resolved: &'a [Finding],
    /// … and gone because the policy changed.
    pub lapsed: &'a [Finding],
    /// Changes since the last digest, each with its day.
    pub changes: &'a [(NaiveDate, Change)],
    /// Figures of the snapshots of the last twelve weeks, oldest first.
    pub figures: &'a [TrendPoint],
    /// Exceptions that end soon, or ended since the last digest.
    pub waivers: &'a [EndingWaiver],
    /// Who left, and whose systems are not all handed on.
    pub leavers: &'a [LeaverCase],
    pub health: Health,
}

/// An exception from the policy that ends, or has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingWaiver {
    pub finding: Finding,
    /// Its last day.
    pub until: NaiveDate,
    pub over: bool,
}

impl Material<'_> {
    /// Everything open that is not waived.
    fn open(&self) -> impl Iterator<Item = &Finding> {
        let Situation { waivers, now, .. } = *self.situation;
        let is_waived = move |f: &&Finding| waivers.get(&f.id).is_some_and(|until| *until > now);
        self.situation.open.iter().filter(move |finding| !is_waived(finding))
    }

    /// Opened since the last digest; the first would say everything twice.
    fn opened(&self) -> impl Iterator<Item = &Finding> {
        let since = self.since;
        let is_new = move |f: &&Finding| since.is_some_and(|since| f.opened_at > since);
        self.open().filter(move |finding| is_new(finding) && !finding.since_baseline)
    }

    fn system(&self, finding: &Finding) -> String {
        self.lines.system(finding.usage)
    }

    /// The responsible unit of these findings' systems, where they have one in common.
    fn common_unit(&self, findings: &[&Finding]) -> Option<String> {
        let of = |finding: &&Finding| self.unit(finding);
        let unit = findings.first().and_then(of)?;
        findings.iter().all(|finding| of(finding).as_ref() == Some(&unit)).then_some(unit)
    }

    fn unit(&self, finding: &Finding) -> Option<String> {
        let snapshot = self.lines.snapshot;
        let unit = snapshot.usages.get(&finding.usage)?.responsible_unit?;
        Some(snapshot.units.get(&unit)?.name.clone())
    }
}

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
        before: before(material),
        movement: news::movement(material),
        trend: trend(material, share),
        tasks: tasks::tasks(material),
        stories: news::stories(material),
        solved: news::solved(material),
        lapsed: count(material.lapsed.len()),
        acquired: news::acquired(material),
        leaving: news::leaving(material),
        administrations: administrations::administrations(material),
        passed_on: passed_on(material),
        open: open(material),
        health: material.health.clone(),
    }
}

/// The figures of the last digest's day.
fn before(material: &Material<'_>) -> Option<Share> {
    let since = local_date(material.since?, material.lines.zone);
    let point = material.figures.iter().rev().find(|point| point.date <= since)?;
    Some(Share { whole: point.in_scope, part: point.with_owner })
}

/// One point a week, each the last snapshot of its week; weeks without one are
/// left out, so that a gap in monitoring does not look like a value.
fn trend(material: &Material<'_>, share: Share) -> Vec<TrendPoint> {
    let mut points = Vec::new();
    for week in (1..TREND_WEEKS).rev() {
        let end = material.date - TimeDelta::weeks(week);
        let start = end - TimeDelta::weeks(1);
        let last = material.figures.iter().rev().find(|p| p.date > start && p.date <= end);
        if let Some(point) = last {
            points.push(TrendPoint { date: end, ..*point });
        }
    }
    points.push(TrendPoint { date: material.date, in_scope: share.whole, with_owner: share.part });
    points
}

/// What a leader was asked to help with since the last digest, by leader and day.
fn passed_on(material: &Material<'_>) -> Vec<PassedOn> {
    let Situation { ledger, directory, .. } = *material.situation;
    let mut passed: Vec<(PassedOn, Vec<&Finding>)> = Vec::new();
    for finding in material.open() {
        let Some(asked) = ledger.asked_for_help(finding.id) else { continue };
        if material.since.is_some_and(|since| asked.at <= since) {
            continue;
        }
        let leader = directory.name_of(asked.recipient).unwrap_or_default().to_owned();
        let is_same = |(line, _): &&mut (PassedOn, _)| line.leader == leader && line.on == asked.on;
        match passed.iter_mut().find(is_same) {
            Some((_, findings)) => findings.push(finding),
            None => {
                let (on, deadline) = (asked.on, asked.deadline);
                let line = PassedOn { unit: None, systems: Vec::new(), leader, on, deadline };
                passed.push((line, vec![finding]));
            }
        }
    }
    let line = |(line, findings): (PassedOn, Vec<&Finding>)| PassedOn {
        unit: material.common_unit(&findings),
        systems: names(material, findings.into_iter()),
        ..line
    };
    passed.into_iter().map(line).collect()
}

/// The systems of these findings, each once, by name.
fn names<'a>(material: &Material<'_>, findings: impl Iterator<Item = &'a Finding>) -> Vec<String> {
    let mut names: Vec<String> = findings.map(|finding| material.system(finding)).collect();
    names.sort_by(|a, b| danish::compare(a, b));
    names.dedup();
    names
}

fn open(material: &Material<'_>) -> Vec<FindingLine> {
    let line = |finding: &Finding| material.lines.finding(finding, material.date);
    let mut open: Vec<FindingLine> = material.open().map(line).collect();
    open.sort_by(|a, b| {
        by_administration(a.administration.as_deref(), b.administration.as_deref())
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| a.opened.cmp(&b.opened))
            .then_with(|| danish::compare(&a.system, &b.system))
    });
    open
}

/// By name; those without one last.
fn by_administration(a: Option<&str>, b: Option<&str>) -> std::cmp::Ordering {
    let names = || danish::compare(a.unwrap_or_default(), b.unwrap_or_default());
    a.is_none().cmp(&b.is_none()).then_with(names)
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
