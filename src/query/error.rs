//! Why there is no answer.

use chrono::NaiveDate;
use uuid::Uuid;

use super::candidate::Candidate;
use crate::store;

/// A message for the person who asked. All but the first two mean that the question was wrong,
/// not the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("nothing has been read from KITOS yet. Run `kitos-sync sync` first")]
    NoSnapshot,
    #[error("{0} lies ahead: nobody knows yet")]
    Ahead(NaiveDate),
    #[error("nothing is known of {day}: the first pull was on {since}")]
    BeforeMonitoring { day: NaiveDate, since: NaiveDate },
    #[error(
        "{day} is known in part only: history before {before} was deleted, as \
         retention.history says. Give a day from then on"
    )]
    Pruned { day: NaiveDate, before: NaiveDate },
    #[error("{from} is later than {to}: nothing lies between")]
    NoPeriod { from: NaiveDate, to: NaiveDate },
    #[error("KITOS has no unit called \"{text}\"{}. `kitos-sync units` lists all", nearest(near))]
    NoUnit {
        text: String,
        /// What may be meant.
        near: Option<String>,
    },
    #[error("{} units are called \"{text}\". Give the uuid of one: {}", uuids.len(), uuids.join(", "))]
    ManyUnits { text: String, uuids: Vec<String> },
    #[error("the link is not one of ours, or is no longer good")]
    NoLink,
    #[error("no user in KITOS has the address {0}. `kitos-sync people` lists all")]
    NoAddress(String),
    #[error(
        "no user in KITOS has or had the address {text}{}. `kitos-sync people` lists all",
        nearest(near)
    )]
    NobodyHas { text: String, near: Option<String> },
    #[error("no system with the uuid {0}. `kitos-sync systems` lists all")]
    NoSystem(Uuid),
    #[error("no system's name holds \"{0}\". `kitos-sync systems` lists all")]
    NoSystemNamed(String),
    #[error("there is no mail {0}. `kitos-sync mail list` lists them")]
    NoMail(i64),
    #[error("there is no finding {0}. `kitos-sync findings --state all` lists them")]
    NoFinding(i64),
    #[error("nobody is known by the uuid {0}. `kitos-sync people` lists all")]
    NoPerson(Uuid),
    #[error("no administration is called \"{0}\". `kitos-sync units` lists all")]
    NoAdministration(String),
    #[error("{count} systems' names hold \"{text}\". Give one's uuid:{}", lines(some))]
    ManySystems {
        text: String,
        count: usize,
        /// The first of them.
        some: Vec<Candidate>,
    },
}

impl Error {
    /// Whether another question would have an answer.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Store(_) | Self::NoSnapshot)
    }
}

/// What may be meant by what was typed.
fn nearest(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!("; the nearest is \"{near}\""))
}

fn lines(candidates: &[Candidate]) -> String {
    candidates.iter().map(|candidate| format!("\n  {candidate}")).collect()
}
