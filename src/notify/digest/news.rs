//! What happened since the last digest, by cause.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::data::{Cause, Solved, Story};
use super::material::{Material, count, names};
use crate::model::{Change, ChangeKind, Ending, FaultArg, Finding, Missing, Rule};
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
        let why = match why(finding, &acquired) {
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

fn why(finding: &Finding, acquired: &BTreeSet<Uuid>) -> Why {
    let rule = def(finding.rule);
    let named = |name| finding.faults.first().and_then(|fault| fault.person(name));
    if finding.by_policy_change {
        Why::PolicyChange
    } else if acquired.contains(&finding.usage) {
        Why::Acquired(finding.usage)
    } else if let Some(person) = named("departed").filter(|_| nobody_owns(&finding.faults)) {
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
            let first = findings.first().map(|finding| finding.opened_at);
            let opened = first.map(|at| material.situation.calendar.day(at));
            Cause::Left {
                person: name(person),
                on: left_on(material, *person).or(opened).unwrap_or(material.date),
                asked: asked(material, findings),
                deadline: deadline(material, findings),
            }
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

/// The day on which a pull saw that somebody had left.
fn left_on(material: &Material<'_>, who: Uuid) -> Option<NaiveDate> {
    material.changes.iter().rev().find_map(|(day, change)| match change {
        Change::PersonLeft { person, .. } if *person == who => Some(*day),
        _ => None,
    })
}

/// Who is asked, where it is one person for all of them.
fn asked(material: &Material<'_>, findings: &[&Finding]) -> Option<String> {
    let mut asked: Vec<String> = findings
        .iter()
        .flat_map(|finding| {
            let route = route(material.situation.directory, finding);
            let names = route.recipients().iter().map(|recipient| recipient.name.clone());
            names.collect::<Vec<_>>()
        })
        .collect();
    asked.sort();
    asked.dedup();
    match asked.len() {
        1 => asked.pop(),
        _ => None,
    }
}

fn deadline(material: &Material<'_>, findings: &[&Finding]) -> Option<NaiveDate> {
    let told = |finding: &&Finding| material.situation.ledger.notified_of(finding.id).deadline;
    findings.iter().filter_map(told).max()
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
    systems(material, &[ChangeKind::Revived])
}

/// Phased out, decommissioned or removed.
pub(super) fn leaving(material: &Material<'_>) -> Vec<String> {
    systems(material, &[ChangeKind::PhasingOut, ChangeKind::Decommissioned, ChangeKind::Removed])
}

/// The systems to which one of `kinds` happened, each once, by name. What was undone
/// since is history and not news.
fn systems(material: &Material<'_>, kinds: &[ChangeKind]) -> Vec<String> {
    let is_so = |kind: ChangeKind, usage: Uuid| {
        let usage = material.lines.snapshot.usages.get(&usage);
        kind.is_still_so(usage.map(|usage| usage.state(material.date)))
    };
    let mut seen = BTreeSet::new();
    for (_, change) in material.changes {
        let Some(usage) = change.usage().filter(|_| kinds.contains(&change.kind())) else {
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
