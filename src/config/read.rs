//! Reads keys out of the file with the environment laid over it, and notes
//! every problem instead of stopping at the first. What was asked for is what
//! is known: the list of keys, and what counts as unknown, come from here.

use std::borrow::Cow;

use toml::de::{DeTable, DeValue};

use super::addresses::holds_password;
use super::environment::{Environment, variable};
use super::given::{Fault, Given};
use super::place::line_of;
use super::problem::{Place, Problem};
use super::unknown::unknown;

/// A part of the configuration, as it was asked for.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Section {
        /// With those above it, e.g. `mail.smtp`; empty for the whole file.
        path: Cow<'static, str>,
        /// Returns the description of a path, in lines (there may be none). Only the example
        /// file needs it.
        about: fn(&str) -> String,
    },
    Key(Key),
}

/// A key that the configuration knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// With its sections, e.g. `mail.smtp.host`.
    pub path: Cow<'static, str>,
    /// What it means, in lines; empty where the key above says it.
    pub about: Cow<'static, str>,
    /// As it would stand in the file: the default or, of a key without one, an example.
    pub value: Cow<'static, str>,
    /// Whether it must be set, since it has no default.
    pub required: bool,
}

pub(super) struct Reader<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
    environment: &'a Environment,
    entries: Vec<Entry>,
    problems: Vec<Problem>,
}

/// A value that stands somewhere.
struct Found<'a> {
    given: Given<'a>,
    place: Place,
    /// As it was written, cut to one line.
    shown: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, table: &'a DeTable<'a>, environment: &'a Environment) -> Self {
        Self { text, table, environment, entries: Vec::new(), problems: Vec::new() }
    }

    /// The section that the next keys stand in.
    pub(super) fn section(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        about: fn(&str) -> String,
    ) {
        self.entries.push(Entry::Section { path: path.into(), about });
    }

    /// A key with a default, written as in the file. That is also what is returned
    /// after a problem: the configuration is not used then.
    pub(super) fn default<T>(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        about: impl Into<Cow<'static, str>>,
        default: impl Into<Cow<'static, str>>,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> T {
        let (path, about, value) = (path.into(), about.into(), default.into());
        let key = Key { path, about, value, required: false };
        self.value(&key, &read).unwrap_or_else(|| self.stands_in(key, read))
    }

    /// A key that must be set, with an example of how.
    pub(super) fn required<T>(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        about: impl Into<Cow<'static, str>>,
        example: impl Into<Cow<'static, str>>,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> T {
        let (path, about, value) = (path.into(), about.into(), example.into());
        let key = Key { path, about, value, required: true };
        let is_set = self.find(&key.path).is_some();
        self.value(&key, &read).unwrap_or_else(|| {
            if !is_set {
                self.problem(Place::Absent, &key.path, missing(&key));
            }
            self.stands_in(key, read)
        })
    }

    /// A key that is not set unless someone sets it, and to more than empty text or
    /// an empty list.
    pub(super) fn optional<T>(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        about: impl Into<Cow<'static, str>>,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> Option<T> {
        let unless_empty = |given: Given<'_>| match given {
            Given::Toml(DeValue::Array(entries)) if entries.is_empty() => Ok(None),
            Given::Toml(DeValue::String(text)) if text.trim().is_empty() => Ok(None),
            Given::Text(text) if matches!(text.trim(), "" | "[]") => Ok(None),
            given => read(given).map(Some),
        };
        self.default(path, about, "\"\"", unless_empty)
    }

    /// Reports the first key as inconsistent with the others, unless one of them already has an
    /// error.
    pub(super) fn refuse(&mut self, keys: &[&str], fault: &str) {
        let refused = |key: &&str| self.problems.iter().any(|problem| problem.key == **key);
        let Some(path) = keys.first().filter(|_| !keys.iter().any(refused)) else { return };
        let (place, message) = match self.find(path) {
            Some(Ok(found)) => {
                let message = format!("{} = {}: {fault}", found.place.subject(path), found.shown);
                (found.place, message)
            }
            _ => (Place::Absent, format!("{path}: {fault}")),
        };
        self.problem(place, path, message);
    }

    /// The value of a key in the file or a variable, if it is set, and rightly.
    fn value<T>(&mut self, key: &Key, read: impl Fn(Given<'_>) -> Result<T, Fault>) -> Option<T> {
        let path: &str = &key.path;
        self.entries.push(Entry::Key(key.clone()));
        let found = match self.find(path)? {
            Ok(found) => found,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let subject = found.place.subject(path).to_owned();
        let plain = found.given.text().unwrap_or_default();
        if holds_password(&plain) {
            let message = format!(
                "{subject} holds a user name or password. \
                 Secrets never stand here: write the address without them."
            );
            self.problem(found.place, path, message);
            return None;
        }
        read(found.given)
            .inspect_err(|fault| {
                let message = format!("{subject} = {}: {fault}", found.shown);
                self.problem(found.place, path, message);
            })
            .ok()
    }

    /// The default or example of a key without a value of its own.
    fn stands_in<T>(&self, key: Key, read: impl Fn(Given<'_>) -> Result<T, Fault>) -> T {
        let value = DeValue::parse(&key.value).map_err(|error| error.to_string());
        match value.and_then(|value| read(Given::Toml(value.get_ref()))) {
            Ok(value) => value,
            // No file and no variable can bring this about, and every test does.
            Err(fault) => panic!("the default of {}, {}: {fault}", key.path, key.value),
        }
    }

    fn find(&self, path: &str) -> Option<Result<Found<'a>, Problem>> {
        let name = variable(path);
        if let Some(value) = self.environment.get(&name) {
            let message = format!("{name} is not UTF-8. Write it in a UTF-8 locale.");
            let place = Place::Variable(name);
            return Some(match value.to_str() {
                Some(text) => {
                    Ok(Found { given: Given::Text(text), place, shown: cut(&format!("{text:?}")) })
                }
                None => Err(Problem { place, key: path.to_owned(), message }),
            });
        }
        let (sections, key) = path.rsplit_once('.')?;
        let mut table = self.table;
        for section in sections.split('.') {
            table = table.get(section)?.get_ref().as_table()?;
        }
        let value = table.get(key)?;
        Some(Ok(Found {
            given: Given::Toml(value.get_ref()),
            place: line_of(self.text, value),
            shown: cut(self.text.get(value.span()).unwrap_or_default()),
        }))
    }

    fn problem(&mut self, place: Place, key: &str, message: String) {
        self.problems.push(Problem { place, key: key.to_owned(), message });
    }

    /// The problems, now that all keys were asked for: what the file and
    /// the environment hold beside them is unknown.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        let keys: Vec<&str> = keys(&self.entries).map(|key| &*key.path).collect();
        let unknown = unknown(self.text, self.table, self.environment, &keys);
        // Who misspelt a key did not forget it.
        self.problems
            .retain(|problem| problem.place != Place::Absent || !unknown.may_be(&problem.key));
        self.problems.extend(unknown.problems);
        self.problems.sort();
        self.problems
    }
}

