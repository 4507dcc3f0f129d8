//! Which system a person means by a uuid or by part of a name.

use std::fmt;

use uuid::Uuid;

use super::error::Error;
use super::view::View;
use crate::register::lineage::identity;
use crate::store::settled_uuids;
use crate::text::{clean, danish};

/// As many as fit on a screen.
const SHOWN: usize = 10;
/// Longer names say nothing more.
const LONGEST_NAME: usize = 100;

/// A system that may be meant, with what tells it from its namesakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub uuid: Uuid,
    pub name: String,
    pub unit: Option<String>,
    pub owners: Vec<String>,
    /// KITOS no longer has it.
    pub removed: bool,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clean = |text: &str| clean::text(text, LONGEST_NAME);
        write!(f, "{}  {}", self.uuid, clean(&self.name))?;
        if self.removed {
            return f.write_str(" (no longer in KITOS)");
        }
        let unit = self.unit.as_deref().map_or("no unit".to_owned(), clean);
        let owners: Vec<String> = self.owners.iter().map(|owner| clean(owner)).collect();
        match owners.len() {
            0 => write!(f, " ({unit}; no owner)"),
            _ => write!(f, " ({unit}; {})", owners.join(", ")),
        }
    }
}

/// The one usage that is meant by `text`.
///
/// # Errors
/// When none is, or several are.
pub fn find(view: &View<'_>, text: &str) -> Result<Uuid, Error> {
    if let Ok(uuid) = Uuid::parse_str(text.trim()) {
        let uuid = identity(&settled_uuids(view.moment.connection)?, uuid);
        let known = view.snapshot.usages.contains_key(&uuid) || view.former.contains_key(&uuid);
        return known.then_some(uuid).ok_or(Error::NoSystem(uuid));
    }
    let wanted = text.trim().to_lowercase();
    let usages = &view.snapshot.usages;
    let mut found: Vec<(Uuid, String)> = usages
        .keys()
        .chain(view.former.keys().filter(|uuid| !usages.contains_key(*uuid)))
        .map(|uuid| (*uuid, view.system_name(*uuid)))
        .filter(|(_, name)| name.to_lowercase().contains(&wanted))
        .collect();
    // A whole name beats names that merely hold it.
    let exact: Vec<Uuid> = found
        .iter()
        .filter(|(_, name)| name.trim().to_lowercase() == wanted)
        .map(|(uuid, _)| *uuid)
        .collect();
    match (exact.as_slice(), found.as_slice()) {
        ([one], _) | ([], [(one, _)]) => Ok(*one),
        (_, []) => Err(Error::NoSystemNamed(text.to_owned())),
        (_, several) => {
            let count = several.len();
            found.sort_by(|a, b| danish::compare(&a.1, &b.1));
            found.truncate(SHOWN);
            let some = found.into_iter().map(|(uuid, name)| candidate(view, uuid, name));
            Err(Error::ManySystems { text: text.to_owned(), count, some: some.collect() })
        }
    }
}

fn candidate(view: &View<'_>, uuid: Uuid, name: String) -> Candidate {
    let usage = view.usage(uuid);
    let owners = usage.map(|usage| view.owners(usage)).unwrap_or_default();
    Candidate {
        uuid,
        name,
        unit: usage.and_then(|usage| view.unit_name(usage)),
        owners: owners.into_iter().map(|owner| owner.name).collect(),
        removed: usage.is_none(),
    }
}
