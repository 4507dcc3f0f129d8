//! Rules about what KITOS says of a system: complete, free of contradictions,
//! fresh, and there once (Policy: all systems are registered in KITOS, and the
//! owner brings the registration up to date).

use super::{Case, older_than};
use crate::model::{Fault, LifeCycle, MainContract, Missing, StateOfUse};

/// Holds when something that `require` names is missing. Resolved when it is
/// filled in.
pub(super) fn incomplete(case: &Case<'_>) -> Vec<Fault> {
    let usage = case.usage;
    let no_unit =
        usage.responsible_unit.is_none_or(|unit| !case.snapshot.units.contains_key(&unit));
    let is_missing = |field: &Missing| match field {
        Missing::LifeCycle => matches!(usage.life_cycle, None | Some(LifeCycle::Undecided)),
        Missing::ResponsibleUnit => no_unit,
        Missing::DataSensitivity => usage.gdpr.sensitivity.is_empty(),
        Missing::MainContract => usage.main_contract == MainContract::None,
        Missing::Purpose => !usage.has_purpose,
        Missing::Owner | Missing::EndDate => false,
    };
    let known = |field: &&Missing| !case.snapshot.unknown.contains(field);
    let fields = case.setting.require.iter().filter(known).filter(|field| is_missing(field));
    fields.map(|field| Fault::Missing { field: *field }).collect()
}

/// Whether the usage was acquired within the rule's days.
pub(super) fn is_new(case: &Case<'_>) -> bool {
    case.history
        .acquired
        .get(&case.usage.uuid)
        .is_some_and(|day| (case.today - *day).num_days() <= i64::from(case.setting.days))
}

/// Holds when the life cycle says "I drift" outside the period of use, when the
/// shared system is deactivated though it is used here, or when the main
/// contract is inactive though the system is in use.
pub(super) fn contradictory(case: &Case<'_>) -> Vec<Fault> {
    let usage = case.usage;
    let mut faults = Vec::new();
    if usage.life_cycle == Some(LifeCycle::Operational) {
        // The last day of use is a day of use.
        faults.extend(
            usage.valid_to.filter(|end| *end < case.today).map(|end| Fault::PeriodOver { end }),
        );
        faults.extend(
            usage
                .valid_from
                .filter(|start| *start > case.today)
                .map(|start| Fault::NotBegun { start }),
        );
    }
    let deactivated = case.snapshot.systems.get(&usage.system).is_some_and(|s| s.deactivated);
    if deactivated && case.in_use_or_on_its_way() {
        faults.push(Fault::SystemDeactivated);
    }
    if usage.main_contract == MainContract::Inactive && case.state == StateOfUse::InUse {
        faults.push(Fault::MainContractInactive);
    }
    faults
}

/// Holds when nobody has edited the registration for the rule's months.
pub(super) fn stale(case: &Case<'_>) -> Vec<Fault> {
    let old = |day: &chrono::NaiveDate| older_than(*day, case.setting.months, case.today);
    case.usage
        .last_modified
        .filter(old)
        .map(|on| Fault::NotEditedSince { on })
        .into_iter()
        .collect()
}

/// Holds when another usage in scope is of the same shared system.
pub(super) fn duplicate(case: &Case<'_>) -> Vec<Fault> {
    let same = case.index.of_system.get(&case.usage.system).into_iter().flatten();
    let others = same.filter(|other| **other != case.usage.uuid);
    others.map(|other| Fault::SameSystem { other: *other }).collect()
}
