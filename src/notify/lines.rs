//! One open finding as a reader needs it: names instead of uuids, a link to the
//! page on which it is put right. Shared by digest, reminder and escalation, so
//! that the same fault reads the same everywhere.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use uuid::Uuid;

use crate::model::{Finding, FindingLine, Language, Snapshot};
use crate::notify::ledger::Ledger;
use crate::policy::rules::def;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::text::faults::whats;
use crate::text::links;
use crate::text::words::words;
use crate::time::civil::local_date;

/// Where the words of a line come from.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    pub snapshot: &'a Snapshot,
    /// Names of usages that the snapshot no longer has.
    pub former_names: &'a BTreeMap<Uuid, String>,
    /// Names of people, departed ones included.
    pub names: &'a BTreeMap<Uuid, String>,
    pub ui_url: &'a str,
    pub language: Language,
    pub zone: Tz,
    pub ledger: &'a Ledger,
}

impl Lines<'_> {
    /// The finding as it stands on `date`; nobody is suggested.
    pub fn finding(&self, finding: &Finding, date: NaiveDate) -> FindingLine {
        let (snapshot, rule) = (self.snapshot, def(finding.rule));
        let unit = snapshot.usages.get(&finding.usage).and_then(|usage| usage.responsible_unit);
        let opened = local_date(finding.opened_at, self.zone);
        let named = |name| finding.faults.first().and_then(|fault| fault.person(name));
        let departed = named("departed");
        let last_owner =
            departed.or_else(|| named("person")).filter(|_| nobody_owns(&finding.faults));
        let told = self.ledger.notified_of(finding.id);
        FindingLine {
            rule: finding.rule,
            severity: finding.severity,
            system: self.system(finding.usage),
            url: links::page(self.ui_url, snapshot.kitos_uuid(finding.usage), rule.tab),
            administration: unit.and_then(|u| snapshot.administration(u)).map(|u| u.name.clone()),
            unit: unit.and_then(|u| snapshot.units.get(&u)).map(|u| u.name.clone()),
            opened,
            age_days: (date - opened).num_days().max(0),
            since_baseline: finding.since_baseline,
            last_owner: last_owner.and_then(|uuid| self.names.get(&uuid).cloned()),
            departed: departed.is_some(),
            details: self.details(finding),
            by_policy_change: finding.by_policy_change,
            reminders: told.reminders,
            escalated: told.escalated_at.map(|at| local_date(at, self.zone)),
            suggestions: Vec::new(),
        }
    }

    /// What people call a usage, whether KITOS still has it or not.
    pub fn system(&self, usage: Uuid) -> String {
        let former = || self.former_names.get(&usage).cloned();
        let present = self.snapshot.usages.get(&usage);
        present
            .map(|usage| self.snapshot.usage_name(usage).to_owned())
            .or_else(former)
            .unwrap_or_default()
    }

    /// The name of a person, a system or a unit.
    fn name(&self, uuid: Uuid) -> Option<String> {
        let snapshot = self.snapshot;
        let usage = snapshot.usages.get(&uuid).map(|usage| snapshot.usage_name(usage).to_owned());
        usage
            .or_else(|| self.names.get(&uuid).cloned())
            .or_else(|| snapshot.units.get(&uuid).map(|unit| unit.name.clone()))
            .or_else(|| self.former_names.get(&uuid).cloned())
    }

    /// The lines of a finding, but for the two rules whose only line is the last
    /// owner.
    fn details(&self, finding: &Finding) -> Vec<String> {
        if nobody_owns(&finding.faults) {
            return Vec::new();
        }
        whats(&finding.faults, words(self.language), &|uuid| self.name(uuid))
    }
}
