//! Every word that a person reads in a mail, a spreadsheet or a handbook, by key,
//! once per language: `da.toml` and `en.toml`, compiled in.
//!
//! ```text
//! {name}               the value: text, a number, a date, a list ("A, B og C")
//! {day:weekday}        the value in another form; `Form` lists them
//! {n?one|many}         the words for 1, and for any other number; `#` is the
//!                      number in figures, `##` in letters up to twelve
//! {n?none|one|many}    the same, with words for 0
//! {n?none|one|two|many}  the same, with words for 2
//! {who?known|unknown}  for text: the words where there is some, and where not
//! ```
//!
//! A list counts as the number of its items. The words after `?` can hold
//! placeholders themselves.

mod message;
mod value;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use toml::de::{DeTable, DeValue};
pub use value::{Arg, Args};

use crate::model::Language;
use message::Message;

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    language: Language,
    messages: BTreeMap<String, Message>,
}

static DANISH: LazyLock<Words> =
    LazyLock::new(|| Words::read(Language::Da, include_str!("da.toml")));
static ENGLISH: LazyLock<Words> =
    LazyLock::new(|| Words::read(Language::En, include_str!("en.toml")));

/// The words of `language`.
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::Da => &DANISH,
        Language::En => &ENGLISH,
    }
}

impl Words {
    pub fn language(&self) -> Language {
        self.language
    }

    /// The words at `key` as they stand in the file. Without such a key the key
    /// itself, since a mail with one odd word is better than none; the tests see to
    /// it that this does not happen.
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.find(key).unwrap_or(key)
    }

    /// The same, or `None` without such a key.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.messages.get(key).map(Message::raw)
    }

    /// The words at `key` with their placeholders filled in.
    pub fn say(&self, key: &str, args: &Args<'_>) -> String {
        match self.messages.get(key) {
            Some(message) => message.say(self.language, args),
            None => key.to_owned(),
        }
    }

    /// The words of a list in the file: `key.0`, `key.1` and so on.
    pub fn list(&self, key: &str) -> Vec<&str> {
        (0..).map_while(|index| self.find(&format!("{key}.{index}"))).collect()
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.messages.keys().map(String::as_str)
    }

    /// Unreadable entries are skipped (a test reads both files). This runs at every start, so
    /// texts are borrowed from the binary, not copied.
    fn read(language: Language, source: &'static str) -> Self {
        let (table, _) = DeTable::parse_recoverable(source);
        let mut messages = Vec::new();
        flatten(&mut String::new(), "", DeValue::Table(table.into_inner()), &mut messages);
        Self { language, messages: messages.into_iter().collect() }
    }
}

/// Words as a sentence: a capital letter first, and a full stop.
pub fn sentence(words: &str) -> String {
    let stop = if words.ends_with(['.', '!', '?', '…', ':']) { "" } else { "." };
    format!("{}{stop}", value::capital(words))
}

/// A name in the middle of a sentence; one that begins with an abbreviation stays so.
pub fn inner(name: &str) -> String {
    let mut rest = name.chars();
    match rest.next() {
        Some(first) if !rest.as_str().starts_with(char::is_uppercase) => {
            format!("{}{}", first.to_lowercase(), rest.as_str())
        }
        _ => name.to_owned(),
    }
}

/// Nested tables become keys with dots. `key` is the key of the table that holds `name`.
fn flatten(
    key: &mut String,
    name: &str,
    value: DeValue<'static>,
    messages: &mut Vec<(String, Message)>,
) {
    let length = key.len();
    if length > 0 {
        key.push('.');
    }
    key.push_str(name);
    match value {
        DeValue::Table(table) => {
            for (name, value) in table {
                flatten(key, name.get_ref(), value.into_inner(), messages);
            }
        }
        DeValue::Array(items) => {
            for (index, value) in items.into_iter().enumerate() {
                flatten(key, &index.to_string(), value.into_inner(), messages);
            }
        }
        DeValue::String(text) => messages.push((key.clone(), Message::new(text))),
        // A mistake, and empty: a test finds it.
        _ => messages.push((key.clone(), Message::new("".into()))),
    }
    key.truncate(length);
}

#[cfg(test)]
mod tests;
