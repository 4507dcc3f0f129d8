//! The whole state on one screen, cheap enough to ask for often: nothing here needs the
//! register. `remind` tells what the next week brings, and `check` which names in the
//! configuration match nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::away::{Absence, absences};
use super::error::Error;
use super::moment::Moment;
use super::runs::{Incident, Run};
use super::timetable::{Delay, Timetable, timetable};
use crate::model::JobKind;
use crate::store::{
    self, clock_skew, incidents, last_run, last_snapshot, left_behind, open_by_rule, outbox_counts,
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
    pub open_findings: ByRule,
    pub waived_findings: usize,
    /// Mails by state.
    pub outbox: BTreeMap<&'static str, i64>,
    /// The pull that the guard holds.
    pub quarantined_pull: Option<i64>,
    pub incidents: Vec<Incident>,
    /// How many seconds KITOS's clock was ahead of this machine's in the last pull, where they
    /// differ by more than 5 minutes.
    pub clock_skew_seconds: Option<i64>,
    /// To whom nothing goes for now.
    pub away: Vec<Absence>,
    /// The newest backup of an earlier database, beside which this one began anew.
    pub left_behind: Option<PathBuf>,
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

/// `password_changed`: see [`timetable`].
pub fn status(
    moment: &Moment<'_>,
    password_changed: Option<DateTime<Utc>>,
) -> Result<Status, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let table = timetable(moment, password_changed, Delay::OfInstallation)?;
    let (open_findings, waived_findings) = findings(moment)?;
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        mail_mode: config.mail.mode.as_str(),
        last_snapshot: last_snapshot(connection)?.map(|row| LastSnapshot {
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
        outbox: outbox_counts(connection)?,
        quarantined_pull: store::quarantined_pull_id(connection)?,
        incidents: incidents(connection)?.iter().map(|one| Incident::told(one, moment)).collect(),
        clock_skew_seconds: clock_skew(connection)?,
        away: absences(moment)?,
        left_behind: left_behind(connection, &config.database.path)?,
    })
}

/// Numbers by rule and severity.
type ByRule = BTreeMap<&'static str, BTreeMap<&'static str, i64>>;

/// The open findings, waived ones apart, and the number of those.
fn findings(moment: &Moment<'_>) -> Result<(ByRule, usize), Error> {
    let mut open = ByRule::new();
    for (rule, severity, count) in open_by_rule(moment.connection, moment.now)? {
        open.entry(rule.as_str()).or_default().insert(severity.as_str(), count);
    }
    Ok((open, waivers_in_force(moment.connection, moment.now)?.len()))
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
