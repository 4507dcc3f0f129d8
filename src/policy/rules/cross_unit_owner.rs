//! A system used across administrations is as a rule owned in a staff unit. Holds
//! when the using units lie in two administrations or more (the root stands for all
//! of them) and the responsible unit is in no staff unit. Silent without staff
//! units, and without a responsible unit.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::FaultArg::Unit;
use crate::model::{Fault, Tab};

pub const RULE: RuleDef = RuleDef {
    grace: 30,
    tab: Tab::Organization,
    sources: &[Source::Guideline(&[5])],
    ..RuleDef::new("cross-unit-owner", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let Some(responsible) = case.responsible_unit() else { return Vec::new() };
    if case.policy.staff_units.is_empty() || case.is_staff(responsible) {
        return Vec::new();
    }
    let snapshot = case.snapshot;
    let mut administrations = BTreeSet::new();
    for unit in &case.usage.using_units {
        match snapshot.units.get(unit) {
            Some(root) if root.parent.is_none() => {
                let children = snapshot.units.values().filter(|u| u.parent == Some(root.uuid));
                administrations.extend(children.map(|unit| unit.uuid));
            }
            _ => administrations.extend(snapshot.administration(*unit).map(|unit| unit.uuid)),
        }
    }
    if administrations.len() < 2 {
        return Vec::new();
    }
    let fault = |administration| used_by(administration).with("responsible", Unit(responsible));
    administrations.into_iter().map(fault).collect()
}

fn used_by(administration: Uuid) -> Fault {
    Fault::new("used-by").with("unit", Unit(administration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::register::history::History;
    use crate::testing::{id, only, responsible, said, said_by, sorted};

    #[test]
    fn systems_used_across_administrations() {
        let used_by = |names: &[&str]| names.iter().map(|name| used_by(id(name))).collect();
        let staff = Policy { staff_units: [id("hr")].into(), ..only(&RULE) };
        let all = ["it", "hr", "skole"];
        for (responsible_unit, using, expected) in [
            ("skole", &["skole", "skole a"][..], vec![]),
            ("skole", &["skole a", "it"], used_by(&["skole", "it"])),
            // The root stands for all administrations.
            ("skole", &["randers"], used_by(&all)),
            ("randers", &["skole", "it"], used_by(&["skole", "it"])),
            ("hr", &["skole", "it"], vec![]),
            ("lønkontor", &["skole", "it"], vec![]),
            ("skole", &[], vec![]),
            ("skole", &["skole", "no such unit"], vec![]),
            ("no such unit", &["skole", "it"], vec![]),
        ] {
            let using_units = using.iter().map(|unit| id(unit));
            let snapshot = responsible(responsible_unit)
                .edit("løn", |u| u.using_units = using_units.collect());
            let seen = said_by(&staff, &History::default(), &snapshot);
            let fault = |fault: Fault| fault.with("responsible", Unit(id(responsible_unit)));
            let expected: Vec<Fault> = Vec::into_iter(expected).map(fault).collect();
            assert_eq!(seen, sorted(expected), "{using:?}, {responsible_unit} responsible");
        }
        let across =
            responsible("skole").edit("løn", |u| u.using_units = [id("it"), id("hr")].into());
        assert_eq!(said(&RULE, &across), [], "no staff units");
        let nobody = across.edit("løn", |u| u.responsible_unit = None);
        assert_eq!(said_by(&staff, &History::default(), &nobody), [], "no responsible unit");
    }
}
