//! One message: words with placeholders, taken apart when it is first said. A process
//! says few of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::value::{Arg, Args, Form, capital};
use crate::model::Language;

#[derive(Debug)]
pub(super) struct Message {
    raw: Cow<'static, str>,
    parts: OnceLock<Vec<Part>>,
}

#[derive(Debug)]
enum Part {
    Words(String),
    Value {
        name: String,
        form: Form,
    },
    Choice {
        name: String,
        branches: Vec<Vec<Part>>,
    },
    /// `#` or `##` within a choice: the number that it is about.
    Number {
        of: String,
        form: Form,
    },
}

impl Message {
    pub(super) fn new(raw: Cow<'static, str>) -> Self {
        Self { raw, parts: OnceLock::new() }
    }

    fn parts(&self) -> &[Part] {
        self.parts.get_or_init(|| parse(&self.raw, None))
    }

    pub(super) fn raw(&self) -> &str {
        &self.raw
    }

    pub(super) fn say(&self, language: Language, args: &Args<'_>) -> String {
        let mut text = String::new();
        say(self.parts(), language, args, &mut text);
        text
    }

    /// The names of its placeholders.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the tests compare the languages"))]
    pub(super) fn names(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        collect(self.parts(), &mut names);
        names
    }
}

fn collect<'a>(parts: &'a [Part], names: &mut BTreeSet<&'a str>) {
    for part in parts {
        match part {
            Part::Words(_) => {}
            Part::Value { name, .. } | Part::Number { of: name, .. } => {
                names.insert(name);
            }
            Part::Choice { name, branches } => {
                names.insert(name);
                branches.iter().for_each(|branch| collect(branch, names));
            }
        }
    }
}

/// `of` is the number that `#` stands for.
fn parse(text: &str, of: Option<&str>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '#']) {
        let (before, found) = rest.split_at(start);
        words(before, &mut parts);
        let (part, after) = match of {
            Some(of) if found.starts_with('#') => number(found, of),
            _ => placeholder(found),
        };
        parts.push(part);
        rest = after;
    }
    words(rest, &mut parts);
    parts
}

fn words(text: &str, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Words(text.to_owned()));
    }
}

fn number<'a>(text: &'a str, of: &str) -> (Part, &'a str) {
    let of = of.to_owned();
    match (text.strip_prefix("##"), text.strip_prefix('#')) {
        (Some(rest), _) => (Part::Number { of, form: Form::Letters }, rest),
        (None, rest) => (Part::Number { of, form: Form::Plain }, rest.unwrap_or_default()),
    }
}

/// The placeholder at the beginning of `text`, and what follows it. What is no
/// placeholder stays as it is written.
fn placeholder(text: &str) -> (Part, &str) {
    let Some(end) = closing(text) else {
        let first = text.chars().next().map_or(0, char::len_utf8);
        let (character, rest) = text.split_at(first);
        return (Part::Words(character.to_owned()), rest);
    };
    let (inside, rest) = (text.get(1..end).unwrap_or_default(), text.get(end + 1..));
    let part = if let Some((name, branches)) = inside.split_once('?') {
        let branches = split(branches).into_iter().map(|branch| parse(branch, Some(name)));
        Part::Choice { name: name.to_owned(), branches: branches.collect() }
    } else {
        let (name, form) = inside.split_once(':').unwrap_or((inside, ""));
        match Form::parse(form) {
            _ if form.is_empty() => Part::Value { name: name.to_owned(), form: Form::Plain },
            Some(form) => Part::Value { name: name.to_owned(), form },
            None => Part::Words(format!("{{{inside}}}")),
        }
    };
    (part, rest.unwrap_or_default())
}

/// Where the brace at the beginning of `text` closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return (depth == 1).then_some(index),
            '}' => depth -= 1,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The branches between the bars that stand outside braces.
fn split(text: &str) -> Vec<&str> {
    let mut branches = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                branches.extend(text.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    branches.extend(text.get(start..));
    branches
}

fn say(parts: &[Part], language: Language, args: &Args<'_>, text: &mut String) {
    for part in parts {
        match part {
            Part::Words(words) => text.push_str(words),
            Part::Value { name, form } | Part::Number { of: name, form } => {
                let said = match find(args, name) {
                    Some(value) => value.print(*form, language),
                    None => format!("{{{name}}}"),
                };
                // A number in letters can begin a sentence.
                let begins = text.is_empty() && *form == Form::Letters;
                text.push_str(&if begins { capital(&said) } else { said });
            }
            Part::Choice { name, branches } => {
                let value = find(args, name).unwrap_or(&Arg::Nothing);
                if let Some(branch) = choose(value, branches) {
                    say(branch, language, args, text);
                }
            }
        }
    }
}

fn choose<'a>(value: &Arg, branches: &'a [Vec<Part>]) -> Option<&'a Vec<Part>> {
    let index = match (branches.len(), value.count()) {
        (4.., 2) => 2,
        (4.., 3..) => 3,
        (3.., 0) => 0,
        (3.., 1) => 1,
        (3.., _) => 2,
        (_, 1) => 0,
        _ => 1,
    };
    branches.get(index)
}

fn find<'a>(args: &'a Args<'_>, name: &str) -> Option<&'a Arg> {
    args.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
}
