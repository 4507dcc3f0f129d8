//! Rows that are asked for one by one: what is absent from its list counts as
//! gone only when KITOS says 404 (R2), and a role type that is no longer offered
//! is still told when asked for by its uuid.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::error::{Error, Problem};
use super::list::Lists;
use super::pull::Known;
use super::translate::is_member;
use super::wire::{RoleTypeRow, Row, UsageRow, UserRow};

/// So many rows are asked for one by one in a pull, at most (R2).
const MOST_SINGLES: usize = 50;

/// Makes sure that the usages and people that were there and are not listed are
/// gone. Returns how many there are where they are too many to ask for: the
/// guard's business.
pub async fn confirm_absent(
    lists: &Lists<'_>,
    organization: Uuid,
    known: &Known,
    usages: &[UsageRow],
    users: &[UserRow],
) -> Result<usize, Error> {
    let listed: BTreeSet<Uuid> = usages.iter().map(Row::uuid).collect();
    let usages_gone = known
        .usages
        .difference(&listed)
        .map(|uuid| (format!("/api/v2/it-system-usages/{uuid}"), "usage", *uuid));
    let listed: BTreeSet<Uuid> = users.iter().map(Row::uuid).collect();
    let people_gone = known
        .people
        .difference(&listed)
        .map(|uuid| (format!("/api/v2/organizations/{organization}/users/{uuid}"), "user", *uuid));
    let absent: Vec<_> = usages_gone.chain(people_gone).collect();
    if absent.len() > MOST_SINGLES {
        return Ok(absent.len());
    }
    let asked = absent.into_iter().map(async |(path, what, uuid)| {
        match unless_gone(lists.value::<serde_json::Value>(&path).await)? {
            None => Ok(()),
            Some(row) if belongs_elsewhere(&row, organization) || is_anonymised(&row) => Ok(()),
            Some(_) => Err(Error::Changed {
                what: format!("{what} {uuid} is missing from its list, and is still there"),
            }),
        }
    });
    try_join_all(asked).await?;
    Ok(0)
}

/// Those of `wanted` that KITOS still tells, though it does not offer them.
pub async fn unlisted_role_types(
    lists: &Lists<'_>,
    organization: Uuid,
    wanted: BTreeSet<Uuid>,
) -> Result<Vec<RoleTypeRow>, Error> {
    let asked = wanted.into_iter().take(MOST_SINGLES).map(async |uuid| {
        let path =
            format!("/api/v2/it-system-usage-role-types/{uuid}?organizationUuid={organization}");
        unless_gone(lists.value::<RoleTypeRow>(&path).await)
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// The role types that assignments carry.
pub fn carried_role_types(usages: &[UsageRow]) -> BTreeSet<Uuid> {
    let assigned = usages.iter().flat_map(|usage| usage.roles.iter().flatten().flatten().flatten());
    assigned.filter_map(|row| row.role.as_ref().map(|role| role.uuid)).collect()
}

/// `None` for 404.
fn unless_gone<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(row) => Ok(Some(row)),
        Err(Error::Request { problem: Problem::Status { status: 404, .. }, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn belongs_elsewhere(row: &serde_json::Value, organization: Uuid) -> bool {
    row["organizationContext"]["uuid"]
        .as_str()
        .and_then(|text| Uuid::parse_str(text).ok())
        .is_some_and(|uuid| uuid != organization)
}

fn is_anonymised(row: &serde_json::Value) -> bool {
    row["email"].as_str().is_some_and(|email| !is_member(Some(email)))
}
