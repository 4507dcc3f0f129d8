//! What the leaders file says, line by line. A cell that cannot be read costs that
//! cell; a line without a readable address says nothing about anybody.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::policy::sheet::{BadCell, Column, EMAIL, Row, WrongHeader, read, shown};
use crate::text::addresses::{folded, is_address};
use crate::text::names::key;

/// The columns; their order is free.
pub const COLUMNS: [Column; 5] = [
    EMAIL,
    Column { name: "name", also: &["navn"] },
    Column { name: "level", also: &["niveau"] },
    Column { name: "unit", also: &["enhed"] },
    Column { name: "manager_email", also: &["leders e-mail", "leders mail", "leder"] },
];

/// One person of the file, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    pub email: String,
    pub name: String,
    /// E.g. "direktør"; compared without regard to case.
    pub level: Option<String>,
    /// The units in KITOS that this person leads or works in: names, KITOS's uuids, or
    /// those of FK-Organisation.
    pub units: Vec<String>,
    pub manager_email: Option<String>,
}

impl Leader {
    /// Whether this is the line of that address.
    pub fn is(&self, address: &str) -> bool {
        folded(&self.email) == folded(address)
    }
}

/// The whole file, by folded address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeaderList {
    by_email: BTreeMap<String, Leader>,
}

impl LeaderList {
    /// Reads the file's bytes; what could not be read stands beside the rest.
    ///
    /// # Errors
    /// [`WrongHeader`] when the columns are not there.
    pub fn parse(bytes: &[u8]) -> Result<(Self, Vec<BadCell>), WrongHeader> {
        let (mut list, mut bad) = (Self::default(), Vec::new());
        for row in read(bytes, &COLUMNS)? {
            if let Some(leader) = leader(&row, &mut bad) {
                list.take_in(leader, row.line, &mut bad);
            }
        }
        Ok((list, bad))
    }

    pub fn len(&self) -> usize {
        self.by_email.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_email.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Leader> + Clone {
        self.by_email.values()
    }

    pub fn get(&self, address: &str) -> Option<&Leader> {
        self.get_folded(&folded(address))
    }

    pub(super) fn get_folded(&self, address: &str) -> Option<&Leader> {
        self.by_email.get(address)
    }

    /// A further line of the same person adds a unit, and what was missing.
    fn take_in(&mut self, leader: Leader, line: usize, bad: &mut Vec<BadCell>) {
        let mut known = match self.by_email.entry(folded(&leader.email)) {
            Entry::Vacant(place) => {
                place.insert(leader);
                return;
            }
            Entry::Occupied(known) => known,
        };
        let known = known.get_mut();
        for unit in leader.units {
            if !known.units.iter().any(|other| key(other) == key(&unit)) {
                known.units.push(unit);
            }
        }
        let email = &leader.email;
        let mut keep = |kept: &mut Option<String>, new: Option<String>, column: &str| match (
            kept.as_ref(),
            new,
        ) {
            (None, new) => *kept = new,
            (Some(kept), Some(new)) if key(kept) != key(&new) => {
                let why = format!(
                    "{column} \"{new}\" differs from the \"{kept}\" that {email} has further up; \
                     the first counts"
                );
                bad.push(BadCell { line, why });
            }
            _ => {}
        };
        keep(&mut known.level, leader.level, "level");
        keep(&mut known.manager_email, leader.manager_email, "manager_email");
    }
}

/// The person of a line; none without an address.
fn leader(row: &Row, bad: &mut Vec<BadCell>) -> Option<Leader> {
    let line = row.line;
    let [email, name, level, unit, manager] = &row.cells[..] else { return None };
    let mut missing = |column: &str, what: &str| {
        bad.push(BadCell { line, why: format!("{column} is empty: {what}") });
    };
    if email.is_empty() {
        missing("email", "the line counts for nothing");
        return None;
    }
    if !is_address(email) {
        let why = format!("email {} is no mail address: the line counts for nothing", shown(email));
        bad.push(BadCell { line, why });
        return None;
    }
    if name.is_empty() {
        missing("name", "the address stands for it");
    }
    if level.is_empty() {
        missing("level", "nobody can tell whether this person may own");
    }
    if unit.is_empty() {
        missing("unit", "this person leads none by this line");
    }
    let manager_email = Some(manager.clone()).filter(|manager| !manager.is_empty());
    let readable = manager_email.clone().filter(|manager| is_address(manager));
    if manager_email.is_some() && readable.is_none() {
        let why = format!("manager_email {} is no mail address: it is left out", shown(manager));
        bad.push(BadCell { line, why });
    }
    Some(Leader {
        email: email.clone(),
        name: if name.is_empty() { email.clone() } else { name.clone() },
        level: Some(level.clone()).filter(|level| !level.is_empty()),
        units: Some(unit.clone()).filter(|unit| !unit.is_empty()).into_iter().collect(),
        manager_email: readable,
    })
}
