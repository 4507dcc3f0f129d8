//! What is wrong with the program's own work for longer than a run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::guard::{HeldEnd, HoldOutlook, HoldReason};
use super::spelled::spelled;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    pub id: i64,
    pub kind: IncidentKind,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub facts: Vec<AlertFact>,
}

/// One thing that is known of an incident; `text/incidents.rs` tells it in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", content = "value", rename_all = "camelCase")]
pub enum AlertFact {
    /// Why the guard holds the pull.
    Held(HoldReason),
    /// A server's words or an error, as they came.
    Error(String),
    /// The last good pull.
    LastGoodPull(DateTime<Utc>),
    /// No pull was good since the installation was made.
    NoGoodPullSince(DateTime<Utc>),
    /// What became of the pull that was held, and by whom.
    Ended { how: HeldEnd, by: Option<String> },
    /// What would follow if the pull were released.
    Outlook(HoldOutlook),
    /// A reader of our own mails whom the mail server refuses, with its words.
    Refused { address: String, reply: String },
}
