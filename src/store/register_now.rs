//! The register as the last pull left it, in one piece: read in a fraction of the time
//! that it takes to put it together from its versions. Only this very program reads it,
//! so its form is no matter of anyone else's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Error;
use super::history_now::HistoryNow;
use super::kept::{kept, stored_program, to_keep};
use super::people::people;
use crate::model::{
    Contract, DataProcessing, ItSystem, Missing, Organization, OrganizationUnit, RoleType,
    Snapshot, SystemUsage,
};

/// A snapshot without the names and addresses of people, which stand in `person` alone.
/// Lists, since a tree is made faster from what is in order.
#[derive(Debug, Serialize, Deserialize)]
struct Register<'a> {
    organization: Cow<'a, Organization>,
    role_types: Vec<Cow<'a, RoleType>>,
    units: Vec<Cow<'a, OrganizationUnit>>,
    /// Each with whether it is a user.
    people: Vec<(Uuid, bool)>,
    systems: Vec<Cow<'a, ItSystem>>,
    usages: Vec<Cow<'a, SystemUsage>>,
    contracts: Vec<Cow<'a, Contract>>,
    data_processing: Vec<Cow<'a, DataProcessing>>,
    unknown: BTreeSet<Missing>,
}

/// What was kept of the last pull; `None` where it must be put together from its versions.
pub(super) fn kept_register(connection: &Connection) -> Result<Option<Snapshot>, Error> {
    let Some(kept) = kept::<Register<'_>>(connection, "data")? else { return Ok(None) };
    Ok(Some(Snapshot {
        organization: kept.organization.into_owned(),
        role_types: by_uuid(kept.role_types, |role| role.uuid),
        units: by_uuid(kept.units, |unit| unit.uuid),
        people: people(connection, &kept.people.into_iter().collect())?,
        systems: by_uuid(kept.systems, |system| system.uuid),
        usages: by_uuid(kept.usages, |usage| usage.uuid),
        contracts: by_uuid(kept.contracts, |contract| contract.uuid),
        data_processing: by_uuid(kept.data_processing, |registration| registration.uuid),
        unknown: kept.unknown,
    }))
}

/// Caches `snapshot`, which is what the tables hold now, and the history by these owner roles,
/// unless both are cached already.
pub fn keep_register(
    connection: &Connection,
    snapshot: &Snapshot,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<(), Error> {
    let Some(program) = stored_program() else { return Ok(()) };
    let kept = connection.query_row("SELECT program FROM register_now", [], |row| row.get(0));
    if kept.optional()? == Some(program) {
        return Ok(());
    }
    let register = Register {
        organization: Cow::Borrowed(&snapshot.organization),
        role_types: values(&snapshot.role_types),
        units: values(&snapshot.units),
        people: snapshot.people.values().map(|person| (person.uuid, person.member)).collect(),
        systems: values(&snapshot.systems),
        usages: values(&snapshot.usages),
        contracts: values(&snapshot.contracts),
        data_processing: values(&snapshot.data_processing),
        unknown: snapshot.unknown.clone(),
    };
    let history = HistoryNow::of_versions(connection, owner_roles)?;
    connection.execute(
        "INSERT INTO register_now (only, program, history, data) VALUES (1, ?1, ?2, ?3)
         ON CONFLICT (only) DO UPDATE SET
             program = excluded.program, history = excluded.history, data = excluded.data",
        (program, to_keep(&history)?, to_keep(&register)?),
    )?;
    Ok(())
}

/// The tables change.
pub(super) fn forget_register(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM register_now", [])?;
    Ok(())
}

fn values<T: Clone>(of: &BTreeMap<Uuid, T>) -> Vec<Cow<'_, T>> {
    of.values().map(Cow::Borrowed).collect()
}

fn by_uuid<T: Clone>(kept: Vec<Cow<'_, T>>, uuid: impl Fn(&T) -> Uuid) -> BTreeMap<Uuid, T> {
    kept.into_iter().map(|one| (uuid(&one), one.into_owned())).collect()
}
