//! The table of the administrations (forvaltninger).

use std::borrow::Cow;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::data::Administration;
use super::material::{Material, by_administration};
use crate::model::{Change, Finding, OrganizationUnit, Snapshot, UnitFacts};

pub(super) fn administrations(material: &Material<'_>) -> Vec<Administration> {
    let snapshot = material.lines.snapshot;
    let policy = material.situation.directory.policy();
    let unit = |usage: Uuid| snapshot.usages.get(&usage).and_then(|usage| usage.responsible_unit);
    let of = |usage: Uuid| administration(snapshot, unit(usage));
    let mut rows: BTreeMap<Option<Uuid>, Administration> = BTreeMap::new();
    for usage in snapshot.usages.values() {
        if policy.in_scope(snapshot, usage, material.date) {
            let row = rows.entry(of(usage.uuid)).or_default();
            row.systems += 1;
            row.without_owner += u32::from(!snapshot.has_owner(usage, &policy.owner_roles));
        }
    }
    for finding in material.open() {
        let row = rows.entry(of(finding.usage)).or_default();
        row.open += 1;
        row.overdue += u32::from(is_overdue(material, finding));
    }
    // The change is what stands here now, without what stood here at the last digest.
    let (tree_then, moved) = (tree_then(material), units_then(material));
    let unit_then = |usage: Uuid| moved.get(&usage).copied().unwrap_or_else(|| unit(usage));
    let of_then = |usage: Uuid| administration(&tree_then, unit_then(usage));
    if material.since.is_some() {
        for finding in material.open() {
            rows.entry(of(finding.usage)).or_default().change += 1;
        }
        let open_then = material.situation.open.iter().chain(material.ended);
        for finding in open_then.filter(|finding| material.was_open(finding)) {
            rows.entry(of_then(finding.usage)).or_default().change -= 1;
        }
    }
    let name = |unit: Uuid| {
        let unit = snapshot.units.get(&unit).or_else(|| tree_then.units.get(&unit));
        unit.map(|unit| unit.name.clone())
    };
    let mut rows: Vec<Administration> = rows
        .into_iter()
        .map(|(unit, row)| Administration { name: unit.and_then(name), ..row })
        .collect();
    rows.sort_by_cached_key(|row| by_administration(row.name.as_deref()));
    rows
}

/// The administration of a unit, by which rows are kept: one that is renamed stays the same.
fn administration(snapshot: &Snapshot, unit: Option<Uuid>) -> Option<Uuid> {
    Some(snapshot.administration(unit?)?.uuid)
}

/// The organisation as it was at the last digest: where units were merged or closed since,
/// today's has no place for those of then.
fn tree_then<'a>(material: &Material<'a>) -> Cow<'a, Snapshot> {
    let mut then = Cow::Borrowed(material.lines.snapshot);
    for (_, change) in material.changes.iter().rev() {
        let Change::OrganizationUnitChanged { unit, before, .. } = change else { continue };
        let units = &mut then.to_mut().units;
        match before.clone() {
            Some(UnitFacts { name, parent }) => {
                let was = OrganizationUnit { uuid: *unit, name, parent, external: None };
                units.insert(*unit, was);
            }
            None => {
                units.remove(unit);
            }
        }
    }
    then
}

/// The responsible unit of each system that had another at the last digest.
fn units_then(material: &Material<'_>) -> BTreeMap<Uuid, Option<Uuid>> {
    let mut units = BTreeMap::new();
    for (_, change) in material.changes {
        let (usage, unit) = match change {
            Change::UnitChanged { usage, before, .. } => (*usage, *before),
            Change::Removed { usage, before } => (*usage, before.responsible_unit),
            _ => continue,
        };
        units.entry(usage).or_insert(unit);
    }
    units
}

/// Whether the deadline that its first mail stated has passed.
fn is_overdue(material: &Material<'_>, finding: &Finding) -> bool {
    let told = material.situation.ledger.notified_of(finding.id);
    told.deadline.is_some_and(|deadline| deadline < material.date)
}
