//! What a reader is told on behalf of somebody who is away: that it is so, and which
//! part of the mail it is.

use std::collections::BTreeSet;

use crate::model::DraftKind;
use crate::notify::draft::{Draft, DraftItem};
use crate::text::words::Words;

/// Whoever stands in for somebody is told so first.
pub(super) fn lead(draft: &Draft, words: &Words) -> Option<String> {
    if draft.to.len() == 1 && !draft.items.is_empty() {
        let names = away(&draft.items);
        let all = draft.items.iter().all(|item| item.on_behalf_of.is_some());
        let part = if all && !has_own_part(draft) { Part::All } else { Part::Some };
        return (!names.is_empty()).then(|| say(words, None, part, names));
    }
    let is_alone = draft.to.len() == 1;
    let of = draft.to.iter().filter_map(|reader| {
        let name = reader.on_behalf_of.clone()?;
        Some(say(words, Some(reader.name.as_str()).filter(|_| !is_alone), Part::All, vec![name]))
    });
    let all = Vec::from_iter(of);
    (!all.is_empty()).then(|| all.join(" "))
}

/// The same where the mail is not made of findings, and a part of it is on behalf of `names`.
pub(super) fn lead_of_part(names: Vec<String>, words: &Words) -> String {
    say(words, None, Part::Some, names)
}

/// How much of a mail is on somebody's behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Some,
}

fn say(words: &Words, reader: Option<&str>, part: Part, names: Vec<String>) -> String {
    let all = part == Part::All;
    let args = [("reader", reader.into()), ("all", all.into()), ("name", names.into())];
    words.say("mail.on-behalf-of", &args)
}

/// For whom the reader stands in, each once.
pub(super) fn away<'a>(items: impl IntoIterator<Item = &'a DraftItem>) -> Vec<String> {
    let names: BTreeSet<&str> =
        items.into_iter().filter_map(|item| item.on_behalf_of.as_deref()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Whose an item is, where that is not what holds for the whole mail.
pub(super) fn mark<'a>(draft: &Draft, item: &'a DraftItem) -> Option<&'a str> {
    let is_same = draft.items.iter().all(|other| other.on_behalf_of == item.on_behalf_of);
    item.on_behalf_of.as_deref().filter(|_| !is_same || has_own_part(draft))
}

/// "Vagtplan (på vegne af Anne Bang)"
pub(super) fn marked(words: &Words, what: &str, name: &str) -> String {
    words.say("mail.part.behalf", &[("what", what.into()), ("name", name.into())])
}

/// A first letter is about the reader's own systems, whatever else it asks.
fn has_own_part(draft: &Draft) -> bool {
    draft.kind == DraftKind::FirstLetter
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::birkelund::{draft, item, recipient};
    use crate::model::{Fault, Language};
    use crate::notify::draft::Recipient;
    use crate::policy::rules::registration_incomplete;
    use crate::text::words::words;

    fn of(behalf: Option<&str>) -> DraftItem {
        let item = item(&registration_incomplete::RULE, "Byghub", vec![Fault::new("missing")]);
        DraftItem { on_behalf_of: behalf.map(str::to_owned), ..item }
    }

    #[test]
    fn a_reader_is_told_for_whom_and_how_much_of_it() {
        let (anne, bo) = (Some("Anne Bang"), Some("Bo Kruse"));
        for (kind, behalf, expected, marks) in [
            (DraftKind::Reminder, vec![None, None], None, vec![None, None]),
            (
                DraftKind::Reminder,
                vec![anne, anne],
                Some("Du får mailen på vegne af Anne Bang, som er fraværende."),
                vec![None, None],
            ),
            (
                DraftKind::Reminder,
                vec![anne, bo],
                Some("Du får mailen på vegne af Anne Bang og Bo Kruse, som er fraværende."),
                vec![anne, bo],
            ),
            (
                DraftKind::Escalation,
                vec![None, anne],
                Some("En del af mailen får du på vegne af Anne Bang, som er fraværende."),
                vec![None, anne],
            ),
            (
                DraftKind::FirstLetter,
                vec![anne],
                Some("En del af mailen får du på vegne af Anne Bang, som er fraværende."),
                vec![anne],
            ),
        ] {
            let draft = draft(kind, "Peter Lyng", behalf.into_iter().map(of).collect());
            assert_eq!(lead(&draft, words(Language::Da)).as_deref(), expected);
            let marked = draft.items.iter().map(|item| mark(&draft, item));
            assert_eq!(Vec::from_iter(marked), marks, "{expected:?}");
        }
    }

    #[test]
    fn of_several_readers_each_is_told_of_who_stands_in() {
        let to =
            Recipient { on_behalf_of: Some("Anne Bang".to_owned()), ..recipient("Peter Lyng") };
        let shared = draft(DraftKind::Reminder, "", vec![of(None)]);
        let shared = Draft { to: vec![recipient("Bo Kruse"), to], ..shared };
        assert_eq!(
            lead(&shared, words(Language::Da)).as_deref(),
            Some("Peter Lyng får mailen på vegne af Anne Bang, som er fraværende.")
        );
    }
}
