//! Reading the leaders file. Whether the judging goes by what was read is the
//! sync's to decide.

use crate::config::Config;
use crate::policy::leaders::{BadLine, Leaders};

/// A name of some other file must not take the machine's memory.
const LARGEST: u64 = 16 << 20;

/// The file as it was found.
#[derive(Debug, Clone, PartialEq)]
pub enum LeadersFile {
    /// `policy.leaders_file` is not set.
    None,
    Read {
        leaders: Leaders,
        bad: Vec<BadLine>,
    },
    /// It cannot be used, for this reason.
    Broken(String),
}

/// Reads the file that `policy.leaders_file` names.
pub fn read(config: &Config) -> LeadersFile {
    let Some(path) = &config.policy.leaders_file else { return LeadersFile::None };
    let broken =
        |why: String| LeadersFile::Broken(format!("policy.leaders_file {}: {why}", path.display()));
    // A pipe would be waited for.
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return broken("it is not a regular file".to_owned()),
        Ok(found) if found.len() > LARGEST => {
            return broken("it is larger than 16 MiB: no list of leaders is".to_owned());
        }
        Ok(_) => {}
        Err(error) => return broken(error.to_string()),
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return broken(error.to_string()),
    };
    match Leaders::parse(&bytes) {
        Ok((leaders, _)) if leaders.is_empty() => broken("it holds no leader".to_owned()),
        Ok((leaders, bad)) => LeadersFile::Read { leaders, bad },
        Err(error) => broken(error.to_string()),
    }
}
