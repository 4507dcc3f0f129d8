//! The daemon: owns the clock, the schedule and the signals, and holds no logic
//! of its own. It wakes, asks what is due, runs it, and sleeps until the next
//! time.

use std::time::Duration;

use chrono::Utc;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

use crate::jobs::{self, Context, run_due, timetable};
use crate::model::JobOutcome;
use crate::store::{self, Access, Lock, LockError};

/// Looks again at least this often, so that a clock that jumped or a machine
/// that slept is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// At least this long after a job failed, whatever is due: one that fails at
/// once must not be tried again and again.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(60);
/// A job under way at SIGTERM is given so long to finish or break off; with what
/// comes after it the process ends within the 20 s of R15.
const GRACE: Duration = Duration::from_secs(15);

/// Why the daemon could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Job(#[from] jobs::Error),
    #[error("cannot listen for signals: {0}")]
    Signals(#[from] std::io::Error),
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// When another daemon runs on the same database, or the database is missing
/// its permissions, newer or damaged. Later faults are logged and survived.
pub async fn run(context: Context) -> Result<(), Error> {
    let _lock = Lock::daemon(context.store.path())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let path = context.store.path().to_owned();
    context
        .store
        .run(Access::Create, move |connection| store::check_integrity(connection, &path))
        .await?;
    info!(version = env!("CARGO_PKG_VERSION"), mode = context.config.mail.mode.as_str(), "started");

    let cancel = context.cancel.clone();
    let work = tokio::spawn(work(context));
    tokio::pin!(work);
    tokio::select! {
        ended = &mut work => {
            error!(?ended, "the work loop ended by itself");
            return Ok(());
        }
        _ = terminate.recv() => info!("SIGTERM: stopping"),
        _ = interrupt.recv() => info!("SIGINT: stopping"),
    }
    cancel.cancel();
    if tokio::time::timeout(GRACE, work).await.is_err() {
        // What was under way is in no transaction that could half-commit.
        error!("a job did not stop within {} s and is abandoned", GRACE.as_secs());
    }
    info!("stopped");
    Ok(())
}

async fn work(context: Context) {
    while !context.cancel.is_cancelled() {
        let failed = match run_due(&context, true).await {
            Ok(runs) => runs.iter().any(|run| run.outcome == JobOutcome::Failed),
            Err(error) => {
                error!(%error, "the schedule could not be read; trying again in a minute");
                true
            }
        };
        let shortest = if failed { PAUSE_AFTER_FAILURE } else { Duration::from_secs(1) };
        let next = timetable(&context, true).await.ok().and_then(|table| table.next());
        let pause = next
            .and_then(|at| (at - Utc::now()).to_std().ok())
            .map_or(LONGEST_SLEEP, |pause| pause.clamp(shortest, LONGEST_SLEEP));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = context.cancel.cancelled() => {}
        }
    }
}
