//! A cached summary of closed versions (last owner, first seen, removed), so that nobody has to
//! scan years of history.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Error;
use super::kept::kept;
use super::names::{names_that_went, usages_that_went};
use super::ownerships::owners_that_went;
use super::timelines::{acquired, phasing_out_since};
use crate::model::SystemUsage;
use crate::register::history::{History, LastOwner};

/// Made from the versions at the end of the pull that wrote them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HistoryNow {
    owner_roles: BTreeSet<Uuid>,
    /// By these roles.
    last_owners: BTreeMap<Uuid, LastOwner>,
    acquired: BTreeMap<Uuid, NaiveDate>,
    phasing_out_since: BTreeMap<Uuid, NaiveDate>,
    former_usages: BTreeMap<Uuid, SystemUsage>,
    former_names: BTreeMap<Uuid, String>,
}

impl HistoryNow {
    pub fn of_versions(
        connection: &Connection,
        owner_roles: &BTreeSet<Uuid>,
    ) -> Result<Self, Error> {
        Ok(Self {
            owner_roles: owner_roles.clone(),
            last_owners: owners_that_went(connection, owner_roles)?,
            acquired: acquired(connection)?,
            phasing_out_since: phasing_out_since(connection)?,
            former_usages: usages_that_went(connection)?,
            former_names: names_that_went(connection)?,
        })
    }

    /// `None` if it must be rebuilt from the version tables.
    fn kept(connection: &Connection) -> Result<Option<Self>, Error> {
        kept(connection, "history")
    }

    /// The same, by these owner roles.
    fn kept_by(
        connection: &Connection,
        owner_roles: &BTreeSet<Uuid>,
    ) -> Result<Option<Self>, Error> {
        Ok(Self::kept(connection)?.filter(|kept| kept.owner_roles == *owner_roles))
    }
}

/// What is known of the time before now: what [`History::advance`] over every
/// pair of snapshots gives.
pub fn load_history(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<History, Error> {
    let (last_owner, acquired, phasing_out_since) =
        match HistoryNow::kept_by(connection, owner_roles)? {
            Some(kept) => (kept.last_owners, kept.acquired, kept.phasing_out_since),
            None => (
                owners_that_went(connection, owner_roles)?,
                acquired(connection)?,
                phasing_out_since(connection)?,
            ),
        };
    Ok(History { last_owner, acquired, phasing_out_since, ..History::default() })
}

/// Who owned each usage last, for usages that lost an owner.
pub fn last_owners(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, LastOwner>, Error> {
    let kept = HistoryNow::kept_by(connection, owner_roles)?.map(|kept| kept.last_owners);
    kept.map_or_else(|| owners_that_went(connection, owner_roles), Ok)
}

/// Usages that KITOS no longer has, as they were last, without roles.
pub fn former_usages(connection: &Connection) -> Result<BTreeMap<Uuid, SystemUsage>, Error> {
    let kept = HistoryNow::kept(connection)?.map(|kept| kept.former_usages);
    kept.map_or_else(|| usages_that_went(connection), Ok)
}

/// Names of units, role types and shared systems that KITOS no longer has, as they
/// were last known.
pub fn former_names(connection: &Connection) -> Result<BTreeMap<Uuid, String>, Error> {
    let kept = HistoryNow::kept(connection)?.map(|kept| kept.former_names);
    kept.map_or_else(|| names_that_went(connection), Ok)
}
