//! What a commit works on.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::grounds::Ahead;
use crate::kitos::Answers;
use crate::model::Snapshot;
use crate::query::{DeparturesFile, LeadersFile, Moment};
use crate::store::KeptPull;

/// The register as a pull found it, so that it is not read twice.
#[derive(Debug)]
pub(crate) struct Before {
    /// Of the snapshot that made it so.
    pub id: i64,
    pub snapshot: Arc<Snapshot>,
}

/// What KITOS replied to a pull, held against the pull before.
#[derive(Debug)]
pub(crate) enum Replies {
    /// KITOS replied exactly as in the pull that produced snapshot `of`, so that register is
    /// reused. `ahead`: findings already computed from it, if any.
    AsBefore { of: i64, ahead: Option<Box<Ahead>> },
    /// New replies, with the answers by which the next pull can recognise them; `None` if the
    /// next pull must read its own.
    Anew(Option<Answers>),
}

/// One pull on its way into the register.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    /// When, by which configuration and in which transaction.
    pub moment: Moment<'a>,
    pub pull: &'a KeptPull,
    pub replies: &'a Replies,
    pub before: Option<&'a Before>,
    pub taken_at: DateTime<Utc>,
    /// Rows whose absence is unconfirmed, for the guard; `None` when a person
    /// released the pull.
    pub guard: Option<usize>,
    pub leaders: &'a LeadersFile,
    pub departures: &'a DeparturesFile,
    pub accept_leaders: bool,
}
