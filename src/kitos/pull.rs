//! The client: one complete pull, of who we are and all lists; or a probe of KITOS.

use std::collections::BTreeSet;
use std::pin::pin;

use chrono::TimeDelta;
use futures_util::future::{Either, FutureExt, select};
use tracing::warn;
use uuid::Uuid;

use super::again::Again;
use super::answers::{self, Answers, Record};
use super::assemble::snapshot;
use super::connection::Credentials;
use super::error::Error;
use super::http::{Http, Pace};
use super::known::Known;
use super::list::Lists;
use super::organization;
use super::reading::{Progress, read, refused_lists, role_types_path};
use super::singles::unlisted_role_types;
use super::token::{Login, Tokens};
use super::translate::{Told, role_type};
use super::wire::RoleTypeRow;
use crate::config::{self, OrganizationId};
use crate::model::{Organization, RoleType, Snapshot};

/// A client of one KITOS for one organisation. Logs in once and keeps the token.
#[derive(Debug)]
pub struct Client {
    http: Http,
    login: Login,
    organization: OrganizationId,
    page_size: u32,
    concurrency: usize,
    pull_timeout: std::time::Duration,
    /// See [`answers::reader`].
    reader: Option<u64>,
}

/// A complete pull.
#[derive(Debug, Clone, PartialEq)]
pub struct Pull {
    pub snapshot: Snapshot,
    pub traffic: Traffic,
    /// Usages and people that are absent, and rows without what hung on them, where these are
    /// too many to ask for one by one: the guard's business.
    pub unconfirmed: usize,
    /// By these the next pull recognises an unchanged KITOS; `None` if the result did not
    /// depend on the replies alone.
    pub answers: Option<Answers>,
}

/// What a pull came to.
#[derive(Debug)]
pub enum Pulled {
    /// Each reply was byte for byte that of the last pull, whose snapshot holds.
    AsBefore(Traffic),
    Read(Box<Pull>),
}

/// What went over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    pub requests: u64,
    /// Received, unpacked.
    pub bytes: u64,
    /// How far KITOS's clock is ahead of ours, where it is more than 5 minutes.
    pub clock_skew: Option<TimeDelta>,
}

/// What `check` wants to know.
#[derive(Debug)]
pub struct Probe {
    pub organization: Organization,
    /// Role types offered for new assignments, and those that were asked about.
    pub role_types: Vec<RoleType>,
    /// Those of them that KITOS calls used outside ("Bruges eksternt"); `None` where
    /// it does not say of any.
    pub used_externally: Option<BTreeSet<Uuid>>,
    /// What came of the lists that a pull reads and KITOS does not give.
    pub refused: Vec<Error>,
    pub clock_skew: Option<TimeDelta>,
}

impl Client {
    /// # Errors
    /// [`Error::Settings`] when the CA file or the proxy cannot be used.
    pub fn new(
        settings: &config::Kitos,
        credentials: Credentials,
        pace: Pace,
    ) -> Result<Self, Error> {
        Ok(Self {
            http: Http::new(settings, credentials.proxy_password.as_ref(), pace)?,
            login: Login::new(settings, credentials.password),
            organization: settings.organization.clone(),
            page_size: settings.page_size,
            concurrency: settings.concurrency.max(1),
            pull_timeout: settings.pull_timeout,
            reader: answers::reader(settings),
        })
    }

    /// With the token that `tokens` keeps, so that the next client needs no login.
    #[must_use]
    pub fn keeping(mut self, tokens: &Tokens) -> Self {
        self.login.keep(tokens);
        self
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
        self.in_time(async { self.twice(self.lists().await?, known, progress).await }).await
    }

