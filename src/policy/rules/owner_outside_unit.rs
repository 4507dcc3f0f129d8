//! The owner is chosen in the field where the system is used. Holds when the
//! owner's unit is neither above nor below the responsible unit, nor in a staff
//! unit. Silent where the unit of either is unknown.

use uuid::Uuid;

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::{Fault, Person};
use crate::text::links::Tab;

pub const RULE: RuleDef = RuleDef {
    grace: 30,
    tab: Tab::Organization,
    sources: &[Source::Guideline(&[5])],
    needs_leaders: true,
    ..RuleDef::new("owner-outside-unit", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let Some(leaders) = &case.policy.leaders else { return Vec::new() };
    let Some(responsible) = case.responsible_unit() else { return Vec::new() };
    let above = case.snapshot.unit_line(responsible);
    let fits = |unit: &Uuid| {
        above.contains(unit)
            || case.snapshot.unit_line(*unit).contains(&responsible)
            || case.is_staff(*unit)
    };
    let fault = |person: &Person| {
        let leader = leaders.of_person(person)?;
        let units = leaders.units_of(leader, case.snapshot);
        let outside = !units.is_empty() && !units.iter().any(fits);
        outside.then(|| Fault::OwnerOutsideUnit { person: person.uuid, unit: leader.unit.clone() })
    };
    case.owners().into_iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::register::history::History;
    use crate::testing::{id, leaders, only, responsible, said, said_by};

    #[test]
    fn owners_from_another_part_of_the_organisation() {
        let outside =
            |unit: &str| vec![Fault::OwnerOutsideUnit { person: id("bo"), unit: unit.to_owned() }];
        for (responsible_unit, owners_unit, expected) in [
            ("skole", "skole", vec![]),
            ("skole a", "skole", vec![]),
            ("skole", "skole a", vec![]),
            ("skole", "randers", vec![]),
            // The root is above everything.
            ("randers", "skole a", vec![]),
            ("skole", "it", outside("it")),
            ("skole a", "it", outside("it")),
            // A staff unit, and a unit in one.
            ("skole", "hr", vec![]),
            ("skole", "lønkontor", vec![]),
            ("lønkontor", "skole", outside("skole")),
            // Nobody is guessed.
            ("skole", "no such unit", vec![]),
            ("no such unit", "it", vec![]),
        ] {
            let policy = Policy {
                staff_units: [id("hr")].into(),
                leaders: Some(leaders(&format!("bo@randers.dk;Bo;leder;{owners_unit};"))),
                ..only(&RULE)
            };
            let seen = said_by(&policy, &History::default(), &responsible(responsible_unit));
            assert_eq!(seen, expected, "{owners_unit} owns in {responsible_unit}");
        }
        let policy = Policy { leaders: Some(leaders("")), ..only(&RULE) };
        let seen = said_by(&policy, &History::default(), &responsible("skole"));
        assert_eq!(seen, [], "not in the file");
        assert_eq!(said(&RULE, &responsible("skole")), [], "no file");
    }
}
