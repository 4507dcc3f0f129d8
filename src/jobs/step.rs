//! What a commit works on.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::model::Snapshot;
use crate::query::{DeparturesFile, LeadersFile};
use crate::store::KeptPull;

/// The register as a pull found it, so that it is not read twice.
#[derive(Debug)]
pub(crate) struct Before {
    /// Of the snapshot that made it so.
    pub id: i64,
    pub snapshot: Snapshot,
}

/// One pull on its way into the register.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub config: &'a Config,
    pub pull: &'a KeptPull,
    pub before: Option<&'a Before>,
    pub taken_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// Rows whose absence is unconfirmed, for the guard; `None` when a person
    /// released the pull.
    pub guard: Option<usize>,
    pub leaders: &'a LeadersFile,
    pub departures: &'a DeparturesFile,
    pub accept_leaders: bool,
}
