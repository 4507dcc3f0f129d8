//! One complete pull: who we are and all lists, then what they leave open.

use std::collections::BTreeSet;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use futures_util::future::{Either, select};
use secrecy::SecretString;
use tracing::warn;
use uuid::Uuid;

use super::error::{Error, Problem, excerpt};
use super::http::{Http, Pace};
use super::list::Lists;
use super::singles::{carried_role_types, confirm_absent, unlisted_role_types};
use super::token::Login;
use super::translate::{Rows, snapshot};
use super::wire::{
    ContractRow, DataProcessingRow, OrganizationRow, RoleTypeRow, SystemRow, UnitRow, UsageRow,
    UserRow,
};
use crate::config::{self, OrganizationId};
use crate::model::{Organization, RoleType, Snapshot};

/// What KITOS takes as `pageSize` at most.
const LARGEST_PAGE: u32 = 250;

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
    pub units: BTreeSet<Uuid>,
    pub systems: BTreeSet<Uuid>,
    pub contracts: BTreeSet<Uuid>,
    pub data_processing: BTreeSet<Uuid>,
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
            units: snapshot.units.keys().copied().collect(),
            systems: snapshot.systems.keys().copied().collect(),
            contracts: snapshot.contracts.keys().copied().collect(),
            data_processing: snapshot.data_processing.keys().copied().collect(),
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
            .map_err(|_| Error::PullTimeout { limit: self.pull_timeout })?
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
        let find = pin!(self.expected_organization(&lists, known));
        // Who we are is the same as last time but for once in a lifetime: the
        // lists need not wait for it. Nothing of them is kept if it is not.
        let expected = match self.organization {
            OrganizationId::Uuid(uuid) => Some(uuid),
            OrganizationId::Cvr(_) => known.organization,
        };
        let (organization, (rows, unconfirmed)) = match expected {
            None => {
                let organization = find.await?;
                let read = self.read(&lists, organization.uuid, known, progress).await?;
                (organization, read)
            }
            Some(uuid) => {
                let read = pin!(self.read(&lists, uuid, known, progress));
                match select(find, read).await {
                    Either::Left((organization, read)) => (organization?, read.await?),
                    // Without membership the lists can fail for that alone:
                    // the cause is told, not what follows from it.
                    Either::Right((read, organization)) => (organization.await?, read?),
                }
            }
        };
        let (requests, bytes) = self.http.traffic();
        Ok(Pull {
            snapshot: snapshot(organization, rows),
            requests: requests - requests_before,
            bytes: bytes - bytes_before,
            unconfirmed,
            clock_skew: self.http.clock_skew(),
        })
    }

    /// All lists at once, then what they leave open. Also returns how many
    /// absent rows are unconfirmed.
    async fn read(
        &self,
        lists: &Lists<'_>,
        uuid: Uuid,
        known: &Known,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(Rows, usize), Error> {
        let (pages, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let page = |rows: usize| {
            let pages = pages.fetch_add(1, Ordering::Relaxed) + 1;
            let rows = total.fetch_add(rows, Ordering::Relaxed) + rows;
            progress(Progress { pages, rows });
        };
        let hint = |known: usize| (known > 0).then_some(known);
        // KITOS makes each usage with several queries, and a user or a unit
        // with none of its own.
        let (heavy, light) = (self.page_size, (self.page_size * 5 / 2).min(LARGEST_PAGE));
        let usages_path = format!("/api/v2/it-system-usages?organizationUuid={uuid}");
        let users_path = format!("/api/v2/organizations/{uuid}/users?");
        let units_path = format!("/api/v2/organizations/{uuid}/organization-units?");
        let systems_path =
            format!("/api/v2/it-systems?usedInOrganizationUuid={uuid}&includeDeactivated=true");
        let contracts_path = format!("/api/v2/it-contracts?organizationUuid={uuid}");
        let processing_path =
            format!("/api/v2/data-processing-registrations?organizationUuid={uuid}");
        // The usages first: slots are given in the order of asking.
        let (usages, users, units, mut role_types, systems, contracts, data_processing) = tokio::try_join!(
            lists.all::<UsageRow>(&usages_path, heavy, hint(known.usages.len()), page),
            lists.all::<UserRow>(&users_path, light, hint(known.people.len()), page),
            lists.confirmed::<UnitRow>(&units_path, light, &known.units, page),
            self.role_types(lists, uuid, known),
            lists.confirmed::<SystemRow>(&systems_path, light, &known.systems, page),
            lists.confirmed::<ContractRow>(&contracts_path, heavy, &known.contracts, page),
            lists.confirmed::<DataProcessingRow>(
                &processing_path,
                heavy,
                &known.data_processing,
                page
            ),
        )?;
        for usage in &usages {
            if usage.organization_context.as_ref().is_some_and(|context| context.uuid != uuid) {
                return Err(Error::Request {
                    what: format!("GET {}{usages_path}", self.http.base()),
                    problem: Problem::Inconsistent {
                        reason: format!("usage {} belongs to another organisation", usage.uuid),
                    },
                });
            }
        }
        let unconfirmed = confirm_absent(lists, uuid, known, &usages, &users).await?;
        let told: BTreeSet<Uuid> = role_types.iter().map(|role| role.uuid).collect();
        let carried = carried_role_types(&usages).difference(&told).copied().collect();
        let carried = unlisted_role_types(lists, uuid, carried).await?;
        role_types.extend(carried.into_iter().map(|row| role_type(row, false)));
        let rows = Rows { usages, users, units, role_types, systems, contracts, data_processing };
        Ok((rows, unconfirmed))
    }

    /// The role types that KITOS offers, and those we knew that it still tells.
    async fn role_types(
        &self,
        lists: &Lists<'_>,
        organization: Uuid,
        known: &Known,
    ) -> Result<Vec<RoleType>, Error> {
        let offered: Vec<RoleTypeRow> = lists.value(&role_types_path(organization)).await?;
        let offered: Vec<RoleType> = offered.into_iter().map(|row| role_type(row, true)).collect();
        let listed: BTreeSet<Uuid> = offered.iter().map(|role| role.uuid).collect();
        let missing = known.role_types.difference(&listed).copied().collect();
        let withdrawn = unlisted_role_types(lists, organization, missing).await?;
        let withdrawn = withdrawn.into_iter().map(|row| role_type(row, false));
        Ok(offered.into_iter().chain(withdrawn).collect())
    }

    /// Our organisation, which must be the one that the database is of.
    async fn expected_organization(
        &self,
        lists: &Lists<'_>,
        known: &Known,
    ) -> Result<Organization, Error> {
        let organization = self.find_organization(lists).await?;
        match known.organization {
            Some(known) if known != organization.uuid => {
                Err(Error::WrongOrganization { known, found: organization.uuid })
            }
            _ => Ok(organization),
        }
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
            let rows: Vec<OrganizationRow> =
                lists.all(&path, self.page_size, Some(0), |_| {}).await?;
            Ok(rows.into_iter().find(|row| self.is_ours(row)))
        };
        let Some(row) = find("onlyWhereUserHasMembership=true&").await? else {
            return Err(match find("").await? {
                Some(row) => Error::NotMember { name: shown(row.name), uuid: row.uuid },
                None => Error::OrganizationNotFound { wanted },
            });
        };
        if row.disabled == Some(true) {
            return Err(Error::OrganizationDisabled { name: shown(row.name) });
        }
        let name = row.name.unwrap_or_default().trim().to_owned();
        Ok(Organization { uuid: row.uuid, name, cvr: row.cvr.filter(|cvr| !cvr.trim().is_empty()) })
    }

    /// `cvrContent` matches contained text: the whole number counts.
    fn is_ours(&self, row: &OrganizationRow) -> bool {
        match &self.organization {
            OrganizationId::Uuid(uuid) => row.uuid == *uuid,
            OrganizationId::Cvr(cvr) => row.cvr.as_deref().is_some_and(|found| found.trim() == cvr),
        }
    }
}

/// A name from KITOS in a message of ours.
fn shown(name: Option<String>) -> String {
    excerpt(name.unwrap_or_default().as_bytes())
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
