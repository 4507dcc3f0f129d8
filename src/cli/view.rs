//! What reading commands need to show names instead of uuids.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::args::as_uuid;
use super::output::{UsageError, plain};
use crate::config::Config;
use crate::jobs::{Error, LeadersFile, next_mails, read_leaders, resolve};
use crate::model::{
    Fault, Language, Person, Rule, Snapshot, SuggestionReason, SystemUsage, Waiver,
};
use crate::policy::Policy;
use crate::register::history::History;
use crate::store::{
    ToldOf, current_snapshot, departed_addresses, former_usage_names, heirs, last_owners,
    person_names, recorded_roles, refused_addresses, snapshot_at, told_of, waivers_in_force,
};
use crate::text::wording::{self, Names};
use crate::time::civil;
use crate::time::civil::local_date;

/// A snapshot with what is needed to read it: the current one, or that of an
/// earlier day.
#[derive(Debug)]
pub struct View {
    pub snapshot: Snapshot,
    pub policy: Policy,
    /// The instant for which it is true …
    pub at: DateTime<Utc>,
    /// … and its day.
    pub today: NaiveDate,
    /// In force then, by finding.
    pub waivers: BTreeMap<i64, Waiver>,
    /// Everyone ever seen and not forgotten.
    pub names: BTreeMap<Uuid, String>,
    /// Usages that KITOS no longer has.
    pub former: BTreeMap<Uuid, String>,
    /// Those of `former` that were registered anew, and what they go on as.
    pub heirs: BTreeMap<Uuid, Uuid>,
    /// What was told of each finding, and when of it next; filled by
    /// [`load_advice`](Self::load_advice).
    pub told: BTreeMap<i64, ToldOf>,
    pub next_mails: BTreeMap<i64, DateTime<Utc>>,
}

/// An owner in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerJson {
    pub name: String,
    pub email: Option<String>,
}

impl View {
    pub fn load(
        connection: &Connection,
        config: &Config,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let snapshot = current_snapshot(connection)?.ok_or(Error::NoSnapshot)?;
        Self::of(connection, config, snapshot, now)
    }

