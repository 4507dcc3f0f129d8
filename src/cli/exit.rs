//! How the program ends, and what is said when it fails.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::output::UsageError;
use crate::config::ConfigError;
use crate::store::LockError;
use crate::{daemon, decisions, jobs, mail, query};

/// How the program ends (`docs/contract.md`, "Exit codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
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

/// The exit code that an error stands for.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    error.chain().find_map(exit_of_cause).unwrap_or(Exit::Failed)
}

fn exit_of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    let is_usage = cause.is::<ConfigError>()
        || cause.is::<UsageError>()
        || cause.downcast_ref().is_some_and(query::Error::is_usage)
        || cause.downcast_ref().is_some_and(decisions::Error::is_usage)
        || cause.downcast_ref().is_some_and(is_configuration);
    if is_usage {
        return Some(Exit::Usage);
    }
    let lock = match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(jobs::Error::Lock(lock)), _) | (_, Some(daemon::Error::Lock(lock))) => Some(lock),
        _ => cause.downcast_ref(),
    };
    matches!(lock, Some(LockError::Held { .. })).then_some(Exit::Locked)
}

/// Whether what the operator wrote does not fit what KITOS has, or a password is not here: to
/// be corrected in the configuration.
fn is_configuration(error: &jobs::Error) -> bool {
    error.is_no_password()
        || match error {
            jobs::Error::OwnerRole(_) | jobs::Error::ForeignDomain(_) => true,
            jobs::Error::Render(error) => matches!(error, mail::Error::Address { .. }),
            jobs::Error::Query(error) => error.is_usage(),
            _ => false,
        }
}

/// An error with its causes, each said once: most messages hold their cause.
pub fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if text.contains(&cause) {
            break;
        }
        let _ = write!(text, ": {cause}");
    }
    text
}
