//! The configuration: one TOML file, its defaults, its errors.
//!
//! [`load`] reads the file, lays the environment over it and reports every
//! problem at once. Secrets are not part of a [`Config`]: a [`Secret`] says
//! where one comes from, and [`Secret::read`] fetches it when it is needed, so
//! that commands which only read the database need no access to it.

mod addresses;
mod environment;
mod given;
mod load;
mod pending;
mod problem;
mod read;
mod rules;
mod secret;
mod sections;
mod suggest;
mod unknown;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::model::{LifeCycle, MailMode, Missing, Rule, Severity};
use crate::time::schedule::CronLine;

pub use crate::model::Language;
pub use environment::Environment;
pub use load::{DEFAULT_PATH, Loaded, keys, load};
pub use problem::{ConfigError, Place, Problem, Problems};
pub use read::Key;
pub use secret::{Secret, SecretError};

/// Everything that the file can say, with defaults filled in (`contract.md`,
/// "Configuration"). Field names are the keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub kitos: Kitos,
    pub database: Database,
    pub schedule: Schedule,
    pub policy: Policy,
    pub notify: Notify,
    pub mail: Mail,
    pub guard: Guard,
    pub web: Web,
    pub metrics: Metrics,
    pub monitor: Monitor,
    pub retention: Retention,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Kitos {
    /// Origin (and path prefix, if any) without a trailing slash.
    pub url: String,
    pub email: String,
    pub password: Secret,
    pub organization: OrganizationId,
    pub page_size: u32,
    pub concurrency: usize,
    pub request_timeout: Duration,
    pub pull_timeout: Duration,
    pub ca_file: Option<PathBuf>,
    pub proxy: Option<String>,
    /// Whom the proxy knows us as, where it asks.
    pub proxy_user: Option<String>,
    pub proxy_password: Secret,
}

impl Kitos {
    /// The machine in `url`.
    pub fn host(&self) -> String {
        // The reader took it for a URL with a host.
        let url = reqwest::Url::parse(&self.url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| self.url.clone())
    }
}

/// Which organisation is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationId {
    /// Eight digits.
    Cvr(String),
    Uuid(Uuid),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    pub path: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    pub time_zone: Tz,
    pub sync: CronLine,
    pub remind: CronLine,
    pub digest: CronLine,
    pub prune: CronLine,
    pub jitter: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Names or UUIDs, as written.
    pub owner_roles: Vec<String>,
    pub manager_roles: Vec<String>,
    pub contact_roles: Vec<String>,
    pub staff_units: Vec<String>,
    pub exclude: Exclude,
    pub leaders_file: Option<PathBuf>,
    /// Every rule is here.
    pub rules: BTreeMap<Rule, RuleSettings>,
}

/// Usages outside the policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exclude {
    pub uuids: Vec<Uuid>,
    /// Names; `*` stands for any characters.
    pub names: Vec<String>,
    pub lifecycles: Vec<LifeCycle>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RuleSettings {
    pub enabled: bool,
    pub severity: Severity,
    /// Days before the first reminder.
    pub grace: u32,
    pub thresholds: Thresholds,
}

/// A rule's own settings; `None` or empty where the rule has no such key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thresholds {
    /// `owner-level`: levels of the leaders file that may own.
    pub levels: Vec<String>,
    /// `registration-incomplete`: what must be filled in.
    pub require: Vec<Missing>,
    /// `registration-incomplete` (acquired within), `phasing-out-stalled`: days.
    pub days: Option<u32>,
    /// `gdpr-incomplete`, `registration-stale`: months.
    pub months: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Notify {
    /// Days between reminders of one finding; never empty.
    pub remind_every: Vec<u32>,
    pub escalate_after: u32,
    pub business_days_only: bool,
    pub not_before: NaiveTime,
    pub holidays: Vec<NaiveDate>,
    /// ISO weeks.
    pub quiet_weeks: Vec<u32>,
    pub max_mails_per_run: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    pub mode: MailMode,
    /// Defaults to `preview` in the database's folder.
    pub preview_dir: PathBuf,
    pub redirect_to: Option<String>,
    /// `Name <address>`.
    pub from: lettre::message::Mailbox,
    pub reply_to: Option<lettre::message::Mailbox>,
    /// Bare addresses; never empty.
    pub it: Vec<String>,
    pub alerts: Vec<String>,
    /// Lower case, without `@`.
    pub allowed_domains: Vec<String>,
    pub language: Language,
    pub templates: Option<PathBuf>,
    pub footer: Option<String>,
    pub smtp: Smtp,
    pub give_up_after: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    pub username: Option<String>,
    pub password: Secret,
    pub per_minute: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// STARTTLS, required; port 587 by default.
    StartTls,
    /// TLS from the first byte; port 465 by default.
    Tls,
    /// In clear text, to loopback only; port 25 by default.
    None,
}

impl SmtpSecurity {
    pub const ALL: [Self; 3] = [Self::StartTls, Self::Tls, Self::None];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// Limits of the guard as percentages, 0–100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guard {
    pub max_removed: f64,
    pub max_changed: f64,
    pub max_people: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Web {
    pub listen: Option<std::net::SocketAddr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    pub textfile: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    pub ping_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    pub history: Duration,
    pub people: Duration,
    pub mail_bodies: Duration,
    /// How many automatic backups are kept.
    pub backups: u32,
}
