//! Why a job failed.

use std::io;
use std::path::PathBuf;

use crate::config::{Kitos, SecretError};
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
    #[error("no password for KITOS. Give it as {ways}")]
    NoPassword { ways: String },
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

impl Error {
    /// KITOS's password is nowhere.
    pub fn no_password(settings: &Kitos) -> Self {
        Self::NoPassword { ways: settings.password().ways_from_none() }
    }

    /// Whether a password cannot be had here. Of a command by hand that says nothing of the
    /// service, which has credentials of its own.
    pub fn is_no_password(&self) -> bool {
        use smtp::ServerError as Server;
        matches!(
            self,
            Self::NoPassword { .. }
                | Self::Secret(_)
                | Self::Smtp(Server::NoPassword { .. } | Server::Secret(_))
        )
    }
}
