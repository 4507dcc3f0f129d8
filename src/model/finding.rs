//! What is wrong, for as long as it is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fault::Fault;

/// The policy's rules (`policy.md`, "Findings"). All are named here so that
/// the configuration can be complete; which of them judge is `policy`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    OwnerMissing,
    OwnerDeparted,
    OwnerUnreachable,
    OwnerSeveral,
    OwnerLevel,
    OwnerOutsideUnit,
    CrossUnitOwner,
    RegistrationIncomplete,
    RegistrationContradictory,
    DecommissionIncomplete,
    PhasingOutStalled,
    GdprIncomplete,
    RegistrationStale,
    DuplicateUsage,
    ManagerMissing,
    ContactMissing,
}

impl Rule {
    pub const ALL: [Self; 16] = [
        Self::OwnerMissing,
        Self::OwnerDeparted,
        Self::OwnerUnreachable,
        Self::OwnerSeveral,
        Self::OwnerLevel,
        Self::OwnerOutsideUnit,
        Self::CrossUnitOwner,
        Self::RegistrationIncomplete,
        Self::RegistrationContradictory,
        Self::DecommissionIncomplete,
        Self::PhasingOutStalled,
        Self::GdprIncomplete,
        Self::RegistrationStale,
        Self::DuplicateUsage,
        Self::ManagerMissing,
        Self::ContactMissing,
    ];

    /// The spelling in configuration, JSON, database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OwnerMissing => "owner-missing",
            Self::OwnerDeparted => "owner-departed",
            Self::OwnerUnreachable => "owner-unreachable",
            Self::OwnerSeveral => "owner-several",
            Self::OwnerLevel => "owner-level",
            Self::OwnerOutsideUnit => "owner-outside-unit",
            Self::CrossUnitOwner => "cross-unit-owner",
            Self::RegistrationIncomplete => "registration-incomplete",
            Self::RegistrationContradictory => "registration-contradictory",
            Self::DecommissionIncomplete => "decommission-incomplete",
            Self::PhasingOutStalled => "phasing-out-stalled",
            Self::GdprIncomplete => "gdpr-incomplete",
            Self::RegistrationStale => "registration-stale",
            Self::DuplicateUsage => "duplicate-usage",
            Self::ManagerMissing => "manager-missing",
            Self::ContactMissing => "contact-missing",
        }
    }

    /// The inverse of [`as_str`](Self::as_str).
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text)
    }
}

/// How much a finding matters; the order is that of the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Info, Self::Low, Self::Medium, Self::High];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

/// Where a finding is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    Open,
    Waived,
    Resolved,
}

impl FindingState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waived => "waived",
            Self::Resolved => "resolved",
        }
    }
}

/// One occurrence of a rule's verdict on one usage. It opens once and resolves
/// once; the same fault later is a new `Finding` with a new `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub id: i64,
    pub rule: Rule,
    pub severity: Severity,
    pub usage: Uuid,
    pub faults: Vec<Fault>,
    pub opened_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// It was there in the first snapshot: its true age is unknown.
    pub since_baseline: bool,
    /// It opened because the policy's configuration or the leaders file changed,
    /// not because KITOS did.
    pub by_policy_change: bool,
}
