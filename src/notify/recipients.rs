//! Whom a finding is for: the first in the chain of candidates who can be written to, with
//! everyone who was passed over and why (`docs/policy.md`, "The right person"). The chain
//! begins with the people the rule is for, goes up from leader to leader, and ends at IT.

use std::collections::BTreeSet;

use serde::Serialize;
use uuid::Uuid;

use super::chain::{Chain, Link, above_owner, above_unit, chain, informs_managers};
use super::directory::{Candidate, Directory};
use super::draft::{PassedOver, PassedWhy, Recipient, RecipientId};
use crate::model::{Capacity, Finding};

/// Where a finding's mail goes, and why there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub to: Destination,
    /// In the order of the chain.
    pub passed_over: Vec<PassedOver>,
    /// How far up the chain it is: 0 for those whom the rule is for.
    pub(super) level: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    People {
        /// Never empty; several only for owners of one system.
        recipients: Vec<Recipient>,
        capacity: Capacity,
        /// The unit by whose leadership they are asked.
        unit: Option<Uuid>,
    },
    It(OnlyIt),
}

/// Why IT alone is told, by the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OnlyIt {
    /// The rule is IT's to act on.
    ItsRule,
    /// There is nobody in the chain.
    NobodyKnown,
    /// Everybody in the chain was passed over.
    NobodyReachable,
}

impl Route {
    /// The people whom it leads to; none where it is IT's.
    pub fn recipients(&self) -> &[Recipient] {
        match &self.to {
            Destination::People { recipients, .. } => recipients,
            Destination::It(_) => &[],
        }
    }
}

/// Whom `finding` is for as things stand.
pub fn route(directory: &Directory<'_>, finding: &Finding) -> Route {
    let chain = chain(directory, finding);
    if chain.is_its_rule() {
        let to = Destination::It(OnlyIt::ItsRule);
        return Route { to, passed_over: Vec::new(), level: 0 };
    }
    let (recipients, passed_over) = audience(directory, &chain);
    if let (false, Some(first)) = (recipients.is_empty(), chain.audience.first()) {
        let to = Destination::People { recipients, capacity: first.capacity, unit: first.unit };
        return Route { to, passed_over, level: 0 };
    }
    climb(directory, &chain, 0, passed_over)
}

/// Who comes after `route` in the finding's chain: the people asked for help when those on
/// `route` do not act.
pub fn next_up(directory: &Directory<'_>, finding: &Finding, route: &Route) -> Route {
    let mut asked: BTreeSet<RecipientId> = route.recipients().iter().map(|r| r.id).collect();
    let chain = chain(directory, finding);
    let mut level = route.level;
    loop {
        let next = climb(directory, &chain, level, Vec::new());
        // A substitute may have been asked already, for somebody else.
        match next.recipients().first() {
            Some(recipient) if !asked.insert(recipient.id) => level = next.level,
            _ => return next,
        }
    }
}

/// Who is told that being a manager is no substitute for an owner (policy:
/// responsibility is never delegated).
pub fn managers(directory: &Directory<'_>, finding: &Finding, route: &Route) -> Vec<Recipient> {
    let sources = directory.sources;
    let usage = sources.snapshot.usages.get(&finding.usage);
    let usage = usage.filter(|_| informs_managers(finding.rule));
    let managers = usage.map(|usage| sources.snapshot.owners(usage, &sources.policy.manager_roles));
    let managers = managers.into_iter().flatten().filter_map(|manager| {
        directory.reach(Candidate::User(manager)).ok().filter(|r| r.on_behalf_of.is_none())
    });
    distinct(managers)
        .into_iter()
        .filter(|manager| route.recipients().iter().all(|asked| asked.id != manager.id))
        .collect()
}

/// The first up from the leader of `unit` who can be written to.
pub fn leader_of_unit(directory: &Directory<'_>, unit: Uuid) -> Option<Recipient> {
    let links = above_unit(directory, unit);
    links.iter().find_map(|link| directory.reach(link.candidate).ok())
}

/// The first up from an owner's own leader who can be written to; from the leader of
/// the system's unit where the leaders file does not have the owner.
pub(super) fn leader_of_owner(
    directory: &Directory<'_>,
    owner: Uuid,
    usage: Uuid,
) -> Option<Recipient> {
    leaders_of_owner(directory, owner, usage).into_iter().next()
}

/// All of them, from the nearest up.
pub(super) fn leaders_of_owner(
    directory: &Directory<'_>,
    owner: Uuid,
    usage: Uuid,
) -> Vec<Recipient> {
    let own = directory.sources.snapshot.people.get(&owner);
    let own = own.and_then(|owner| directory.id_of(Candidate::User(owner)));
    let links = above_owner(directory, owner, usage);
    let leaders = links.iter().filter_map(|link| directory.reach(link.candidate).ok());
    leaders.filter(|leader| Some(leader.id) != own).collect()
}

fn audience(directory: &Directory<'_>, chain: &Chain<'_, '_>) -> (Vec<Recipient>, Vec<PassedOver>) {
    let mut passed = Vec::new();
    let recipients = chain.audience.iter().filter_map(|link| {
        directory.reach(link.candidate).map_err(|why| passed.push(passed_over(link, why))).ok()
    });
    (distinct(recipients), passed)
}

/// The first above `level` who can be written to. `passed`: who was passed over
/// before that.
fn climb(
    directory: &Directory<'_>,
    chain: &Chain<'_, '_>,
    level: usize,
    mut passed: Vec<PassedOver>,
) -> Route {
    let subjects = chain.subjects();
    for (index, link) in chain.above().iter().enumerate().skip(level) {
        let is_subject = |id: Option<_>| id.is_some_and(|id| subjects.contains(&id));
        let reached = match is_subject(directory.id_of(link.candidate)) {
            true => Err(PassedWhy::Subject),
            false => directory.reach(link.candidate),
        };
        match reached {
            // A substitute may be whom the fault is about, too.
            Ok(recipient) if !is_subject(Some(recipient.id)) => {
                let Link { capacity, unit, .. } = *link;
                let to = Destination::People { recipients: vec![recipient], capacity, unit };
                return Route { to, passed_over: passed, level: index + 1 };
            }
            // Then they are away without one who can be asked.
            Ok(_) => {
                let until = directory.away_until(link.candidate);
                let why = until.map_or(PassedWhy::Subject, |until| PassedWhy::Away { until });
                passed.push(passed_over(link, why));
            }
            Err(why) => passed.push(passed_over(link, why)),
        }
    }
    let nobody = chain.audience.is_empty() && chain.above().is_empty();
    let because = if nobody { OnlyIt::NobodyKnown } else { OnlyIt::NobodyReachable };
    Route { to: Destination::It(because), passed_over: passed, level: chain.above().len() }
}

fn passed_over(link: &Link<'_>, why: PassedWhy) -> PassedOver {
    let name = match link.candidate {
        Candidate::User(person) => person.name.clone(),
        Candidate::Line(line) => line.name.clone(),
    };
    PassedOver { name, why, capacity: link.capacity, unit: link.unit }
}

/// Each recipient once, in order.
fn distinct(recipients: impl Iterator<Item = Recipient>) -> Vec<Recipient> {
    let mut seen = BTreeSet::new();
    recipients.filter(|recipient| seen.insert(recipient.id)).collect()
}

#[cfg(test)]
mod tests;
