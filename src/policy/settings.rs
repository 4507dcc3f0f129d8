//! The municipality's policy, resolved against what KITOS has: who counts as owner,
//! which usages it covers, and how its rules are set.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::leaders::Leaders;
use super::thresholds::Setting;
use crate::model::{LifeCycle, Rule, Snapshot, StateOfUse, SystemUsage};
use crate::text::addresses::folded;
use crate::text::names::key;

/// The policy, resolved against KITOS's role types and units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Role types that count as owner …
    pub owner_roles: BTreeSet<Uuid>,
    /// … as manager (systemforvalter) …
    pub manager_roles: BTreeSet<Uuid>,
    /// … and as daily contact.
    pub contact_roles: BTreeSet<Uuid>,
    /// Those that counted as owner when the pull before was judged; empty where nothing was
    /// yet.
    pub owner_roles_before: BTreeSet<Uuid>,
    /// Units that are staff units (stabe).
    pub staff_units: BTreeSet<Uuid>,
    pub excluded_uuids: BTreeSet<Uuid>,
    /// Patterns of names in lower case; `*` stands for any characters.
    pub excluded_names: Vec<String>,
    pub excluded_life_cycles: BTreeSet<LifeCycle>,
    /// `mail.allowed_domains`, lower case; empty allows all.
    pub allowed_domains: BTreeSet<String>,
    /// Who may own; `None` without a leaders file.
    pub leaders: Option<Leaders>,
    /// The rules that are on.
    pub rules: BTreeMap<Rule, Setting>,
}

impl Policy {
    /// Whether the policy covers the usage today: not decommissioned, and not
    /// excluded by configuration (docs/policy.md, "Words": In scope).
    pub fn in_scope(&self, snapshot: &Snapshot, usage: &SystemUsage, today: NaiveDate) -> bool {
        usage.state(today) != StateOfUse::Decommissioned && !self.excludes(snapshot, usage)
    }

    /// Whether the unit is a staff unit, or lies in one.
    pub fn is_staff(&self, snapshot: &Snapshot, unit: Uuid) -> bool {
        snapshot.way_up(unit).any(|unit| self.staff_units.contains(&unit))
    }

    /// Whether someone with this address owns the usage.
    pub fn is_owner(&self, snapshot: &Snapshot, usage: &SystemUsage, address: &str) -> bool {
        let address = folded(address);
        let is_theirs = |own: &str| folded(own) == address;
        let owners = snapshot.owners(usage, &self.owner_roles);
        owners.iter().any(|owner| owner.email.as_deref().is_some_and(is_theirs))
    }

    /// The role types that counted as owner at the pull before. A changed configuration
    /// makes no one a new owner.
    pub fn owners_then(&self) -> &BTreeSet<Uuid> {
        match self.owner_roles_before.is_empty() {
            true => &self.owner_roles,
            false => &self.owner_roles_before,
        }
    }

