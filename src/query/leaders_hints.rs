//! Statements of a leaders file that do not fit KITOS, and how a file does before it is used.

use std::collections::BTreeSet;
use std::path::Path;

use uuid::Uuid;

use super::error::Error;
use super::hint::Hint;
use super::leaders::{LeadersFile, read_file};
use super::moment::Moment;
use super::policy::resolve;
use crate::model::Snapshot;
use crate::policy::Policy;
use crate::policy::coverage::{Coverage, Lost, owners, units_without_leader};
use crate::policy::leaders::{Leader, Leaders, Unsettled};
use crate::policy::rules::owner_level::may_own;
use crate::store::{bindings, leaders_coverage};
use crate::text::addresses::folded;
use crate::text::danish;
use crate::text::nearest::nearest_name;

/// How a leaders file does, before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadersTrial {
    /// People in the file.
    pub leaders: usize,
    pub hints: Vec<Hint>,
    /// `None` before the first pull.
    pub fit: Option<Fit>,
}

/// How it fits what KITOS has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub coverage: Coverage,
    /// Names of the owners whom it does not know.
    pub unknown_owners: Vec<String>,
    /// Responsible units of systems …
    pub units: usize,
    /// … and the names of those for which it has no leader, not even above.
    pub units_without_leader: Vec<String>,
    /// What it has lost compared with the file that is in use: the rules that need it would pause.
    pub lost: Option<Lost>,
}

/// Reads a leaders file that is to be tried.
///
/// # Errors
/// Why it cannot be used at all.
pub fn read_trial(path: &Path) -> Result<(LeadersFile, LeadersTrial), String> {
    let file = read_file("the leaders file", path);
    let leaders = match &file {
        LeadersFile::Broken(why) => return Err(why.clone()),
        LeadersFile::Read { list, .. } => list.len(),
        LeadersFile::None => 0,
    };
    let hints = file_hints(&file);
    Ok((file, LeadersTrial { leaders, hints, fit: None }))
}

/// How the file fits what KITOS has, as far as that is known.
pub fn try_leaders(
    moment: &Moment<'_>,
    file: &LeadersFile,
    mut trial: LeadersTrial,
) -> Result<LeadersTrial, Error> {
    let Moment { connection, config, .. } = *moment;
    if let Some(snapshot) = moment.maybe_snapshot()?
        && let Some(placed) = file.placed(&snapshot)
    {
        let policy = resolve(config, &bindings(connection)?, &snapshot).policy;
        trial.hints.extend(placed_hints(&placed, &policy, &snapshot));
        trial.hints.extend(unknown_units(&placed, &snapshot));
        trial.hints.extend(unknown_managers(&placed, &snapshot));
        let before = leaders_coverage(connection)?;
        trial.fit = Some(fit(&placed, &policy, (&snapshot, moment.today()), before));
    }
    Ok(trial)
}

fn fit(
    leaders: &Leaders,
    policy: &Policy,
    (snapshot, today): (&Snapshot, chrono::NaiveDate),
    before: Option<Coverage>,
) -> Fit {
    let coverage = Coverage::of(leaders, policy, snapshot);
    let unknown = owners(policy, snapshot).into_iter().filter(|o| leaders.of_person(o).is_none());
    let (units, without) = units_without_leader(leaders, policy, (snapshot, today));
    let unit_name = |unit: Uuid| Some(snapshot.units.get(&unit)?.name.clone());
    Fit {
        unknown_owners: sorted(unknown.map(|owner| owner.name.clone())),
        units: units.len(),
        units_without_leader: sorted(without.into_iter().filter_map(unit_name)),
        lost: before.and_then(|before| coverage.lost_since(&before)),
        coverage,
    }
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort_by(|a, b| danish::compare(a, b));
    names
}

/// The hints that need no snapshot: on the leaders file itself.
pub fn file_hints(leaders: &LeadersFile) -> Vec<Hint> {
    match leaders {
        LeadersFile::None => Vec::new(),
        LeadersFile::Broken(why) => vec![Hint::LeadersBroken { why: why.clone() }],
        LeadersFile::Read { bad, .. } => bad
            .iter()
            .map(|bad| Hint::BadLeadersCell { line: bad.line, why: bad.why.clone() })
            .collect(),
    }
}

