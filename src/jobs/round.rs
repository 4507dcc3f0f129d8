//! A round: every job that is due, in the order sync, remind, digest, deliver, prune,
//! and what each round ends with. The same for the daemon and `run --once`.

use chrono::{DateTime, Utc};
use tracing::{debug, info, warn};

use super::backups::back_up;
use super::context::Context;
use super::deliver::Deliver;
use super::digest::Digest;
use super::error::Error;
use super::incidents::notice_stale_data;
use super::job::{Job, Report};
use super::metrics::write_metrics;
use super::prune::Prune;
use super::remind::Remind;
use super::runner::{attempt, is_failure, note_failure};
use super::schedule::{Rhythm, timetable};
use super::sync::Sync;
use crate::model::{Did, JobKind, JobOutcome, JobRun};
use crate::store::LockError;
use crate::text::addresses::masked;
use crate::time::due::Due;

/// Runs every job that is due.
///
/// # Errors
/// When the database cannot even say what is due, and once through also when another
/// holds the job lock. A job that fails does not keep the others from running: its run
/// says so.
pub async fn run_due(context: &Context, rhythm: Rhythm) -> Result<Vec<JobRun>, Error> {
    let mut round = Round { context, rhythm, runs: Vec::new() };
    round.scheduled(Sync::default()).await?;
    if !context.cancel.is_cancelled() {
        notice_stale_data(context).await?;
    }
    round.scheduled(Remind { send: true }).await?;
    round.scheduled(Digest { send: true }).await?;
    round.deliver().await?;
    round.scheduled(Prune).await?;
    if !context.cancel.is_cancelled() {
        back_up(context).await?;
        write_metrics(context).await;
    }
    Ok(round.runs)
}

struct Round<'a> {
    context: &'a Context,
    rhythm: Rhythm,
    runs: Vec<JobRun>,
}

impl Round<'_> {
    /// Runs a job with a schedule if it is due: asked anew each time, since the job
    /// before may have given this one something to do.
    async fn scheduled<J: Job>(&mut self, job: J) -> Result<(), Error> {
        if self.context.cancel.is_cancelled() {
            return Ok(());
        }
        match timetable(self.context, self.rhythm).await?.of(J::KIND) {
            Due::Now { scheduled_for, .. } => self.run(job, Some(scheduled_for)).await,
            Due::At(_) => Ok(()),
        }
    }

    /// `deliver` looks at the outbox in every round. The daemon, which comes again by
    /// itself, leaves it alone for a while after a failure.
    async fn deliver(&mut self) -> Result<(), Error> {
        let paused = timetable(self.context, self.rhythm).await?.deliver_pause_until;
        match (self.rhythm, paused) {
            (Rhythm::Daemon, Some(until)) => debug!(%until, "deliver waits, since it failed"),
            _ if self.context.cancel.is_cancelled() => {}
            _ => self.run(Deliver::default(), None).await?,
        }
        Ok(())
    }

    async fn run<J: Job>(
        &mut self,
        job: J,
        scheduled_for: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        let name = J::KIND.as_str();
        let (run, result) = attempt(self.context, &job, scheduled_for).await;
        let row = match result {
            Ok(report) => {
                let row = run.row(report.outcome(), report.did());
                if let Did::Failed { why } = &row.did {
                    self.tell(J::KIND, why).await?;
                }
                row
            }
            Err(Error::Cancelled) => return Ok(()),
            // Nobody comes again by itself: who works is the answer, and not that each job failed.
            Err(error @ Error::Lock(LockError::Held { .. })) if self.rhythm == Rhythm::Once => {
                return Err(error);
            }
            Err(error) => {
                if let Error::Lock(LockError::Held { holder, .. }) = &error {
                    info!("{name} is due, but {holder} works; looking again in a minute");
                } else if is_failure(&error)
                    && note_failure(self.context, run.clone(), &error).await?
                {
                    self.tell(J::KIND, &error.to_string()).await?;
                }
                run.row(JobOutcome::Failed, Did::Failed { why: error.to_string() })
            }
        };
        self.runs.push(row);
        Ok(())
    }

    /// One line for each try that failed, with the next one.
    async fn tell(&self, job: JobKind, why: &str) -> Result<(), Error> {
        let zone = self.context.config.schedule.time_zone;
        let next = match timetable(self.context, self.rhythm).await?.of(job) {
            Due::Now { .. } => "at once".to_owned(),
            Due::At(Some(at)) => at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            Due::At(None) => "none is planned".to_owned(),
        };
        warn!(error = masked(why), next, "{} failed", job.as_str());
        Ok(())
    }
}
