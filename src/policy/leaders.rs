//! The leaders file: who may own, and who is whose leader. KITOS does not tell
//! (`kitos-api.md`, "Default role names"), so the municipality's own list does.
//!
//! It is read as Danish spreadsheets save it: semicolons or commas, UTF-8 or
//! Windows-1252, with or without a byte order mark. A bad line is named and left
//! out; only a wrong header refuses the file.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Person, Snapshot};
use crate::text::addresses::folded;

/// The columns, as the first line must name them; their order is free.
pub const COLUMNS: [&str; 5] = ["email", "name", "level", "unit", "manager_email"];

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    pub email: String,
    pub name: String,
    /// E.g. "direktør"; compared without regard to case.
    pub level: String,
    /// Name or UUID of the unit in KITOS that this person leads or works in.
    pub unit: String,
    pub manager_email: Option<String>,
}

impl Leader {
    /// Whether this is the line of that address.
    pub fn is(&self, address: &str) -> bool {
        folded(&self.email) == folded(address)
    }
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leaders {
    by_email: BTreeMap<String, Leader>,
    /// Folded addresses by [`unit_key`] of the unit: leaders are looked up for
    /// every system without an owner.
    by_unit: BTreeMap<String, BTreeSet<String>>,
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1; the header is line 1.
    pub line: u64,
    pub why: String,
}

/// The header is not that of a leaders file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "its first line is \"{found}\", and the columns {missing} are missing. \
     Write the first line as: email;name;level;unit;manager_email"
)]
pub struct WrongHeader {
    pub found: String,
    pub missing: String,
}

impl Leaders {
    /// Reads the file's bytes. The bad lines stand beside the good ones.
    ///
    /// # Errors
    /// [`WrongHeader`] when the columns are not there.
    pub fn parse(bytes: &[u8]) -> Result<(Self, Vec<BadLine>), WrongHeader> {
        let text = decode(bytes);
        let header = text.lines().next().unwrap_or_default();
        let delimiter = if header.contains(';') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let names: Vec<String> = match reader.headers() {
            Ok(names) => names.iter().map(str::to_lowercase).collect(),
            Err(_) => Vec::new(),
        };
        let column = |name: &str| names.iter().position(|found| found == name);
        let missing: Vec<&str> = COLUMNS.into_iter().filter(|c| column(c).is_none()).collect();
        if !missing.is_empty() {
            let found = header.chars().filter(|c| !c.is_control()).take(100).collect();
            return Err(WrongHeader { found, missing: missing.join(", ") });
        }
        let (mut leaders, mut bad) = (Self::default(), Vec::new());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    bad.push(BadLine { line, why: error.to_string() });
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().all(str::is_empty) {
                continue;
            }
            let field = |name: &str| column(name).and_then(|at| record.get(at)).unwrap_or_default();
            match leader(field) {
                Ok(leader) => match leaders.by_email.entry(folded(&leader.email)) {
                    Entry::Vacant(place) => {
                        let of_unit = leaders.by_unit.entry(unit_key(&leader.unit)).or_default();
                        of_unit.insert(place.key().clone());
                        place.insert(leader);
                    }
                    Entry::Occupied(_) => {
                        let why = format!("{} stands there twice; the first counts", leader.email);
                        bad.push(BadLine { line, why });
                    }
                },
                Err(why) => bad.push(BadLine { line, why }),
            }
        }
        Ok((leaders, bad))
    }

    pub fn len(&self) -> usize {
        self.by_email.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_email.is_empty()
    }

    /// Everyone in the file.
    pub fn iter(&self) -> impl Iterator<Item = &Leader> {
        self.by_email.values()
    }

    pub fn by_email(&self, email: &str) -> Option<&Leader> {
        self.by_email.get(&folded(email))
    }

    /// The line of a KITOS user, found by address.
    pub fn of_person(&self, person: &Person) -> Option<&Leader> {
        self.by_email(person.email.as_deref()?)
    }

    /// The leader of a person who is in the file.
    pub fn manager_of(&self, person: &Person) -> Option<&Leader> {
        self.by_email(self.of_person(person)?.manager_email.as_deref()?)
    }

    /// The KITOS units that a leader's `unit` means: by UUID, or all of that name.
    pub fn units_of(&self, leader: &Leader, snapshot: &Snapshot) -> BTreeSet<Uuid> {
        units_named(&leader.unit, snapshot)
    }

    /// The lines of `unit` itself, by address.
    pub fn in_unit(&self, unit: Uuid, snapshot: &Snapshot) -> Vec<&Leader> {
        let Some(unit) = snapshot.units.get(&unit) else { return Vec::new() };
        let keys = [unit.uuid.to_string(), unit_key(&unit.name)];
        let addresses: BTreeSet<&String> =
            keys.iter().filter_map(|key| self.by_unit.get(key)).flatten().collect();
        addresses.into_iter().filter_map(|address| self.by_email.get(address)).collect()
    }

    /// The leader of `unit`, or of the nearest unit above it that has one. Of
    /// several in one unit, the one whose own leader is not among them.
    pub fn of_unit(&self, unit: Uuid, snapshot: &Snapshot) -> Option<&Leader> {
        let mut seen = BTreeSet::new();
        let mut here = snapshot.units.get(&unit);
        while let Some(unit) = here.filter(|unit| seen.insert(unit.uuid)) {
            let addresses: BTreeSet<&String> = [unit.uuid.to_string(), unit_key(&unit.name)]
                .iter()
                .filter_map(|key| self.by_unit.get(key))
                .flatten()
                .collect();
            let of_unit: Vec<&Leader> =
                addresses.into_iter().filter_map(|address| self.by_email.get(address)).collect();
            let leads = |leader: &&&Leader| {
                let manager = leader.manager_email.as_deref().map(folded);
                !of_unit.iter().any(|other| Some(folded(&other.email)) == manager)
            };
            if let Some(leader) = of_unit.iter().find(leads).or(of_unit.first()) {
                return Some(leader);
            }
            here = unit.parent.and_then(|parent| snapshot.units.get(&parent));
        }
        None
    }
}

