//! What IT must do, as actions: an address to correct, an owner to find, a waiver to
//! decide on. The most pressing first.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::data::{Incident, Task};
use super::material::{Material, names};
use crate::model::{Capacity, FaultArg, Finding, GivenAnswer, IncidentKind, Person, Unreachable};
use crate::notify::departures::leaving;
use crate::notify::draft::{PassedWhy, Recipient};
use crate::notify::lines::Lines;
use crate::notify::recipients::{OnlyIt, Route};
use crate::notify::{ItsTask, ItsWhy, its_tasks, routes};
use crate::policy::leaders::Leaders;
use crate::policy::rules::owner_departed::beside_another;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::policy::rules::owner_unreachable::unreachable;
use crate::text::addresses::folded;
use crate::text::danish;

pub(super) fn tasks(material: &Material<'_>) -> Vec<Task> {
    let routes = routes(material.situation);
    let its = its_tasks(material.situation, &routes);
    let mut tasks = incidents(material);
    tasks.extend(answers(material));
    tasks.extend(addresses(material));
    tasks.extend(leaders(material, &routes));
    tasks.extend(without_leader(material, &its));
    tasks.extend(left_over(material, &its));
    tasks.extend(unanswered(material, &its));
    tasks.extend(waivers(material));
    tasks.extend(leavers(material));
    tasks.extend(departures(material));
    tasks.extend(duplicates(material, &its));
    tasks
}

/// Until somebody decides, nothing else here is of today.
fn incidents(material: &Material<'_>) -> Vec<Task> {
    let task = |incident: &Incident| match incident.kind {
        IncidentKind::Quarantine => Task::Held { since: incident.since.date_naive() },
        _ => Task::Incident,
    };
    let mut tasks: Vec<Task> = material.health.incidents.iter().map(task).collect();
    tasks.sort();
    tasks.dedup();
    tasks
}

/// What somebody said of several systems is one task.
fn answers(material: &Material<'_>) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for answer in material.answers {
        let given = &answer.given;
        let Some(usage) = given.usage else { continue };
        let owner = given.owner.and_then(|owner| material.lines.names.get(&owner).cloned());
        let owners = other_owners(material, given, usage);
        let key = (&given.name, given.kind, &owner, &owners, &given.comment);
        let same = tasks.iter_mut().find_map(|task| match task {
            Task::Answered { person, kind, owner, owners, comment, systems }
                if (&*person, *kind, &*owner, &*owners, &*comment) == key =>
            {
                Some(systems)
            }
            _ => None,
        });
        let system = material.lines.system(usage);
        match same {
            Some(systems) => systems.push(system),
            None => tasks.push(Task::Answered {
                person: given.name.clone(),
                kind: given.kind,
                owner,
                owners,
                comment: given.comment.clone(),
                systems: vec![system],
            }),
        }
    }
    tasks
}

/// Who else owns the system than whoever answers.
fn other_owners(material: &Material<'_>, given: &GivenAnswer, usage: Uuid) -> Vec<String> {
    let Lines { snapshot, .. } = material.lines;
    let roles = &material.situation.directory.policy().owner_roles;
    let owners = snapshot.usages.get(&usage).map(|usage| snapshot.owners(usage, roles));
    let is_other = |owner: &&Person| {
        let address = owner.email.as_deref().map(folded);
        Some(owner.uuid) != given.person && address.as_ref() != Some(&given.email)
    };
    let others = owners.into_iter().flatten().filter(is_other);
    let mut others: Vec<String> = others.map(|owner| owner.name.clone()).collect();
    others.sort_by(|a, b| danish::compare(a, b));
    others
}

