//! Messages to the service manager (`sd_notify(3)`). Without one, all of this does nothing. A
//! message that does not arrive must not stop us, and one that nobody reads must not block us.

use std::env;
use std::fmt::Write as _;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

use crate::kitos;

/// How long a message waits for room in the manager's queue. Long enough for a manager that is
/// busy; one that has stopped reading must not stop us too.
const PATIENCE: Duration = Duration::from_secs(2);

/// systemd throws a message away that is longer than 4,096 bytes.
const STATUS_CHARS: usize = 1000;

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
        tell(&[NotifyState::Status(&on_one_line(words))]);
    }

    /// A round begins whose single steps may take up to `longest` without a sign of life, so
    /// the watchdog waits that long.
    pub fn round_begins(self, longest: Duration) {
        if let Some(usual) = self.watchdog {
            self.patience(usual.max(longest));
        }
    }

    /// A round ended: feeds the watchdog and sets its usual patience again.
    pub fn round_ended(self) {
        if let Some(usual) = self.watchdog {
            self.patience(usual);
        }
    }

    /// `pause`, or less where the watchdog would take it for the end: somebody may have
    /// set a shorter one.
    pub fn soon_enough(self, pause: Duration) -> Duration {
        self.watchdog.map_or(pause, |usual| pause.min(usual / 2))
    }

    fn patience(self, limit: Duration) {
        let limit = format!("WATCHDOG_USEC={}", limit.as_micros());
        tell(&[NotifyState::Custom(&limit), NotifyState::Watchdog]);
    }
}

/// KITOS has given another page: the pull under way makes progress. There will be
/// another one: this does not wait at all.
pub fn page_read(_: kitos::Progress) {
    note(send(&[NotifyState::Watchdog], None));
}

fn on_one_line(words: &str) -> String {
    let printable = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(STATUS_CHARS).collect()
}

fn tell(states: &[NotifyState<'_>]) {
    note(send(states, Some(PATIENCE)));
}

fn note(sent: io::Result<()>) {
    if let Err(error) = sent {
        debug!(%error, "the service manager did not hear us");
    }
}

/// The crate's own `notify` blocks until somebody reads, and does not know abstract sockets.
fn send(states: &[NotifyState<'_>], patience: Option<Duration>) -> io::Result<()> {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let address = match name.as_bytes() {
        [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest)?,
        _ => SocketAddr::from_pathname(&name)?,
    };
    let mut message = String::new();
    for state in states {
        // Writing to a String cannot fail.
        let _ = writeln!(message, "{state}");
    }
    let socket = UnixDatagram::unbound()?;
    match patience {
        Some(patience) => socket.set_write_timeout(Some(patience))?,
        None => socket.set_nonblocking(true)?,
    }
    socket.send_to_addr(message.as_bytes(), &address).map(drop)
}
