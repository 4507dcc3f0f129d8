//! One complete pull: who we are, then all lists at once, then what is absent,
//! one by one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use futures_util::future::try_join_all;
use secrecy::SecretString;
use tracing::warn;
use uuid::Uuid;

use super::error::{Error, Problem};
use super::http::{Http, Pace};
use super::list::Lists;
use super::token::Login;
use super::translate::{Rows, is_member, snapshot};
use super::wire::{
    ContractRow, DataProcessingRow, OrganizationRow, RoleTypeRow, Row, SystemRow, UnitRow,
    UsageRow, UserRow,
};
use crate::config::{self, OrganizationId};
use crate::model::{Organization, RoleType, Snapshot};

/// So many rows are asked for one by one in a pull, at most (R2).
const MOST_SINGLES: usize = 50;

/// A client of one KITOS for one organisation. Logs in once and keeps the token.
#[derive(Debug)]
pub struct Client {
    http: Http,
    login: Login,
    organization: OrganizationId,
    page_size: u32,
    concurrency: usize,
    pull_timeout: std::time::Duration,
}

/// What the last committed snapshot had; empty before the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub organization: Option<Uuid>,
    pub usages: BTreeSet<Uuid>,
    /// Users of the organisation only.
    pub people: BTreeSet<Uuid>,
    pub role_types: BTreeSet<Uuid>,
    /// How long these lists were.
    pub systems: usize,
    pub contracts: usize,
    pub data_processing: usize,
}

impl Known {
    /// What `snapshot` had.
    pub fn of(snapshot: &Snapshot) -> Self {
        let members = snapshot.people.values().filter(|person| person.member);
        Self {
            organization: Some(snapshot.organization.uuid),
            usages: snapshot.usages.keys().copied().collect(),
            people: members.map(|person| person.uuid).collect(),
            role_types: snapshot.role_types.keys().copied().collect(),
            systems: snapshot.systems.len(),
            contracts: snapshot.contracts.len(),
            data_processing: snapshot.data_processing.len(),
        }
    }
}

/// A complete pull.
#[derive(Debug, Clone, PartialEq)]
pub struct Pull {
    pub snapshot: Snapshot,
    pub requests: u64,
    /// Received, unpacked.
    pub bytes: u64,
    /// Usages and people that are absent, and too many to ask for one by one:
    /// the guard's business.
    pub unconfirmed: usize,
    /// How far KITOS's clock is ahead of ours, where it is more than 5 minutes.
    pub clock_skew: Option<TimeDelta>,
}

/// How far a pull has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub pages: usize,
    pub rows: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pages, {} rows", self.pages, self.rows)
    }
}

/// What `check` wants to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub organization: Organization,
    /// Role types offered for new assignments.
    pub role_types: Vec<RoleType>,
    pub clock_skew: Option<TimeDelta>,
}

impl Client {
    /// # Errors
    /// [`Error::Settings`] when the CA file or the proxy cannot be used.
    pub fn new(
        settings: &config::Kitos,
        password: SecretString,
        pace: Pace,
    ) -> Result<Self, Error> {
        Ok(Self {
            http: Http::new(settings, pace)?,
            login: Login::new(&settings.email, password),
            organization: settings.organization.clone(),
            page_size: settings.page_size,
            concurrency: settings.concurrency.max(1),
            pull_timeout: settings.pull_timeout,
        })
    }

    /// Reads everything. `progress` hears of each page.
    ///
    /// A pull during which the lists moved is repeated once from the start (R2).
    ///
    /// # Errors
    /// Any [`Error`]; nothing is kept then.
    pub async fn pull(
        &self,
        known: &Known,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Pull, Error> {
        let twice = async {
            match self.attempt(known, progress).await {
                Err(Error::Changed { what }) => {
                    warn!(what, "KITOS changed while it was read; reading it once more");
                    self.attempt(known, progress).await
                }
                result => result,
            }
        };
        tokio::time::timeout(self.pull_timeout, twice)
            .await
            .map_err(|_| Error::PullTimeout { seconds: self.pull_timeout.as_secs() })?
    }

    /// Logs in, finds the organisation and its role types; reads nothing else.
    ///
    /// # Errors
    /// Any [`Error`] that a pull would meet on this way.
    pub async fn probe(&self) -> Result<Probe, Error> {
        let lists = self.lists().await?;
        let organization = self.find_organization(&lists).await?;
        let role_types: Vec<RoleTypeRow> = lists.value(&role_types_path(organization.uuid)).await?;
        Ok(Probe {
            organization,
            role_types: role_types.into_iter().map(|row| role_type(row, true)).collect(),
            clock_skew: self.http.clock_skew(),
        })
    }

    async fn lists(&self) -> Result<Lists<'_>, Error> {
        Ok(Lists {
            token: self.login.token(&self.http).await?,
            http: &self.http,
            login: &self.login,
            page_size: self.page_size,
            concurrency: self.concurrency,
        })
    }

