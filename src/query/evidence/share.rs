//! How many systems have an owner, day by day, and how it stands at the end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use serde::Serialize;

use super::findings::{EvidenceEnding, EvidenceFinding};
use super::scope::Scope;
use crate::model::{Severity, Snapshot};
use crate::query::error::Error;
use crate::query::policy::resolve;
use crate::store::{bindings, snapshot_at, snapshots_committed};
use crate::time::civil;

/// One day with a good pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharePoint {
    pub date: NaiveDate,
    /// Systems that the policy covers …
    pub systems: usize,
    /// … and those of them with an owner.
    pub with_owner: usize,
}

/// How it stands at the end of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    pub systems: usize,
    pub with_owner: usize,
    pub open: BTreeMap<&'static str, usize>,
    pub waived: usize,
}

pub(super) fn share(scope: &Scope<'_>) -> Result<Vec<SharePoint>, Error> {
    let mut days: BTreeMap<NaiveDate, SharePoint> = BTreeMap::new();
    for row in snapshots_committed(scope.moment().connection, &(scope.start..=scope.end()))? {
        // The last of a day stands for it. One that the guard held counts from its release.
        let date = scope.day(row.committed_at);
        let (systems, with_owner) = (row.in_scope as usize, row.with_owner as usize);
        days.insert(date, SharePoint { date, systems, with_owner });
    }
    if scope.is_whole() {
        return Ok(days.into_values().collect());
    }
    let days: Vec<NaiveDate> = days.into_keys().collect();
    let weeks = days.chunk_by(|a, b| a.iso_week() == b.iso_week());
    // A unit's figures are put together from history, a day at a time.
    let shown: BTreeSet<&NaiveDate> =
        days.first().into_iter().chain(weeks.filter_map(|week| week.last())).collect();
    let mut points = Vec::new();
    for day in shown {
        points.extend(of_unit(scope, *day)?);
    }
    Ok(points)
}

/// A unit's figures on an earlier day, judged by the policy of today.
fn of_unit(scope: &Scope<'_>, date: NaiveDate) -> Result<Option<SharePoint>, Error> {
    let moment = scope.moment();
    let end = civil::end_of(date, moment.config.schedule.time_zone) - TimeDelta::milliseconds(1);
    let snapshot = snapshot_at(moment.connection, end.min(scope.end()))?;
    snapshot.map(|snapshot| point(scope, &snapshot, date)).transpose()
}

fn point(scope: &Scope<'_>, snapshot: &Snapshot, date: NaiveDate) -> Result<SharePoint, Error> {
    let moment = scope.moment();
    let policy = resolve(moment.config, &bindings(moment.connection)?, snapshot).policy;
    let covered = snapshot
        .usages
        .values()
        .filter(|usage| policy.in_scope(snapshot, usage, date) && scope.has_unit_of(usage));
    let owned: Vec<bool> =
        covered.map(|usage| snapshot.has_owner(usage, &policy.owner_roles)).collect();
    let with_owner = owned.iter().filter(|owned| **owned).count();
    Ok(SharePoint { date, systems: owned.len(), with_owner })
}

/// How it stands at the end of the period. `last`: the period's last figures.
pub(super) fn standing(
    scope: &Scope<'_>,
    findings: &[EvidenceFinding],
    last: Option<&SharePoint>,
) -> Result<Standing, Error> {
    let SharePoint { systems, with_owner, .. } = match last {
        // Of an earlier day the pull itself says how it was judged then.
        Some(then) if !scope.is_now => *then,
        _ => point(scope, &scope.view.snapshot, scope.period.to)?,
    };
    let count = |ending, severity: Option<Severity>| {
        let is = |f: &&EvidenceFinding| {
            f.ending == ending && severity.is_none_or(|severity| f.severity == severity)
        };
        findings.iter().filter(is).count()
    };
    let by_severity = Severity::ALL
        .iter()
        .map(|&severity| (severity.as_str(), count(EvidenceEnding::Open, Some(severity))));
    Ok(Standing {
        systems,
        with_owner,
        open: by_severity.collect(),
        waived: count(EvidenceEnding::Waived, None),
    })
}

/// The day of the last reading before the period, if it has none itself.
pub(super) fn read_before(scope: &Scope<'_>) -> Result<Option<NaiveDate>, Error> {
    let ever = DateTime::UNIX_EPOCH..=scope.end();
    let last = snapshots_committed(scope.moment().connection, &ever)?.pop();
    let last = last.map(|row| scope.day(row.committed_at));
    Ok(last.filter(|day| *day < scope.period.from))
}
