//! What a job is, and one run of it. A job says what it does; when it runs, who
//! waits for whom, what is noted and what is logged is the same for all, and stands
//! in `runner.rs`.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};
use tracing::subscriber::{NoSubscriber, with_default};

use super::context::Context;
use super::error::Error;
use crate::model::{Did, JobKind, JobOutcome, JobRun};
use crate::query::{Keeper, Moment};
use crate::store::{self, Access, immediate, insert_run};

/// One of the five. It looks at the whole state and does what is missing, so that a
/// crash, a skipped run or two runs give the same result.
pub trait Job: Send + Sync {
    type Report: Report;

    const KIND: JobKind;

    /// How it opens the database if it only says what it would do. Such a trial takes
    /// no lock and leaves nothing.
    fn trial(&self) -> Option<Access> {
        None
    }

    /// Does the work, and writes the run's row in the transaction of what it did
    /// ([`Turn::transaction`], [`Run::note`]).
    fn work(&self, turn: &Turn<'_>) -> impl Future<Output = Result<Self::Report, Error>> + Send;
}

/// What a run came to.
pub trait Report: Send + 'static {
    /// What the run history and the log say of it.
    fn did(&self) -> Did;

    fn outcome(&self) -> JobOutcome {
        JobOutcome::Done
    }

    /// Whether there is anything to note.
    fn is_event(&self) -> bool {
        true
    }
}

/// A run under way.
#[derive(Debug)]
pub struct Turn<'a> {
    pub(super) context: &'a Context,
    pub(super) run: Run,
    /// As [`Job::trial`].
    pub(super) trial: Option<Access>,
}

impl Turn<'_> {
    /// The job's own time: when it began.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.run.started_at
    }

    pub(super) fn access(&self) -> Access {
        self.trial.unwrap_or(Access::Create)
    }

    /// Does `body` and records the run, both or neither, as of the transaction's moment. A
    /// trial leaves nothing behind, not even a line in the log, since nothing has happened.
    pub(super) async fn transaction<R: Report>(
        &self,
        body: impl FnOnce(&Transaction<'_>, &Moment<'_>) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let (run, is_trial) = (self.run.clone(), self.trial.is_some());
        let (config, now) = (Arc::clone(&self.context.config), self.now());
        self.context
            .store
            .run(self.access(), move |connection| {
                let tx = immediate(connection)?;
                // Not the shared one: what it kept would be wrong if the transaction fails.
                let keeper = Keeper::default();
                let moment = Moment::of(&tx, &config, now, &keeper);
                if is_trial {
                    return with_default(NoSubscriber::new(), || body(&tx, &moment));
                }
                let report = body(&tx, &moment)?;
                run.note(&tx, &report)?;
                tx.commit().map_err(store::Error::from)?;
                Ok(report)
            })
            .await
    }
}

/// Which run it is.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub kind: JobKind,
    /// The occurrence that it serves; none by hand.
    scheduled_for: Option<DateTime<Utc>>,
    pub started_at: DateTime<Utc>,
    /// The machine's own clock, which `--at` does not move.
    clock: Instant,
    /// How long it took, once that is written somewhere: then it is the same everywhere.
    took_ms: Arc<OnceLock<i64>>,
}

impl Run {
    pub fn begin(context: &Context, kind: JobKind, scheduled_for: Option<DateTime<Utc>>) -> Self {
        let (started_at, clock) = (context.now(), Instant::now());
        Self { kind, scheduled_for, started_at, clock, took_ms: Arc::default() }
    }

    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Its row in the run history.
    pub fn row(&self, outcome: JobOutcome, did: Did) -> JobRun {
        let Self { kind: job, scheduled_for, started_at, .. } = *self;
        let elapsed = || i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX);
        let duration_ms = *self.took_ms.get_or_init(elapsed);
        JobRun { job, scheduled_for, started_at, duration_ms, outcome, did }
    }

    /// Notes what it came to, if that is anything.
    pub fn note(&self, connection: &Connection, report: &impl Report) -> Result<(), store::Error> {
        if report.is_event() {
            insert_run(connection, &self.row(report.outcome(), report.did()))?;
        }
        Ok(())
    }
}
