//! The command line: one file per command. Results go to stdout, everything
//! else to stderr; exit codes are those of `contract.md`.

mod args;
mod backup;
mod changes;
mod check;
mod completions;
mod deliver;
mod demo;
mod digest;
mod findings;
mod guard;
mod init;
mod logging;
mod mail;
mod man;
mod output;
mod people;
mod progress;
mod prune;
mod remind;
mod run;
mod status;
mod sync;
mod system;
mod systems;
mod units;
mod waive;

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;
use std::time::SystemTime;

use chrono::{DateTime, Datelike, Utc};
use clap::Parser;

use crate::config::{self, ConfigError, Environment};
use crate::jobs::{self, Clock, Context};
use crate::query::{self, Moment};
use crate::store::LockError;
use crate::{daemon, kitos};
use args::{Args, Command, Format};
use output::{Output, UsageError};

/// How the program ends (`contract.md`, "Exit codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Found = 3,
    Held = 4,
    Locked = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the program with the process's arguments and environment.
pub fn main() -> ExitCode {
    let args = Args::parse();
    // Every look at such a clock would panic, that of the log included.
    if SystemTime::now() < SystemTime::UNIX_EPOCH {
        complain(
            "the machine's clock shows a day before 1970. Set it (timedatectl), then try again",
        );
        return Exit::Failed.into();
    }
    logging::start(&args);
    // Panics otherwise when the first TLS connection is made; that it is
    // installed already is no error.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start its threads: {error}"));
            return Exit::Failed.into();
        }
    };
    let result = runtime.block_on(dispatch(args));
    // A blocking step under way (a lock that is waited for) must not keep a
    // stopped program alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            complain(&told(&error));
            exit_of(&error).into()
        }
    }
}

async fn dispatch(args: Args) -> anyhow::Result<Exit> {
    let output = Output::new(args.format);
    // Said before anything is done: a pull that is committed is no usage error.
    if args.format == Format::Csv && !args.command.lists() {
        return Err(UsageError(
            "this command has no list to write as CSV. Use --format json".to_owned(),
        )
        .into());
    }
    if let Command::Demo(demo) = &args.command {
        return demo::run(demo).await;
    }
    match &args.command {
        Command::Completions(command) => return completions::run(command),
        Command::Man(command) => return man::run(command),
        _ => {}
    }
    let environment = Environment::of_process();
    let path = args.config.clone().unwrap_or_else(|| config::DEFAULT_PATH.into());
    if let Command::Init(command) = args.command {
        return init::run(command, path, environment).await;
    }
    let loaded = config::load(&path, &environment)?;
    for warning in &loaded.warnings {
        complain(&format!("{}: {warning}", path.display()));
    }
    let mut context = Context::new(loaded.config, path, environment);
    if let Some(at) = args.at {
        context.clock = Clock::At(at);
    }
    match args.command {
        Command::Run(command) => run::run(context, &command, &output).await,
        Command::Sync(command) => sync::run(context, &command, &output).await,
        Command::Remind(command) => remind::run(context, &command, &output).await,
        Command::Digest(command) => digest::run(context, &command, &output).await,
        Command::Deliver => deliver::run(context, &output).await,
        Command::Status => status::run(context, &output).await,
        Command::Findings(command) => findings::run(context, command, &output).await,
        Command::Changes(command) => changes::run(context, command, &output).await,
        Command::Systems(command) => systems::run(context, command, &output).await,
        Command::System(command) => system::run(context, command, &output).await,
        Command::People(command) => people::run(context, command, &output).await,
        Command::Units => units::run(context, &output).await,
        Command::Waive(command) => waive::waive(context, command, &output).await,
        Command::Unwaive(command) => waive::unwaive(context, command, &output).await,
        Command::Mail(command) => mail::run(context, command, &output).await,
        Command::Guard(command) => guard::run(context, command, &output).await,
        Command::Check => check::run(context, &loaded.warnings, &output).await,
        Command::Backup(command) => backup::run(context, command, &output).await,
        Command::Prune => prune::run(context, &output).await,
        // Needed no configuration: done above.
        Command::Demo(_) | Command::Completions(_) | Command::Man(_) | Command::Init(_) => {
            Ok(Exit::Done)
        }
    }
}

/// Says something on stderr. That nobody reads it is no reason to panic, as
/// `eprintln` does.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "kitos-sync: {text}");
}

/// An error with its causes, each said once: most messages hold their cause.
fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if text.contains(&cause) {
            break;
        }
        let _ = write!(text, ": {cause}");
    }
    text
}

/// The exit code that an error stands for.
fn exit_of(error: &anyhow::Error) -> Exit {
    let held = |error: &LockError| matches!(error, LockError::Held { .. });
    for cause in error.chain() {
        let is_usage = cause.downcast_ref().is_some_and(query::Error::is_usage);
        if cause.is::<ConfigError>() || cause.is::<output::UsageError>() || is_usage {
            return Exit::Usage;
        }
        let locked = match (cause.downcast_ref::<jobs::Error>(), cause.downcast_ref()) {
            (Some(jobs::Error::Lock(lock)), _) | (_, Some(daemon::Error::Lock(lock))) => held(lock),
            _ => cause.downcast_ref().is_some_and(held),
        };
        if locked {
            return Exit::Locked;
        }
        // What the operator wrote does not fit what KITOS has: to be mended in
        // the configuration.
        if matches!(
            cause.downcast_ref::<jobs::Error>(),
            Some(jobs::Error::NoPassword | jobs::Error::Secret(_) | jobs::Error::OwnerRole(_))
        ) {
            return Exit::Usage;
        }
    }
    Exit::Failed
}

/// An instant as `--at` takes it: one that a mail's date can hold, wherever on
/// earth it is read.
fn parse_instant(text: &str) -> Result<DateTime<Utc>, String> {
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|error| format!("{error}; write e.g. 2026-03-02T07:00:00+01:00"))?
        .to_utc();
    if (1970..9999).contains(&at.year()) {
        Ok(at)
    } else {
        Err("it must lie between 1970 and 9998".to_owned())
    }
}

/// Answers a question from the database.
async fn ask<T: Send + 'static>(
    context: &Context,
    question: impl FnOnce(&Moment<'_>) -> Result<T, query::Error> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(context.ask(question).await?)
}

/// Reads from the database in a command.
async fn read<T: Send + 'static>(
    context: &Context,
    work: impl FnOnce(&rusqlite::Connection) -> Result<T, jobs::Error> + Send + 'static,
) -> anyhow::Result<T> {
    context
        .store
        .run(crate::store::Access::Existing, move |connection| work(connection))
        .await
        .map_err(anyhow::Error::from)
}

/// A drawn line of progress on stderr, on a terminal only.
fn show_progress(context: &mut Context) {
    if std::io::stderr().is_terminal() {
        context.progress = jobs::Progress(progress::draw as fn(kitos::Progress));
    }
}