    async fn attempt(
        &self,
        known: &Known,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Pull, Error> {
        let (requests_before, bytes_before) = self.http.traffic();
        let lists = self.lists().await?;
        let organization = self.find_organization(&lists).await?;
        let uuid = organization.uuid;
        if let Some(known) = known.organization.filter(|known| *known != uuid) {
            return Err(Error::WrongOrganization { known, found: uuid });
        }

        let (pages, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let page = |rows: usize| {
            let pages = pages.fetch_add(1, Ordering::Relaxed) + 1;
            let rows = total.fetch_add(rows, Ordering::Relaxed) + rows;
            progress(Progress { pages, rows });
        };
        let hint = |known: usize| (known > 0).then_some(known);
        let usages_path = format!("/api/v2/it-system-usages?organizationUuid={uuid}");
        let users_path = format!("/api/v2/organizations/{uuid}/users?");
        let units_path = format!("/api/v2/organizations/{uuid}/organization-units?");
        let role_types_path = role_types_path(uuid);
        let systems_path =
            format!("/api/v2/it-systems?usedInOrganizationUuid={uuid}&includeDeactivated=true");
        let contracts_path = format!("/api/v2/it-contracts?organizationUuid={uuid}");
        let data_processing_path =
            format!("/api/v2/data-processing-registrations?organizationUuid={uuid}");
        let (usages, users, units, role_types, systems, contracts, data_processing) = tokio::try_join!(
            lists.all::<UsageRow>(&usages_path, hint(known.usages.len()), page),
            lists.all::<UserRow>(&users_path, hint(known.people.len()), page),
            lists.all::<UnitRow>(&units_path, None, page),
            lists.value::<Vec<RoleTypeRow>>(&role_types_path),
            lists.all::<SystemRow>(&systems_path, hint(known.systems), page),
            lists.all::<ContractRow>(&contracts_path, hint(known.contracts), page),
            lists.all::<DataProcessingRow>(
                &data_processing_path,
                hint(known.data_processing),
                page
            ),
        )?;
        for usage in &usages {
            if usage.organization_context.as_ref().is_some_and(|context| context.uuid != uuid) {
                return Err(Error::Request {
                    what: format!("GET {usages_path}"),
                    problem: Problem::Inconsistent {
                        reason: format!("usage {} belongs to another organisation", usage.uuid),
                    },
                });
            }
        }
        let unconfirmed = self.confirm_absent(&lists, uuid, known, &usages, &users).await?;
        let mut role_types: Vec<RoleType> =
            role_types.into_iter().map(|row| role_type(row, true)).collect();
        role_types
            .extend(self.unlisted_role_types(&lists, uuid, known, &usages, &role_types).await?);

        let (requests, bytes) = self.http.traffic();
        Ok(Pull {
            snapshot: snapshot(
                organization,
                Rows { usages, users, units, role_types, systems, contracts, data_processing },
            ),
            requests: requests - requests_before,
            bytes: bytes - bytes_before,
            unconfirmed,
            clock_skew: self.http.clock_skew(),
        })
    }

    /// Our organisation, of which the user must be a member: without membership
    /// every list is empty, as if the municipality had switched everything off.
    async fn find_organization(&self, lists: &Lists<'_>) -> Result<Organization, Error> {
        let (query, wanted) = match &self.organization {
            OrganizationId::Cvr(cvr) => (format!("cvrContent={cvr}"), format!("with CVR {cvr}")),
            OrganizationId::Uuid(uuid) => (format!("uuid={uuid}"), uuid.to_string()),
        };
        let find = async |membership: &str| -> Result<Option<OrganizationRow>, Error> {
            let path = format!("/api/v2/organizations?{membership}{query}");
            let rows: Vec<OrganizationRow> = lists.all(&path, Some(0), |_| {}).await?;
            Ok(rows.into_iter().find(|row| self.is_ours(row)))
        };
        let Some(row) = find("onlyWhereUserHasMembership=true&").await? else {
            return Err(match find("").await? {
                Some(row) => {
                    Error::NotMember { name: row.name.unwrap_or_default(), uuid: row.uuid }
                }
                None => Error::OrganizationNotFound { wanted },
            });
        };
        let name = row.name.unwrap_or_default().trim().to_owned();
        if row.disabled == Some(true) {
            return Err(Error::OrganizationDisabled { name });
        }
        Ok(Organization { uuid: row.uuid, name, cvr: row.cvr.filter(|cvr| !cvr.trim().is_empty()) })
    }

    /// `cvrContent` matches contained text: the whole number counts.
    fn is_ours(&self, row: &OrganizationRow) -> bool {
        match &self.organization {
            OrganizationId::Uuid(uuid) => row.uuid == *uuid,
            OrganizationId::Cvr(cvr) => row.cvr.as_deref().is_some_and(|found| found.trim() == cvr),
        }
    }

    /// Usages and people that were there and are not listed: gone means 404
    /// (R2). Returns how many could not be asked for.
    async fn confirm_absent(
        &self,
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
        let people_gone = known.people.difference(&listed).map(|uuid| {
            (format!("/api/v2/organizations/{organization}/users/{uuid}"), "user", *uuid)
        });
        let absent: Vec<_> = usages_gone.chain(people_gone).collect();
        if absent.len() > MOST_SINGLES {
            return Ok(absent.len());
        }
        let asked = absent.into_iter().map(async |(path, what, uuid)| {
            match lists.value::<serde_json::Value>(&path).await {
                Err(Error::Request { problem: Problem::Status { status: 404, .. }, .. }) => Ok(()),
                Err(error) => Err(error),
                Ok(row) if belongs_elsewhere(&row, organization) || is_anonymised(&row) => Ok(()),
                Ok(_) => Err(Error::Changed {
                    what: format!("{what} {uuid} is missing from its list, and is still there"),
                }),
            }
        });
        try_join_all(asked).await?;
        Ok(0)
    }

    /// Role types that an assignment carries or that we knew, and that KITOS no
    /// longer offers.
    async fn unlisted_role_types(
        &self,
        lists: &Lists<'_>,
        organization: Uuid,
        known: &Known,
        usages: &[UsageRow],
        listed: &[RoleType],
    ) -> Result<Vec<RoleType>, Error> {
        let listed: BTreeSet<Uuid> = listed.iter().map(|role| role.uuid).collect();
        let carried = usages
            .iter()
            .flat_map(|usage| usage.roles.iter().flatten().flatten())
            .filter_map(|row| row.role.as_ref().map(|role| role.uuid));
        let wanted: BTreeSet<Uuid> = known.role_types.iter().copied().chain(carried).collect();
        let asked = wanted.difference(&listed).map(async |uuid| {
            let path = format!(
                "/api/v2/it-system-usage-role-types/{uuid}?organizationUuid={organization}"
            );
            match lists.value::<RoleTypeRow>(&path).await {
                Ok(row) => Ok(Some(role_type(row, false))),
                Err(Error::Request { problem: Problem::Status { status: 404, .. }, .. }) => {
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        });
        Ok(try_join_all(asked).await?.into_iter().flatten().collect())
    }
}

fn role_types_path(organization: Uuid) -> String {
    format!("/api/v2/it-system-usage-role-types?organizationUuid={organization}")
}

fn role_type(row: RoleTypeRow, listed: bool) -> RoleType {
    RoleType {
        uuid: row.uuid,
        name: row.name.unwrap_or_default().trim().to_owned(),
        available: row.is_available.unwrap_or(listed),
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
