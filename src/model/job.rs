//! Jobs, their runs, and incidents that outlast a run.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::spelled::spelled;

spelled! {
    "lowercase",
    /// What the daemon does, in the order in which `run --once` does it.
    pub enum JobKind {
        Sync,
        Remind,
        Digest,
        Deliver,
        Prune,
    }
}

spelled! {
    "lowercase",
    /// How a run of a job ended.
    pub enum JobOutcome {
        Done,
        Failed,
        /// The guard holds the pull.
        Held,
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

spelled! {
    "kebab-case",
    /// What can be wrong with the program's own work for a while.
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
