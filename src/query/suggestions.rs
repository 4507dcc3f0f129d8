//! Who could own the systems that nobody owns, for mails: the suggestions of
//! `core`, put into words.

use std::collections::BTreeMap;

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

/// Suggestions for each usage in scope without an owner. `policy`: with the
/// leaders, where they are known.
pub fn suggestions(
    connection: &Connection,
    snapshot: &Snapshot,
    policy: &Policy,
    language: Language,
) -> Result<BTreeMap<Uuid, Vec<SuggestionLine>>, Error> {
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
    let lines = snapshot.usages.values().map(|usage| {
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
