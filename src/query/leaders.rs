//! Reads the leaders file, and what to make of one that cannot be trusted: the rules that need it
//! stand still, since a broken file must not open findings on hundreds of owners, and nobody is
//! chosen by it.

use std::path::Path;

use rusqlite::Connection;

use super::error::Error;
use super::list_file::ListFile;
use crate::config::Config;
use crate::model::Snapshot;
use crate::policy::Policy;
use crate::policy::coverage::{Coverage, Lost};
use crate::policy::leaders::{LeaderList, Leaders};
use crate::store::{identities, leaders_coverage};

pub type LeadersFile = ListFile<LeaderList>;

impl LeadersFile {
    /// The leaders in the organisation, where the file could be read.
    pub fn placed(&self, snapshot: &Snapshot) -> Option<Leaders> {
        match self {
            Self::Read { list, .. } => Some(Leaders::place(list.clone(), snapshot)),
            Self::None | Self::Broken(_) => None,
        }
    }
}

/// Reads the file that `policy.leaders_file` names.
pub fn read(config: &Config) -> LeadersFile {
    match &config.policy.leaders_file {
        None => LeadersFile::None,
        Some(path) => read_file("policy.leaders_file", path),
    }
}

/// Reads this one. `what` names it in messages.
pub(super) fn read_file(what: &str, path: &Path) -> LeadersFile {
    LeadersFile::read(what, path, |bytes| {
        let (list, bad) = LeaderList::parse(bytes).map_err(|error| error.to_string())?;
        if list.is_empty() { Err("it holds no leader".to_owned()) } else { Ok((list, bad)) }
    })
}

/// What the judging goes by, and who is written to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trusted {
    /// None while the file is not to be gone by.
    pub leaders: Option<Leaders>,
    /// Why the rules that need the file stand still, if they do.
    pub frozen: Option<String>,
    /// How much of the organisation the file covers, if it could be read.
    pub coverage: Option<Coverage>,
}

/// Decides whether to go by `file`. `accept`: a person has said that a
/// file that covers much less than before is right.
pub fn weigh(
    connection: &Connection,
    file: &LeadersFile,
    (policy, snapshot): (&Policy, &Snapshot),
    accept: bool,
) -> Result<Trusted, Error> {
    let leaders = match file.placed(snapshot) {
        Some(leaders) => {
            let moved = identities(connection)?.moved(&leaders, snapshot);
            Some(leaders.follow(moved))
        }
        None => None,
    };
    let coverage = leaders.as_ref().map(|leaders| Coverage::of(leaders, policy, snapshot));
    let frozen = match file {
        LeadersFile::None => None,
        LeadersFile::Broken(why) => Some(why.clone()),
        LeadersFile::Read { .. } => {
            let before = leaders_coverage(connection)?.filter(|_| !accept);
            before.zip(coverage).and_then(|(before, now)| {
                now.lost_since(&before).map(|lost| words(lost, &before, &now))
            })
        }
    };
    let leaders = leaders.filter(|_| frozen.is_none());
    Ok(Trusted { leaders, frozen, coverage })
}

fn words(lost: Lost, before: &Coverage, now: &Coverage) -> String {
    let what = match lost {
        Lost::Leaders => format!("has {} leaders, and had {}.", now.leaders, before.leaders),
        Lost::Owners => format!(
            "knows {} of the {} owners in KITOS, and knew {} of {}: were their addresses changed?",
            now.known, now.owners, before.known, before.owners
        ),
    };
    format!(
        "policy.leaders_file {what} Bring the file up to date; or, if it is right as it is, run `kitos-sync sync --accept-leaders`"
    )
}
