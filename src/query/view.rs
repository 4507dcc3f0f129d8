//! The register with what is needed to show names instead of uuids: as it is now,
//! or as it stood on an earlier day.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::keeper::Names;
use super::moment::Moment;
use super::policy::resolve;
use crate::model::{Fault, Rule, Snapshot, SuggestionReason, SystemUsage, Tab, Waiver};
use crate::policy::Policy;
use crate::store::{bindings, memberships, snapshot_at, waivers_in_force};
use crate::text::addresses::folded;
use crate::text::faults::whats;
use crate::text::links;
use crate::text::nearest::nearest_name;
use crate::text::suggestions;
use crate::text::words::words;
use crate::time::civil;

/// A snapshot with what is needed to read it: the current one, or that of an
/// earlier day.
#[derive(Debug)]
pub struct View<'a> {
    pub moment: Moment<'a>,
    pub snapshot: Arc<Snapshot>,
    pub policy: Policy,
    /// The instant for which it is true …
    pub at: DateTime<Utc>,
    /// … and its day.
    pub today: NaiveDate,
    /// In force then, by finding.
    pub waivers: BTreeMap<i64, Waiver>,
    pub names: Arc<Names>,
}

/// An owner in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    pub name: String,
    pub email: Option<String>,
}

impl<'a> View<'a> {
    pub fn load(moment: &Moment<'a>) -> Result<Self, Error> {
        Self::of(*moment, moment.snapshot()?, moment.now)
    }

    /// The register as it stood at the end of `day`, or until now. `None` where no
    /// pull had been made by then.
    pub fn load_on(moment: &Moment<'a>, day: NaiveDate) -> Result<Option<Self>, Error> {
        let zone = moment.config.schedule.time_zone;
        let end = civil::end_of(day, zone) - TimeDelta::milliseconds(1);
        let at = end.min(moment.now);
        let Some(snapshot) = snapshot_at(moment.connection, at)? else { return Ok(None) };
        Self::of(*moment, Arc::new(snapshot), at).map(Some)
    }

    fn of(moment: Moment<'a>, snapshot: Arc<Snapshot>, at: DateTime<Utc>) -> Result<Self, Error> {
        let connection = moment.connection;
        let policy = resolve(moment.config, &bindings(connection)?, &snapshot).policy;
        Ok(Self {
            policy,
            at,
            today: moment.day(at),
            waivers: waivers_in_force(connection, at)?,
            names: moment.names()?,
            snapshot,
            moment,
        })
    }

    pub fn usage(&self, uuid: Uuid) -> Option<&SystemUsage> {
        self.snapshot.usages.get(&uuid)
    }

    pub fn system_name(&self, usage: Uuid) -> String {
        self.usage(usage)
            .map(|u| self.snapshot.usage_name(u).to_owned())
            .or_else(|| self.names.usages.get(&usage).cloned())
            .unwrap_or_else(|| usage.to_string())
    }

    pub fn person_name(&self, person: Uuid) -> String {
        self.names.people.get(&person).cloned().unwrap_or_else(|| person.to_string())
    }

    /// The name of the thing with that uuid; `None` if it is no longer known.
    pub fn name(&self, uuid: Uuid) -> Option<String> {
        let Snapshot { units, role_types, systems, .. } = &*self.snapshot;
        let usage = self.usage(uuid).map(|usage| self.snapshot.usage_name(usage).to_owned());
        usage
            .or_else(|| self.names.people.get(&uuid).cloned())
            .or_else(|| units.get(&uuid).map(|unit| unit.name.clone()))
            .or_else(|| role_types.get(&uuid).map(|role| role.name.clone()))
            .or_else(|| systems.get(&uuid).map(|system| system.name.clone()))
            .or_else(|| self.names.usages.get(&uuid).cloned())
            .or_else(|| self.names.others.get(&uuid).cloned())
    }

    /// What a rule is called.
    pub fn rule_name(&self, rule: Rule) -> String {
        let key = format!("rule.{}.name", rule.as_str());
        words(self.moment.language).text(&key).to_owned()
    }

    /// The lines of a finding's detail, with names: a kind of fault is told once.
    pub fn details(&self, faults: &[Fault]) -> Vec<String> {
        whats(faults, words(self.moment.language), &|uuid| self.name(uuid))
    }

    /// Why someone is suggested, with names.
    pub fn reason(&self, reason: &SuggestionReason) -> String {
        suggestions::reason(reason, words(self.moment.language), &|uuid| self.name(uuid))
    }

    pub fn unit_name(&self, usage: &SystemUsage) -> Option<String> {
        let unit = self.snapshot.units.get(&usage.responsible_unit?)?;
        Some(unit.name.clone())
    }

    pub fn owners(&self, usage: &SystemUsage) -> Vec<Owner> {
        self.snapshot
            .owners(usage, &self.policy.owner_roles)
            .into_iter()
            .map(|person| Owner { name: person.name.clone(), email: person.email.clone() })
            .collect()
    }

    /// Where a usage is in KITOS.
    pub fn kitos_url(&self, usage: Uuid, tab: Tab) -> String {
        let ui_url = self.moment.config.kitos.ui_url();
        links::page(&ui_url, self.snapshot.kitos_uuid(usage), tab)
    }

    /// Refuses an address that no user has or had: the answer would read as "nothing is
    /// wrong".
    pub(super) fn someone_has(&self, address: &str) -> Result<(), Error> {
        let users = memberships(self.moment.connection)?;
        let addresses = users.iter().filter_map(|user| user.email.as_deref());
        if addresses.clone().any(|email| folded(email) == folded(address)) {
            return Ok(());
        }
        let near = nearest_name(address, addresses).map(str::to_owned);
        Err(Error::NobodyHas { text: address.to_owned(), near })
    }

    /// Whether someone with this address owns the usage.
    pub fn is_owned_by(&self, usage: &SystemUsage, address: &str) -> bool {
        self.policy.is_owner(&self.snapshot, usage, address)
    }
}
