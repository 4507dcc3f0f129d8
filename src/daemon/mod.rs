//! The daemon: owns the clock, the schedule and the signals, and holds no logic
//! of its own. It wakes, asks what is due, runs it, and sleeps until the next
//! time. It must never run two rounds at once, and never stop because a job
//! failed.

mod clock;
mod reload;
mod systemd;
mod work;

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info};

use crate::jobs::{self, Context, Rhythm, timetable};
use crate::store::{self, Access, Lock, LockError};
use crate::web;
use systemd::ServiceManager;

/// A job under way at SIGTERM is given so long to finish or break off. What is
/// abandoned then gets another second, and the whole stays within 20 s (R15).
const GRACE: Duration = Duration::from_secs(18);

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
    /// A bug; the service manager starts us again.
    #[error(
        "the work loop ended by itself: {0}. Start the service again, and report this with the lines above it in the log"
    )]
    Ended(String),
}

/// Says why the service ends by itself: `systemctl status` shows its last words, also
/// of a unit that stays down.
pub fn gave_up(why: &str) {
    ServiceManager::of_process().status(why);
}

/// Runs until SIGTERM or SIGINT. SIGHUP reads the configuration again.
///
/// # Errors
/// When another daemon runs on the same database, or the database is missing
/// its permissions, newer or damaged. Later faults are logged and survived.
pub async fn run(mut context: Context) -> Result<(), Error> {
    let _lock = Lock::daemon(context.store.path())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let manager = ServiceManager::of_process();
    manager.status("starting: checking the database");
    let path = context.store.path().to_owned();
    context
        .store
        .run(Access::Create, move |connection| store::check_integrity(connection, &path))
        .await?;
    context.began = Some(context.now());
    // Make sure that there is a schedule before reporting that the service is ready.
    timetable(&context, Rhythm::Daemon).await?;
    jobs::configuration_accepted(&context).await?;
    info!(version = env!("CARGO_PKG_VERSION"), mode = context.config.mail.mode.as_str(), "started");
    manager.ready();

    // Every page that KITOS gives is a sign of life in a long pull.
    context.progress = jobs::Progress(systemd::page_read);
    let cancel = context.cancel.clone();
    let (newest, contexts) = watch::channel(context);
    tokio::spawn(web::serve(contexts.clone(), web::Anyone::Looks));
    let work = tokio::spawn(work::run(contexts, manager));
    tokio::pin!(work);
    loop {
        tokio::select! {
            ended = &mut work => {
                let why = ended.err().map_or_else(|| "no reason".to_owned(), |e| e.to_string());
                return Err(Error::Ended(why));
            }
            _ = terminate.recv() => { info!("SIGTERM: stopping"); break }
            _ = interrupt.recv() => { info!("SIGINT: stopping"); break }
            _ = hangup.recv() => {
                manager.reloading();
                let running = newest.borrow().clone();
                if let Some(context) = reload::reload(&running).await {
                    newest.send_replace(context);
                }
                manager.ready();
            }
        }
    }
    manager.stopping();
    cancel.cancel();
    if tokio::time::timeout(GRACE, work).await.is_err() {
        // The abandoned job leaves no transaction half committed.
        error!("a job did not stop within {} s and is abandoned", GRACE.as_secs());
    }
    info!("stopped");
    Ok(())
}
