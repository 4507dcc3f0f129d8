//! Suggested owners for systems without one, in words, for the systems that a mail tells of.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Language, Snapshot, SuggestionLine};
use crate::policy::suggestions::Suggestions;
use crate::text::suggestions::reason;
use crate::text::words::words;

/// The suggestions for each of `wanted` that has no owner. `names`: of people.
pub(super) fn in_words(
    advice: &Suggestions<'_>,
    snapshot: &Snapshot,
    names: &BTreeMap<Uuid, String>,
    language: Language,
    wanted: &BTreeSet<Uuid>,
) -> BTreeMap<Uuid, Vec<SuggestionLine>> {
    let name = |uuid: Uuid| names.get(&uuid).cloned();
    let words = words(language);
    let usages = wanted.iter().filter_map(|usage| snapshot.usages.get(usage));
    let lines = usages.map(|usage| {
        let lines: Vec<SuggestionLine> = advice
            .of(usage)
            .into_iter()
            .map(|suggestion| SuggestionLine {
                reason: reason(&suggestion.reason, words, &name),
                name: suggestion.name,
                email: suggestion.email,
            })
            .collect();
        (usage.uuid, lines)
    });
    lines.filter(|(_, lines)| !lines.is_empty()).collect()
}
