//! Where the log goes and in which shape: plain on a terminal and in a file,
//! with fields to the journal under systemd, JSON on request. Never on stdout,
//! which is for results.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::args::{Args, Command, LogFormat};
use super::output::complain;

/// Begins to log. `KITOS_SYNC_LOG` names the level, as `RUST_LOG` does elsewhere.
pub fn start(args: &Args) {
    let log = tracing_subscriber::registry().with(targets(args));
    if args.log_format == LogFormat::Auto
        && stderr_is_the_journal()
        && let Ok(journal) = tracing_journald::layer()
    {
        // `journalctl KITOS_SYNC_OUTCOME=…` finds a field's value.
        let journal = journal
            .with_field_prefix(Some("KITOS_SYNC".to_owned()))
            .with_syslog_identifier("kitos-sync".to_owned());
        log.with(journal).init();
        return;
    }
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = fmt::layer()
        // Else a line that cannot be written (a full disk) is a panic.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_target(false);
    let lines = if args.log_format == LogFormat::Json {
        lines.json().flatten_event(true).boxed()
    } else {
        lines.with_ansi(colour).boxed()
    };
    log.with(lines).init();
}

fn targets(args: &Args) -> Targets {
    let Some(wanted) = std::env::var("KITOS_SYNC_LOG").ok().filter(|text| !text.is_empty()) else {
        return default_targets(args);
    };
    wanted.parse().unwrap_or_else(|why| {
        complain(&format!(
            "KITOS_SYNC_LOG is {wanted:?}: {why}. It is passed over; write for example kitos_sync=debug"
        ));
        default_targets(args)
    })
}

fn default_targets(args: &Args) -> Targets {
    let ours = |level| Targets::new().with_target("kitos_sync", level);
    let errors = Targets::new().with_default(LevelFilter::ERROR);
    match (args.quiet, args.verbose) {
        (true, _) => errors,
        (false, 0) if matches!(args.command, Command::Run(_)) => ours(LevelFilter::INFO),
        // The demo tells what happens in its own words.
        (false, 0) if matches!(args.command, Command::Demo(_)) => Targets::new(),
        (false, 0) => errors,
        (false, 1) => ours(LevelFilter::INFO),
        (false, 2) => ours(LevelFilter::DEBUG),
        (false, _) => ours(LevelFilter::TRACE),
    }
}

/// Whether stderr is the stream to the journal that systemd gave us. The variable alone does
/// not show it: every program that a service starts inherits it.
fn stderr_is_the_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    std::fs::metadata("/proc/self/fd/2")
        .is_ok_and(|stderr| named == format!("{}:{}", stderr.dev(), stderr.ino()))
}
