//! Whether the program does its work: what `check` and a monitor ask.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::error::Error;
use super::moment::Moment;
use super::runs::Incident;
use crate::store::{DeadMail, dead_digest, incidents, last_snapshot, made_installation};

/// From this age of the last good pull on, operators are told (R7).
pub const STALE: TimeDelta = TimeDelta::hours(36);

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub last_pull_at: Option<DateTime<Utc>>,
    /// When this installation was made; `None` before its first run.
    pub made_at: Option<DateTime<Utc>>,
    /// The last good pull is too old, or there was none in all that time.
    pub is_stale: bool,
    /// Those that are open.
    pub incidents: Vec<Incident>,
    /// The latest digest did not reach one of those who are to have it.
    pub dead_digest: Option<DeadMail>,
}

pub fn health(moment: &Moment<'_>) -> Result<Health, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let last_pull_at = last_snapshot(connection)?.map(|last| last.taken_at);
    let made_at = made_installation(connection)?.map(|made| made.created_at);
    Ok(Health {
        last_pull_at,
        made_at,
        // One as far ahead was noted under a clock that was wrong: it tells nothing. Where no
        // pull was ever good, the wait began with the installation.
        is_stale: last_pull_at.or(made_at).is_some_and(|at| (now - at).abs() > STALE),
        incidents: incidents(connection)?.iter().map(|one| Incident::told(one, moment)).collect(),
        dead_digest: dead_digest(connection, config.mail.mode, &config.mail.it)?,
    })
}
