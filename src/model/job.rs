//! Jobs, their runs, and incidents that outlast a run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the daemon does, in the order in which `run --once` does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    Sync,
    Remind,
    Digest,
    Deliver,
    Prune,
}

impl JobKind {
    pub const ALL: [Self; 5] = [Self::Sync, Self::Remind, Self::Digest, Self::Deliver, Self::Prune];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Remind => "remind",
            Self::Digest => "digest",
            Self::Deliver => "deliver",
            Self::Prune => "prune",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.as_str() == text)
    }
}

/// How a run of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobOutcome {
    Done,
    Failed,
    /// The guard holds the pull.
    Held,
}

impl JobOutcome {
    pub const ALL: [Self; 3] = [Self::Done, Self::Failed, Self::Held];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Held => "held",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// One run of one job, kept as history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRun {
    pub job: JobKind,
    /// The scheduled occurrence that it served; `None` for a run by hand.
    pub scheduled_for: Option<DateTime<Utc>>,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub outcome: JobOutcome,
    /// One line for people: what it did, or why it failed.
    pub detail: String,
}

/// What can be wrong with the program's own work for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentKind {
    /// The guard holds a pull.
    Quarantine,
    /// KITOS refused the login.
    LoginRefused,
    /// KITOS no longer shows us the organisation: membership lost, or the
    /// organisation disabled.
    AccessLost,
    /// No good pull for 36 hours.
    StaleData,
    /// The leaders file cannot be trusted; the rules that need it stand still.
    LeadersFile,
    /// The mail server takes no mail at all.
    MailDown,
    /// The configuration was changed, and is wrong: the old one is in force.
    Configuration,
    /// The daily backup cannot be made.
    Backup,
    /// A reader of our own mails, the digest or alerts, is refused for good.
    DigestRefused,
}

impl IncidentKind {
    pub const ALL: [Self; 9] = [
        Self::Quarantine,
        Self::LoginRefused,
        Self::AccessLost,
        Self::StaleData,
        Self::LeadersFile,
        Self::MailDown,
        Self::Configuration,
        Self::Backup,
        Self::DigestRefused,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::LoginRefused => "login-refused",
            Self::AccessLost => "access-lost",
            Self::StaleData => "stale-data",
            Self::LeadersFile => "leaders-file",
            Self::MailDown => "mail-down",
            Self::Configuration => "configuration",
            Self::Backup => "backup",
            Self::DigestRefused => "digest-refused",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An incident opens once and closes once; one alert tells of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    pub id: i64,
    pub kind: IncidentKind,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub detail: String,
}