/// The units that a name or UUID in the configuration or the leaders file means.
pub fn units_named(text: &str, snapshot: &Snapshot) -> BTreeSet<Uuid> {
    if let Ok(uuid) = Uuid::parse_str(text.trim()) {
        return snapshot.units.get(&uuid).map(|unit| unit.uuid).into_iter().collect();
    }
    let wanted = unit_key(text);
    let units = snapshot.units.values();
    units.filter(|unit| unit_key(&unit.name) == wanted).map(|unit| unit.uuid).collect()
}

/// How the name or UUID of a unit is compared.
fn unit_key(text: &str) -> String {
    let text = text.trim();
    Uuid::parse_str(text).map_or_else(|_| text.to_lowercase(), |uuid| uuid.to_string())
}

fn leader<'a>(field: impl Fn(&str) -> &'a str) -> Result<Leader, String> {
    let address = |text: &str| -> Result<String, String> {
        text.parse::<lettre::Address>()
            .map(|_| text.to_owned())
            .map_err(|_| format!("\"{}\" is no mail address", text.escape_debug()))
    };
    let filled = |name: &str| match field(name) {
        "" => Err(format!("{name} is empty")),
        text => Ok(text.to_owned()),
    };
    Ok(Leader {
        email: address(field("email"))?,
        name: filled("name")?,
        level: filled("level")?,
        unit: filled("unit")?,
        manager_email: match field("manager_email") {
            "" => None,
            text => Some(address(text)?),
        },
    })
}

/// UTF-8 where it is that, else Windows-1252, which every byte string is.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
    }
}

/// Latin-1 but for 0x80–0x9F (the WHATWG Encoding Standard's index).
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests;
