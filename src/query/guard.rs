//! The pull that the guard holds: why, and what it would do.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::error::Error;
use super::moment::Moment;
use super::policy::resolve;
use crate::model::{HoldOutlook, HoldReason, Snapshot};
use crate::policy::assess::{Figures, figures};
use crate::register::lineage::settle;
use crate::store::{self, bindings, lineage, quarantined_pull};

pub use crate::store::EarlierQuarantine;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantine {
    pub id: i64,
    pub taken_at: DateTime<Utc>,
    pub reasons: Vec<HoldReason>,
    #[serde(flatten)]
    pub outlook: HoldOutlook,
    /// The register's figures as they are; `None` before the first pull …
    #[serde(skip)]
    pub before: Option<Figures>,
    /// … and as they would be.
    #[serde(skip)]
    pub after: Figures,
}

/// The held pull, if there is one.
pub fn quarantine(moment: &Moment<'_>) -> Result<Option<Quarantine>, Error> {
    let Moment { connection, config, .. } = *moment;
    let Some(held) = quarantined_pull(connection)? else { return Ok(None) };
    let bindings = bindings(connection)?;
    let count = |snapshot: &Snapshot| {
        let policy = resolve(config, &bindings, snapshot).policy;
        figures(snapshot, &policy, moment.day(held.taken_at))
    };
    let before = moment.maybe_snapshot()?;
    let (after, _) = settle(&lineage(connection)?, before.as_deref(), &held.pull.snapshot);
    Ok(Some(Quarantine {
        id: held.id,
        taken_at: held.taken_at,
        before: before.as_deref().map(count),
        after: count(&after),
        reasons: held.reasons,
        outlook: held.outlook,
    }))
}

/// Whether a pull is held.
pub fn is_quarantined(moment: &Moment<'_>) -> Result<bool, Error> {
    Ok(store::quarantined_pull_id(moment.connection)?.is_some())
}

/// What became of the pulls that were held before, newest first.
pub fn earlier_quarantines(moment: &Moment<'_>) -> Result<Vec<EarlierQuarantine>, Error> {
    Ok(store::earlier_quarantines(moment.connection)?)
}
