//! The first page: the digest's own figures and sentences as they stand now, and the
//! share over a year.

use serde::Serialize;

use super::chart::{Chart, chart};
use crate::config;
use crate::jobs;
use crate::mail::{DigestWords, digest_in_words};
use crate::notify::digest::data::{Administration, Digest};
use crate::query::{self, Moment};
use crate::web::refused::Refused;

/// A year.
const WEEKS: i64 = 52;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    organization: String,
    words: DigestWords,
    chart: Option<Chart>,
    administrations: Vec<Row>,
    total: Row,
    /// There was a digest before, so that something can be said to have moved.
    moved: bool,
    open: u32,
    incidents: Vec<&'static str>,
    guard_holds: bool,
    waived: usize,
}

/// A row of the table of administrations.
#[derive(Default, Serialize)]
struct Row {
    name: Option<String>,
    systems: u32,
    without: u32,
    open: u32,
    change: i64,
    overdue: u32,
}

pub fn overview(moment: &Moment<'_>) -> Result<Overview, Refused> {
    let Moment { config, language, .. } = *moment;
    let digest = jobs::current_digest(moment).map_err(|error| match error {
        jobs::Error::Query(error) => error.into(),
        error => {
            tracing::warn!(%error, "the overview cannot be put together");
            Refused::Fault
        }
    })?;
    let mail = config::Mail { language, ..config.mail.clone() };
    let administrations: Vec<Row> = digest.administrations.iter().map(Row::of).collect();
    Ok(Overview {
        words: digest_in_words(&digest, &mail),
        chart: chart(&query::trend(moment, WEEKS)?, moment),
        total: administrations.iter().fold(Row::default(), |all, row| all.plus(row)),
        administrations,
        moved: digest.since.is_some(),
        open: digest.open.values().sum(),
        incidents: incidents(&digest),
        guard_holds: query::is_quarantined(moment)?,
        waived: query::waived(moment)?,
        organization: digest.organization,
    })
}

fn incidents(digest: &Digest) -> Vec<&'static str> {
    digest.health.incidents.iter().map(|incident| incident.kind.as_str()).collect()
}

impl Row {
    fn of(row: &Administration) -> Self {
        Self {
            name: row.name.clone(),
            systems: row.systems,
            without: row.without_owner,
            open: row.open,
            change: row.change,
            overdue: row.overdue,
        }
    }

    fn plus(self, row: &Self) -> Self {
        Self {
            name: None,
            systems: self.systems + row.systems,
            without: self.without + row.without,
            open: self.open + row.open,
            change: self.change + row.change,
            overdue: self.overdue + row.overdue,
        }
    }
}
