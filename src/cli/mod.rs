//! The command line: one file per command. Results go to stdout, everything
//! else to stderr; exit codes are those of `docs/contract.md`.

mod answers;
mod args;
mod away;
mod backup;
mod changes;
mod check;
mod completions;
mod decision;
mod deliver;
mod demo;
mod digest;
mod exit;
mod findings;
mod forecast;
mod guard;
mod init;
mod listings;
mod logging;
mod mail;
mod man;
mod output;
mod progress;
mod prune;
mod remind;
mod report;
mod review;
mod run;
mod status;
mod sync;
mod system;
mod table;
mod values;
mod waive;

use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;

use crate::config::{self, Environment};
use crate::daemon;
use crate::jobs::{Clock, Context};
use args::{Args, Command};
use exit::{Exit, exit_of, told};
use output::{Format, Output, UsageError, complain};

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
    // One thread for all that waits; what works (SQLite, letters, pages) has threads of its
    // own. A second would hand over more than it does: a pull took a tenth more processor.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start waiting for the network: {error}"));
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
            let why = told(&error);
            complain(&why);
            daemon::gave_up(&why);
            exit_of(&error).into()
        }
    }
}

async fn dispatch(args: Args) -> anyhow::Result<Exit> {
    let output = Output::new(args.format);
    // Said before anything is done: a pull that is committed is no usage error.
    if args.format == Format::Csv && !args.command.lists() {
        return Err(UsageError::no_list().into());
    }
    if let Command::Demo(demo) = &args.command {
        if output.is_json() {
            let why = "demo tells a story and has no result for a program. Leave --format out";
            return Err(UsageError(why.to_owned()).into());
        }
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
    let config = config::load(&path, &environment)?;
    let mut context = Context::new(config, path, environment);
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
        Command::Listing(command) => command.run(context, &output).await,
        Command::System(command) => system::run(context, command, &output).await,
        Command::Waive(command) => waive::waive(context, command, &output).await,
        Command::Unwaive(command) => waive::unwaive(context, command, &output).await,
        Command::Answers(args) => answers::run(context, args, &output).await,
        Command::Away(args) => away::run(context, args, &output).await,
        Command::Review(command) => review::run(context, command, &output).await,
        Command::Report(args) => report::run(context, args, &output).await,
        Command::Mail(command) => mail::run(context, command, &output).await,
        Command::Guard(command) => guard::run(context, command, &output).await,
        Command::Check(args) => check::run(args, context, &output).await,
        Command::Backup(command) => backup::run(context, command, &output).await,
        Command::Prune => prune::run(context, &output).await,
        // Needed no configuration: done above.
        Command::Demo(_) | Command::Completions(_) | Command::Man(_) | Command::Init(_) => {
            Ok(Exit::Done)
        }
    }
}
