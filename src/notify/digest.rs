//! The weekly drift digest, put together from what the store knows. Pure: the
//! job reads, this sorts, names and counts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::model::{
    Change, ChangeKind, Digest, Finding, FindingLine, Health, Language, LeaverLine, Snapshot,
    SuggestionLine, SystemLine, TrendPoint, VacancyLine, WaiverLine,
};
use crate::notify::leavers::LeaverCase;
use crate::notify::ledger::Ledger;
use crate::notify::lines::Lines;
use crate::policy::Policy;
use crate::text::danish;
use crate::text::links::{self, Tab};
use crate::time::civil::local_date;

/// Twelve weeks of trend.
const TREND_WEEKS: i64 = 12;

/// What a digest is made from.
#[derive(Debug, Clone)]
pub struct Material<'a> {
    pub snapshot: &'a Snapshot,
    pub policy: &'a Policy,
    pub date: NaiveDate,
    pub zone: Tz,
    pub kitos_url: &'a str,
    pub language: Language,
    /// When the last digest in this mail mode was made.
    pub since: Option<DateTime<Utc>>,
    pub open: &'a [Finding],
    /// Put right since the last digest …
    pub resolved: &'a [Finding],
    /// … and how many went because the policy changed.
    pub lapsed: usize,
    /// Changes since the last digest, each with its day.
    pub changes: &'a [(NaiveDate, Change)],
    /// Figures of the snapshots of the last twelve weeks, oldest first.
    pub figures: &'a [TrendPoint],
    /// Names of usages that the snapshot no longer has.
    pub former_names: &'a BTreeMap<Uuid, String>,
    /// Names of people, departed ones included.
    pub names: &'a BTreeMap<Uuid, String>,
    /// Exceptions that end soon, or ended since the last digest.
    pub waivers: &'a [EndingWaiver],
    /// Who left, and whose systems are not all handed on.
    pub leavers: &'a [LeaverCase],
    /// Who could own a usage, in words.
    pub suggestions: &'a BTreeMap<Uuid, Vec<SuggestionLine>>,
    pub ledger: &'a Ledger,
    pub health: Health,
}

/// An exception from the policy that ends, or has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingWaiver {
    pub finding: Finding,
    /// Its last day.
    pub until: NaiveDate,
    pub reason: String,
    pub over: bool,
}

impl Material<'_> {
    fn lines(&self) -> Lines<'_> {
        Lines {
            snapshot: self.snapshot,
            former_names: self.former_names,
            names: self.names,
            kitos_url: self.kitos_url,
            language: self.language,
            zone: self.zone,
            suggestions: self.suggestions,
            ledger: self.ledger,
        }
    }
}

/// Puts the digest together.
pub fn digest(material: &Material<'_>) -> Digest {
    let figures = crate::policy::assess::figures(material.snapshot, material.policy, material.date);
    let lines = material.lines();
    let line = |finding: &Finding| lines.finding(finding, material.date);
    let mut open: Vec<FindingLine> = material.open.iter().map(line).collect();
    open.sort_by(|a, b| {
        let last = |l: &FindingLine| l.administration.is_none();
        last(a)
            .cmp(&last(b))
            .then_with(|| {
                danish::compare(
                    a.administration.as_deref().unwrap_or_default(),
                    b.administration.as_deref().unwrap_or_default(),
                )
            })
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| a.opened.cmp(&b.opened))
            .then_with(|| danish::compare(&a.system, &b.system))
    });
    let by_name = |mut lines: Vec<FindingLine>| {
        lines.sort_by(|a, b| danish::compare(&a.system, &b.system));
        lines
    };
    let opened = match material.since {
        // The first digest would say everything twice.
        None => Vec::new(),
        Some(since) => material
            .open
            .iter()
            .filter(|f| f.opened_at > since && !f.since_baseline)
            .map(line)
            .collect(),
    };
    Digest {
        organization: material.snapshot.organization.name.clone(),
        date: material.date,
        since: material.since.map(|at| local_date(at, material.zone)),
        nothing_read: material.since.is_some_and(|since| material.health.pulled_at <= since),
        in_scope: count(figures.in_scope),
        with_owner: count(figures.with_owner),
        trend: trend(material, count(figures.in_scope), count(figures.with_owner)),
        opened: {
            let mut opened = by_name(opened);
            opened.sort_by_key(|line| !line.by_policy_change);
            opened
        },
        escalated: by_name(escalated(material).map(line).collect()),
        waivers: waivers(material),
        leavers: material.leavers.iter().map(|case| leaver(material, case)).collect(),
        resolved: by_name(material.resolved.iter().map(line).collect()),
        lapsed: count(material.lapsed),
        acquired: systems(material, &[ChangeKind::Acquired]),
        phasing_out: systems(material, &[ChangeKind::PhasingOut]),
        decommissioned: systems(material, &[ChangeKind::Decommissioned, ChangeKind::Removed]),
        open,
        health: material.health.clone(),
    }
}

