//! How a finding ended that no longer shows: put right, or gone with what it was about.

use chrono::NaiveDate;

use super::Policy;
use super::rules::{Falls, def};
use crate::model::{Ending, Finding, Snapshot, StateOfUse};

/// How `finding` ended, by what has become of its system and of the system's owner. That the
/// policy changed is for the caller to know.
pub fn ending(finding: &Finding, snapshot: &Snapshot, policy: &Policy, today: NaiveDate) -> Ending {
    let falls = def(finding.rule).falls;
    if falls == Falls::Never {
        return Ending::Resolved;
    }
    let Some(usage) = snapshot.usages.get(&finding.usage) else { return Ending::Removed };
    let is_closed = usage.state(today) == StateOfUse::Decommissioned;
    let has_owner = || snapshot.has_owner(usage, &policy.owner_roles);
    match falls {
        // The policy can leave out what is closed.
        Falls::WithSystem | Falls::WithOwner if is_closed => Ending::Closed,
        Falls::WithRemoval if is_closed => Ending::Resolved,
        _ if policy.excludes(snapshot, usage) => Ending::LeftOut,
        Falls::WithOwner if !has_owner() => Ending::OwnerGone,
        Falls::WithRevival if !is_closed => Ending::Revived,
        _ => Ending::Resolved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LifeCycle, Rule, Severity};
    use crate::policy::rules::{
        decommission_incomplete, duplicate_usage, owner_missing, owner_unreachable,
        phasing_out_stalled, registration_incomplete,
    };
    use crate::testing::{TODAY, at, day, id, policy, randers};

    fn of(rule: Rule) -> Finding {
        Finding {
            id: 1,
            rule,
            severity: Severity::Low,
            usage: id("løn"),
            faults: Vec::new(),
            opened_at: at("2026-11-02T05:00:00Z"),
            resolved_at: None,
            ending: None,
            since_baseline: false,
            by_policy_change: false,
        }
    }

    #[test]
    fn a_finding_is_put_right_or_goes_with_what_it_was_about() {
        use Ending::{Closed, LeftOut, OwnerGone, Removed, Resolved, Revived};
        let free = randers().user("bo").usage("løn");
        let owned = free.clone().assign("løn", "ejer", "bo");
        let shut = owned.clone().edit("løn", |usage| usage.life_cycle = Some(LifeCycle::NotInUse));
        let gone = owned.clone().removed("løn");
        let test = owned.clone().edit("løn", |usage| usage.local_name = Some("Test".to_owned()));
        let policy = Policy { excluded_names: vec!["test".to_owned()], ..policy() };
        for (rule, expected) in [
            // In order: owned, without an owner, out of use, removed, left out.
            (registration_incomplete::RULE, [Resolved, Resolved, Closed, Removed, LeftOut]),
            (owner_unreachable::RULE, [Resolved, OwnerGone, Closed, Removed, LeftOut]),
            // To close the system is what it asks for.
            (phasing_out_stalled::RULE, [Resolved, Resolved, Resolved, Removed, LeftOut]),
            (decommission_incomplete::RULE, [Revived, Revived, Resolved, Removed, LeftOut]),
            // That one of the two goes is.
            (duplicate_usage::RULE, [Resolved, Resolved, Resolved, Resolved, Resolved]),
        ] {
            let found = [&owned, &free, &shut, &gone, &test]
                .map(|snapshot| ending(&of(rule.id), snapshot, &policy, day(TODAY)));
            assert_eq!(found, expected, "{}", rule.id.as_str());
        }
        // What is closed is closed, though the policy leaves such systems out.
        let policy = Policy { excluded_life_cycles: [LifeCycle::NotInUse].into(), ..policy };
        for (rule, expected) in
            [(owner_missing::RULE, Closed), (phasing_out_stalled::RULE, Resolved)]
        {
            assert_eq!(ending(&of(rule.id), &shut, &policy, day(TODAY)), expected);
        }
    }
}
