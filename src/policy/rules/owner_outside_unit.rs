//! The owner is chosen in the field where the system is used. Holds when the
//! owner's unit is neither above nor below the responsible unit, nor in a staff
//! unit. Silent where the unit of either is unknown.

use uuid::Uuid;

use super::case::Case;
use super::def::{Falls, RuleDef, Source};
use crate::model::FaultArg::{Person, Text, Unit};
use crate::model::{self, Fault, Snapshot, Tab};
use crate::policy::leaders::Leader;
use crate::policy::settings::Policy;

pub const RULE: RuleDef = RuleDef {
    grace: 30,
    tab: Tab::Organization,
    sources: &[Source::Guideline(&[5])],
    needs_leaders: true,
    names_unit_leader: true,
    falls: Falls::WithOwner,
    ..RuleDef::new("owner-outside-unit", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let Some(leaders) = &case.policy.leaders else { return Vec::new() };
    let Some(responsible) = case.responsible_unit() else { return Vec::new() };
    let fault_of = |person: &model::Person| {
        let leader = leaders.of_person(person)?;
        let outside = is_outside(leader, case.policy, (case.snapshot, responsible));
        let named = || leader.units.join(", ");
        outside.then(|| fault(person.uuid, named()).with("responsible", Unit(responsible)))
    };
    case.owners.iter().copied().filter_map(fault_of).collect()
}

/// Whether the rule judges at all.
pub fn is_on(policy: &Policy) -> bool {
    policy.rules.contains_key(&RULE.id)
}

/// Whether everything that the leader leads lies in another field than `responsible`,
/// and in no staff unit.
pub fn is_outside(
    leader: &Leader,
    policy: &Policy,
    (snapshot, responsible): (&Snapshot, Uuid),
) -> bool {
    let above = snapshot.unit_line(responsible);
    let fits = |unit: &Uuid| {
        let line = snapshot.unit_line(*unit);
        above.contains(unit) || line.contains(&responsible) || policy.is_staff(snapshot, *unit)
    };
    let leaders = policy.leaders.iter();
    let units: Vec<Uuid> = leaders.flat_map(|leaders| leaders.units_of(leader)).collect();
    !units.is_empty() && !units.iter().any(fits)
}

/// The units as the leaders file calls them.
fn fault(person: Uuid, unit: String) -> Fault {
    Fault::new("owner-outside-unit").with("person", Person(person)).with("unit", Text(unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::history::History;
    use crate::testing::{id, leaders, only, responsible, said, said_by};

    #[test]
    fn owners_from_another_part_of_the_organisation() {
        let outside = |unit: &str| Some(fault(id("bo"), unit.to_owned()));
        for (responsible_unit, owners_unit, expected) in [
            ("skole", "skole", None),
            ("skole a", "skole", None),
            ("skole", "skole a", None),
            ("skole", "randers", None),
            // The root is above everything.
            ("randers", "skole a", None),
            ("skole", "it", outside("it")),
            ("skole a", "it", outside("it")),
            // A staff unit, and a unit in one.
            ("skole", "hr", None),
            ("skole", "lønkontor", None),
            ("lønkontor", "skole", outside("skole")),
            // Nobody is guessed.
            ("skole", "no such unit", None),
            ("no such unit", "it", None),
        ] {
            let snapshot = responsible(responsible_unit);
            let file = format!("bo@randers.dk;Bo;leder;{owners_unit};");
            let policy = Policy {
                staff_units: [id("hr")].into(),
                leaders: Some(leaders(&file, &snapshot)),
                ..only(&RULE)
            };
            let seen = said_by(&policy, &History::default(), &snapshot);
            let responsible = Unit(id(responsible_unit));
            let expected = expected.map(|fault| fault.with("responsible", responsible));
            assert_eq!(seen, Vec::from_iter(expected), "{owners_unit} owns in {responsible_unit}");
        }
        let snapshot = responsible("skole");
        let policy = Policy { leaders: Some(leaders("", &snapshot)), ..only(&RULE) };
        let seen = said_by(&policy, &History::default(), &snapshot);
        assert_eq!(seen, [], "not in the file");
        assert_eq!(said(&RULE, &responsible("skole")), [], "no file");
    }
}
