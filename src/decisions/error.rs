//! Why a decision is not carried out.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::jobs;
use crate::model::{MailMode, MailState};
use crate::policy::waivers;
use crate::{query, store};

/// The message is for the person who decided; the database is unchanged.
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
    #[error(transparent)]
    Answer(#[from] AnswerRefusal),
    #[error(transparent)]
    Review(#[from] ReviewRefusal),
    #[error("the guard holds no pull. `kitos-sync incidents` shows when it last held one")]
    NothingHeld,
    #[error(
        "pull {asked} is not held: pull {held} is. Look at it with `kitos-sync guard show`, then decide on that one"
    )]
    OtherHeld { asked: i64, held: i64 },
}

impl Error {
    /// Whether another decision could be carried out.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Query(query) => query.is_usage(),
            Self::Store(_) | Self::Job(_) => false,
            Self::Waiver(_)
            | Self::Mail(_)
            | Self::Away(_)
            | Self::Answer(_)
            | Self::Review(_)
            | Self::NothingHeld
            | Self::OtherHeld { .. } => true,
        }
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
    #[error(
        "mail {id} asks for something by {deadline}, and that day is over: it is not sent any more. What is still open stands in the next reminder (`kitos-sync remind`)"
    )]
    TimeIsOver { id: i64, deadline: NaiveDate },
    #[error("mail {id} is {}: there is nothing to cancel", state.as_str())]
    NotToCancel { id: i64, state: MailState },
}

/// Why an absence is not noted, or not ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwayRefusal {
    #[error("{0} lies behind us: give a last day that is still to come")]
    Past(NaiveDate),
    #[error(
        "nobody has the address {0}, neither in KITOS nor in the leaders file. Take it from `kitos-sync people`"
    )]
    Unknown(String),
    #[error("{0} cannot stand in for themselves: give another address, or leave --to out")]
    OwnSubstitute(String),
    #[error(
        "{0} is away too, until {1}: give another substitute, or leave --to out. Mail then goes to the next leader up"
    )]
    SubstituteAway(String, NaiveDate),
    #[error("nothing is noted of {0}. `kitos-sync away list` shows who is away")]
    NotAway(String),
}

/// Why an answer is not recorded, accepted or declined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRefusal {
    #[error("there is no answer {0}. `kitos-sync answers` lists them")]
    Unknown(i64),
    #[error("answer {0} is closed already. `kitos-sync answers` shows how")]
    NotOpen(i64),
    #[error(
        "answer {0} becomes an exception, and an exception ends: give its last day with --until"
    )]
    NoEnd(i64),
    #[error(
        "answer {answer} cannot become an exception until {until}: that day is over (today is {today}). Give --until a day from today on"
    )]
    Over { answer: i64, until: NaiveDate, today: NaiveDate },
    #[error("say why answer {0} is declined: whoever gave it may ask")]
    NoReason(i64),
    #[error(
        "nobody has the address {0}, neither in KITOS nor in the leaders file. Take it from `kitos-sync people`"
    )]
    UnknownPerson(String),
    #[error("say which system the answer is about: --system")]
    NoSystem,
    #[error(
        "{0} does not own {1} in KITOS, and can confirm nothing there. Is {0} to own it, then the answer is newOwner"
    )]
    NotOwner(String, String),
    #[error("the person {0} is no user in KITOS (any more), and cannot own a system")]
    OwnerGone(Uuid),
    #[error("say why {0} is right as it is: an auditor reads it")]
    NotSaidWhy(String),
}

/// Why a round of confirmation is not started, or not closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRefusal {
    #[error(
        "{due} is too soon: the letters go out with the next run of `schedule.remind` on a working day outside `notify.quiet_weeks`, and people get some days to answer. Give {earliest} or later"
    )]
    TooSoon { due: NaiveDate, earliest: NaiveDate },
    #[error(
        "no letter would go out within two years: `schedule.remind` or `notify.quiet_weeks` leaves no day"
    )]
    NoRun,
    #[error("a round is open: look at it with `kitos-sync review status`, and close it first")]
    Open,
    #[error("no round is open. `kitos-sync review start` starts one")]
    NoneOpen,
}