    /// The same, unless KITOS answers as it did in the pull of `last`: then `known` is not
    /// awaited.
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    pub async fn pull_what_moved<E: From<Error>>(
        &self,
        last: Option<&Answers>,
        known: impl Future<Output = Result<Known, E>>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Pulled, E> {
        let Some(last) = last.and_then(|last| last.of(self.reader)) else {
            return Ok(Pulled::Read(Box::new(self.pull(&known.await?, progress).await?)));
        };
        let pull = async {
            let again = Again::of(last);
            let first = self.lists().await?;
            let same = |pages| progress(Progress { pages, rows: 0 });
            let mut asking =
                pin!(again.ask(|it| first.ask(&it.path, it.tries, it.digest), same).fuse());
            let as_before = tokio::select! {
                as_before = &mut asking => as_before,
                () = again.moved() => false,
            };
            if as_before {
                return Ok(Pulled::AsBefore(self.traffic_since(first.since)));
            }
            let pull = async {
                // What is under way must go on while this waits for the token: it may be
                // the one that renews it.
                let lists =
                    Lists { again: Some(&again), since: first.since, ..self.lists().await? };
                let known = known.await?;
                Ok(self.twice(lists, &known, progress).await?)
            };
            let pull = pin!(pull);
            let pull = match select(asking, pull).await {
                Either::Left((_, pull)) => pull.await,
                Either::Right((pull, _)) => pull,
            };
            pull.map(|pull| Pulled::Read(Box::new(pull)))
        };
        self.in_time(pull).await
    }

    async fn in_time<T, E: From<Error>>(
        &self,
        pull: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.http.forget_problem();
        tokio::time::timeout(self.pull_timeout, pull).await.map_err(|_| Error::PullTimeout {
            limit: self.pull_timeout,
            last: self.http.last_problem(),
        })?
    }

    async fn twice(
        &self,
        lists: Lists<'_>,
        known: &Known,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Pull, Error> {
        match self.attempt(lists, known, progress).await {
            Err(Error::Changed { what }) => {
                warn!(what, "KITOS changed while it was read; reading it once more");
                self.attempt(self.lists().await?, known, progress).await
            }
            result => result,
        }
    }

    fn traffic_since(&self, (requests_before, bytes_before): (u64, u64)) -> Traffic {
        let (requests, bytes) = self.http.traffic();
        Traffic {
            requests: requests - requests_before,
            bytes: bytes - bytes_before,
            clock_skew: self.http.clock_skew(),
        }
    }

    /// Logs in, finds the organisation and its role types, those of `wanted` too that KITOS
    /// does not offer any more, and asks each list for one row.
    ///
    /// # Errors
    /// Any [`Error`] that a pull would meet on this way.
    pub async fn probe(&self, wanted: &BTreeSet<Uuid>) -> Result<Probe, Error> {
        let lists = self.lists().await?;
        let organization = organization::find(&lists, &self.organization).await?;
        let role_types: Vec<RoleTypeRow> = lists.value(&role_types_path(organization.uuid)).await?;
        let told = role_types.iter().any(|row| row.is_externally_available.is_some());
        let used = role_types.iter().filter(|row| row.is_externally_available == Some(true));
        let used = used.map(|row| row.uuid).collect();
        let offered: BTreeSet<Uuid> = role_types.iter().map(|row| row.uuid).collect();
        let unlisted = wanted.difference(&offered).copied().collect();
        let unlisted = unlisted_role_types(&lists, organization.uuid, unlisted).await?;
        let offered = role_types.into_iter().map(|row| role_type(row, Told::Listed));
        let unlisted = unlisted.into_iter().map(|row| role_type(row, Told::Alone));
        let refused = refused_lists(&lists, organization.uuid).await;
        Ok(Probe {
            organization,
            used_externally: told.then_some(used),
            refused,
            role_types: offered.chain(unlisted).collect(),
            clock_skew: self.http.clock_skew(),
        })
    }

    async fn lists(&self) -> Result<Lists<'_>, Error> {
        let since = self.http.traffic();
        Ok(Lists {
            token: self.login.token(&self.http).await?,
            http: &self.http,
            login: &self.login,
            concurrency: self.concurrency,
            since,
            record: Record::new(),
            again: None,
        })
    }

    async fn attempt(
        &self,
        lists: Lists<'_>,
        known: &Known,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Pull, Error> {
        let find = pin!(self.expected_organization(&lists, known));
        // The organisation is nearly always the same as last time, so the lists need not wait
        // for it. If it is another, nothing of them is kept.
        let expected = match self.organization {
            OrganizationId::Uuid(uuid) => Some(uuid),
            OrganizationId::Cvr(_) => known.organization,
        };
        let (organization, (rows, unconfirmed)) = match expected {
            None => {
                let organization = find.await?;
                let read = read(&lists, organization.uuid, known, self.page_size, progress).await?;
                (organization, read)
            }
            Some(uuid) => {
                let read = pin!(read(&lists, uuid, known, self.page_size, progress));
                match select(find, read).await {
                    Either::Left((organization, read)) => (organization?, read.await?),
                    // Without membership the lists can fail for that reason alone: report the
                    // cause, not what follows from it.
                    Either::Right((read, organization)) => (organization.await?, read?),
                }
            }
        };
        Ok(Pull {
            snapshot: snapshot(organization, rows),
            traffic: self.traffic_since(lists.since),
            unconfirmed,
            answers: lists.record.answers(self.reader),
        })
    }

    /// Our organisation, which must be the one that the database is of.
    async fn expected_organization(
        &self,
        lists: &Lists<'_>,
        known: &Known,
    ) -> Result<Organization, Error> {
        let organization = organization::find(lists, &self.organization).await?;
        match known.organization {
            Some(known) if known != organization.uuid => {
                Err(Error::WrongOrganization { known, found: organization.uuid })
            }
            _ => Ok(organization),
        }
    }
}