/// Owners who cannot be written to: one task for each.
fn addresses(material: &Material<'_>) -> Vec<Task> {
    let mut people: BTreeMap<Uuid, (Unreachable, Vec<&Finding>)> = BTreeMap::new();
    for finding in material.open() {
        for (person, why) in finding.faults.iter().filter_map(unreachable) {
            people.entry(person).or_insert((why, Vec::new())).1.push(finding);
        }
    }
    let task = |(person, (why, findings)): (Uuid, (Unreachable, Vec<&Finding>))| {
        let mut units: Vec<String> = findings.iter().filter_map(|f| material.unit(f)).collect();
        units.sort();
        units.dedup();
        Task::Address {
            person: material.lines.names.get(&person).cloned().unwrap_or_default(),
            why,
            systems: names(material, findings.into_iter()),
            units,
        }
    };
    let mut tasks: Vec<Task> = people.into_iter().map(task).collect();
    tasks.sort_by_key(|task| match task {
        Task::Address { systems, .. } => std::cmp::Reverse(systems.len()),
        _ => std::cmp::Reverse(0),
    });
    tasks
}

/// Leaders whose turn it would have been: what is to be corrected in the leaders file.
fn leaders(material: &Material<'_>, routes: &[(&Finding, Route)]) -> BTreeSet<Task> {
    let directory = material.situation.directory;
    let unsettled = directory.sources.leaders.into_iter().flat_map(Leaders::unsettled);
    let mut tasks: BTreeSet<Task> = unsettled
        .map(|open| Task::SettleUnit { person: open.leader.clone(), unit: open.unit.clone() })
        .collect();
    let unknown = directory.sources.leaders.into_iter().flat_map(Leaders::unknown);
    let unknown: BTreeSet<String> = unknown.map(|open| open.unit.clone()).collect();
    if !unknown.is_empty() {
        tasks.insert(Task::UnknownUnits { units: unknown.into_iter().collect() });
    }
    let mut left = BTreeSet::new();
    for (_, route) in routes.iter().filter(|(finding, _)| !material.is_waived(finding)) {
        for passed in &route.passed_over {
            let person = passed.name.clone();
            let is_leader =
                matches!(passed.capacity, Capacity::UnitLeader | Capacity::OwnersLeader);
            tasks.extend(match passed.why {
                PassedWhy::Left if is_leader => {
                    left.insert(person);
                    None
                }
                PassedWhy::Unreachable { .. } if is_leader => {
                    Some(Task::LeaderUnreachable { person })
                }
                PassedWhy::Away { until } => Some(Task::Away { person, until }),
                _ => None,
            });
        }
    }
    if !left.is_empty() {
        tasks.insert(Task::LeadersLeft { people: left.into_iter().collect() });
    }
    tasks
}

/// Systems without an owner for whom there is nobody to ask.
fn without_leader(material: &Material<'_>, its: &[ItsTask]) -> Vec<Task> {
    let nobody = |task: &&ItsTask| is_nobodys(task) && nobody_owns(&task.finding.faults);
    let findings = its.iter().filter(nobody).map(|task| &task.finding);
    let (with_unit, without): (Vec<&Finding>, Vec<&Finding>) =
        findings.partition(|finding| material.unit(finding).is_some());
    let mut tasks = Vec::new();
    if !without.is_empty() {
        tasks.push(Task::ChooseUnit { systems: names(material, without.into_iter()) });
    }
    if !with_unit.is_empty() {
        tasks.push(Task::FindOwner { systems: names(material, with_unit.into_iter()) });
    }
    tasks
}

/// Lines of people who left, beside an owner who is here, for which there is nobody to ask.
fn left_over(material: &Material<'_>, its: &[ItsTask]) -> Vec<Task> {
    let mut people: BTreeMap<Uuid, Vec<&Finding>> = BTreeMap::new();
    for task in its.iter().filter(|task| is_nobodys(task)) {
        for person in task.finding.faults.iter().filter_map(beside_another) {
            people.entry(person).or_default().push(&task.finding);
        }
    }
    let task = |(person, findings): (Uuid, Vec<&Finding>)| Task::TidyRoles {
        person: material.lines.names.get(&person).cloned().unwrap_or_default(),
        systems: names(material, findings.into_iter()),
    };
    people.into_iter().map(task).collect()
}

