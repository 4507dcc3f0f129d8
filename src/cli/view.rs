//! What reading commands need to show names instead of uuids.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::args::as_uuid;
use super::output::{UsageError, plain};
use crate::config::Config;
use crate::core::notices::local_date;
use crate::core::policy::Policy;
use crate::core::wording::{self, Names};
use crate::jobs::{Error, resolve};
use crate::model::{Fault, Language, Person, Rule, Snapshot, SystemUsage};
use crate::store::{current_snapshot, former_usage_names, person_names, recorded_roles};

/// The current snapshot with what is needed to read it.
#[derive(Debug)]
pub struct View {
    pub snapshot: Snapshot,
    pub policy: Policy,
    pub today: NaiveDate,
    /// Everyone ever seen and not forgotten.
    pub names: BTreeMap<Uuid, String>,
    /// Usages that KITOS no longer has.
    pub former: BTreeMap<Uuid, String>,
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
        let policy = resolve(config, &recorded_roles(connection)?, &snapshot).policy;
        Ok(Self {
            policy,
            today: local_date(now, config.schedule.time_zone),
            names: person_names(connection)?,
            former: former_usage_names(connection)?,
            snapshot,
        })
    }

    pub fn system_name(&self, usage: Uuid) -> String {
        self.snapshot
            .usages
            .get(&usage)
            .map(|u| self.snapshot.usage_name(u).to_owned())
            .or_else(|| self.former.get(&usage).cloned())
            .unwrap_or_else(|| usage.to_string())
    }

    pub fn person_name(&self, person: Uuid) -> String {
        self.names.get(&person).cloned().unwrap_or_else(|| person.to_string())
    }

    /// One line of a finding's detail, with names.
    pub fn word(&self, language: Language, fault: &Fault, rule: Rule) -> String {
        let unit = |uuid: Uuid| {
            self.snapshot.units.get(&uuid).map_or_else(|| uuid.to_string(), |u| u.name.clone())
        };
        let names = Names {
            person: &|uuid| self.person_name(uuid),
            system: &|uuid| self.system_name(uuid),
            unit: &unit,
        };
        wording::fault(language, fault, rule, names)
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
                found.sort_by(|a, b| crate::core::danish::compare(&a.1, &b.1));
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
