//! All lists of an organisation at once, then what they leave open.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use uuid::Uuid;

use super::assemble::Read;
use super::error::{Error, Problem};
use super::known::Known;
use super::list::{Lists, path_of};
use super::singles::{Listed, carried_role_types, settle, unlisted_role_types};
use super::translate::{KeptUsage, Told, role_type};
use super::wire::{
    ContractRow, DataProcessingRow, RoleTypeRow, SystemRow, UnitRow, UsageRow, UserRow,
};
use crate::model::RoleType;

/// What KITOS takes as `pageSize` at most.
const LARGEST_PAGE: u32 = 250;

/// How far a pull has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub pages: usize,
    /// 0 while nothing is read of the pages, since they are those of the last pull.
    pub rows: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows {
            0 => write!(f, "{} pages", self.pages),
            rows => write!(f, "{} pages, {rows} rows", self.pages),
        }
    }
}

/// Where an organisation's lists are.
struct Paths {
    usages: String,
    users: String,
    units: String,
    systems: String,
    contracts: String,
    processing: String,
}

impl Paths {
    fn of(organization: Uuid) -> Self {
        let within = |list: &str| format!("/api/v2/organizations/{organization}/{list}?");
        let by = |list: &str| format!("/api/v2/{list}?organizationUuid={organization}");
        Self {
            usages: by("it-system-usages"),
            users: within("users"),
            units: within("organization-units"),
            systems: format!(
                "/api/v2/it-systems?usedInOrganizationUuid={organization}&includeDeactivated=true"
            ),
            contracts: by("it-contracts"),
            processing: by("data-processing-registrations"),
        }
    }
}

/// All lists at once, then what they leave open. Also returns how many
/// absent rows are unconfirmed.
pub async fn read(
    lists: &Lists<'_>,
    uuid: Uuid,
    known: &Known,
    page_size: u32,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Read, usize), Error> {
    let (pages, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let page = |rows: usize| {
        let pages = pages.fetch_add(1, Ordering::Relaxed) + 1;
        let rows = total.fetch_add(rows, Ordering::Relaxed) + rows;
        progress(Progress { pages, rows });
    };
    let hint = |known: usize| (known > 0).then_some(known);
    // KITOS makes each usage with several queries, and a user or a unit
    // with none of its own.
    let (heavy, light) = (page_size, (page_size * 5 / 2).min(LARGEST_PAGE));
    let at = Paths::of(uuid);
    // The usages first: slots are given in the order of asking.
    let (usages, people, units, mut role_types, systems, contracts, registrations) = tokio::try_join!(
        lists.all::<UsageRow>(&at.usages, heavy, hint(known.usages.len()), page),
        lists.all::<UserRow>(&at.users, light, hint(known.people.len()), page),
        lists.confirmed::<UnitRow>(&at.units, light, &known.units, page),
        role_types(lists, uuid, known),
        lists.confirmed::<SystemRow>(&at.systems, light, &known.systems, page),
        lists.confirmed::<ContractRow>(&at.contracts, heavy, &known.contracts, page),
        lists.confirmed::<DataProcessingRow>(&at.processing, heavy, &known.data_processing, page),
    )?;
    refuse_foreign(lists, &usages.rows, uuid, &at.usages)?;
    let mut listed = Listed { usages, people, contracts, registrations };
    let unconfirmed = settle(lists, uuid, known, &mut listed).await?;
    let Listed { usages, people, contracts, registrations } = listed;
    let unasked = carried_role_types(&usages.rows);
    let unasked = unasked.difference(&role_types.asked).copied().collect();
    let carried = unlisted_role_types(lists, uuid, unasked).await?;
    role_types.told.extend(carried.into_iter().map(|row| role_type(row, Told::Alone)));
    let read = Read {
        usages: usages.rows,
        people: people.rows,
        units,
        role_types: role_types.told,
        systems,
        contracts,
        registrations,
    };
    Ok((read, unconfirmed))
}

/// Asks each list for one row. What came of those that KITOS does not give.
pub async fn refused_lists(lists: &Lists<'_>, organization: Uuid) -> Vec<Error> {
    let at = Paths::of(organization);
    let paths = [at.usages, at.users, at.units, at.systems, at.contracts, at.processing];
    let ask = |path: String| async move {
        lists.get(&path_of(&path, 0, 1), lists.http.tries()).await.err()
    };
    join_all(paths.map(ask)).await.into_iter().flatten().collect()
}

/// A usage of another organisation means that the list is not ours.
fn refuse_foreign(
    lists: &Lists<'_>,
    usages: &[KeptUsage],
    ours: Uuid,
    path: &str,
) -> Result<(), Error> {
    let is_foreign = |kept: &&KeptUsage| kept.organization.is_some_and(|theirs| theirs != ours);
    let Some(kept) = usages.iter().find(is_foreign) else { return Ok(()) };
    Err(Error::Request {
        what: lists.what(path),
        problem: Problem::Inconsistent {
            reason: format!("usage {} belongs to another organisation", kept.usage.uuid),
        },
    })
}

/// What KITOS said of role types.
struct RoleTypes {
    told: Vec<RoleType>,
    /// Of all of these it was asked, also of those that it knows no more.
    asked: BTreeSet<Uuid>,
}

/// The role types that KITOS offers, and those we knew that it still tells. What
/// was not offered the last time is asked for beside the list, not after it.
async fn role_types(
    lists: &Lists<'_>,
    organization: Uuid,
    known: &Known,
) -> Result<RoleTypes, Error> {
    let path = role_types_path(organization);
    let withdrawn = unlisted_role_types(lists, organization, known.withdrawn.clone());
    let (offered, withdrawn) = tokio::try_join!(lists.value::<Vec<RoleTypeRow>>(&path), withdrawn)?;
    let mut asked: BTreeSet<Uuid> = offered.iter().map(|row| row.uuid).collect();
    asked.extend(&known.withdrawn);
    let missing: BTreeSet<Uuid> = known.role_types.difference(&asked).copied().collect();
    asked.extend(&missing);
    let missing = unlisted_role_types(lists, organization, missing).await?;
    // An entry of the list replaces one that was requested by itself.
    let unlisted = withdrawn.into_iter().chain(missing).map(|row| role_type(row, Told::Alone));
    let offered = offered.into_iter().map(|row| role_type(row, Told::Listed));
    Ok(RoleTypes { told: unlisted.chain(offered).collect(), asked })
}

/// Where the role types are that KITOS offers for new assignments.
pub fn role_types_path(organization: Uuid) -> String {
    format!("/api/v2/it-system-usage-role-types?organizationUuid={organization}")
}
