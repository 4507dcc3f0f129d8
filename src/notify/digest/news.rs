//! What happened since the last digest, by cause.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::data::{Asked, Cause, Solved, Story};
use super::material::{Material, count, names};
use crate::model::{
    Change, ChangeKind, Ending, FaultArg, Finding, Missing, Rule, StateOfUse, SystemUsage,
};
use crate::notify::recipients::route;
use crate::policy::rules::def;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::policy::rules::registration_incomplete::UNIT_GONE;
use crate::text::danish;

/// What explains a new finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Left(Uuid),
    Unreachable(Uuid),
    /// Its system is new.
    Acquired(Uuid),
    /// The organisation's units are others now.
    Units {
        changed: u32,
    },
    PolicyChange,
    Rule(Rule),
}

/// What is newly wrong: one story for each cause, the largest first.
pub(super) fn stories(material: &Material<'_>) -> Vec<Story> {
    let acquired = material.happened_to(ChangeKind::Acquired);
    let units = changed_units(material);
    let mut by_cause: BTreeMap<Why, Vec<&Finding>> = BTreeMap::new();
    for finding in material.opened() {
        let why = match why(material, finding, &acquired) {
            Why::Rule(_) if is_by_units(material, finding, &units) => {
                Why::Units { changed: count(units.len()) }
            }
            why => why,
        };
        by_cause.entry(why).or_default().push(finding);
    }
    let mut stories: Vec<Story> = Vec::new();
    for (why, findings) in by_cause {
        let cause = cause(material, &why, &findings);
        let story = Story {
            cause,
            findings: count(findings.len()),
            systems: names(material, findings.iter().copied()),
            unit: material.common_unit(&findings),
        };
        // New systems that lack the same are one story.
        let is_acquired = matches!(story.cause, Cause::Acquired { .. });
        match stories.iter_mut().find(|other| is_acquired && other.cause == story.cause) {
            Some(other) => {
                other.findings += story.findings;
                other.systems.extend(story.systems);
                other.unit = other.unit.take().filter(|unit| story.unit.as_ref() == Some(unit));
            }
            None => stories.push(story),
        }
    }
    for story in &mut stories {
        story.systems.sort_by(|a, b| danish::compare(a, b));
    }
    stories.sort_by_key(|story| std::cmp::Reverse(story.findings));
    stories
}

fn why(material: &Material<'_>, finding: &Finding, acquired: &BTreeSet<Uuid>) -> Why {
    let rule = def(finding.rule);
    let named = |name| finding.faults.first().and_then(|fault| fault.person(name));
    if finding.by_policy_change {
        Why::PolicyChange
    } else if acquired.contains(&finding.usage) {
        Why::Acquired(finding.usage)
    } else if let Some(person) = material.leaver(finding) {
        Why::Left(person)
    } else if let Some(person) = named("person").filter(|_| rule.asks_mail_server) {
        Why::Unreachable(person)
    } else {
        Why::Rule(finding.rule)
    }
}

fn cause(material: &Material<'_>, why: &Why, findings: &[&Finding]) -> Cause {
    let name = |person: &Uuid| material.lines.names.get(person).cloned().unwrap_or_default();
    match why {
        Why::Left(person) => {
            let on = material.left_on(*person).unwrap_or(material.date);
            Cause::Left { person: name(person), on, asked: asked(material, findings) }
        }
        Why::Unreachable(person) => Cause::Unreachable { person: name(person) },
        Why::Acquired(_) => Cause::Acquired { missing: missing(findings) },
        Why::Units { changed } => Cause::Units { changed: *changed },
        Why::PolicyChange => Cause::PolicyChange,
        Why::Rule(rule) => Cause::Rule(*rule),
    }
}

fn changed_units(material: &Material<'_>) -> BTreeSet<Uuid> {
    let unit = |(_, change): &(NaiveDate, Change)| match change {
        Change::OrganizationUnitChanged { unit, .. } => Some(*unit),
        _ => None,
    };
    material.changes.iter().filter_map(unit).collect()
}

/// Whether the finding is about a unit that is another now, or lies under one.
fn is_by_units(material: &Material<'_>, finding: &Finding, changed: &BTreeSet<Uuid>) -> bool {
    if changed.is_empty() {
        return false;
    }
    let snapshot = material.lines.snapshot;
    let responsible = snapshot.usages.get(&finding.usage).and_then(|usage| usage.responsible_unit);
    let named = finding.faults.iter().flat_map(|fault| {
        let args = fault.args().filter_map(|(_, arg)| match arg {
            FaultArg::Unit(unit) => Some(*unit),
            _ => None,
        });
        args.chain(responsible.filter(|_| fault.kind() == UNIT_GONE))
    });
    let mut lines = named.map(|unit| snapshot.unit_line(unit));
    lines.any(|line| !line.is_disjoint(changed))
}

