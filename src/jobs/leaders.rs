//! What to make of a leaders file that cannot be trusted: the rules that need it
//! stand still, since a broken file must not open findings on hundreds of owners.

use rusqlite::Connection;
use tracing::warn;

use super::error::Error;
use crate::policy::leaders::Leaders;
use crate::query::LeadersFile;
use crate::store::{leader_lines, record_leader_lines};

/// What the judging goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Trusted {
    pub leaders: Option<Leaders>,
    /// Why the rules that need the file stand still, if they do.
    pub frozen: Option<String>,
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
