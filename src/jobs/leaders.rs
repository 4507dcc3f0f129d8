//! Reading the leaders file, and what to make of one that cannot be trusted: the
//! rules that need it stand still, since a broken file must not open findings on
//! hundreds of owners (`design.md`, "A changed rule is not a changed world").

use rusqlite::Connection;
use tracing::warn;

use super::Error;
use crate::config::Config;
use crate::policy::leaders::{BadLine, Leaders};
use crate::store::{leader_lines, record_leader_lines};

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

/// What the judging goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Trusted {
    pub leaders: Option<Leaders>,
    /// Why the rules that need the file stand still, if they do.
    pub frozen: Option<String>,
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

/// Decides whether to judge by `file`. `accept`: a person has said that a file
/// that lost many lines is right.
pub(super) fn trust(
    connection: &Connection,
    file: &LeadersFile,
    accept: bool,
) -> Result<Trusted, Error> {
    match file {
        LeadersFile::None => {
            record_leader_lines(connection, None)?;
            Ok(Trusted { leaders: None, frozen: None })
        }
        LeadersFile::Broken(why) => Ok(Trusted { leaders: None, frozen: Some(why.clone()) }),
        LeadersFile::Read { leaders, bad } => {
            let before = leader_lines(connection)?.unwrap_or(0);
            // A fifth of the lines gone: rather half a file than half the leaders.
            if before > 0 && leaders.len() * 5 <= before * 4 && !accept {
                let why = format!(
                    "policy.leaders_file has {} leaders, and had {before}. If that is right, run \
                     `kitos-sync sync --accept-leaders`",
                    leaders.len()
                );
                return Ok(Trusted { leaders: Some(leaders.clone()), frozen: Some(why) });
            }
            if !bad.is_empty() {
                let first: Vec<u64> = bad.iter().take(5).map(|bad| bad.line).collect();
                warn!(lines = ?first, "the leaders file has bad lines; `kitos-sync check` names them");
            }
            record_leader_lines(connection, Some(leaders.len()))?;
            Ok(Trusted { leaders: Some(leaders.clone()), frozen: None })
        }
    }
}
