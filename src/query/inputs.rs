//! Everything that the planner looks at, read from database, configuration and
//! leaders file at one moment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::error::Error;
use super::leaders::{self, LeadersFile};
use super::moment::Moment;
use super::policy::resolve;
use super::suggestions::suggestions;
use crate::config::Config;
use crate::model::{Finding, MailMode, Snapshot, SuggestionLine};
use crate::notify::lines::Lines;
use crate::notify::notices::Audience;
use crate::notify::{self, Cadence, Calendar, Material, Told};
use crate::policy::Policy;
use crate::policy::leaders::Leaders;
use crate::register::history::LastOwner;
use crate::store::{
    current_snapshot, former_usage_names, last_owners, last_snapshot, open_findings, person_names,
    recorded_roles, refused_addresses, told, waivers_in_force,
};
use crate::time::calendar::WorkingDays;

/// The planner's material, owned.
#[derive(Debug)]
pub struct Inputs<'a> {
    config: &'a Config,
    ui_url: String,
    now: DateTime<Utc>,
    snapshot: Snapshot,
    policy: Policy,
    leaders: Option<Leaders>,
    leaders_unknown: bool,
    audience: Audience,
    refused: BTreeSet<String>,
    last_owners: BTreeMap<Uuid, LastOwner>,
    open: Vec<Finding>,
    waivers: BTreeMap<i64, DateTime<Utc>>,
    suggestions: BTreeMap<Uuid, Vec<SuggestionLine>>,
    told: Told,
    cadence: Cadence,
    calendar: Calendar,
    last_good_pull: DateTime<Utc>,
    former_names: BTreeMap<Uuid, String>,
    names: BTreeMap<Uuid, String>,
}

impl<'a> Inputs<'a> {
    pub fn load(
        connection: &Connection,
        config: &'a Config,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        Self::load_for(connection, config, now, config.mail.mode)
    }

    /// As if `mail.mode` were `mode`.
    pub fn load_for(
        connection: &Connection,
        config: &'a Config,
        now: DateTime<Utc>,
        mode: MailMode,
    ) -> Result<Self, Error> {
        let snapshot = current_snapshot(connection)?.ok_or(Error::NoSnapshot)?;
        let last = last_snapshot(connection)?.ok_or(Error::NoSnapshot)?;
        let mut policy = resolve(config, &recorded_roles(connection)?, &snapshot).policy;
        let (leaders, leaders_unknown) = match leaders::read(config) {
            LeadersFile::None => (None, false),
            LeadersFile::Read { leaders, .. } => (Some(leaders), false),
            LeadersFile::Broken(_) => (None, true),
        };
        policy.leaders.clone_from(&leaders);
        Ok(Self {
            last_owners: last_owners(connection, &policy.owner_roles)?,
            leaders,
            leaders_unknown,
            audience: audience(config),
            refused: refused_addresses(connection)?,
            open: open_findings(connection)?,
            waivers: waivers(connection, now)?,
            suggestions: suggestions(connection, &snapshot, &policy, config.mail.language)?,
            told: told(connection, mode, now)?,
            cadence: cadence(config),
            calendar: calendar(config),
            last_good_pull: last.taken_at,
            former_names: former_usage_names(connection)?,
            names: person_names(connection)?,
            policy,
            snapshot,
            ui_url: config.kitos.ui_url(),
            config,
            now,
        })
    }

    pub fn material(&self) -> Material<'_> {
        Material {
            lines: Lines {
                snapshot: &self.snapshot,
                former_names: &self.former_names,
                names: &self.names,
                kitos_url: &self.ui_url,
                language: self.config.mail.language,
                zone: self.config.schedule.time_zone,
                suggestions: &self.suggestions,
                told: &self.told,
            },
            policy: &self.policy,
            leaders: self.leaders.as_ref(),
            leaders_unknown: self.leaders_unknown,
            audience: &self.audience,
            refused: &self.refused,
            last_owners: &self.last_owners,
            open: &self.open,
            waivers: &self.waivers,
            told: &self.told,
            cadence: &self.cadence,
            calendar: &self.calendar,
            last_good_pull: self.last_good_pull,
            now: self.now,
        }
    }
}

/// Until when findings are waived: the one place where mails ask.
pub fn waivers(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<BTreeMap<i64, DateTime<Utc>>, Error> {
    let in_force = waivers_in_force(connection, now)?;
    Ok(in_force.into_iter().map(|(finding, waiver)| (finding, waiver.ends_at)).collect())
}

fn cadence(config: &Config) -> Cadence {
    let grace = config.policy.rules.iter().map(|(rule, settings)| (*rule, settings.grace));
    Cadence {
        grace: grace.collect(),
        remind_every: config.notify.remind_every.clone(),
        escalate_after: usize::try_from(config.notify.escalate_after).unwrap_or(usize::MAX),
        max_mails_per_run: usize::try_from(config.notify.max_mails_per_run).unwrap_or(usize::MAX),
    }
}

fn calendar(config: &Config) -> Calendar {
    Calendar {
        working_days: working_days(config),
        quiet_weeks: config.notify.quiet_weeks.iter().copied().collect(),
        remind: config.schedule.remind.clone(),
        digest: config.schedule.digest.clone(),
    }
}

/// Whom mail may reach, by the configuration.
pub fn audience(config: &Config) -> Audience {
    Audience {
        it: config.mail.it.clone(),
        allowed_domains: config.mail.allowed_domains.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

/// When owners may be written to, by the configuration.
pub fn working_days(config: &Config) -> WorkingDays {
    WorkingDays {
        holidays: config.notify.holidays.iter().copied().collect(),
        zone: config.schedule.time_zone,
        not_before: config.notify.not_before,
        business_days_only: config.notify.business_days_only,
    }
}

/// When each open finding is next told of or looked at.
pub fn next_mails(moment: &Moment<'_>) -> Result<BTreeMap<i64, DateTime<Utc>>, Error> {
    let inputs = Inputs::load(moment.connection, moment.config, moment.now)?;
    Ok(notify::next_mail_at(&notify::plan(&inputs.material())))
}
