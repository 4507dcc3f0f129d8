//! The organisation as a tree, with what each unit answers for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::moment::Moment;
use super::view::View;
use crate::model::{OrganizationUnit, Snapshot};
use crate::store::open_findings;
use crate::text::danish;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unit {
    /// `None` stands for systems without a responsible unit that exists.
    pub uuid: Option<Uuid>,
    pub name: Option<String>,
    pub parent: Option<Uuid>,
    /// 0 for the root.
    pub depth: usize,
    /// Systems for which this very unit is responsible …
    pub systems: usize,
    /// … the people who own them …
    pub owners: usize,
    /// … and what is wrong with them, waived findings apart.
    pub open_findings: usize,
}

/// What a unit answers for.
#[derive(Debug, Default)]
struct Tally {
    systems: usize,
    owners: BTreeSet<Uuid>,
    open_findings: usize,
}

/// Every unit after the one above it.
pub fn units(moment: &Moment<'_>) -> Result<Vec<Unit>, Error> {
    let view = View::load(moment)?;
    let mut findings: BTreeMap<Uuid, usize> = BTreeMap::new();
    for finding in open_findings(moment.connection)? {
        if !view.waivers.contains_key(&finding.id) {
            *findings.entry(finding.usage).or_default() += 1;
        }
    }
    Ok(list(&view, &findings))
}

/// `findings`: open ones by usage.
fn list(view: &View<'_>, findings: &BTreeMap<Uuid, usize>) -> Vec<Unit> {
    let mut tallies: BTreeMap<Option<Uuid>, Tally> = BTreeMap::new();
    for usage in view.snapshot.usages.values() {
        let known = |unit: &Uuid| view.snapshot.units.contains_key(unit);
        let tally = tallies.entry(usage.responsible_unit.filter(known)).or_default();
        tally.systems += 1;
        tally.open_findings += findings.get(&usage.uuid).copied().unwrap_or(0);
        let owners = view.snapshot.owners(usage, &view.policy.owner_roles);
        tally.owners.extend(owners.iter().map(|person| person.uuid));
    }
    let mut row = |unit: Option<&OrganizationUnit>, depth| {
        let tally = tallies.remove(&unit.map(|unit| unit.uuid)).unwrap_or_default();
        Unit {
            uuid: unit.map(|unit| unit.uuid),
            name: unit.map(|unit| unit.name.clone()),
            parent: unit.and_then(|unit| unit.parent),
            depth,
            systems: tally.systems,
            owners: tally.owners.len(),
            open_findings: tally.open_findings,
        }
    };
    let mut units: Vec<Unit> = in_tree_order(&view.snapshot)
        .into_iter()
        .map(|(unit, depth)| row(Some(unit), depth))
        .collect();
    let homeless = row(None, 0);
    if homeless.systems > 0 {
        units.push(homeless);
    }
    units
}

/// Each unit once with its depth; those of one parent by name. A unit whose
/// parent is unknown, or that is above itself, is shown like a root.
fn in_tree_order(snapshot: &Snapshot) -> Vec<(&OrganizationUnit, usize)> {
    let mut below: BTreeMap<Option<Uuid>, Vec<&OrganizationUnit>> = BTreeMap::new();
    for unit in snapshot.units.values() {
        let parent = unit.parent.filter(|parent| snapshot.units.contains_key(parent));
        below.entry(parent).or_default().push(unit);
    }
    // Taken from the end, so that the first by name comes first.
    for units in below.values_mut() {
        units.sort_by(|a, b| danish::compare(&b.name, &a.name).then_with(|| b.uuid.cmp(&a.uuid)));
    }
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    let roots = below.get(&None).cloned().unwrap_or_default();
    let mut waiting: Vec<(&OrganizationUnit, usize)> =
        snapshot.units.values().map(|unit| (unit, 0)).collect();
    waiting.extend(roots.into_iter().map(|unit| (unit, 0)));
    while let Some((unit, depth)) = waiting.pop() {
        if seen.insert(unit.uuid) {
            order.push((unit, depth));
            let children = below.get(&Some(unit.uuid)).into_iter().flatten();
            waiting.extend(children.map(|unit| (*unit, depth + 1)));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Organization;

    #[test]
    fn every_unit_is_shown_once_below_the_one_above_it() {
        let id = |name: &str| Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        let organization =
            Organization { uuid: id("kommune"), name: "Kommunen".to_owned(), cvr: None };
        for (units, expected, why) in [
            (vec![], "", "no units"),
            (
                vec![("Ø", "K"), ("A", "K"), ("K", ""), ("B", "A")],
                "K0 A1 B2 Ø1",
                "children by name after their parent",
            ),
            (vec![("K", ""), ("A", "gone"), ("B", "A")], "A0 B1 K0", "a parent that is gone"),
        ] {
            let mut snapshot = Snapshot::empty(organization.clone());
            for (name, parent) in units {
                let parent = (!parent.is_empty()).then(|| id(parent));
                let unit = OrganizationUnit {
                    uuid: id(name),
                    name: name.to_owned(),
                    parent,
                    external: None,
                };
                snapshot.units.insert(unit.uuid, unit);
            }
            let order: Vec<String> = in_tree_order(&snapshot)
                .iter()
                .map(|(unit, depth)| format!("{}{depth}", unit.name))
                .collect();
            assert_eq!(order.join(" "), expected, "{why}");
        }
        // A cycle has no first unit, but each is shown once.
        let mut snapshot = Snapshot::empty(organization);
        for (name, parent) in [("A", "B"), ("B", "A"), ("C", "C")] {
            let unit = OrganizationUnit {
                uuid: id(name),
                name: name.to_owned(),
                parent: Some(id(parent)),
                external: None,
            };
            snapshot.units.insert(unit.uuid, unit);
        }
        let order = in_tree_order(&snapshot);
        let shown: BTreeSet<Uuid> = order.iter().map(|(unit, _)| unit.uuid).collect();
        assert_eq!((order.len(), shown.len()), (3, 3));
    }
}
