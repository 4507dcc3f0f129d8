//! What the daemon does each time it wakes: a round if anything can have become due,
//! and otherwise nothing. Nearly all wakes of a day find nothing: they look at the
//! clock and at the dates of four files, and open no database.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::error::Error;
use super::metrics;
use super::round::run_due;
use super::schedule::{Rhythm, timetable};
use crate::config::Config;
use crate::model::{IncidentKind, JobKind};
use crate::store::{self, Access, incidents};

/// A round is never further off: what depends on the time alone and is in no
/// timetable (the day's backup, data that grow old) waits for no longer.
const AT_LEAST: TimeDelta = TimeDelta::hours(1);

/// Remembers the last round, so that it knows when another one is worth its while.
#[derive(Debug, Default)]
pub struct Lookout {
    last: Option<Last>,
}

/// What the daemon says of itself between two rounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What is due next, and when.
    pub next: Option<(JobKind, DateTime<Utc>)>,
    /// The open incidents.
    pub incidents: Vec<IncidentKind>,
}

/// The last round, and what the world looked like after it.
#[derive(Debug)]
struct Last {
    at: DateTime<Utc>,
    config: Arc<Config>,
    files: Files,
    seen: Seen,
}

impl Lookout {
    /// Runs what is due, if anything can be.
    ///
    /// # Errors
    /// When the database cannot even say what is due.
    pub async fn look(&mut self, context: &Context) -> Result<Seen, Error> {
        // It was there when the service started. A new, empty one in its place would
        // look like a good start, and all that is known would be gone: a person decides.
        let path = context.store.path();
        if !path.exists() {
            return Err(store::Error::Missing(path.to_owned()).into());
        }
        if let Some(last) = self.last.as_ref().filter(|last| last.still_holds(context)) {
            metrics::freshen(context).await;
            return Ok(last.seen.clone());
        }
        self.last = None;
        run_due(context, Rhythm::Daemon).await?;
        // Before the questions, so that no change falls between the two.
        let files = Files::of(context);
        let table = timetable(context, Rhythm::Daemon).await?;
        let open = context.store.run(Access::Read, |connection| incidents(connection)).await?;
        let seen = Seen {
            next: table.next(),
            incidents: open.iter().map(|incident| incident.kind).collect(),
        };
        let config = Arc::clone(&context.config);
        self.last = Some(Last { at: context.now(), config, files, seen: seen.clone() });
        Ok(seen)
    }
}

impl Last {
    /// Whether nothing can have become due since.
    fn still_holds(&self, context: &Context) -> bool {
        let now = context.now();
        let is_recent = self.at <= now && now < self.at + AT_LEAST;
        let nothing_due = self.seen.next.is_none_or(|(_, at)| now < at);
        is_recent
            && nothing_due
            && Arc::ptr_eq(&self.config, &context.config)
            && self.files == Files::of(context)
    }
}

/// When the files were last written to that decide what is due: the database and what
/// was written to it beside it, the configuration and the password.
#[derive(Debug, PartialEq, Eq)]
struct Files([Option<(SystemTime, u64)>; 4]);

impl Files {
    fn of(context: &Context) -> Self {
        let database = context.store.path();
        let mut log = OsString::from(database);
        log.push("-wal");
        let password = context.config.kitos.password().file_read(&context.environment);
        Self([
            written(database),
            // A reader leaves an empty one.
            written(Path::new(&log)).filter(|(_, length)| *length > 0),
            written(&context.config_file),
            password.and_then(|file| written(&file)),
        ])
    }
}

fn written(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
