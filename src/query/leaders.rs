//! Reading the leaders file. Whether the judging goes by what was read is the
//! sync's to decide.

use std::path::Path;

use super::list_file;
use crate::config::Config;
use crate::model::Snapshot;
use crate::policy::leaders::{BadCell, LeaderList, Leaders};

/// The file as it was found.
#[derive(Debug, Clone, PartialEq)]
pub enum LeadersFile {
    /// `policy.leaders_file` is not set.
    None,
    Read {
        list: LeaderList,
        bad: Vec<BadCell>,
    },
    /// It cannot be used, for this reason.
    Broken(String),
}

impl LeadersFile {
    /// The leaders in the organisation, where the file could be read.
    pub fn placed(&self, snapshot: &Snapshot) -> Option<Leaders> {
        match self {
            Self::Read { list, .. } => Some(Leaders::place(list.clone(), snapshot)),
            Self::None | Self::Broken(_) => None,
        }
    }

    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken(_))
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
    let broken = |why: String| LeadersFile::Broken(format!("{what} {}: {why}", path.display()));
    let bytes = match list_file::read(path) {
        Ok(bytes) => bytes,
        Err(why) => return broken(why),
    };
    match LeaderList::parse(&bytes) {
        Ok((list, _)) if list.is_empty() => broken("it holds no leader".to_owned()),
        Ok((list, bad)) => LeadersFile::Read { list, bad },
        Err(error) => broken(error.to_string()),
    }
}