/// The open findings that a leader was told of since the last digest.
fn escalated<'a>(material: &'a Material<'_>) -> impl Iterator<Item = &'a Finding> {
    let since = material.since;
    material.open.iter().filter(move |finding| {
        material
            .ledger
            .told_of(finding.id)
            .escalated_at
            .is_some_and(|at| since.is_none_or(|since| at > since))
    })
}

/// By the day on which they end.
fn waivers(material: &Material<'_>) -> Vec<WaiverLine> {
    let lines = material.lines();
    let line = |waiver: &EndingWaiver| WaiverLine {
        finding: lines.finding(&waiver.finding, material.date),
        until: waiver.until,
        reason: waiver.reason.clone(),
        over: waiver.over,
    };
    let mut waivers: Vec<WaiverLine> = material.waivers.iter().map(line).collect();
    waivers.sort_by(|a, b| {
        let by_name = || danish::compare(&a.finding.system, &b.finding.system);
        a.until.cmp(&b.until).then_with(by_name)
    });
    waivers
}

fn leaver(material: &Material<'_>, case: &LeaverCase) -> LeaverLine {
    let role = |uuid: &Uuid| material.snapshot.role_types.get(uuid).map(|role| role.name.clone());
    let lines = material.lines();
    let open = case.open.iter().map(|(usage, vacancy)| VacancyLine {
        system: lines.system(*usage),
        url: links::page(material.kitos_url, *usage, Tab::Roles),
        ownerless: vacancy.owner,
        roles: vacancy.roles.iter().filter_map(role).collect(),
    });
    let mut open: Vec<VacancyLine> = open.collect();
    open.sort_by(|a, b| danish::compare(&a.system, &b.system));
    LeaverLine {
        name: material.names.get(&case.person).cloned().unwrap_or_default(),
        left: case.left,
        systems: count(case.systems),
        open,
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// One point a week, each the last snapshot of its week; weeks without one are
/// left out, so that a gap in monitoring does not look like a value.
fn trend(material: &Material<'_>, in_scope: u32, with_owner: u32) -> Vec<TrendPoint> {
    let mut points = Vec::new();
    for week in (1..TREND_WEEKS).rev() {
        let end = material.date - TimeDelta::weeks(week);
        let start = end - TimeDelta::weeks(1);
        let last = material.figures.iter().rev().find(|p| p.date > start && p.date <= end);
        if let Some(point) = last {
            points.push(TrendPoint { date: end, ..*point });
        }
    }
    points.push(TrendPoint { date: material.date, in_scope, with_owner });
    points
}

/// The systems to which one of `kinds` happened, each once, by name. What was
/// undone since is history and not news.
fn systems(material: &Material<'_>, kinds: &[ChangeKind]) -> Vec<SystemLine> {
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for (date, change) in material.changes.iter().rev() {
        let Some(uuid) = change.usage() else { continue };
        if !kinds.contains(&change.kind())
            || undone(material, uuid, change.kind())
            || excluded(material, uuid)
            || !seen.insert(uuid)
        {
            continue;
        }
        let usage = material.snapshot.usages.get(&uuid);
        let owners: Vec<String> = match usage {
            Some(usage) => material
                .snapshot
                .owners(usage, &material.policy.owner_roles)
                .into_iter()
                .map(|person| person.name.clone())
                .collect(),
            None => former_owners(change)
                .filter_map(|person| material.names.get(person).cloned())
                .collect(),
        };
        lines.push(SystemLine {
            system: material.lines().system(uuid),
            url: usage.map(|_| links::page(material.kitos_url, uuid, Tab::Front)),
            unit: usage
                .and_then(|u| u.responsible_unit)
                .and_then(|unit| material.snapshot.units.get(&unit))
                .map(|unit| unit.name.clone()),
            owners,
            date: *date,
        });
    }
    lines.sort_by(|a, b| danish::compare(&a.system, &b.system));
    lines
}

/// Whether the policy leaves the usage out. One that is gone can only be known
/// by its uuid.
fn excluded(material: &Material<'_>, uuid: Uuid) -> bool {
    match material.snapshot.usages.get(&uuid) {
        Some(usage) => material.policy.excludes(material.snapshot, usage),
        None => material.policy.excluded_uuids.contains(&uuid),
    }
}

fn undone(material: &Material<'_>, uuid: Uuid, kind: ChangeKind) -> bool {
    use crate::model::StateOfUse::{Decommissioned, PhasingOut};
    let state = material.snapshot.usages.get(&uuid).map(|usage| usage.state(material.date));
    match kind {
        ChangeKind::Acquired => state.is_none(),
        ChangeKind::PhasingOut => state != Some(PhasingOut),
        ChangeKind::Decommissioned => state.is_some_and(|state| state != Decommissioned),
        ChangeKind::Removed => state.is_some(),
        _ => false,
    }
}

fn former_owners(change: &Change) -> impl Iterator<Item = &Uuid> {
    let owners = match change {
        Change::Removed { before, .. } => Some(&before.owners),
        _ => None,
    };
    owners.into_iter().flatten()
}

#[cfg(test)]
mod tests;
