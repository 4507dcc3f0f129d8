//! What every job is given: configuration, database, clock, and what to stop for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, SubsecRound, Utc};
use tokio_util::sync::CancellationToken;

use super::complaint::Complaint;
use crate::config::{Config, Environment};
use crate::kitos;
use crate::model::Language;
use crate::query::{self, Keeper, Moment};
use crate::smtp;
use crate::store::{self, Access, Store};

/// Where a job's "now" comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Machine,
    /// `--at`: as if it were then.
    At(DateTime<Utc>),
}

impl Clock {
    /// To the millisecond, as the database keeps it: an instant is the same wherever it is
    /// shown.
    pub fn now(self) -> DateTime<Utc> {
        let now = match self {
            Self::Machine => Utc::now(),
            Self::At(instant) => instant,
        };
        now.trunc_subsecs(3)
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
    /// Caches the register for all queries.
    pub keeper: Arc<Keeper>,
    /// Of a `metrics.textfile` that cannot be written.
    pub metrics: Arc<Mutex<Complaint>>,
    /// Where secrets may come from.
    pub environment: Environment,
    /// When the daemon began; `None` for a command by hand.
    pub began: Option<DateTime<Utc>>,
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
            keeper: Arc::default(),
            metrics: Arc::default(),
            environment,
            began: None,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// When last KITOS's password changed. One in the environment is as old as the daemon; one
    /// that `run --once` is given has no age, since each of its calls may be the same again.
    pub fn password_changed(&self) -> Option<DateTime<Utc>> {
        match self.config.kitos.password().file_read(&self.environment) {
            Some(file) => modified(&file),
            None => self.began,
        }
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
        let (now, config, keeper) = (self.now(), self.config.clone(), self.keeper.clone());
        self.store
            .run(Access::Read, move |connection| {
                let moment = connection.unchecked_transaction().map_err(store::Error::from)?;
                let (connection, config, keeper) = (&*moment, &*config, &*keeper);
                question(&Moment { connection, config, now, language, keeper })
            })
            .await
    }
}

fn modified(file: &Path) -> Option<DateTime<Utc>> {
    Some(std::fs::metadata(file).ok()?.modified().ok()?.into())
}
