//! From where, by which configuration and when a question is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::error::Error;
use super::keeper::{Former, Keeper, LastOwners, Names};
use crate::config::Config;
use crate::model::{Language, Snapshot};
use crate::notify::identity::Identities;
use crate::store::Ownership;
use crate::time::civil::local_date;

/// The database as it is at one moment, and the configuration to read it by.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub connection: &'a Connection,
    pub config: &'a Config,
    pub now: DateTime<Utc>,
    /// In which sentences are.
    pub language: Language,
    /// Caches the register; all queries share it.
    pub keeper: &'a Keeper,
}

impl<'a> Moment<'a> {
    /// As mails are written.
    pub fn of(
        connection: &'a Connection,
        config: &'a Config,
        now: DateTime<Utc>,
        keeper: &'a Keeper,
    ) -> Self {
        Self { connection, config, now, language: config.mail.language, keeper }
    }

    pub fn today(&self) -> NaiveDate {
        self.day(self.now)
    }

    /// The day of an instant where the municipality is.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        local_date(at, self.config.schedule.time_zone)
    }

    /// The register as it is; `None` before the first pull.
    pub(super) fn maybe_snapshot(&self) -> Result<Option<Arc<Snapshot>>, Error> {
        self.keeper.snapshot(self.connection)
    }

    /// The register as it is.
    ///
    /// # Errors
    /// Before the first pull there is none.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        self.maybe_snapshot()?.ok_or(Error::NoSnapshot)
    }

    pub(super) fn names(&self) -> Result<Arc<Names>, Error> {
        self.keeper.names(self.connection)?.ok_or(Error::NoSnapshot)
    }

    pub(super) fn identities(&self) -> Result<Arc<Identities>, Error> {
        self.keeper.identities(self.connection)?.ok_or(Error::NoSnapshot)
    }

    pub(super) fn ownerships(&self) -> Result<Arc<Vec<Ownership>>, Error> {
        self.keeper.ownerships(self.connection)?.ok_or(Error::NoSnapshot)
    }

    pub(super) fn former(&self) -> Result<Arc<Former>, Error> {
        self.keeper.former(self.connection)?.ok_or(Error::NoSnapshot)
    }

    pub(super) fn departed(&self) -> Result<Arc<BTreeSet<String>>, Error> {
        self.keeper.departed(self.connection)?.ok_or(Error::NoSnapshot)
    }

    pub(super) fn last_owners(&self, roles: &BTreeSet<Uuid>) -> Result<Arc<LastOwners>, Error> {
        self.keeper.last_owners(self.connection, roles)?.ok_or(Error::NoSnapshot)
    }
}
