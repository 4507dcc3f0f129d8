//! A field that would lose its value on many rows at once. R8 takes one field that
//! changes in the same way everywhere for one change (a unit that was merged, a
//! role that was renamed); a field that is empty everywhere is rather one that
//! KITOS renamed or no longer shows us, and taken for true it would tell every
//! owner that the registration is incomplete.

use super::step::{FEW, FEW_CHANGED, Step, exceeds, members, samples};
use crate::model::{HeldField, HoldReason, MainContract, RiskAssessment, SystemUsage};

/// Whether a usage has something in a field.
type Filled = fn(&SystemUsage) -> bool;

const OF_USAGES: [(HeldField, Filled); 8] = [
    (HeldField::LifeCycle, |usage| usage.life_cycle.is_some()),
    (HeldField::StartDate, |usage| usage.valid_from.is_some()),
    (HeldField::EndDate, |usage| usage.valid_to.is_some()),
    (HeldField::ResponsibleUnit, |usage| usage.responsible_unit.is_some()),
    (HeldField::MainContract, |usage| {
        matches!(usage.main_contract, MainContract::Active | MainContract::Inactive)
    }),
    (HeldField::Purpose, |usage| usage.has_purpose),
    (HeldField::DataSensitivity, |usage| !usage.gdpr.sensitivity.is_empty()),
    (HeldField::RiskAssessment, |usage| {
        matches!(usage.gdpr.risk_assessment, RiskAssessment::Done | RiskAssessment::NotNeeded)
    }),
];

/// The fields that would be blanked on more rows than the limits allow, of those
/// rows that had a value and are still there.
pub(super) fn reasons(step: &Step<'_>) -> Vec<HoldReason> {
    let (before, after, limits) = (step.before.snapshot(), step.after.snapshot(), step.limits);
    let of_usages = OF_USAGES.into_iter().filter_map(|(field, filled)| {
        let had = step.shared.iter().filter(|(old, _)| filled(old));
        let rows = had.map(|(_, new)| (filled(new), after.usage_name(new)));
        reason(field, rows, FEW_CHANGED, limits.changed)
    });
    let people = members(before).filter(|old| old.email.is_some());
    let people = people.filter_map(|old| after.people.get(&old.uuid).filter(|new| new.member));
    let people = people.map(|new| (new.email.is_some(), new.name.as_str()));
    let units = before.units.values().filter(|old| old.parent.is_some());
    let units = units.filter_map(|old| after.units.get(&old.uuid));
    let units = units.map(|new| (new.parent.is_some(), new.name.as_str()));
    of_usages
        .chain(reason(HeldField::Email, people, FEW, limits.people))
        .chain(reason(HeldField::ParentUnit, units, FEW, limits.people))
        .collect()
}

/// `rows`: of each row that had a value, whether it still has, and its name.
fn reason<'a>(
    field: HeldField,
    rows: impl Iterator<Item = (bool, &'a str)>,
    few: usize,
    percent: f64,
) -> Option<HoldReason> {
    let rows: Vec<_> = rows.collect();
    let blank: Vec<_> = rows.iter().filter(|(filled, _)| !filled).map(|(_, name)| name).collect();
    exceeds(blank.len(), few, rows.len(), percent).then(|| HoldReason::Blanked {
        list: field.list(),
        field,
        blanked: blank.len(),
        before: rows.len(),
        samples: samples(blank.into_iter().copied()),
    })
}
