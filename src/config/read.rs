//! Reads keys out of the file with the environment laid over it, and notes
//! every problem instead of stopping at the first. What was asked for is what
//! is known: the list of keys, and what counts as unknown, come from here.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::addresses::holds_password;
use super::environment::{Environment, variable};
use super::given::{Fault, Given};
use super::pending::has_no_effect;
use super::problem::{Place, Problem};
use super::unknown::unknown;

/// A key that the configuration knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// With its sections, e.g. `mail.smtp.host`.
    pub path: String,
    /// Whether it must be set, since it has no default.
    pub required: bool,
}

pub(super) struct Reader<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
    environment: &'a Environment,
    keys: Vec<Key>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// A value that stands somewhere.
struct Found<'a> {
    given: Given<'a>,
    place: Place,
    /// As it was written, cut to one line.
    shown: String,
}

/// What a [`Reader`] found out.
pub(super) struct Findings {
    pub keys: Vec<Key>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, table: &'a DeTable<'a>, environment: &'a Environment) -> Self {
        Self {
            text,
            table,
            environment,
            keys: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// A key that must be set; `how` says to what, e.g. `the API user's mail
    /// address`. `None` after a problem, here and below.
    pub(super) fn required<T>(
        &mut self,
        path: &str,
        how: &str,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> Option<T> {
        let value = self.value(path, true, read);
        if value.is_none() {
            self.problem(Place::Absent, path, format!("{path} is missing. Set it to {how}."));
        }
        value?
    }

    /// A key with a default, written as an environment variable would hold it.
    pub(super) fn default<T>(
        &mut self,
        path: &str,
        default: &str,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> Option<T> {
        self.value(path, false, &read).unwrap_or_else(|| {
            read(Given::Text(default))
                .inspect_err(|fault| {
                    let message = format!("the default of {path}, {default:?}: {fault}");
                    self.problem(Place::Absent, path, message);
                })
                .ok()
        })
    }

    /// A key whose default is no text.
    pub(super) fn default_value<T>(
        &mut self,
        path: &str,
        default: T,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> Option<T> {
        self.value(path, false, read).unwrap_or(Some(default))
    }

    /// A key that is off unless it is set; empty text or an empty list mean
    /// off too. The inner `None` is off.
    pub(super) fn optional<T>(
        &mut self,
        path: &str,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        let unless_off = |given: Given<'_>| match given {
            Given::Toml(DeValue::Array(entries)) if entries.is_empty() => Ok(None),
            Given::Toml(DeValue::String(text)) if text.trim().is_empty() => Ok(None),
            Given::Text(text) if matches!(text.trim(), "" | "[]") => Ok(None),
            given => read(given).map(Some),
        };
        self.value(path, false, unless_off).unwrap_or(Some(None))
    }

    /// Refuses the value of a key that was read well, for the company it
    /// keeps or what it points to.
    pub(super) fn refuse(&mut self, path: &str, fault: &str) {
        let (place, message) = match self.find(path) {
            Some(Ok(found)) => {
                let message = format!("{} = {}: {fault}", found.place.subject(path), found.shown);
                (found.place, message)
            }
            _ => (Place::Absent, format!("{path}: {fault}")),
        };
        self.problem(place, path, message);
    }

    /// The outer `None`: it is not set. The inner: it is, but wrongly, which
    /// was noted.
    fn value<T>(
        &mut self,
        path: &str,
        required: bool,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        self.keys.push(Key { path: path.to_owned(), required });
        let found = match self.find(path)? {
            Ok(found) => found,
            Err(problem) => {
                self.problems.push(problem);
                return Some(None);
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
            return Some(None);
        }
        if has_no_effect(path, &plain) {
            let message = format!("{subject} is valid, but has no effect in this version.");
            let place = found.place.clone();
            self.warnings.push(Problem { place, key: path.to_owned(), message });
        }
        match read(found.given) {
            Ok(value) => Some(Some(value)),
            Err(fault) => {
                let message = format!("{subject} = {}: {fault}", found.shown);
                self.problem(found.place, path, message);
                Some(None)
            }
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

    /// Everything that was noted, now that all keys were asked for: what the
    /// file and the environment hold beside them is unknown.
    pub(super) fn finish(mut self) -> Findings {
        let unknown = unknown(self.text, self.table, self.environment, &self.keys);
        // Who misspelt a key did not forget it.
        self.problems
            .retain(|problem| problem.place != Place::Absent || !unknown.may_be(&problem.key));
        self.problems.extend(unknown.problems);
        self.problems.sort();
        self.warnings.sort();
        Findings { keys: self.keys, problems: self.problems, warnings: self.warnings }
    }
}

/// Where a part of the file begins.
pub(super) fn line_of<T>(text: &str, part: &Spanned<T>) -> Place {
    line_at(text, part.span().start)
}

/// The line of a byte offset.
pub(super) fn line_at(text: &str, offset: usize) -> Place {
    Place::Line(text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1)
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
