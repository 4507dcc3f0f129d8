//! A field that would lose its value on many rows at once. R8 takes one field that
//! changes in the same way everywhere for one change (a unit that was merged, a
//! role that was renamed); a field that is empty everywhere is rather one that
//! KITOS renamed or no longer shows us, and taken for true it would tell every
//! owner that the registration is incomplete.

use super::step::{FEW, FEW_CHANGED, Step, exceeds, samples};
use crate::model::{Field, HeldList, HoldReason, Interest};

/// A field of people and one of units, as the keys of their words have them.
const EMAIL: &str = "email";
const PARENT_UNIT: &str = "parent-unit";

/// The fields that would be blanked on more rows than the limits allow, of those
/// rows that had a value and are still there.
pub(super) fn reasons(step: &Step<'_>) -> Vec<HoldReason> {
    let (before, after, limits) = (step.before.snapshot(), step.after.snapshot(), step.limits);
    let guarded = Field::all().filter(|field| field.interest() >= Interest::Guarded);
    let of_usages = guarded.filter_map(|field| {
        let had = step.shared.iter().filter(|(old, _)| field.is_said(old));
        let rows = had.map(|(_, new)| (field.is_said(new), after.usage_name(new)));
        reason((HeldList::Usages, field.name()), rows, FEW_CHANGED, limits.changed)
    });
    let people = before.members().filter(|old| old.email.is_some());
    let people = people.filter_map(|old| after.people.get(&old.uuid).filter(|new| new.member));
    let people = people.map(|new| (new.email.is_some(), new.name.as_str()));
    let units = before.units.values().filter(|old| old.parent.is_some());
    let units = units.filter_map(|old| after.units.get(&old.uuid));
    let units = units.map(|new| (new.parent.is_some(), new.name.as_str()));
    of_usages
        .chain(reason((HeldList::People, EMAIL), people, FEW, limits.people))
        .chain(reason((HeldList::Units, PARENT_UNIT), units, FEW, limits.people))
        .collect()
}

/// `rows`: of each row that had a value, whether it still has, and its name.
fn reason<'a>(
    (list, field): (HeldList, &str),
    rows: impl Iterator<Item = (bool, &'a str)>,
    few: usize,
    percent: f64,
) -> Option<HoldReason> {
    let rows: Vec<_> = rows.collect();
    let blank: Vec<_> = rows.iter().filter(|(filled, _)| !filled).map(|(_, name)| name).collect();
    exceeds(blank.len(), few, rows.len(), percent).then(|| HoldReason::Blanked {
        list,
        field: field.to_owned(),
        blanked: blank.len(),
        before: rows.len(),
        samples: samples(blank.into_iter().copied()),
    })
}
