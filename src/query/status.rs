//! The whole state on one screen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::away::{Absence, absences};
use super::diagnostics::diagnostics;
use super::error::Error;
use super::moment::Moment;
use super::outlook::{RunAhead, next_week};
use super::runs::{Incident, Run};
use super::timetable::{Delay, Timetable, timetable};
use crate::model::JobKind;
use crate::store::{
    self, incidents, last_run, last_snapshot, left_behind, open_findings, outbox_counts,
    waivers_in_force,
};
use crate::time::due::Due;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub version: &'static str,
    pub mail_mode: &'static str,
    pub last_snapshot: Option<LastSnapshot>,
    pub jobs: BTreeMap<&'static str, JobStatus>,
    /// Open findings, waived ones apart: rule → severity → number.
    pub open_findings: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    pub waived_findings: usize,
    /// What the policy's configuration says that nothing bears out.
    pub hints: Vec<String>,
    /// Mails by state.
    pub outbox: BTreeMap<&'static str, i64>,
    /// The pull that the guard holds.
    pub held_pull: Option<i64>,
    pub incidents: Vec<Incident>,
    /// To whom nothing goes for now.
    pub away: Vec<Absence>,
    /// The newest backup of an earlier database, beside which this one began anew.
    pub left_behind: Option<PathBuf>,
    /// The reminders and escalations of the next days, if nothing changes.
    pub next_week: Vec<RunAhead>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastSnapshot {
    pub id: i64,
    pub taken_at: DateTime<Utc>,
    pub age_hours: i64,
    pub usages: u32,
    pub people: u32,
    pub in_scope: u32,
    pub with_owner: u32,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    pub last_run: Option<Run>,
    pub next_run: Option<DateTime<Utc>>,
}

/// `config_file`: see [`timetable`].
pub fn status(moment: &Moment<'_>, config_file: &Path) -> Result<Status, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let last = last_snapshot(connection)?;
    let table = timetable(moment, config_file, Delay::OfInstallation)?;
    let (open_findings, waived_findings) = findings(moment)?;
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        mail_mode: config.mail.mode.as_str(),
        next_week: match &last {
            None => Vec::new(),
            Some(_) => next_week(moment, config.mail.mode)?,
        },
        last_snapshot: last.map(|row| LastSnapshot {
            id: row.id,
            taken_at: row.taken_at,
            age_hours: (now - row.taken_at).num_hours(),
            usages: row.usages,
            people: row.people,
            in_scope: row.in_scope,
            with_owner: row.with_owner,
        }),
        jobs: jobs(moment, &table)?,
        open_findings,
        waived_findings,
        // What `check` tells of the policy, in the same words.
        hints: diagnostics(moment)?.hints.iter().map(ToString::to_string).collect(),
        outbox: outbox_counts(connection)?,
        held_pull: store::held_pull_id(connection)?,
        incidents: incidents(connection)?.iter().map(|one| Incident::told(one, moment)).collect(),
        away: absences(moment)?,
        left_behind: left_behind(connection, &config.database.path)?,
    })
}

/// Numbers by rule and severity.
type ByRule = BTreeMap<&'static str, BTreeMap<&'static str, usize>>;

/// The open findings, waived ones apart, and the number of those.
fn findings(moment: &Moment<'_>) -> Result<(ByRule, usize), Error> {
    let mut open = ByRule::new();
    let waivers = waivers_in_force(moment.connection, moment.now)?;
    for finding in open_findings(moment.connection)? {
        if !waivers.contains_key(&finding.id) {
            let by_severity = open.entry(finding.rule.as_str()).or_default();
            *by_severity.entry(finding.severity.as_str()).or_default() += 1;
        }
    }
    Ok((open, waivers.len()))
}

fn jobs(
    moment: &Moment<'_>,
    table: &Timetable,
) -> Result<BTreeMap<&'static str, JobStatus>, Error> {
    let mut jobs = BTreeMap::new();
    for &job in JobKind::ALL {
        let next_run = match table.of(job) {
            Due::Now { .. } => Some(moment.now),
            Due::At(at) => at,
        };
        let last_run = last_run(moment.connection, job)?;
        let last_run = last_run.map(|run| Run::told(&run, moment.language));
        jobs.insert(job.as_str(), JobStatus { last_run, next_run });
    }
    Ok(jobs)
}
