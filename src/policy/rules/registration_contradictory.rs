//! What KITOS says of a system can all be true. Holds when the life cycle says
//! "I drift" outside the period of use, when the shared system is deactivated though
//! it is used here, or when the main contract is inactive though the system is in
//! use.

use super::case::Case;
use super::def::{Falls, RuleDef, Scope, Source};
use crate::model::FaultArg::Date;
use crate::model::{Fault, LifeCycle, MainContract, Severity, StateOfUse};

pub const RULE: RuleDef = RuleDef {
    severity: Severity::Medium,
    grace: 7,
    // "I drift" after the end date is decommissioned, and just what is wrong.
    scope: Scope::All,
    sources: &[Source::Guideline(&[2])],
    falls: Falls::WithRemoval,
    ..RuleDef::new("registration-contradictory", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let usage = case.usage;
    let mut faults = Vec::new();
    if usage.life_cycle == Some(LifeCycle::Operational) {
        // The last day of use is a day of use.
        let over = usage.valid_to.filter(|end| *end < case.today);
        faults.extend(over.map(|end| Fault::new("period-over").with("end", Date(end))));
        let ahead = usage.valid_from.filter(|start| *start > case.today);
        faults.extend(ahead.map(|start| Fault::new("not-begun").with("start", Date(start))));
    }
    let deactivated = case.snapshot.systems.get(&usage.system).is_some_and(|s| s.deactivated);
    if deactivated && !case.decommissioned() {
        faults.push(Fault::new("system-deactivated"));
    }
    if usage.main_contract == MainContract::Inactive && case.state == StateOfUse::InUse {
        faults.push(Fault::new("main-contract-inactive"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SystemUsage;
    use crate::testing::{day, id, løn, said};

    #[test]
    fn registrations_that_contradict_themselves() {
        type Edit = fn(&mut SystemUsage);
        let over = Fault::new("period-over").with("end", Date(day("2026-11-09")));
        let cases: [(&str, Edit, Vec<Fault>); 12] = [
            ("in use", |_| {}, vec![]),
            ("ended yesterday", |u| u.valid_to = Some(day("2026-11-09")), vec![over]),
            ("ends today", |u| u.valid_to = Some(day("2026-11-10")), vec![]),
            ("ends tomorrow", |u| u.valid_to = Some(day("2026-11-11")), vec![]),
            ("begins today", |u| u.valid_from = Some(day("2026-11-10")), vec![]),
            ("begins tomorrow", |u| u.valid_from = Some(day("2026-11-11")), {
                vec![Fault::new("not-begun").with("start", Date(day("2026-11-11")))]
            }),
            ("began before it ended", |u| u.valid_from = Some(day("2026-11-09")), vec![]),
            (
                "phasing in, begins tomorrow",
                |u| {
                    u.life_cycle = Some(LifeCycle::PhasingIn);
                    u.valid_from = Some(day("2026-11-11"));
                },
                vec![],
            ),
            (
                "not in use, ended yesterday",
                |u| {
                    u.life_cycle = Some(LifeCycle::NotInUse);
                    u.valid_to = Some(day("2026-11-09"));
                },
                vec![],
            ),
            ("an inactive contract", |u| u.main_contract = MainContract::Inactive, {
                vec![Fault::new("main-contract-inactive")]
            }),
            (
                "an inactive contract while phasing out",
                |u| {
                    u.life_cycle = Some(LifeCycle::PhasingOut);
                    u.main_contract = MainContract::Inactive;
                },
                vec![],
            ),
            (
                "an inactive contract, and no life cycle, which counts as in use",
                |u| {
                    u.life_cycle = None;
                    u.main_contract = MainContract::Inactive;
                },
                vec![Fault::new("main-contract-inactive")],
            ),
        ];
        for (why, edit, expected) in cases {
            assert_eq!(said(&RULE, &løn().edit("løn", edit)), expected, "{why}");
        }
        let mut closed = løn();
        closed.systems.get_mut(&id("løn/system")).expect("it").deactivated = true;
        assert_eq!(said(&RULE, &closed), [Fault::new("system-deactivated")]);
        let shut = closed.edit("løn", |u| u.life_cycle = Some(LifeCycle::NotInUse));
        assert_eq!(said(&RULE, &shut), []);
    }
}
