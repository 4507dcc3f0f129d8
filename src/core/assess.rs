//! What a new snapshot means, from the difference to the findings: the pure
//! middle of the sync job.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::changes::{Dated, changes};
use super::diff::{Delta, diff, from_nothing};
use super::findings::{Transitions, transitions};
use super::history::History;
use super::policy::{Policy, judge};
use crate::model::{Change, Finding, Snapshot};

/// The figures that every snapshot row keeps, for trends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    pub usages: usize,
    pub people: usize,
    pub in_scope: usize,
    pub with_owner: usize,
}

/// All that follows from a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    pub delta: Delta,
    /// Empty for the first snapshot: it is a baseline and announces nothing.
    pub changes: Vec<Change>,
    pub findings: Transitions,
    pub figures: Figures,
}

/// Assesses `after`. `before` is the last committed snapshot, `history` what
/// came before it, `open` the findings open until now.
pub fn assess(
    before: Option<Dated<'_>>,
    after: Dated<'_>,
    mut history: History,
    open: &[Finding],
    policy: &Policy,
) -> Assessment {
    let (delta, changes) = match before {
        None => (from_nothing(after.snapshot), Vec::new()),
        Some(before) => {
            let delta = diff(before.snapshot, after.snapshot);
            history.advance(before.snapshot, after.snapshot, &policy.owner_roles, after.today);
            let changes = changes(before, after, &delta, &policy.owner_roles);
            (delta, changes)
        }
    };
    let observations = judge(after.snapshot, &history, policy, after.today);
    Assessment {
        delta,
        changes,
        findings: transitions(open, observations),
        figures: figures(after.snapshot, policy, after.today),
    }
}

/// Counts a snapshot.
pub fn figures(snapshot: &Snapshot, policy: &Policy, today: NaiveDate) -> Figures {
    let covered: Vec<_> =
        snapshot.usages.values().filter(|u| policy.in_scope(snapshot, u, today)).collect();
    Figures {
        usages: snapshot.usages.len(),
        people: snapshot.people.values().filter(|p| p.member).count(),
        in_scope: covered.len(),
        with_owner: covered
            .iter()
            .filter(|u| !snapshot.owners(u, &policy.owner_roles).is_empty())
            .count(),
    }
}

/// The members of a snapshot, as the next pull needs them.
pub fn members(snapshot: &Snapshot) -> BTreeSet<Uuid> {
    snapshot.people.values().filter(|p| p.member).map(|p| p.uuid).collect()
}

#[cfg(test)]
mod tests;
