//! One usage before the rules, with all that they may ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::{
    Contract, DataProcessing, Missing, Person, Rule, Snapshot, StateOfUse, SystemUsage,
};
use crate::policy::settings::Policy;
use crate::policy::thresholds::{Setting, ThresholdsOf};
use crate::register::history::History;

/// What a rule judges.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub snapshot: &'a Snapshot,
    pub history: &'a History,
    pub policy: &'a Policy,
    pub setting: &'a Setting,
    pub index: &'a Index<'a>,
    pub today: NaiveDate,
    pub usage: &'a SystemUsage,
    pub state: StateOfUse,
    /// The present owners.
    pub owners: &'a [&'a Person],
}

impl<'a> Case<'a> {
    /// The rule's own settings, of the type that its file declares.
    pub fn thresholds<T: ThresholdsOf>(&self) -> Arc<T> {
        self.setting.thresholds.get()
    }

    /// Whether another rule judges, too.
    pub fn is_on(&self, rule: Rule) -> bool {
        self.policy.rules.contains_key(&rule)
    }

    /// Whether KITOS tells this of no system ([`Snapshot::is_unknown`]).
    pub fn is_unknown(&self, field: &str) -> bool {
        self.snapshot.is_unknown(field)
    }

    pub fn decommissioned(&self) -> bool {
        self.state == StateOfUse::Decommissioned
    }

    /// The responsible unit, if it exists.
    pub fn responsible_unit(&self) -> Option<Uuid> {
        self.usage.responsible_unit.filter(|unit| self.snapshot.units.contains_key(unit))
    }

    /// Whether the unit is a staff unit, or lies in one.
    pub fn is_staff(&self, unit: Uuid) -> bool {
        self.policy.is_staff(self.snapshot, unit)
    }

    /// Whether no user of the organisation has one of `roles`. `false` if that cannot be known:
    /// KITOS has no such role, or sends no roles at all.
    pub fn nobody_in(&self, roles: &BTreeSet<Uuid>) -> bool {
        let unknown = roles.is_empty() || self.is_unknown(Missing::Owner.as_str());
        !unknown && !self.snapshot.has_owner(self.usage, roles)
    }

    /// Whether `day` lies more than `months` months ago.
    pub fn is_older_than(&self, day: NaiveDate, months: u32) -> bool {
        let limit = day.checked_add_months(chrono::Months::new(months));
        limit.is_some_and(|limit| limit < self.today)
    }

    /// Whether `day` lies more than `days` days ago.
    pub fn is_days_past(&self, day: NaiveDate, days: u32) -> bool {
        (self.today - day).num_days() > i64::from(days)
    }
}

/// The snapshot read backwards: what points to a usage.
#[derive(Debug, Default)]
pub struct Index<'a> {
    pub contracts: BTreeMap<Uuid, Vec<&'a Contract>>,
    pub registrations: BTreeMap<Uuid, Vec<&'a DataProcessing>>,
    /// Usages with a relation to this one.
    pub related_from: BTreeMap<Uuid, Vec<Uuid>>,
    /// Usages in scope, by shared system.
    pub of_system: BTreeMap<Uuid, Vec<Uuid>>,
}

impl<'a> Index<'a> {
    pub fn new(snapshot: &'a Snapshot, policy: &Policy, today: NaiveDate) -> Self {
        let mut index = Self::default();
        for contract in snapshot.contracts.values() {
            for usage in &contract.usages {
                index.contracts.entry(*usage).or_default().push(contract);
            }
        }
        for registration in snapshot.data_processing.values() {
            for usage in &registration.usages {
                index.registrations.entry(*usage).or_default().push(registration);
            }
        }
        for usage in snapshot.usages.values() {
            for to in &usage.relations {
                index.related_from.entry(*to).or_default().push(usage.uuid);
            }
            if policy.in_scope(snapshot, usage, today) {
                index.of_system.entry(usage.system).or_default().push(usage.uuid);
            }
        }
        index
    }
}
