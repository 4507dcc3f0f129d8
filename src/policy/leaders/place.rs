//! The leaders in the organisation of one pull: which units each of them leads. If several
//! units have one name, the place of the leader's own manager decides; without that, nobody is
//! guessed.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::list::{Leader, LeaderList};
use crate::model::{OrganizationUnit, Person, Snapshot};
use crate::text::addresses::folded;
use crate::text::names::key;

/// [`LeaderList`], placed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leaders {
    list: LeaderList,
    /// The units of each, by folded address.
    units: BTreeMap<String, BTreeSet<Uuid>>,
    /// Read backwards.
    of_unit: BTreeMap<Uuid, BTreeSet<String>>,
    unsettled: Vec<Unsettled>,
    unknown: Vec<Unsettled>,
    /// People whose address is another now than the one in the file (folded).
    moved: BTreeMap<Uuid, String>,
}

/// A unit of the file that has no leader for now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsettled {
    /// By name …
    pub leader: String,
    /// … and by address, since several can have one name.
    pub email: String,
    pub unit: String,
    /// The units of that name; none where KITOS has no such unit.
    pub candidates: BTreeSet<Uuid>,
}

impl Leaders {
    pub fn place(list: LeaderList, snapshot: &Snapshot) -> Self {
        let mut places = Places::new(&list, snapshot);
        for leader in list.iter() {
            places.of(leader);
        }
        let Places { units, mut unsettled, mut unknown, .. } = places;
        unsettled.sort();
        unknown.sort();
        let mut of_unit: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        for (address, led) in &units {
            for unit in led {
                of_unit.entry(*unit).or_default().insert(address.clone());
            }
        }
        Self { list, units, of_unit, unsettled, unknown, moved: BTreeMap::new() }
    }

    /// The same, with users who are known to be whom the file has under that address.
    pub fn follow(self, moved: BTreeMap<Uuid, String>) -> Self {
        Self { moved, ..self }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Everyone in the file.
    pub fn iter(&self) -> impl Iterator<Item = &Leader> + Clone {
        self.list.iter()
    }

    /// The lines of a KITOS user, found by address: today's, else the one before.
    pub fn of_person(&self, person: &Person) -> Option<&Leader> {
        let today = person.email.as_deref().and_then(|address| self.of_address(address));
        today.or_else(|| self.of_address(self.moved.get(&person.uuid)?))
    }

    /// The line of the leader with this address.
    pub fn of_address(&self, address: &str) -> Option<&Leader> {
        self.list.get(address)
    }

    /// The KITOS units that a leader leads or works in.
    pub fn units_of(&self, leader: &Leader) -> impl Iterator<Item = Uuid> {
        self.units.get(&folded(&leader.email)).into_iter().flatten().copied()
    }

    /// The units that have lines of their own.
    pub fn led_units(&self) -> impl Iterator<Item = Uuid> {
        self.of_unit.keys().copied()
    }

    /// Those of `unit` itself, by address.
    pub fn in_unit(&self, unit: Uuid) -> Vec<&Leader> {
        let addresses = self.of_unit.get(&unit).into_iter().flatten();
        addresses.filter_map(|address| self.list.get_folded(address)).collect()
    }

    /// The leader of `unit`, or of the nearest unit above it that has one. Of
    /// several in one unit, the [`head`].
    pub fn of_unit(
        &self,
        unit: Uuid,
        snapshot: &Snapshot,
        leads: &dyn Fn(&Leader) -> bool,
    ) -> Option<&Leader> {
        snapshot.way_up(unit).find_map(|unit| head(&self.in_unit(unit), leads))
    }

    /// Names that several units bear, and nothing in the file says which is meant.
    pub fn unsettled(&self) -> &[Unsettled] {
        &self.unsettled
    }

    /// Units that KITOS does not have.
    pub fn unknown(&self) -> &[Unsettled] {
        &self.unknown
    }
}

/// The person who leads a unit of these lines: one at a level that leads, whose own leader is
/// not among them. Whoever only works there leads nothing.
pub fn head<'a>(lines: &[&'a Leader], leads: &dyn Fn(&Leader) -> bool) -> Option<&'a Leader> {
    let lines: Vec<&'a Leader> = lines.iter().copied().filter(|line| leads(line)).collect();
    let is_highest = |line: &&&Leader| {
        let manager = line.manager_email.as_deref().filter(|manager| !line.is(manager));
        !lines.iter().any(|other| manager.is_some_and(|to| other.is(to)))
    };
    lines.iter().find(is_highest).or(lines.first()).copied()
}

