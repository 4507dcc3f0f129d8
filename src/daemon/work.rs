//! The work loop: one round of what is due after the other, each with the
//! newest configuration. The only place that feeds the watchdog.

use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::clock::{ClockWatch, Jump};
use super::complaint::Complaint;
use super::systemd::ServiceManager;
use crate::jobs::{self, Context, Rhythm, run_due, timetable};
use crate::query::Timetable;
use crate::store::{self, Access, incidents};

/// Looks again at least this often, so that a clock that jumped or a machine
/// that slept is noticed, and at most this often while something fails.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// What a round may take beside the pull without a sign of life: a pass over the
/// outbox (`smtp::Options::pass`) whose last mail meets a server that hangs, a VACUUM.
const BESIDE_THE_PULL: Duration = Duration::from_secs(25 * 60);

/// Works until the context is cancelled.
pub async fn run(mut contexts: watch::Receiver<Context>, manager: ServiceManager) {
    let mut clock = ClockWatch::new(Utc::now(), Instant::now());
    let mut complaint = Complaint::default();
    loop {
        let context = contexts.borrow_and_update().clone();
        if context.cancel.is_cancelled() {
            return;
        }
        tell_of_jumps(&mut clock);
        manager.round_begins(context.config.kitos.pull_timeout + BESIDE_THE_PULL);
        manager.status("working");
        let next = round(&context).await;
        manager.round_ended();
        let pause = match next {
            Ok(table) => {
                if complaint.over() {
                    info!("the database works again");
                }
                manager.status(&words(&context, &table).await);
                pause_until_due(&table)
            }
            Err(error) => {
                let error = error.to_string();
                if complaint.is_news(&error, Instant::now()) {
                    error!(error, "no job can run; trying again every minute");
                }
                manager.status(&format!("no job can run: {error}"));
                LONGEST_SLEEP
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = context.cancel.cancelled() => {}
            // A new configuration may have another schedule.
            _ = contexts.changed() => {}
        }
    }
}

async fn round(context: &Context) -> Result<Timetable, jobs::Error> {
    // It was there when the service started. A new, empty one in its place would
    // look like a good start, and all that is known would be gone: a person decides.
    let path = context.store.path();
    if !path.exists() {
        return Err(store::Error::Missing(path.to_owned()).into());
    }
    run_due(context, Rhythm::Daemon).await?;
    timetable(context, Rhythm::Daemon).await
}

/// What is due already although a round has just ended failed, or waits for
/// another process: that is looked at again in a minute, so it cannot spin.
fn pause_until_due(table: &Timetable) -> Duration {
    table
        .next()
        .and_then(|(_, at)| (at - Utc::now()).to_std().ok())
        .map_or(LONGEST_SLEEP, |pause| pause.clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
}

fn tell_of_jumps(clock: &mut ClockWatch) {
    match clock.look(Utc::now(), Instant::now()) {
        None => {}
        Some(Jump::Forward(by)) => info!(
            seconds = by.num_seconds(),
            "the clock was set forward, or the machine slept: what was missed runs once"
        ),
        Some(Jump::Back(by)) => {
            warn!(seconds = by.num_seconds(), "the clock was set back: nothing runs twice");
        }
    }
}

/// The state in words, for `systemctl status`.
async fn words(context: &Context, table: &Timetable) -> String {
    let zone = context.config.schedule.time_zone;
    let next = match table.next() {
        Some((job, at)) => {
            format!("next {} {}", job.as_str(), at.with_timezone(&zone).format("%a %d %b %H:%M"))
        }
        None => "nothing scheduled".to_owned(),
    };
    let open = context.store.run(Access::Existing, |connection| incidents(connection)).await;
    let open: Vec<&str> = open.iter().flatten().map(|incident| incident.kind.as_str()).collect();
    if open.is_empty() { next } else { format!("INCIDENT {}; {next}", open.join(", ")) }
}