    /// Whether `policy.exclude` names the usage.
    pub fn excludes(&self, snapshot: &Snapshot, usage: &SystemUsage) -> bool {
        self.excluded_uuids.contains(&usage.uuid)
            || usage.life_cycle.as_ref().is_some_and(|l| self.excluded_life_cycles.contains(l))
            || !self.excluded_names.is_empty() && {
                let name = key(snapshot.usage_name(usage));
                self.excluded_names.iter().any(|pattern| matches(pattern, &name))
            }
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut rest = rest;
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::judge;
    use crate::register::history::History;
    use crate::testing::{TODAY, at, day, id, policy, randers};
    use crate::time::civil::local_date;

    fn is_judged(policy: &Policy, snapshot: &Snapshot) -> bool {
        !judge(snapshot, &History::default(), policy, day(TODAY)).is_empty()
    }

    #[test]
    fn a_decommissioned_usage_is_out_of_scope() {
        type Edit = fn(&mut SystemUsage);
        let cases: [(&str, Edit, bool); 10] = [
            ("in use", |_| {}, true),
            ("not in use", |u| u.life_cycle = Some(LifeCycle::NotInUse), false),
            ("phasing out", |u| u.life_cycle = Some(LifeCycle::PhasingOut), true),
            ("no life cycle", |u| u.life_cycle = None, true),
            ("a new life cycle", |u| u.life_cycle = Some(LifeCycle::from_kitos("Sleeping")), true),
            ("ended yesterday", |u| u.valid_to = Some(day("2026-11-09")), false),
            ("ends today", |u| u.valid_to = Some(day("2026-11-10")), true),
            ("ends tomorrow", |u| u.valid_to = Some(day("2026-11-11")), true),
            ("not begun", |u| u.valid_from = Some(day("2026-11-11")), true),
            (
                "ends tomorrow and is not in use",
                |u| {
                    u.valid_to = Some(day("2026-11-11"));
                    u.life_cycle = Some(LifeCycle::NotInUse);
                },
                false,
            ),
        ];
        for (why, edit, covered) in cases {
            let snapshot = randers().usage("løn").edit("løn", edit);
            assert_eq!(is_judged(&policy(), &snapshot), covered, "{why}");
            let usage = &snapshot.usages[&id("løn")];
            assert_eq!(policy().in_scope(&snapshot, usage, day(TODAY)), covered, "{why}");
        }
    }

    #[test]
    fn the_configuration_excludes_usages() {
        let plain = randers().usage("løn");
        let local =
            randers().usage("løn").edit("løn", |u| u.local_name = Some(" TEST af Ø ".into()));
        let names = |names: &[&str]| Policy {
            excluded_names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..policy()
        };
        let life_cycles = |of: LifeCycle| Policy { excluded_life_cycles: [of].into(), ..policy() };
        let uuids = |name| Policy { excluded_uuids: [id(name)].into(), ..policy() };
        for (why, snapshot, policy, excluded) in [
            ("nothing", &plain, policy(), false),
            ("its uuid", &plain, uuids("løn"), true),
            ("another uuid", &plain, uuids("løn/system"), false),
            ("its name", &plain, names(&["x", "løn"]), true),
            ("part of its name", &plain, names(&["lø"]), false),
            ("a pattern", &plain, names(&["lø*"]), true),
            ("the local name, whatever its case", &local, names(&["test*ø"]), true),
            ("the shared name behind a local one", &local, names(&["løn"]), false),
            ("its life cycle", &plain, life_cycles(LifeCycle::Operational), true),
            ("another life cycle", &plain, life_cycles(LifeCycle::Pilot), false),
        ] {
            assert_eq!(is_judged(&policy, snapshot), !excluded, "{why}");
        }
    }

    #[test]
    fn patterns_of_excluded_names() {
        for (pattern, text, fits) in [
            ("test", "test", true),
            ("test", "test 2", false),
            ("test*", "test 2", true),
            ("*test", "en test", true),
            ("*test*", "en test af", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("*ø*", "sønderborg", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn today_is_the_day_of_the_zone_and_not_of_utc() {
        let copenhagen = chrono_tz::Europe::Copenhagen;
        for (instant, end, decommissioned) in [
            // Half past midnight on the 10th in Denmark, the 9th in UTC.
            ("2026-11-09T23:30:00Z", "2026-11-08", true),
            ("2026-11-09T23:30:00Z", "2026-11-09", true),
            ("2026-11-09T23:30:00Z", "2026-11-10", false),
            // Half past eleven in the evening on the 9th in both.
            ("2026-11-09T22:30:00Z", "2026-11-09", false),
            // Summer time: two hours.
            ("2026-07-09T21:59:59Z", "2026-07-09", false),
            ("2026-07-09T22:00:00Z", "2026-07-09", true),
        ] {
            let today = local_date(at(instant), copenhagen);
            let snapshot = randers().usage("løn").edit("løn", |u| u.valid_to = Some(day(end)));
            let state = snapshot.usages[&id("løn")].state(today);
            assert_eq!(state == StateOfUse::Decommissioned, decommissioned, "{end} at {instant}");
        }
    }
}
