//! What stands in the file and the environment beside the known keys: slips,
//! keys in the wrong section, and passwords, which must not be repeated.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

use super::environment::{Environment, NO_OVERRIDES, variable};
use super::place::line_of;
use super::problem::{Place, Problem};
use super::secret::Secret;
use crate::text::nearest::nearest;

/// What is wrong with names, and what they were probably meant to be.
pub(super) struct Unknown<'a> {
    text: &'a str,
    keys: &'a [&'a str],
    pub problems: Vec<Problem>,
    /// Keys and sections.
    meant: BTreeSet<String>,
}

/// Compares every name with the known keys.
pub(super) fn unknown<'a>(
    text: &'a str,
    table: &DeTable<'_>,
    environment: &Environment,
    keys: &'a [&'a str],
) -> Unknown<'a> {
    let mut unknown = Unknown { text, keys, problems: Vec::new(), meant: BTreeSet::new() };
    unknown.look_at_table(table, "");
    unknown.look_at_variables(environment);
    unknown
}

impl<'a> Unknown<'a> {
    /// Whether a key that seems to be missing is there under a wrong name.
    pub(super) fn may_be(&self, key: &str) -> bool {
        self.meant.iter().any(|meant| {
            key.strip_prefix(meant.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    fn look_at_table(&mut self, table: &DeTable<'_>, section: &str) {
        for (name, value) in table {
            let path = join(section, name.get_ref());
            let place = line_of(self.text, name);
            // A quoted name with a dot is never one of ours.
            let plain = !name.get_ref().contains('.');
            if is_secret(name.get_ref()) {
                self.secret(place, &path, &path);
            } else if plain && self.keys.contains(&path.as_str()) {
                // Its reader has looked at it.
            } else if plain && self.is_section(&path) {
                match value.get_ref() {
                    DeValue::Table(inner) => self.look_at_table(inner, &path),
                    _ => {
                        let message = format!(
                            "{path} is a section. Write [{path}] once, and its keys below."
                        );
                        self.meant.insert(path.clone());
                        self.problem(place, &path, message);
                    }
                }
            } else {
                self.stray(place, &path, section, value.get_ref());
            }
        }
    }

    fn stray(&mut self, place: Place, path: &str, section: &str, value: &DeValue<'_>) {
        let (candidates, what, [open, close]) = if value.is_table() {
            self.secrets_in(value, path);
            (self.sections(), "section", ["[", "]"])
        } else {
            (self.keys.to_vec(), "key", ["", ""])
        };
        let hint = match nearest(path, candidates.into_iter()) {
            Some(meant) => {
                self.meant.insert(meant.to_owned());
                format!("Did you mean {open}{meant}{close}?")
            }
            None => self.known_in(section),
        };
        let shown = quoted(section, path);
        self.problem(place, path, format!("{open}{shown}{close} is not a {what}. {hint}"));
    }

    /// "[kitos] knows url, email …", for names that resemble nothing.
    fn known_in(&self, section: &str) -> String {
        let prefix = if section.is_empty() { String::new() } else { format!("{section}.") };
        let mut names = Vec::new();
        for key in self.keys {
            let rest = key.strip_prefix(&prefix).unwrap_or_default();
            let name = rest.split('.').next().unwrap_or_default();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        let names = names.join(", ");
        if section.is_empty() {
            format!("The sections are {names}.")
        } else {
            format!("[{section}] knows {names}.")
        }
    }

    fn look_at_variables(&mut self, environment: &Environment) {
        // Usually there are none, and every start of the program passes here.
        if environment.overrides().next().is_none() {
            return;
        }
        let known: BTreeMap<String, String> =
            self.keys.iter().map(|key| (variable(key), (*key).to_owned())).collect();
        for name in environment.overrides().filter(|name| !known.contains_key(*name)) {
            let place = Place::Variable(name.to_owned());
            let lower = name.to_ascii_lowercase();
            if lower.rsplit("__").next().is_some_and(is_secret) {
                self.secret(place, &lower, name);
                continue;
            }
            let secrets = NO_OVERRIDES.into_iter().filter(|name| name.ends_with("PASSWORD"));
            let names = known.keys().map(String::as_str).chain(secrets);
            let hint = match nearest(name, names) {
                Some(meant) => {
                    self.meant.extend(known.get(meant).cloned());
                    format!("Did you mean {meant}?")
                }
                None => "Unset it, or name a key: KITOS_SYNC_<SECTION>__<KEY>.".to_owned(),
            };
            self.problem(place, "", format!("{name} overrides no key. {hint}"));
        }
    }

    /// A password stands where it must not.
    fn secret(&mut self, place: Place, path: &str, subject: &str) {
        let secret = match path {
            path if path.contains("proxy") => Secret::proxy(),
            path if path.contains("mail") || path.contains("smtp") => Secret::smtp(None),
            _ => Secret::kitos(None),
        };
        let message = format!(
            "{} is refused: secrets are not part of the configuration. Remove it, and put the \
             password into {}.",
            subject.escape_debug(),
            secret.ways()
        );
        self.problem(place, path, message);
    }

    /// Secrets inside a section that is unknown as a whole.
    fn secrets_in(&mut self, value: &DeValue<'_>, path: &str) {
        for (name, value) in value.as_table().into_iter().flatten() {
            let path = join(path, name.get_ref());
            if is_secret(name.get_ref()) {
                let place = line_of(self.text, name);
                self.secret(place, &path, &path);
            }
            self.secrets_in(value.get_ref(), &path);
        }
    }

    fn is_section(&self, path: &str) -> bool {
        let within = |key: &&str| key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.keys.iter().any(within)
    }

    fn sections(&self) -> Vec<&'a str> {
        let paths = self.keys.iter().copied();
        let sections: BTreeSet<&str> =
            paths.flat_map(|path| path.match_indices('.').map(|(dot, _)| &path[..dot])).collect();
        sections.into_iter().collect()
    }

    fn problem(&mut self, place: Place, key: &str, message: String) {
        self.problems.push(Problem { place, key: key.to_owned(), message });
    }
}

fn join(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// A path whose last name needs quotes in TOML, with them: it may hold anything.
fn quoted(section: &str, path: &str) -> String {
    let name = path.strip_prefix(section).unwrap_or(path);
    let name = if section.is_empty() { name } else { name.trim_start_matches('.') };
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.bytes().all(bare) { path.to_owned() } else { join(section, &format!("{name:?}")) }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    ["password", "passwd", "secret", "token", "api_key", "apikey"]
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")))
}
