//! Where the log goes and in which shape: plain on a terminal and in a file,
//! with fields to the journal under systemd, JSON on request. Never on stdout,
//! which is for results.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::args::{Args, Command, LogFormat};

/// Begins to log. `KITOS_SYNC_LOG` names the level, as `RUST_LOG` does elsewhere.
pub fn start(args: &Args) {
    let filter =
        EnvFilter::try_from_env("KITOS_SYNC_LOG").unwrap_or_else(|_| default_level(args).into());
    if args.log_format == LogFormat::Auto
        && stderr_is_the_journal()
        && let Ok(journal) = tracing_journald::layer()
    {
        // `journalctl KITOS_SYNC_OUTCOME=…` finds a field's value.
        let journal = journal
            .with_field_prefix(Some("KITOS_SYNC".to_owned()))
            .with_syslog_identifier("kitos-sync".to_owned());
        tracing_subscriber::registry().with(filter).with(journal).init();
        return;
    }
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt()
        // Else a line that cannot be written (a full disk) is a panic.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    if args.log_format == LogFormat::Json {
        log.json().flatten_event(true).init();
    } else {
        log.with_ansi(colour).init();
    }
}

fn default_level(args: &Args) -> &'static str {
    match (args.quiet, args.verbose) {
        (true, _) => "error",
        (false, 0) if matches!(args.command, Command::Run(_)) => "kitos_sync=info",
        // The demo tells what happens in its own words.
        (false, 0) if matches!(args.command, Command::Demo(_)) => "off",
        (false, 0) => "error",
        (false, 1) => "kitos_sync=info",
        (false, 2) => "kitos_sync=debug",
        (false, _) => "kitos_sync=trace",
    }
}

/// Whether stderr is the stream to the journal that systemd gave us. The
/// variable alone is inherited by whatever is started from a service.
fn stderr_is_the_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    std::fs::metadata("/proc/self/fd/2")
        .is_ok_and(|stderr| named == format!("{}:{}", stderr.dev(), stderr.ino()))
}