/// The hints on leaders in the organisation.
pub(super) fn placed_hints(leaders: &Leaders, policy: &Policy, snapshot: &Snapshot) -> Vec<Hint> {
    let unsettled = leaders.unsettled().iter().map(|open| question(open, snapshot));
    let few = [
        few_owners(Coverage::of(leaders, policy, snapshot)),
        few_units(leaders),
        no_level_owns(leaders, policy),
    ];
    unsettled.chain(few.into_iter().flatten()).collect()
}

/// Each unit that KITOS does not have. Of the file in use only `few_units` is told: KITOS and
/// the list are seldom of one day.
fn unknown_units(leaders: &Leaders, snapshot: &Snapshot) -> Vec<Hint> {
    let names = || snapshot.units.values().map(|unit| unit.name.as_str());
    let unknown = leaders.unknown().iter();
    let hint = |open: &Unsettled| Hint::UnknownLeaderUnit {
        leader: open.leader.clone(),
        unit: open.unit.clone(),
        nearest: nearest_name(&open.unit, names()).map(str::to_owned),
    };
    unknown.map(hint).collect()
}

/// Each leader whose own leader is nobody.
fn unknown_managers(leaders: &Leaders, snapshot: &Snapshot) -> Vec<Hint> {
    let users = snapshot.people.values().filter_map(|person| person.email.as_deref());
    let users: BTreeSet<String> = users.map(folded).collect();
    let is_unknown = |address: &String| {
        leaders.of_address(address).is_none() && !users.contains(&folded(address))
    };
    let hint = |leader: &Leader| {
        let address = leader.manager_email.clone().filter(is_unknown)?;
        Some(Hint::UnknownManager { leader: leader.name.clone(), address })
    };
    leaders.iter().filter_map(hint).collect()
}

/// Which of several units of one name is meant.
fn question(open: &Unsettled, snapshot: &Snapshot) -> Hint {
    let place = |uuid: &Uuid| {
        let unit = snapshot.units.get(uuid);
        let above = unit.and_then(|unit| snapshot.units.get(&unit.parent?));
        match above {
            Some(above) => format!("{uuid} (under {})", above.name),
            None => uuid.to_string(),
        }
    };
    Hint::UnsettledUnit {
        leader: open.leader.clone(),
        unit: open.unit.clone(),
        candidates: open.candidates.iter().map(place).collect(),
    }
}

/// Too few of the owners are known.
fn few_owners(Coverage { owners, known, .. }: Coverage) -> Option<Hint> {
    (known * 2 < owners).then_some(Hint::FewLeaders { covered: known, owners })
}

/// Too few of the leaders' units are known in KITOS.
fn few_units(leaders: &Leaders) -> Option<Hint> {
    let unknown = leaders.unknown();
    let with_unknown: BTreeSet<String> = unknown.iter().map(|open| folded(&open.email)).collect();
    let known = leaders.len() - with_unknown.len();
    let example = unknown.first()?.unit.clone();
    let leaders = leaders.len();
    (known * 2 < leaders).then_some(Hint::FewLeaderUnits { known, leaders, example })
}

/// A level that somebody has, where none in the file may own.
fn no_level_owns(leaders: &Leaders, policy: &Policy) -> Option<Hint> {
    let nobody = !leaders.iter().any(|leader| may_own(policy, leader.level.as_deref()));
    let example = leaders.iter().find_map(|leader| leader.level.clone())?;
    nobody.then_some(Hint::NoLevelOwns { example })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leaders, randers};

    #[test]
    fn leaders_of_one_name_are_as_many_people() {
        let bo = |address: &str, unit: &str| format!("{address}@randers.dk;Bo;leder;{unit};\n");
        for (first, second, told) in
            [("Skole", "Skole", false), ("Nowhere", "Skole", false), ("Nowhere", "Elsewhere", true)]
        {
            let snapshot = randers().unit("Skole", None);
            let file = leaders(&(bo("a", first) + &bo("b", second)), &snapshot);
            assert_eq!(few_units(&file).is_some(), told, "{first} and {second}");
        }
    }

    #[test]
    fn a_leaders_file_that_knows_half_of_the_owners_is_good_enough() {
        for (owners, known, told) in
            [(0, 0, false), (1, 0, true), (1, 1, false), (4, 1, true), (4, 2, false), (5, 2, true)]
        {
            let hint = few_owners(Coverage { leaders: known, owners, known });
            let expected = told.then_some(Hint::FewLeaders { covered: known, owners });
            assert_eq!(hint, expected, "{known} of {owners}");
        }
    }
}
