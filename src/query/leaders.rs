//! Reads the leaders file. Whether the judging uses it is for the sync job to decide.

use std::path::Path;

use super::list_file::ListFile;
use crate::config::Config;
use crate::model::Snapshot;
use crate::policy::leaders::{LeaderList, Leaders};

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
