//! Rows that are asked for one by one. What is absent from its list counts as gone
//! only when KITOS says 404 (R2); a row that seems to have lost what hung on it may
//! be a phantom of KITOS's split queries (`docs/kitos-api.md`); and a role type that
//! is no longer offered is still told when asked for by its uuid.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde::Deserialize;
use tracing::warn;
use uuid::Uuid;

use super::error::{Error, Problem};
use super::known::{Filled, Known};
use super::list::{List, Lists};
use super::translate::{KeptRegistration, KeptUsage, Row, is_member};
use super::wire::{ContractRow, DataProcessingRow, Ref, RoleTypeRow, UsageRow};
use crate::model::{Contract, Person, SystemUsage};

/// So many rows are asked for one by one in a pull, at most (R2).
const MOST_SINGLES: usize = 50;
const USAGES: &str = "/api/v2/it-system-usages";

/// Something that the lists leave in doubt.
#[derive(Debug, Clone, Copy)]
enum Doubt {
    UsageAbsent(Uuid),
    PersonAbsent(Uuid),
    /// It has no roles any more, or nothing at all.
    UsageBare(Uuid),
    /// They named systems, and name none.
    ContractBare(Uuid),
    RegistrationBare(Uuid),
}

/// The lists that are held against what was there.
pub struct Listed {
    pub usages: List<KeptUsage>,
    pub people: List<(Uuid, Option<Person>)>,
    pub contracts: Vec<Contract>,
    pub registrations: Vec<KeptRegistration>,
}

/// What a single row said: `None` if it is not there, or not ours any more.
enum Said {
    /// It was absent, and that is so.
    Nothing,
    Usage(Uuid, Option<Box<KeptUsage>>),
    Contract(Uuid, Option<Contract>),
    Registration(Uuid, Option<KeptRegistration>),
}

/// Who is asked about as a person or a usage; of either only what tells that it is
/// not ours any more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    organization_context: Option<Ref>,
    email: Option<String>,
}

