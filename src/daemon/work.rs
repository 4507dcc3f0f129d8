//! The work loop: looks at what is due, again and again, each time with the newest
//! configuration. It feeds the watchdog before and after each round; during a pull,
//! `systemd::page_read` does.

use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::clock::{ClockWatch, Jump};
use super::systemd::ServiceManager;
use crate::jobs::{Complaint, Context, Lookout, Seen};

/// Looks again at least this often, so that a clock that jumped or a machine
/// that slept is noticed, and at most this often while something fails.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// The register is kept for the page for so long after the last question.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// How long the rest of a round may take without a sign of life, apart from the pull: a pass
/// over the outbox (`smtp::Options::pass`) whose last mail meets a server that hangs, a VACUUM.
const BESIDE_THE_PULL: Duration = Duration::from_secs(25 * 60);

/// Works until the context is cancelled.
pub async fn run(mut contexts: watch::Receiver<Context>, manager: ServiceManager) {
    let mut clock = ClockWatch::new(Utc::now(), Instant::now());
    let mut complaint = Complaint::default();
    let mut lookout = Lookout::default();
    loop {
        let context = contexts.borrow_and_update().clone();
        if context.cancel.is_cancelled() {
            return;
        }
        tell_of_jumps(&mut clock);
        manager.round_begins(context.config.kitos.pull_timeout + BESIDE_THE_PULL);
        manager.status("working");
        let seen = lookout.look(&context).await;
        manager.round_ended();
        context.keeper.let_go(KEPT);
        let pause = match seen {
            Ok(seen) => {
                if complaint.over() {
                    info!("the database works again");
                }
                manager.status(&words(&context, &seen));
                pause(&seen)
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
            () = tokio::time::sleep(manager.soon_enough(pause)) => {}
            () = context.cancel.cancelled() => {}
            // A new configuration may have another schedule.
            _ = contexts.changed() => {}
        }
    }
}

/// A job that is still due after a round has failed, or waits for another process. It is looked
/// at again in a minute, so this cannot spin.
fn pause(seen: &Seen) -> Duration {
    seen.next
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
fn words(context: &Context, seen: &Seen) -> String {
    let zone = context.config.schedule.time_zone;
    let next = match seen.next {
        Some((job, at)) => {
            format!("next {} {}", job.as_str(), at.with_timezone(&zone).format("%a %d %b %H:%M"))
        }
        None => "nothing scheduled".to_owned(),
    };
    let open: Vec<&str> = seen.incidents.iter().map(|kind| kind.as_str()).collect();
    if open.is_empty() { next } else { format!("INCIDENT {}; {next}", open.join(", ")) }
}