/// Who is asked, where it is one person for all for whom somebody is.
fn asked(material: &Material<'_>, findings: &[&Finding]) -> Option<Asked> {
    let mut asked: Option<Asked> = None;
    for finding in findings {
        let deadline = material.situation.ledger.notified_of(finding.id).deadline;
        for recipient in route(material.situation.directory, finding).recipients() {
            let asked = asked.get_or_insert_with(|| {
                let name = recipient.name.clone();
                Asked { name, systems: 0, deadline: None }
            });
            if asked.name != recipient.name {
                return None;
            }
            asked.systems += 1;
            asked.deadline = asked.deadline.max(deadline);
        }
    }
    asked
}

/// The fields that new systems lack, as the keys of their words have them.
fn missing(findings: &[&Finding]) -> Vec<String> {
    let mut missing = Vec::new();
    for finding in findings {
        let fields = finding.faults.iter().flat_map(|fault| fault.args());
        let fields = fields.filter_map(|(_, arg)| match arg {
            FaultArg::Field(field) => Some(field.to_string()),
            _ => None,
        });
        let owner = nobody_owns(&finding.faults).then(|| Missing::Owner.as_str().to_owned());
        for field in owner.into_iter().chain(fields) {
            if !missing.contains(&field) {
                missing.push(field);
            }
        }
    }
    missing
}

/// How many went with what they were about, and how: nobody put them right.
pub(super) fn fallen(material: &Material<'_>) -> BTreeMap<Ending, u32> {
    let mut fallen = BTreeMap::new();
    for (_, ending) in material.ended() {
        if !matches!(ending, Ending::Resolved | Ending::Lapsed) {
            *fallen.entry(ending).or_default() += 1;
        }
    }
    fallen
}

/// How many went because the policy changed.
pub(super) fn lapsed(material: &Material<'_>) -> u32 {
    count(material.ended().filter(|(_, ending)| *ending == Ending::Lapsed).count())
}

/// What was put right, by name.
pub(super) fn solved(material: &Material<'_>) -> Vec<Solved> {
    let line = |finding: &Finding| Solved {
        system: material.system(finding),
        rule: finding.rule,
        owner: material.owner(finding).filter(|_| nobody_owns(&finding.faults)),
    };
    let put_right = material.ended().filter(|(_, ending)| *ending == Ending::Resolved);
    let mut solved: Vec<Solved> = put_right.map(|(finding, _)| line(finding)).collect();
    solved.sort_by(|a, b| danish::compare(&a.system, &b.system));
    solved
}

pub(super) fn acquired(material: &Material<'_>) -> Vec<String> {
    systems(material, &[ChangeKind::Acquired])
}

pub(super) fn revived(material: &Material<'_>) -> Vec<String> {
    let is_used = |change: &Change| !is_put_off(material, change);
    systems_of(material, &|change| change.kind() == ChangeKind::Revived && is_used(change))
}

/// Not closed after all, and no more than that.
pub(super) fn put_off(material: &Material<'_>) -> Vec<String> {
    systems_of(material, &|change| is_put_off(material, change))
}

/// Whether a system counts as in use again though nobody took it into use: its end date alone
/// is another, or it is being phased out still.
fn is_put_off(material: &Material<'_>, change: &Change) -> bool {
    let Change::Revived(to) = change else { return false };
    let usage = material.lines.snapshot.usages.get(&to.usage);
    let is_going = |usage: &SystemUsage| usage.state(material.date) == StateOfUse::PhasingOut;
    to.is_by_date_alone() || usage.is_some_and(is_going)
}

/// Phased out, decommissioned or removed.
pub(super) fn leaving(material: &Material<'_>) -> Vec<String> {
    systems(material, &[ChangeKind::PhasingOut, ChangeKind::Decommissioned, ChangeKind::Removed])
}

/// The systems to which one of `kinds` happened.
fn systems(material: &Material<'_>, kinds: &[ChangeKind]) -> Vec<String> {
    systems_of(material, &|change| kinds.contains(&change.kind()))
}

/// The systems to which one of these changes happened, each once, by name. What was undone
/// since is history and not news.
fn systems_of(material: &Material<'_>, is_meant: &dyn Fn(&Change) -> bool) -> Vec<String> {
    let is_so = |kind: ChangeKind, usage: Uuid| {
        let usage = material.lines.snapshot.usages.get(&usage);
        kind.is_still_so(usage.map(|usage| usage.state(material.date)))
    };
    let mut seen = BTreeSet::new();
    for (_, change) in material.changes {
        let Some(usage) = change.usage().filter(|_| is_meant(change)) else {
            continue;
        };
        if is_so(change.kind(), usage) && !is_excluded(material, usage) {
            seen.insert(usage);
        }
    }
    let mut names: Vec<String> =
        seen.into_iter().map(|usage| material.lines.system(usage)).collect();
    names.sort_by(|a, b| danish::compare(a, b));
    names
}

/// Whether the policy leaves the usage out. One that is gone can only be known
/// by its uuid.
fn is_excluded(material: &Material<'_>, uuid: Uuid) -> bool {
    let snapshot = material.lines.snapshot;
    let policy = material.situation.directory.policy();
    match snapshot.usages.get(&uuid) {
        Some(usage) => policy.excludes(snapshot, usage),
        None => policy.excluded_uuids.contains(&uuid),
    }
}
