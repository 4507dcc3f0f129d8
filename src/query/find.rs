//! Which system a person means by a uuid or by part of a name.

use uuid::Uuid;

use super::candidate::Candidate;
use super::error::Error;
use super::moment::Moment;
use super::view::View;
use crate::register::lineage::identity;
use crate::store::settled_uuids;
use crate::text::danish;
use crate::text::names::{holds, same};

/// As many as fit on a screen.
const SHOWN: usize = 10;

/// The one usage that is meant by `text` in the register as it is now.
///
/// # Errors
/// When none or several fit.
pub fn find_now(moment: &Moment<'_>, text: &str) -> Result<Uuid, Error> {
    find(&View::load(moment)?, text)
}

/// The one usage that is meant by `text`.
///
/// # Errors
/// When none or several fit.
pub fn find(view: &View<'_>, text: &str) -> Result<Uuid, Error> {
    if let Ok(uuid) = Uuid::parse_str(text.trim()) {
        let uuid = identity(&settled_uuids(view.moment.connection)?, uuid);
        let known =
            view.snapshot.usages.contains_key(&uuid) || view.names.usages.contains_key(&uuid);
        return known.then_some(uuid).ok_or(Error::NoSystem(uuid));
    }
    let usages = &view.snapshot.usages;
    let mut found: Vec<(Uuid, String)> = usages
        .keys()
        .chain(view.names.usages.keys().filter(|uuid| !usages.contains_key(*uuid)))
        .map(|uuid| (*uuid, view.system_name(*uuid)))
        .filter(|(_, name)| holds(name, text))
        .collect();
    // A whole name beats names that merely hold it.
    let exact: Vec<Uuid> =
        found.iter().filter(|(_, name)| same(name, text)).map(|(uuid, _)| *uuid).collect();
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
