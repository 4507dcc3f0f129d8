//! Who could own the systems that nobody owns, for mails: the policy's suggestions, put
//! into words, for what is told alone.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;

use super::error::Error;
use crate::model::{Language, Snapshot, SuggestionLine};
use crate::policy::Policy;
use crate::policy::suggestions::Suggestions;
use crate::register::history::History;
use crate::store::{departed_addresses, last_owners, person_names, refused_addresses};
use crate::text::suggestions::reason;
use crate::text::words::words;

/// Suggestions for each of `wanted` that has no owner. `policy`: with the leaders,
/// where they are known.
pub(super) fn suggestions(
    connection: &Connection,
    (snapshot, policy): (&Snapshot, &Policy),
    language: Language,
    wanted: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Vec<SuggestionLine>>, Error> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let history = History {
        last_owner: last_owners(connection, &policy.owner_roles)?,
        refused: refused_addresses(connection)?,
        departed: departed_addresses(connection)?,
        ..History::default()
    };
    let people = person_names(connection)?;
    let name = |uuid: Uuid| people.get(&uuid).cloned();
    let words = words(language);
    let advice = Suggestions::new(snapshot, &history, policy);
    let usages = wanted.iter().filter_map(|usage| snapshot.usages.get(usage));
    let lines = usages.map(|usage| {
        let lines: Vec<SuggestionLine> = advice
            .of(usage)
            .into_iter()
            .map(|suggestion| SuggestionLine {
                reason: reason(&suggestion.reason, words, &name),
                name: suggestion.name,
            })
            .collect();
        (usage.uuid, lines)
    });
    Ok(lines.filter(|(_, lines)| !lines.is_empty()).collect())
}
