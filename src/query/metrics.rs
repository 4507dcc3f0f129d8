//! The state as numbers, for monitoring: counts and times, never a name or an
//! address.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::moment::Moment;
use crate::model::{IncidentKind, JobKind, JobRun, Severity};
use crate::store::{
    SnapshotRow, incidents, last_run, last_snapshot, open_severities, outbox_counts,
    quarantined_pull_id,
};

/// The figures of `/metrics`.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub last_pull: Option<SnapshotRow>,
    /// Open findings that are not waived.
    pub open_findings: BTreeMap<Severity, i64>,
    /// Mails by state.
    pub mails: BTreeMap<&'static str, i64>,
    pub guard_holds: bool,
    /// Kinds of which one is open.
    pub incidents: BTreeSet<IncidentKind>,
    /// The last run of each job that has run.
    pub runs: Vec<JobRun>,
}

pub fn metrics(moment: &Moment<'_>) -> Result<Metrics, Error> {
    let connection = moment.connection;
    let mut runs = Vec::new();
    for &job in JobKind::ALL {
        runs.extend(last_run(connection, job)?);
    }
    Ok(Metrics {
        last_pull: last_snapshot(connection)?,
        open_findings: open_severities(connection, moment.now)?,
        mails: outbox_counts(connection)?,
        guard_holds: quarantined_pull_id(connection)?.is_some(),
        incidents: incidents(connection)?.into_iter().map(|incident| incident.kind).collect(),
        runs,
    })
}
