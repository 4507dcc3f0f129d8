//! Rows that are asked for one by one. What is absent from its list counts as gone
//! only when KITOS says 404 (R2); a usage that seems to have lost all its roles may
//! be a phantom of KITOS's split queries (`docs/kitos-api.md`); and a role type that
//! is no longer offered is still told when asked for by its uuid.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde::Deserialize;
use tracing::warn;
use uuid::Uuid;

use super::error::{Error, Problem};
use super::known::Known;
use super::list::{List, Lists};
use super::translate::{KeptUsage, Row, is_member};
use super::wire::{Ref, RoleTypeRow, UsageRow};
use crate::model::Person;

/// So many rows are asked for one by one in a pull, at most (R2).
const MOST_SINGLES: usize = 50;

/// Something that the lists leave in doubt.
#[derive(Debug, Clone, Copy)]
enum Doubt {
    UsageAbsent(Uuid),
    PersonAbsent(Uuid),
    /// It had roles, and has none.
    RolesLost(Uuid),
}

/// What a single row said: a usage as it really is, or that it is not ours any more.
/// Of an absent row there is nothing to say.
type Correction = Option<(Uuid, Option<KeptUsage>)>;

/// Who is asked about as a person or a usage; of either only what tells that it is
/// not ours any more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    organization_context: Option<Ref>,
    email: Option<String>,
}

/// Makes sure that the usages and people that were there and are not listed are
/// gone, and that usages without their roles have lost them; corrects those that
/// have not. Returns how many there are where they are too many to ask for: the
/// guard's business.
pub async fn settle(
    lists: &Lists<'_>,
    organization: Uuid,
    known: &Known,
    usages: &mut List<KeptUsage>,
    people: &List<(Uuid, Option<Person>)>,
) -> Result<usize, Error> {
    let gone = known.usages.keys().filter(|uuid| !usages.uuids.contains(uuid));
    let had_roles = |uuid: &Uuid| known.usages.get(uuid).is_some_and(|roles| *roles > 0);
    let bare = usages.rows.iter().filter(|kept| kept.usage.roles.is_empty());
    let bare = bare.map(|kept| kept.usage.uuid).filter(had_roles);
    let doubts: Vec<Doubt> = gone
        .copied()
        .map(Doubt::UsageAbsent)
        .chain(known.people.difference(&people.uuids).copied().map(Doubt::PersonAbsent))
        .chain(bare.map(Doubt::RolesLost))
        .collect();
    if !doubts.is_empty() {
        lists.record.doubt();
    }
    if doubts.len() > MOST_SINGLES {
        return Ok(doubts.len());
    }
    let asked = doubts.into_iter().map(|doubt| ask(lists, organization, doubt));
    let corrections: BTreeMap<Uuid, Option<KeptUsage>> =
        try_join_all(asked).await?.into_iter().flatten().collect();
    correct(usages, corrections);
    Ok(0)
}

async fn ask(lists: &Lists<'_>, organization: Uuid, doubt: Doubt) -> Result<Correction, Error> {
    let usage_path = |uuid| format!("/api/v2/it-system-usages/{uuid}");
    let elsewhere = |context: Option<Uuid>| context.is_some_and(|uuid| uuid != organization);
    let (path, what, uuid) = match doubt {
        Doubt::UsageAbsent(uuid) => (usage_path(uuid), "usage", uuid),
        Doubt::PersonAbsent(uuid) => {
            (format!("/api/v2/organizations/{organization}/users/{uuid}"), "user", uuid)
        }
        Doubt::RolesLost(uuid) => {
            let row = unless_gone(lists.value::<UsageRow>(&usage_path(uuid)).await)?;
            let kept = row
                .filter(|row| row.uuid == uuid)
                .map(Row::keep)
                .filter(|kept| !elsewhere(kept.organization));
            return Ok(Some((uuid, kept)));
        }
    };
    match unless_gone(lists.value::<Trace>(&path).await)? {
        None => Ok(None),
        Some(row) if elsewhere(row.organization_context.map(|it| it.uuid)) => Ok(None),
        Some(row) if !is_member(row.email.as_deref()) => Ok(None),
        Some(_) => Err(Error::Changed {
            what: format!("{what} {uuid} is missing from its list, and is still there"),
        }),
    }
}

fn correct(usages: &mut List<KeptUsage>, mut corrections: BTreeMap<Uuid, Option<KeptUsage>>) {
    usages.rows.retain_mut(|listed| match corrections.remove(&listed.usage.uuid) {
        None => true,
        Some(None) => false,
        Some(Some(alone)) => {
            if !alone.usage.roles.is_empty() {
                warn!(usage = %alone.usage.uuid, "listed without its roles; asked alone it has them");
            }
            *listed = alone;
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
