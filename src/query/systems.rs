//! The systems in the municipality's use, with their owners.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::moment::Moment;
use super::view::{Owner, View};
use crate::model::{StateOfUse, SystemUsage, Tab};
use crate::text::danish;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct System {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub state: StateOfUse,
    /// Whether the policy covers it.
    pub in_scope: bool,
    pub unit: Option<String>,
    pub owners: Vec<Owner>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub kitos_url: String,
}

/// What to list; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemQuery {
    pub state: Option<StateOfUse>,
    /// Only systems of the owner with this address.
    pub owner: Option<String>,
}

/// The systems that fit, by name.
///
/// # Errors
/// When nobody has the owner's address, or the database fails.
pub fn systems(moment: &Moment<'_>, query: &SystemQuery) -> Result<Vec<System>, Error> {
    let view = View::load(moment)?;
    query.owner.as_deref().map(|owner| view.someone_has(owner)).transpose()?;
    let mut systems: Vec<System> = view
        .snapshot
        .usages
        .values()
        .filter(|usage| query.state.is_none_or(|state| usage.state(view.today) == state))
        .filter(|usage| query.owner.as_ref().is_none_or(|owner| view.is_owned_by(usage, owner)))
        .map(|usage| answer(usage, &view))
        .collect();
    systems.sort_by_cached_key(|system| danish::place(&system.system_name));
    Ok(systems)
}

pub(super) fn answer(usage: &SystemUsage, view: &View<'_>) -> System {
    System {
        system_usage_uuid: usage.uuid,
        system_name: view.snapshot.usage_name(usage).to_owned(),
        state: usage.state(view.today),
        in_scope: view.policy.in_scope(&view.snapshot, usage, view.today),
        unit: view.unit_name(usage),
        owners: view.owners(usage),
        valid_from: usage.valid_from,
        valid_to: usage.valid_to,
        kitos_url: view.kitos_url(usage.uuid, Tab::Front),
    }
}
