//! What a new snapshot means, from the difference to the findings: the pure
//! middle of the sync job.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::{Change, Ending, Finding, Snapshot};
use crate::policy::endings::ending;
use crate::policy::findings::{Transitions, What, transitions};
use crate::policy::rules::def;
use crate::policy::{Observation, Policy, judge};
use crate::register::changes::{Dated, OwnerRoles, changes};
use crate::register::diff::{Delta, diff, from_nothing};
use crate::register::history::History;

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
    let known = history.clone();
    let (delta, changes) = match before {
        None => {
            history.begin(after.snapshot, after.today);
            (from_nothing(after.snapshot), Vec::new())
        }
        Some(before) => {
            let delta = diff(before.snapshot, after.snapshot);
            if !delta.usages.is_empty() {
                history.advance(before.snapshot, after.snapshot, &policy.owner_roles, after.today);
            }
            let owner_roles = OwnerRoles { then: policy.owners_then(), now: &policy.owner_roles };
            let changes = changes(before, after, &delta, owner_roles);
            (delta, changes)
        }
    };
    let observations = judge(after.snapshot, &history, policy, after.today);
    let mut findings = transitions(open, observations);
    let moved = !findings.opened.is_empty() || !findings.resolved.is_empty();
    if let Some(before) = before.filter(|_| moved) {
        // Compares with what these rules would have said last time: if nothing changed in
        // KITOS, a new finding comes from a change of the policy.
        let mut then = History { refused: BTreeSet::new(), ..known };
        // An answer is no change of the rules.
        then.looked_through.retain(|_, day| *day < before.today);
        let seen = judge(before.snapshot, &then, policy, before.today);
        let seen: BTreeSet<_> =
            seen.iter().map(|o| (What::of(o.rule, &o.faults), o.usage)).collect();
        let was_seen = |o: &&Observation| seen.contains(&(What::of(o.rule, &o.faults), o.usage));
        let known = findings.opened.iter().filter(was_seen);
        findings.by_policy_change = known.map(|o| (o.rule, o.usage)).collect();
        for finding in open {
            if let Some(how) = findings.resolved.get_mut(&finding.id) {
                *how = match is_lapsed(finding, &seen) {
                    true => Ending::Lapsed,
                    false => ending(finding, after.snapshot, policy, after.today),
                };
            }
        }
    }
    Assessment { delta, changes, findings, figures: figures(after.snapshot, policy, after.today) }
}

/// Whether a finding that ended did so because the policy changed: by the rules of today
/// there was nothing wrong in the pull before either (`seen_before` is what they saw in it).
///
/// A rule that asks the mail server is left out. Its findings also hang on which addresses
/// the mail server refuses, and `seen_before` is judged without that; and where an address
/// was allowed in the configuration, the owner can be reached from then on, which is what
/// the rule asks for.
fn is_lapsed(finding: &Finding, seen_before: &BTreeSet<(What, Uuid)>) -> bool {
    let what = What::of(finding.rule, &finding.faults);
    !def(finding.rule).asks_mail_server && !seen_before.contains(&(what, finding.usage))
}

/// Counts a snapshot.
pub fn figures(snapshot: &Snapshot, policy: &Policy, today: NaiveDate) -> Figures {
    let covered: Vec<_> =
        snapshot.usages.values().filter(|u| policy.in_scope(snapshot, u, today)).collect();
    Figures {
        usages: snapshot.usages.len(),
        people: snapshot.members().count(),
        in_scope: covered.len(),
        with_owner: covered.iter().filter(|u| snapshot.has_owner(u, &policy.owner_roles)).count(),
    }
}

#[cfg(test)]
mod tests;
