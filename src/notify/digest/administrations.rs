//! The table of the administrations (forvaltninger).

use std::collections::BTreeMap;

use uuid::Uuid;

use super::data::Administration;
use super::material::{Material, by_administration};
use crate::model::{Change, Finding};

pub(super) fn administrations(material: &Material<'_>) -> Vec<Administration> {
    let snapshot = material.lines.snapshot;
    let policy = material.situation.directory.policy();
    let of = |usage: Uuid| {
        let unit = snapshot.usages.get(&usage).and_then(|usage| usage.responsible_unit);
        unit.and_then(|unit| snapshot.administration(unit)).map(|unit| unit.name.clone())
    };
    let mut rows: BTreeMap<Option<String>, Administration> = BTreeMap::new();
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
    let before = then(material);
    let of_then = |usage: Uuid| match before.get(&usage) {
        Some(unit) => unit.and_then(|unit| snapshot.administration(unit)).map(|u| u.name.clone()),
        None => of(usage),
    };
    if material.since.is_some() {
        for finding in material.open() {
            rows.entry(of(finding.usage)).or_default().change += 1;
        }
        let open_then = material.situation.open.iter().chain(material.ended);
        for finding in open_then.filter(|finding| material.was_open(finding)) {
            rows.entry(of_then(finding.usage)).or_default().change -= 1;
        }
    }
    let mut rows: Vec<Administration> =
        rows.into_iter().map(|(name, row)| Administration { name, ..row }).collect();
    rows.sort_by_cached_key(|row| by_administration(row.name.as_deref()));
    rows
}

/// The responsible unit of each system that had another at the last digest.
fn then(material: &Material<'_>) -> BTreeMap<Uuid, Option<Uuid>> {
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
