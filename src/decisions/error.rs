//! Why a decision is not carried out.

use super::away::AwayRefusal;
use crate::jobs;
use crate::model::{MailMode, MailState};
use crate::policy::waivers;
use crate::{query, store};

/// The message is for whoever decided; the database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Query(#[from] query::Error),
    #[error(transparent)]
    Job(#[from] jobs::Error),
    #[error(transparent)]
    Waiver(#[from] waivers::Refusal),
    #[error(transparent)]
    Mail(#[from] MailRefusal),
    #[error(transparent)]
    Away(#[from] AwayRefusal),
    #[error("the guard holds no pull. `kitos-sync status` shows the last one")]
    NothingHeld,
    #[error(
        "pull {asked} is not held: pull {held} is. Look at it with `kitos-sync guard show`, then decide on that one"
    )]
    OtherHeld { asked: i64, held: i64 },
}

impl Error {
    /// Whether another decision could be carried out.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Waiver(_) | Self::Mail(_) | Self::Away(_))
    }
}

/// Why a mail is not tried again, or not withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailRefusal {
    #[error("there is no mail {0}. `kitos-sync mail list --all` lists them")]
    Unknown(i64),
    #[error(
        "mail {id} was written for mail.mode {} and mail.mode is {}: it never goes out",
        written_for.as_str(),
        mode.as_str()
    )]
    OtherMode { id: i64, written_for: MailMode, mode: MailMode },
    #[error(
        "mail {id} is {}: only a mail that waits or is dead, and whose body is still kept, can be tried again",
        state.as_str()
    )]
    NotToRetry { id: i64, state: MailState },
    #[error("mail {id} is {}: there is nothing to cancel", state.as_str())]
    NotToCancel { id: i64, state: MailState },
}
