//! What the jobs did, and what was or is wrong with the program's own work.

use super::error::Error;
use super::moment::Moment;
use crate::model::{Incident, JobKind, JobRun};
use crate::store::{RunFilter, all_incidents, list_runs};

/// As many as a person looks through.
pub const MOST_RUNS: u32 = 200;

/// The latest runs, newest first; of one job, or of all.
pub fn runs(moment: &Moment<'_>, job: Option<JobKind>) -> Result<Vec<JobRun>, Error> {
    Ok(list_runs(moment.connection, &RunFilter { job, most: MOST_RUNS })?)
}

/// Every incident, newest first: those that are open have no end.
pub fn incidents(moment: &Moment<'_>) -> Result<Vec<Incident>, Error> {
    Ok(all_incidents(moment.connection)?)
}
