//! What was asked, by whom, and in which language.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::access::Who;
use super::refused::Refused;
use crate::model::Language;

/// One request, as views and decisions see it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// As it was asked for, without the query.
    pub path: String,
    /// The parts of the path that its route names.
    pub parts: BTreeMap<String, String>,
    pub query: Vec<(String, String)>,
    /// The fields of a form that was sent.
    pub form: Vec<(String, String)>,
    /// Why the form that was sent was not carried out: its page shows it again, with what
    /// was typed.
    pub refused: Option<Refused>,
    /// The reader has only a link: no other page is shown or offered to them.
    pub by_link: bool,
    pub who: Who,
    pub language: Language,
    /// See [`Context::password_changed`](crate::jobs::Context::password_changed).
    pub password_changed: Option<DateTime<Utc>>,
}

impl Asked {
    /// A part of the path.
    pub fn part(&self, name: &str) -> &str {
        self.parts.get(name).map_or("", String::as_str)
    }

    /// The number in the path.
    ///
    /// # Errors
    /// Another part has no page.
    pub fn id(&self) -> Result<i64, Refused> {
        self.part("id").parse().map_err(|_| Refused::NotFound)
    }

    /// A value of the query; `None` if it is blank.
    pub fn get(&self, name: &'static str) -> Option<&str> {
        find(&self.query, name)
    }

    /// Every value of that name in the query.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        named(&self.query, name)
    }

    /// Every field of that name in the form.
    pub fn fields(&self, name: &'static str) -> impl Iterator<Item = &str> {
        named(&self.form, name)
    }

    /// A field of the form; `None` if it is blank.
    pub fn field(&self, name: &'static str) -> Option<&str> {
        find(&self.form, name)
    }

    /// What was typed before, where the form is shown again; else a value of the query.
    pub fn typed(&self, name: &'static str) -> Option<&str> {
        self.field(name).or_else(|| self.get(name))
    }

    /// A number that the form holds.
    ///
    /// # Errors
    /// When it is missing or no number.
    pub fn number(&self, name: &'static str) -> Result<i64, Refused> {
        self.field(name).and_then(|text| text.parse().ok()).ok_or(Refused::Malformed)
    }

    /// In whose name a decision is recorded.
    pub fn decider(&self) -> String {
        self.who.name().unwrap_or_default().to_owned()
    }

    /// The same page with these values in its query; a blank one goes.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let kept = self.query.iter().filter(|(name, _)| changes.iter().all(|(new, _)| new != name));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs = kept.chain(changes.iter().copied()).filter(|(_, value)| !value.is_empty());
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(pairs).finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

fn named<'a>(pairs: &'a [(String, String)], name: &'static str) -> impl Iterator<Item = &'a str> {
    let of_name = pairs.iter().filter(move |(given, _)| given == name);
    of_name.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

fn find<'a>(pairs: &'a [(String, String)], name: &'static str) -> Option<&'a str> {
    named(pairs, name).next()
}

/// The pairs of a query or a form.
pub fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}
