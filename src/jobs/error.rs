//! Why a job failed.

use std::io;
use std::path::PathBuf;

use crate::config::SecretError;
use crate::store::{self, LockError};
use crate::{kitos, mail, query, smtp};

/// Why a job failed. The message is for an operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Lock(LockError),
    #[error(transparent)]
    Kitos(#[from] kitos::Error),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(
        "no password for KITOS. Give it as the systemd credential kitos-password, as a file that kitos.password_file names, or in the environment variable KITOS_SYNC_KITOS_PASSWORD"
    )]
    NoPassword,
    #[error(transparent)]
    Query(#[from] query::Error),
    #[error(transparent)]
    OwnerRole(#[from] query::OwnerRoleError),
    #[error(transparent)]
    Render(#[from] mail::Error),
    #[error(transparent)]
    Smtp(#[from] smtp::ServerError),
    #[error("cannot write {}: {source}. Check that the directory exists and is writable (mail.preview_dir)", path.display())]
    Preview { path: PathBuf, source: io::Error },
    #[error(
        "no mail goes to {0}: its domain is not in mail.allowed_domains. Add it there, or give another address"
    )]
    ForeignDomain(String),
    /// Somebody released a held pull while this one was under way.
    #[error(
        "the register changed while KITOS was read. Nothing was written; the next pull usually succeeds"
    )]
    Overtaken,
    #[error(
        "the machine gives no random numbers, without which no personal link can be made. Nothing was written; it is tried again"
    )]
    Random,
    #[error("stopped before it was done; nothing of it was written")]
    Cancelled,
}