/// What `read` makes of an empty file: the defaults, and all that it asked for.
pub(super) fn with_nothing_set<T>(read: impl FnOnce(&mut Reader<'_>) -> T) -> (T, Vec<Entry>) {
    let (table, environment) = (DeTable::new(), Environment::default());
    let mut reader = Reader::new("", &table, &environment);
    let value = read(&mut reader);
    (value, reader.entries)
}

/// The keys among the entries.
fn keys(entries: &[Entry]) -> impl Iterator<Item = &Key> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Key(key) => Some(key),
        Entry::Section { .. } => None,
    })
}

/// What is said of a required key that is not there: the first sentence about it,
/// and the example.
fn missing(key: &Key) -> String {
    let about = key.about.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = about.split_once(". ").map_or(&*about, |(first, _)| first);
    let sentence = sentence.trim_end_matches('.');
    let (first, rest) = sentence.split_at(sentence.chars().next().map_or(0, char::len_utf8));
    let name = key.path.rsplit('.').next().unwrap_or_default();
    format!(
        "{} is missing: {}{rest}. Write e.g. {name} = {}.",
        key.path,
        first.to_lowercase(),
        key.value
    )
}

/// A value as a message shows it: one line, of bearable length.
fn cut(written: &str) -> String {
    const LONGEST: usize = 60;
    let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.replace(char::is_control, "\u{fffd}");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}
