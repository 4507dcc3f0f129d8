//! The jobs: each looks at the whole state and does what is missing, so that a
//! crash, a skipped run or two runs give the same result. Daemon and commands
//! call the same functions.

mod alerts;
mod backups;
mod commit;
mod compose;
mod deliver;
mod digest;
mod leaders;
mod metrics;
mod monitor;
mod news;
mod preview;
mod prune;
mod remind;
mod schedule;
mod sync;
mod wanted;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Environment};
use crate::kitos;
use crate::model::{Job, JobOutcome, JobRun, Language};
use crate::query::{self, Moment};
use crate::smtp;
use crate::store::{self, Access, Lock, LockError, Store};

pub(crate) use alerts::over;
pub use alerts::{configuration_accepted, configuration_refused, login_accepted, watch};
pub use backups::{BackupReport, backup};
pub(crate) use commit::{Step, commit};
pub(crate) use compose::Composer;
pub use deliver::{DeliverReport, deliver, deliver_by_hand, send_test};
pub use digest::{DigestReport, digest};
pub use metrics::render as render_metrics;
pub use preview::{Preview, PreviewKind, preview};
pub use prune::{PruneReport, prune};
pub use remind::{RemindReport, remind};
pub use schedule::{run_due, timetable};
pub use sync::{SyncOptions, SyncOutcome, SyncReport, sync};

/// Where a job's "now" comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Machine,
    /// `--at`: as if it were then.
    At(DateTime<Utc>),
}

impl Clock {
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::Machine => Utc::now(),
            Self::At(instant) => instant,
        }
    }
}

/// What every job needs.
#[derive(Debug, Clone)]
pub struct Context {
    pub config: Arc<Config>,
    /// The file that the configuration came from.
    pub config_file: PathBuf,
    pub store: Store,
    pub clock: Clock,
    /// Pauses between tries at KITOS.
    pub pace: kitos::Pace,
    /// KITOS's token, from one pull to the next.
    pub tokens: kitos::Tokens,
    /// Time limits towards the mail server.
    pub smtp: smtp::Options,
    /// Fires when the program is to stop.
    pub cancel: CancellationToken,
    pub progress: Progress,
    /// Where secrets may come from.
    pub environment: Environment,
}

/// Who hears of a pull's progress.
#[derive(Clone, Copy)]
pub struct Progress(pub fn(kitos::Progress));

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Progress")
    }
}

impl Context {
    pub fn new(config: Config, config_file: PathBuf, environment: Environment) -> Self {
        Self {
            store: Store::new(&config.database.path),
            config: Arc::new(config),
            config_file,
            clock: Clock::Machine,
            pace: kitos::Pace::default(),
            tokens: kitos::Tokens::default(),
            smtp: smtp::Options::default(),
            cancel: CancellationToken::new(),
            progress: Progress(|_| {}),
            environment,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Answers a question from the database, as of one moment: in English, as the
    /// command line speaks it.
    ///
    /// # Errors
    /// Those of the question, and where the database cannot be read.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Moment<'_>) -> Result<T, query::Error> + Send + 'static,
    ) -> Result<T, query::Error> {
        self.ask_in(Language::En, question).await
    }

    /// The same in another language.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn ask_in<T: Send + 'static>(
        &self,
        language: Language,
        question: impl FnOnce(&Moment<'_>) -> Result<T, query::Error> + Send + 'static,
    ) -> Result<T, query::Error> {
        let (now, config) = (self.now(), Arc::clone(&self.config));
        self.store
            .run(Access::Read, move |connection| {
                let moment = connection.unchecked_transaction().map_err(store::Error::from)?;
                question(&Moment { connection: &moment, config: &config, now, language })
            })
            .await
    }

    /// Waits up to 30 s for a job under way (`design.md`, two locks).
    async fn lock(&self, job: Job) -> Result<Lock, Error> {
        let path = self.store.path().to_owned();
        let patience = Duration::from_secs(30);
        let lock = tokio::task::spawn_blocking(move || Lock::job(&path, job.as_str(), patience));
        tokio::select! {
            lock = lock => lock
                .map_err(|error| store::Error::Broken(error.to_string()))?
                .map_err(Error::Lock),
            () = self.cancel.cancelled() => Err(Error::Cancelled),
        }
    }
}

/// Why a job failed. The message is for an operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Lock(LockError),
    #[error(transparent)]
    Kitos(#[from] kitos::Error),
    #[error(transparent)]
    Secret(#[from] crate::config::SecretError),
    #[error(
        "no password for KITOS. Give it as the systemd credential kitos-password, as a file that kitos.password_file names, or in the environment variable KITOS_SYNC_KITOS_PASSWORD"
    )]
    NoPassword,
    #[error(transparent)]
    Query(#[from] query::Error),
    #[error(transparent)]
    OwnerRole(#[from] query::OwnerRoleError),
    #[error(transparent)]
    Render(#[from] crate::mail::Error),
    #[error(transparent)]
    Smtp(#[from] smtp::ServerError),
    #[error("cannot write {}: {source}. Check that the directory exists and is writable (mail.preview_dir)", path.display())]
    Preview { path: std::path::PathBuf, source: std::io::Error },
    #[error("stopped before it was done; nothing of it was written")]
    Cancelled,
}

/// The row of a run that began at `started` on the job's own clock.
fn finished(
    job: Job,
    scheduled_for: Option<DateTime<Utc>>,
    started_at: DateTime<Utc>,
    duration: Duration,
    outcome: JobOutcome,
    detail: String,
) -> JobRun {
    let duration_ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    JobRun { job, scheduled_for, started_at, duration_ms, outcome, detail }
}
