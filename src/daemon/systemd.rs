//! What the service manager is told (`sd_notify(3)`). Where there is none, all
//! of this does nothing. A message that does not arrive is no reason to stop.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

use crate::kitos;

/// The service manager that started us, if one did.
#[derive(Debug, Clone, Copy)]
pub struct ServiceManager {
    /// The unit's `WatchdogSec=`.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    pub fn of_process() -> Self {
        Self { watchdog: sd_notify::watchdog_enabled() }
    }

    /// Configuration, database and schedule are good.
    pub fn ready(self) {
        tell(&[NotifyState::Ready]);
    }

    pub fn reloading(self) {
        // systemd kills a service whose RELOADING=1 has no time with it.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => debug!(%error, "no monotonic clock for the service manager"),
        }
    }

    pub fn stopping(self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    }

    /// What is happening, in words, on one line.
    pub fn status(self, words: &str) {
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        tell(&[NotifyState::Status(&words)]);
    }

    /// A round begins whose single steps may take up to `longest` without a sign
    /// of life: the watchdog gets that patience.
    pub fn round_begins(self, longest: Duration) {
        if let Some(usual) = self.watchdog {
            self.patience(usual.max(longest));
        }
    }

    /// A round came to its end: the watchdog is fed, and has its usual patience.
    pub fn round_ended(self) {
        if let Some(usual) = self.watchdog {
            self.patience(usual);
        }
    }

    fn patience(self, limit: Duration) {
        let limit = format!("WATCHDOG_USEC={}", limit.as_micros());
        tell(&[NotifyState::Custom(&limit), NotifyState::Watchdog]);
    }
}

/// KITOS has given another page: the pull under way makes progress.
pub fn page_read(_: kitos::Progress) {
    tell(&[NotifyState::Watchdog]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "the service manager did not hear us");
    }
}
