//! What the jobs did, and what was or is wrong with the program's own work.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::error::Error;
use super::moment::Moment;
use crate::model::{self, IncidentKind, JobKind, JobOutcome, JobRun, Language};
use crate::store::{RunFilter, all_incidents, list_runs};
use crate::text::incidents::fact;
use crate::text::runs::line;
use crate::text::words::words;

/// As many as a person looks through.
pub const MOST_RUNS: u32 = 200;

/// `docs/contract.md`, "Job run".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub job: JobKind,
    pub scheduled_for: Option<DateTime<Utc>>,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub outcome: JobOutcome,
    /// One line: what it did, or the error that it ended with.
    pub detail: String,
}

impl Run {
    pub fn told(run: &JobRun, language: Language) -> Self {
        Self {
            job: run.job,
            scheduled_for: run.scheduled_for,
            started_at: run.started_at,
            duration_ms: run.duration_ms,
            outcome: run.outcome,
            detail: line(words(language), &run.did),
        }
    }
}

/// The latest runs, newest first; of one job, or of all.
pub fn runs(moment: &Moment<'_>, job: Option<JobKind>) -> Result<Vec<Run>, Error> {
    let runs = list_runs(moment.connection, &RunFilter { job, most: MOST_RUNS })?;
    Ok(runs.iter().map(|run| Run::told(run, moment.language)).collect())
}

/// An incident with what is known of it in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    pub id: i64,
    pub kind: IncidentKind,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub detail: String,
}

impl Incident {
    pub(super) fn told(incident: &model::Incident, moment: &Moment<'_>) -> Self {
        let (words, zone) = (words(moment.language), moment.config.schedule.time_zone);
        let lines = incident.facts.iter().flat_map(|known| fact(words, known, zone));
        Self {
            id: incident.id,
            kind: incident.kind,
            opened_at: incident.opened_at,
            closed_at: incident.closed_at,
            detail: lines.collect::<Vec<_>>().join("\n"),
        }
    }
}

/// Every incident, newest first: those that are open have no end.
pub fn incidents(moment: &Moment<'_>) -> Result<Vec<Incident>, Error> {
    let incidents = all_incidents(moment.connection)?;
    Ok(incidents.iter().map(|incident| Incident::told(incident, moment)).collect())
}