fn is_nobodys(task: &ItsTask) -> bool {
    matches!(task.why, ItsWhy::Only(OnlyIt::NobodyKnown | OnlyIt::NobodyReachable))
}

/// Nobody acted, and nobody is above them: one task for the same people.
fn unanswered(material: &Material<'_>, its: &[ItsTask]) -> Vec<Task> {
    let mut asked: BTreeMap<Vec<String>, Vec<&Finding>> = BTreeMap::new();
    for task in its {
        if let ItsWhy::NoAnswer { asked: people, .. } = &task.why {
            let people = people.iter().map(|person| person.name.clone()).collect();
            asked.entry(people).or_default().push(&task.finding);
        }
    }
    let times = |finding: &&Finding| material.situation.ledger.notified_of(finding.id).reminders;
    asked
        .into_iter()
        .map(|(asked, findings)| Task::NoAnswer {
            asked,
            times: findings.iter().map(times).max().unwrap_or_default(),
            systems: names(material, findings.into_iter()),
        })
        .collect()
}

/// By the day on which they end.
fn waivers(material: &Material<'_>) -> Vec<Task> {
    let mut ending: Vec<_> = material.waivers.iter().collect();
    ending.sort_by_key(|waiver| waiver.until);
    ending
        .into_iter()
        .map(|waiver| Task::Waiver {
            system: material.system(&waiver.finding),
            until: waiver.until,
            over: waiver.over,
        })
        .collect()
}

/// Who left with roles that nobody has now. For an owner the leader is asked.
fn leavers(material: &Material<'_>) -> Vec<Task> {
    let task = |case: &crate::notify::leavers::LeaverCase| {
        let lacking = case.open.iter().filter(|(_, vacancy)| !vacancy.roles.is_empty());
        let mut systems: Vec<String> =
            lacking.map(|(usage, _)| material.lines.system(*usage)).collect();
        systems.sort_by(|a, b| danish::compare(a, b));
        let person = material.lines.names.get(&case.person).cloned().unwrap_or_default();
        (!systems.is_empty()).then_some(Task::HandOn { person, systems })
    };
    material.leavers.iter().filter_map(task).collect()
}

/// Who leaves soon, and what is theirs until then.
fn departures(material: &Material<'_>) -> Vec<Task> {
    let leaving = leaving(material.situation.directory, material.date);
    let task = |(leaver, last_day): (Recipient, NaiveDate)| {
        let systems = material.situation.owned(&leaver);
        let systems: Vec<String> =
            systems.into_iter().map(|usage| material.lines.system(usage)).collect();
        let person = leaver.name;
        (!systems.is_empty()).then_some(Task::Departure { person, last_day, systems })
    };
    leaving.into_iter().filter_map(task).collect()
}

/// Systems that are registered twice: one task for each pair.
fn duplicates(material: &Material<'_>, its: &[ItsTask]) -> Vec<Task> {
    let mut pairs: BTreeSet<BTreeSet<Uuid>> = BTreeSet::new();
    let is_its_rule = |task: &&ItsTask| task.why == ItsWhy::Only(OnlyIt::ItsRule);
    for task in its.iter().filter(is_its_rule) {
        let others = task.finding.faults.iter().flat_map(|fault| fault.args());
        let mut pair: BTreeSet<Uuid> = others
            .filter_map(|(_, arg)| match arg {
                FaultArg::System(usage) => Some(*usage),
                _ => None,
            })
            .collect();
        if !pair.is_empty() {
            pair.insert(task.finding.usage);
            pairs.insert(pair);
        }
    }
    let name = |usage: &Uuid| material.lines.system(*usage);
    pairs
        .into_iter()
        .map(|pair| Task::Duplicate { systems: pair.iter().map(name).collect() })
        .collect()
}
