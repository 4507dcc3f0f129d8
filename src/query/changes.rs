//! What happened in KITOS, as the pulls saw it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::error::Error;
use super::find::find;
use super::moment::Moment;
use super::view::View;
use crate::model::ChangeKind;
use crate::store::{ChangeFilter, ChangeRow, list_changes};
use crate::text::changes::describe;
use crate::text::danish;
use crate::text::words::words;

/// `docs/contract.md`, "Change".
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub snapshot_id: i64,
    pub detected_at: DateTime<Utc>,
    pub kind: ChangeKind,
    pub system_usage_uuid: Option<Uuid>,
    pub system_name: Option<String>,
    pub before: Value,
    pub after: Value,
    /// The person, role type or unit, by name where one is known.
    pub subject: Option<String>,
    /// What happened, in words.
    pub text: String,
}

/// What to list; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeQuery {
    /// First and last local day, both included.
    pub since: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    pub kind: Option<ChangeKind>,
    /// A uuid, or part of a name.
    pub system: Option<String>,
}

/// The changes that fit, oldest first, those of one pull by name, what concerns no system last.
///
/// # Errors
/// When the days are in the wrong order, there is no such system, or the database fails.
pub fn changes(moment: &Moment<'_>, query: &ChangeQuery) -> Result<Vec<Change>, Error> {
    if let (Some(since), Some(until)) = (query.since, query.until)
        && since > until
    {
        return Err(Error::NoPeriod { from: since, to: until });
    }
    let view = View::load(moment)?;
    let usage = query.system.as_deref().map(|text| find(&view, text)).transpose()?;
    let filter = ChangeFilter { since: query.since, until: query.until, kind: query.kind, usage };
    let rows = list_changes(moment.connection, &filter)?;
    let mut changes: Vec<Change> = rows.into_iter().map(|row| answer(row, &view)).collect();
    changes.sort_by(|a, b| {
        let of_no_system = |change: &Change| (change.snapshot_id, change.system_name.is_none());
        let by_name = || danish::compare(a.name(), b.name());
        of_no_system(a).cmp(&of_no_system(b)).then_with(by_name)
    });
    Ok(changes)
}

impl Change {
    /// Of what it happened to.
    fn name(&self) -> &str {
        self.system_name.as_deref().or(self.subject.as_deref()).unwrap_or_default()
    }
}

/// A change with names for uuids.
pub(super) fn answer(row: ChangeRow, view: &View<'_>) -> Change {
    let change = row.change;
    let (before, after) = change.sides();
    let name = |uuid| view.name(uuid);
    Change {
        snapshot_id: row.snapshot_id,
        detected_at: row.detected_at,
        kind: change.kind(),
        system_usage_uuid: change.usage(),
        system_name: change.usage().map(|usage| view.system_name(usage)),
        before,
        after,
        subject: change.subject().and_then(name),
        text: describe(&change, words(view.moment.language), &name),
    }
}
