//! What a new snapshot means, from the difference to the findings: the pure
//! middle of the sync job.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::{Change, Finding, Rule, Snapshot};
use crate::policy::findings::{Transitions, transitions};
use crate::policy::rules::def;
use crate::policy::{Policy, judge};
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
        let seen: BTreeSet<_> = seen.iter().map(|o| (o.rule, o.usage)).collect();
        let opened = findings.opened.iter().map(|o| (o.rule, o.usage));
        findings.by_policy_change = opened.filter(|key| seen.contains(key)).collect();
        findings.lapsed = lapsed(&findings.resolved, open, &seen);
    }
    Assessment { delta, changes, findings, figures: figures(after.snapshot, policy, after.today) }
}

/// Those of `resolved` that go because the policy changed: these rules did not see
/// them the last time either. Whether an owner can be written to also depends on
/// what the mail server said, which `seen_before` leaves out; and where an address
/// has become allowed, the owner can in fact be reached.
fn lapsed(
    resolved: &[i64],
    open: &[Finding],
    seen_before: &BTreeSet<(Rule, Uuid)>,
) -> BTreeSet<i64> {
    open.iter()
        .filter(|finding| !def(finding.rule).asks_mail_server)
        .filter(|finding| !seen_before.contains(&(finding.rule, finding.usage)))
        .map(|finding| finding.id)
        .filter(|id| resolved.contains(id))
        .collect()
}

/// Counts a snapshot.
pub fn figures(snapshot: &Snapshot, policy: &Policy, today: NaiveDate) -> Figures {
    let covered: Vec<_> =
        snapshot.usages.values().filter(|u| policy.in_scope(snapshot, u, today)).collect();
    Figures {
        usages: snapshot.usages.len(),
        people: snapshot.members().count(),
        in_scope: covered.len(),
        with_owner: covered
            .iter()
            .filter(|u| !snapshot.owners(u, &policy.owner_roles).is_empty())
            .count(),
    }
}

#[cfg(test)]
mod tests;