/// The placing, one leader after the other; managers before those whom they settle.
struct Places<'a> {
    list: &'a LeaderList,
    snapshot: &'a Snapshot,
    by_key: BTreeMap<String, BTreeSet<Uuid>>,
    /// Empty while a leader is being placed, which ends circles of managers.
    units: BTreeMap<String, BTreeSet<Uuid>>,
    unsettled: Vec<Unsettled>,
    unknown: Vec<Unsettled>,
}

impl<'a> Places<'a> {
    fn new(list: &'a LeaderList, snapshot: &'a Snapshot) -> Self {
        let mut by_key: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
        for unit in snapshot.units.values() {
            for key in unit_keys(unit) {
                by_key.entry(key).or_default().insert(unit.uuid);
            }
        }
        let (units, unsettled, unknown) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { list, snapshot, by_key, units, unsettled, unknown }
    }

    fn of(&mut self, leader: &Leader) -> BTreeSet<Uuid> {
        let address = folded(&leader.email);
        if let Some(placed) = self.units.get(&address) {
            return placed.clone();
        }
        self.units.insert(address.clone(), BTreeSet::new());
        let mut placed = BTreeSet::new();
        for unit in &leader.units {
            let candidates = self.by_key.get(&unit_key(unit)).cloned().unwrap_or_default();
            let settled = match candidates.len() {
                1 => candidates.first().copied(),
                0 => None,
                _ => self.below_manager(leader, &candidates),
            };
            let open = Unsettled {
                leader: leader.name.clone(),
                email: leader.email.clone(),
                unit: unit.clone(),
                candidates,
            };
            match settled {
                Some(unit) => {
                    placed.insert(unit);
                }
                None if open.candidates.is_empty() => self.unknown.push(open),
                None => self.unsettled.push(open),
            }
        }
        self.units.insert(address, placed.clone());
        placed
    }

    /// The one among `candidates` that lies in a unit of the leader's manager.
    fn below_manager(&mut self, leader: &Leader, candidates: &BTreeSet<Uuid>) -> Option<Uuid> {
        let manager = self.list.get(leader.manager_email.as_deref()?)?;
        let of_manager = self.of(manager);
        let mut below = candidates.iter().filter(|candidate| {
            self.snapshot.unit_line(**candidate).iter().any(|unit| of_manager.contains(unit))
        });
        let only = below.next().copied();
        only.filter(|_| below.next().is_none())
    }
}

/// The units that a name or UUID in the configuration means.
pub fn units_named(text: &str, snapshot: &Snapshot) -> BTreeSet<Uuid> {
    let wanted = unit_key(text);
    let units = snapshot.units.values();
    units.filter(|unit| unit_keys(unit).contains(&wanted)).map(|unit| unit.uuid).collect()
}

/// By what a unit may be called: name, KITOS's uuid, FK-Organisation's.
fn unit_keys(unit: &OrganizationUnit) -> Vec<String> {
    let uuids = [Some(unit.uuid), unit.external].into_iter().flatten();
    uuids.map(|uuid| uuid.to_string()).chain([key(&unit.name)]).collect()
}

fn unit_key(text: &str) -> String {
    Uuid::parse_str(text.trim()).map_or_else(|_| key(text), |uuid| uuid.to_string())
}
