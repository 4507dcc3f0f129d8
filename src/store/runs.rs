//! Runs of jobs: what each came to, and what the schedule must know of them.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::Error;
use super::values::{Conditions, Row, instant_at, json_at, maybe_instant_at, named, rows, to_json};
use crate::model::{JobKind, JobOutcome, JobRun};
use crate::time::due::Past;

pub fn insert_run(connection: &Connection, run: &JobRun) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO job_run (job, scheduled_for, started_at, duration_ms, outcome, did)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            run.job.as_str(),
            run.scheduled_for.map(|at| at.timestamp_millis()),
            run.started_at.timestamp_millis(),
            run.duration_ms,
            run.outcome.as_str(),
            to_json(&run.did)?,
        ),
    )?;
    Ok(())
}

/// Which runs to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunFilter {
    pub job: Option<JobKind>,
    pub most: u32,
}

/// The latest runs that fit, newest first.
pub fn list_runs(connection: &Connection, filter: &RunFilter) -> Result<Vec<JobRun>, Error> {
    let mut wanted = Conditions::default();
    wanted.and("job = ?", filter.job.map(|job| job.as_str().to_owned()));
    let sql =
        format!("SELECT * FROM job_run {} ORDER BY id DESC LIMIT {}", wanted.sql(), filter.most);
    rows(&mut connection.prepare(&sql)?, wanted.params(), read_run)
}

/// The latest run of a job.
pub fn last_run(connection: &Connection, job: JobKind) -> Result<Option<JobRun>, Error> {
    let mut statement =
        connection.prepare("SELECT * FROM job_run WHERE job = ?1 ORDER BY id DESC LIMIT 1")?;
    Ok(rows(&mut statement, [job.as_str()], read_run)?.pop())
}

/// What the schedule must know of a job's runs. A run of any job that says that it began after
/// `credible` was recorded under a wrong clock. Such runs count for nothing, nor does what was
/// recorded before them, unless the clock is seen to have jumped then: it may have been wrong
/// for long, and the days that it showed are still to come.
pub fn past(connection: &Connection, job: JobKind, credible: DateTime<Utc>) -> Result<Past, Error> {
    /// Longer than the pause between two runs.
    const JUMP: TimeDelta = TimeDelta::days(2);
    let mut statement = connection.prepare(
        "WITH wrong AS (SELECT min(id) AS first, max(id) AS last FROM job_run
                        WHERE started_at > ?2),
              jump AS (SELECT started_at - (SELECT started_at FROM job_run WHERE id < wrong.first
                                            ORDER BY id DESC LIMIT 1) AS by
                       FROM job_run JOIN wrong ON id = wrong.first)
         SELECT max(max(started_at, coalesce(scheduled_for, started_at))) AS latest
         FROM job_run JOIN wrong
         WHERE job = ?1
           AND (wrong.last IS NULL OR id > wrong.last
                OR id < wrong.first AND (SELECT by FROM jump) > ?3)",
    )?;
    let parameters = (job.as_str(), credible.timestamp_millis(), JUMP.num_milliseconds());
    let latest = rows(&mut statement, parameters, |row| maybe_instant_at(row, "latest"))?;
    let mut statement = connection.prepare(
        "SELECT count(*) AS failures, max(started_at + duration_ms) AS failed_at FROM job_run
         WHERE job = ?1 AND outcome = 'failed'
           AND id > (SELECT coalesce(max(id), 0) FROM job_run WHERE job = ?1 AND outcome <> 'failed')",
    )?;
    let failed = rows(&mut statement, [job.as_str()], |row| {
        Ok((row.get::<i64>("failures")?, maybe_instant_at(row, "failed_at")?))
    })?;
    let (failures, failed_at) = failed.into_iter().next().unwrap_or((0, None));
    Ok(Past {
        latest: latest.into_iter().next().flatten(),
        failures: usize::try_from(failures).unwrap_or(0),
        failed_at,
    })
}

/// How many runs of a job failed after `since`.
pub fn count_failed_runs(
    connection: &Connection,
    job: JobKind,
    since: DateTime<Utc>,
) -> Result<u32, Error> {
    Ok(connection.query_row(
        "SELECT count(*) FROM job_run WHERE job = ?1 AND outcome = 'failed' AND started_at > ?2",
        (job.as_str(), since.timestamp_millis()),
        |row| row.get(0),
    )?)
}

fn read_run(row: &Row<'_>) -> Result<JobRun, Error> {
    Ok(JobRun {
        job: named(row, "job", JobKind::parse)?,
        scheduled_for: maybe_instant_at(row, "scheduled_for")?,
        started_at: instant_at(row, "started_at")?,
        duration_ms: row.get("duration_ms")?,
        outcome: named(row, "outcome", JobOutcome::parse)?,
        did: json_at(row, "did")?,
    })
}
