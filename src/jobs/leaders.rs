//! What to make of a leaders file that cannot be trusted: the rules that need it
//! stand still, since a broken file must not open findings on hundreds of owners.

use rusqlite::Connection;
use tracing::warn;

use super::error::Error;
use crate::model::Snapshot;
use crate::policy::Policy;
use crate::policy::coverage::{Coverage, Lost};
use crate::policy::leaders::Leaders;
use crate::query::LeadersFile;
use crate::store::{identities, leaders_coverage, record_leaders_coverage};

/// What the judging goes by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trusted {
    pub leaders: Option<Leaders>,
    /// Why the rules that need the file stand still, if they do.
    pub frozen: Option<String>,
    /// How much of the organisation the file covers, if it could be read.
    coverage: Option<Coverage>,
}

/// Decides whether to judge the pull by `file`. `accept`: a person has said that a
/// file that covers much less than before is right.
pub(super) fn weigh(
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
    Ok(Trusted { leaders, frozen, coverage })
}

/// Notes what the pull was judged by: the next file is held against it.
pub(super) fn record(
    connection: &Connection,
    file: &LeadersFile,
    trusted: &Trusted,
) -> Result<(), Error> {
    if trusted.frozen.is_some() {
        return Ok(());
    }
    if let LeadersFile::Read { bad, .. } = file
        && !bad.is_empty()
    {
        let first: Vec<usize> = bad.iter().take(5).map(|bad| bad.line).collect();
        warn!(lines = ?first, "cells of the leaders file cannot be read; `kitos-sync check` names them");
    }
    Ok(record_leaders_coverage(connection, trusted.coverage)?)
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
