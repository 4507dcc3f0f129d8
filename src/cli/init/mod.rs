//! `init`: the first configuration, asked for or taken from flags, tried at KITOS
//! before it is written. Never overwrites a file, and writes nothing that was not
//! tried unless told to.

mod ask;
mod file;
mod halfway;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::args::Init;
use super::check::{Ink, words};
use super::exit::Exit;
use super::output::UsageError;
use crate::checks::{Verdict, way_to_kitos};
use crate::config::{self, Environment};
use crate::jobs::Context;
use ask::{Answers, Missing};
use halfway::Halfway;

pub async fn run(command: Init, path: PathBuf, environment: Environment) -> anyhow::Result<Exit> {
    if path.exists() {
        let path = path.display();
        return Err(UsageError(format!(
            "there is a configuration at {path} already, and init overwrites nothing. Change it by \
             hand and run `kitos-sync check`, or name another file with --config"
        ))
        .into());
    }
    let folder = absolute_folder(&path)?;
    let password_file = folder.join("kitos-password");
    let untested = command.untested;
    let by_hand = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let halfway = Halfway::watch()?;
    let mut answers = Answers::from(command);
    if answers.database.is_none() && !folder.starts_with("/etc") {
        // Tried out somewhere: everything in one place.
        answers.database = Some(folder.join("state/kitos-sync.db"));
    }
    loop {
        let has_password = password_file.exists();
        if by_hand {
            answers.ask(has_password)?;
        } else {
            answers.complete(has_password).map_err(|Missing(flags)| {
                UsageError(format!(
                    "init has nobody to ask here, and these are missing: {}",
                    flags.join(", ")
                ))
            })?;
        }
        let mut draft = file::Draft::write(&path, &password_file, &answers, &halfway)?;
        let trial = try_out(&draft, &path, &environment, untested).await?;
        if trial == Trial::Works {
            draft.keep()?;
            return done(&path, &password_file);
        }
        if by_hand && ask::yes("Correct the answers and try again?")? {
            answers.again();
            continue;
        }
        let (way_out, exit) = match trial {
            Trial::Invalid => ("Correct the answers, and run it again.", Exit::Usage),
            _ => ("With --untested it is written although the test failed.", Exit::Found),
        };
        eprintln!("\nNothing was written. {way_out}");
        return Ok(exit);
    }
}

/// How the draft does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    Works,
    /// KITOS does not take it.
    Fails,
    /// No configuration may say so, tried or not.
    Invalid,
}

/// Whether the draft is valid and works at KITOS. Says on stderr what it found.
async fn try_out(
    draft: &file::Draft,
    path: &Path,
    environment: &Environment,
    untested: bool,
) -> anyhow::Result<Trial> {
    let config = match config::load(draft.path(), environment) {
        Ok(config) => config,
        Err(config::ConfigError::Invalid(problems)) => {
            for problem in &problems.problems {
                eprintln!("FAULT  {}: {}", problem.key, problem.message);
            }
            return Ok(Trial::Invalid);
        }
        Err(error) => return Err(error.into()),
    };
    if untested {
        return Ok(Trial::Works);
    }
    eprintln!("Trying it at {} …", config.kitos.url);
    let context = Context::new(config, path.to_owned(), environment.clone());
    let lines = way_to_kitos(&context).await;
    for line in &lines {
        eprintln!("{}", words(line, Ink::Plain));
    }
    let has_fault = lines.iter().any(|line| line.verdict == Verdict::Fault);
    Ok(if has_fault { Trial::Fails } else { Trial::Works })
}

fn done(path: &Path, password_file: &Path) -> anyhow::Result<Exit> {
    let option = if path == Path::new(config::DEFAULT_PATH) {
        String::new()
    } else {
        format!(" --config {}", path.display())
    };
    super::output::print(&format!(
        "Written: {} (every key is explained there)\n         {} (only you can read it)\n\n\
         Mail goes nowhere until mail.mode says so. Next:\n  \
         kitos-sync{option} check                  everything, the mail server too\n  \
         kitos-sync{option} sync                   read KITOS once\n  \
         kitos-sync{option} mail preview digest    what IT would be told\n",
        path.display(),
        password_file.display()
    ))?;
    Ok(Exit::Done)
}

/// The folder of the configuration; it must be there.
fn absolute_folder(path: &Path) -> anyhow::Result<PathBuf> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    folder.canonicalize().map_err(|error| {
        let folder = folder.display();
        anyhow!("cannot write a configuration into {folder}: {error}. Make the folder first (`mkdir {folder}`), or name another with --config")
    })
}