/// Makes sure that the usages and people that were there and are not listed are
/// gone, and that rows without what hung on them have lost it; corrects those that
/// have not. Returns how many there are where they are too many to ask for: the
/// guard's business.
pub async fn settle(
    lists: &Lists<'_>,
    organization: Uuid,
    known: &Known,
    listed: &mut Listed,
) -> Result<usize, Error> {
    let doubts = doubts(known, listed);
    if !doubts.is_empty() {
        lists.record.doubt();
    }
    if doubts.len() > MOST_SINGLES {
        return Ok(doubts.len());
    }
    let asked = doubts.into_iter().map(|doubt| ask(lists, organization, doubt));
    let (mut usages, mut contracts, mut registrations) =
        (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for said in try_join_all(asked).await? {
        match said {
            Said::Nothing => {}
            Said::Usage(uuid, row) => _ = usages.insert(uuid, row.map(|row| *row)),
            Said::Contract(uuid, row) => _ = contracts.insert(uuid, row),
            Said::Registration(uuid, row) => _ = registrations.insert(uuid, row),
        }
    }
    correct(&mut listed.usages.rows, usages, |row| (row.usage.uuid, Filled::by(&row.usage).any));
    correct(&mut listed.contracts, contracts, |row| (row.uuid, !row.usages.is_empty()));
    correct(&mut listed.registrations, registrations, |row| {
        (row.registration.uuid, !row.registration.usages.is_empty())
    });
    Ok(0)
}

fn doubts(known: &Known, listed: &Listed) -> Vec<Doubt> {
    let gone = known.usages.keys().filter(|uuid| !listed.usages.uuids.contains(uuid));
    let left = known.people.difference(&listed.people.uuids);
    let is_bare = |usage: &&SystemUsage| {
        let now = Filled::by(usage);
        let before = known.usages.get(&usage.uuid);
        before.is_some_and(|before| (before.roles && !now.roles) || (before.any && !now.any))
    };
    let usages = listed.usages.rows.iter().map(|row| &row.usage).filter(is_bare);
    // What named only usages that are gone has lost them with these.
    let named = |uuid: Uuid| {
        known.naming.get(&uuid).is_some_and(|usages| !usages.is_disjoint(&listed.usages.uuids))
    };
    let contracts = listed.contracts.iter().filter(|it| it.usages.is_empty() && named(it.uuid));
    let registrations = listed.registrations.iter().map(|row| &row.registration);
    let registrations = registrations.filter(|it| it.usages.is_empty() && named(it.uuid));
    let absent = gone.copied().map(Doubt::UsageAbsent);
    absent
        .chain(left.copied().map(Doubt::PersonAbsent))
        .chain(usages.map(|usage| Doubt::UsageBare(usage.uuid)))
        .chain(contracts.map(|it| Doubt::ContractBare(it.uuid)))
        .chain(registrations.map(|it| Doubt::RegistrationBare(it.uuid)))
        .collect()
}

async fn ask(lists: &Lists<'_>, organization: Uuid, doubt: Doubt) -> Result<Said, Error> {
    let elsewhere = |context: Option<Uuid>| context.is_some_and(|uuid| uuid != organization);
    let (path, what, uuid) = match doubt {
        Doubt::UsageAbsent(uuid) => (format!("{USAGES}/{uuid}"), "usage", uuid),
        Doubt::PersonAbsent(uuid) => {
            (format!("/api/v2/organizations/{organization}/users/{uuid}"), "user", uuid)
        }
        Doubt::UsageBare(uuid) => {
            let row = alone::<UsageRow>(lists, USAGES, uuid).await?;
            let ours = row.filter(|row| !elsewhere(row.organization));
            return Ok(Said::Usage(uuid, ours.map(Box::new)));
        }
        Doubt::ContractBare(uuid) => {
            let row = alone::<ContractRow>(lists, "/api/v2/it-contracts", uuid).await?;
            return Ok(Said::Contract(uuid, row));
        }
        Doubt::RegistrationBare(uuid) => {
            let list = "/api/v2/data-processing-registrations";
            let row = alone::<DataProcessingRow>(lists, list, uuid).await?;
            return Ok(Said::Registration(uuid, row));
        }
    };
    match unless_gone(lists.value::<Trace>(&path).await)? {
        None => Ok(Said::Nothing),
        Some(row) if elsewhere(row.organization_context.map(|it| it.uuid)) => Ok(Said::Nothing),
        Some(row) if !is_member(row.email.as_deref()) => Ok(Said::Nothing),
        Some(_) => Err(Error::Changed {
            what: format!("{what} {uuid} is missing from its list, and is still there"),
        }),
    }
}

/// One row of a list, by itself.
async fn alone<T: Row>(
    lists: &Lists<'_>,
    list: &str,
    uuid: Uuid,
) -> Result<Option<T::Kept>, Error> {
    let row = unless_gone(lists.value::<T>(&format!("{list}/{uuid}")).await)?;
    Ok(row.filter(|row| row.uuid() == uuid).map(Row::keep))
}

/// Puts rows in the place of those that were listed. `of`: a row's uuid, and whether anything
/// hangs on it.
fn correct<T>(
    rows: &mut Vec<T>,
    mut alone: BTreeMap<Uuid, Option<T>>,
    of: impl Fn(&T) -> (Uuid, bool),
) {
    rows.retain_mut(|listed| match alone.remove(&of(listed).0) {
        None => true,
        Some(None) => false,
        Some(Some(row)) => {
            if let (uuid, true) = of(&row) {
                warn!(%uuid, "listed without what hangs on it; asked alone it has it");
            }
            *listed = row;
            true
        }
    });
}

/// Those of `wanted` that KITOS still tells, though it does not offer them.
pub async fn unlisted_role_types(
    lists: &Lists<'_>,
    organization: Uuid,
    wanted: BTreeSet<Uuid>,
) -> Result<Vec<RoleTypeRow>, Error> {
    if wanted.len() > MOST_SINGLES {
        warn!(
            role_types = wanted.len(),
            "so many role types are not offered any more that not all of them are asked for"
        );
    }
    let asked = wanted.into_iter().take(MOST_SINGLES).map(async |uuid| {
        let path =
            format!("/api/v2/it-system-usage-role-types/{uuid}?organizationUuid={organization}");
        unless_gone(lists.value::<RoleTypeRow>(&path).await)
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// The role types that assignments carry.
pub fn carried_role_types(usages: &[KeptUsage]) -> BTreeSet<Uuid> {
    usages.iter().flat_map(|kept| &kept.usage.roles).map(|assigned| assigned.role).collect()
}

/// `None` for 404.
fn unless_gone<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(row) => Ok(Some(row)),
        Err(Error::Request { problem: Problem::Status { status: 404, .. }, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