    /// The register as it stood at the end of `day`, or until now. `None` where no
    /// pull had been made by then.
    pub fn load_on(
        connection: &Connection,
        config: &Config,
        day: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, Error> {
        let end = civil::end_of(day, config.schedule.time_zone) - TimeDelta::milliseconds(1);
        let at = end.min(now);
        let Some(snapshot) = snapshot_at(connection, at)? else { return Ok(None) };
        Self::of(connection, config, snapshot, at).map(Some)
    }

    fn of(
        connection: &Connection,
        config: &Config,
        snapshot: Snapshot,
        at: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let policy = resolve(config, &recorded_roles(connection)?, &snapshot).policy;
        Ok(Self {
            policy,
            at,
            today: local_date(at, config.schedule.time_zone),
            waivers: waivers_in_force(connection, at)?,
            names: person_names(connection)?,
            former: former_usage_names(connection)?,
            heirs: heirs(connection)?,
            told: BTreeMap::new(),
            next_mails: BTreeMap::new(),
            snapshot,
        })
    }

    /// What suggestions are made from, with the leaders taken into the policy. A
    /// leaders file that cannot be used means no leaders, and a note on stderr.
    pub fn load_advice(
        &mut self,
        connection: &Connection,
        config: &Config,
    ) -> Result<History, Error> {
        self.policy.leaders = match read_leaders(config) {
            LeadersFile::None => None,
            LeadersFile::Read { leaders, .. } => Some(leaders),
            LeadersFile::Broken(why) => {
                super::complain(&format!("no leader is suggested: {why}"));
                None
            }
        };
        self.told = told_of(connection, config.mail.mode, self.at)?;
        self.next_mails = next_mails(connection, config, self.at)?;
        Ok(History {
            last_owner: last_owners(connection, &self.policy.owner_roles)?,
            refused: refused_addresses(connection)?,
            departed: departed_addresses(connection)?,
            ..History::default()
        })
    }

    /// The usage, on an earlier day under the uuid that it had before it was
    /// registered anew.
    pub fn usage(&self, uuid: Uuid) -> Option<&SystemUsage> {
        let usages = &self.snapshot.usages;
        let mut before = self.heirs.iter().filter(|(_, heir)| **heir == uuid);
        usages.get(&uuid).or_else(|| before.find_map(|(before, _)| usages.get(before)))
    }

    pub fn system_name(&self, usage: Uuid) -> String {
        self.usage(usage)
            .map(|u| self.snapshot.usage_name(u).to_owned())
            .or_else(|| self.former.get(&usage).cloned())
            .unwrap_or_else(|| usage.to_string())
    }

    pub fn person_name(&self, person: Uuid) -> String {
        self.names.get(&person).cloned().unwrap_or_else(|| person.to_string())
    }

    /// One line of a finding's detail, with names.
    pub fn word(&self, fault: &Fault, rule: Rule) -> String {
        self.with_names(|names| wording::terse(fault, rule, names))
    }

    /// Why someone is suggested, with names.
    pub fn reason(&self, language: Language, reason: &SuggestionReason) -> String {
        self.with_names(|names| wording::suggestion(language, reason, names))
    }

    fn with_names(&self, word: impl FnOnce(Names<'_>) -> String) -> String {
        let unit = |uuid: Uuid| {
            self.snapshot.units.get(&uuid).map_or_else(|| uuid.to_string(), |u| u.name.clone())
        };
        word(Names {
            person: &|uuid| self.person_name(uuid),
            system: &|uuid| self.system_name(uuid),
            unit: &unit,
        })
    }

    pub fn unit_name(&self, usage: &SystemUsage) -> Option<String> {
        let unit = self.snapshot.units.get(&usage.responsible_unit?)?;
        Some(unit.name.clone())
    }

    pub fn owners(&self, usage: &SystemUsage) -> Vec<OwnerJson> {
        self.snapshot
            .owners(usage, &self.policy.owner_roles)
            .into_iter()
            .map(|person| OwnerJson { name: person.name.clone(), email: person.email.clone() })
            .collect()
    }

    /// Whether someone with this address owns the usage.
    pub fn is_owned_by(&self, usage: &SystemUsage, address: &str) -> bool {
        let same = |person: &&Person| {
            person.email.as_deref().is_some_and(|email| email.trim().eq_ignore_ascii_case(address))
        };
        self.snapshot.owners(usage, &self.policy.owner_roles).iter().any(same)
    }

    /// The one usage that a person means by a uuid or by part of a name.
    pub fn find(&self, text: &str) -> Result<Uuid, UsageError> {
        if let Some(uuid) = as_uuid(text) {
            let uuid = self.heirs.get(&uuid).copied().unwrap_or(uuid);
            let known = self.snapshot.usages.contains_key(&uuid) || self.former.contains_key(&uuid);
            return known.then_some(uuid).ok_or_else(|| {
                UsageError(format!(
                    "no system with the uuid {uuid}. `kitos-sync systems` lists all"
                ))
            });
        }
        let wanted = text.trim().to_lowercase();
        let mut found: Vec<(Uuid, String)> = self
            .snapshot
            .usages
            .keys()
            .chain(self.former.keys().filter(|uuid| !self.snapshot.usages.contains_key(*uuid)))
            .filter(|uuid| !self.heirs.contains_key(*uuid))
            .map(|uuid| (*uuid, self.system_name(*uuid)))
            .filter(|(_, name)| name.to_lowercase().contains(&wanted))
            .collect();
        // A whole name beats names that merely hold it.
        if let Some(exact) = found.iter().position(|(_, name)| name.trim().to_lowercase() == wanted)
            && found.iter().filter(|(_, name)| name.trim().to_lowercase() == wanted).count() == 1
        {
            return Ok(found[exact].0);
        }
        match found.len() {
            1 => Ok(found[0].0),
            0 => Err(UsageError(format!(
                "no system's name holds \"{text}\". `kitos-sync systems` lists all"
            ))),
            many => {
                found.sort_by(|a, b| crate::text::danish::compare(&a.1, &b.1));
                let line = |(uuid, name): &(Uuid, String)| format!("  {uuid}  {}", plain(name));
                let some: Vec<String> = found.iter().take(10).map(line).collect();
                Err(UsageError(format!(
                    "{many} systems' names hold \"{text}\". Give one's uuid:\n{}",
                    some.join("\n")
                )))
            }
        }
    }
}
