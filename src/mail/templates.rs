//! The templates, compiled in, and what they may call. Words stand in the
//! templates; the language's rules in `text::danish`. A template reads data
//! only: no name from KITOS is ever a template or the name of one.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{DateTime, FixedOffset, NaiveDate};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter,
};

use super::kinds::KINDS;
use super::letter::Kind;
use crate::model::{Language, Letter};
use crate::text::clean;
use crate::text::words::{Arg, words};
use crate::text::{danish, english};

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$((
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/templates/", $name)),
        )),*]
    };
}

/// Name and text. A folder of a language holds `<kind>.<part>.j2`.
const BUILT_IN: &[(&str, &str)] = built_in![
    "da/digest.html.j2",
    "da/digest.subject.j2",
    "da/digest.text.j2",
    "da/escalation.html.j2",
    "da/escalation.subject.j2",
    "da/escalation.text.j2",
    "da/footer.text.j2",
    "da/layout.html.j2",
    "da/reminder.html.j2",
    "da/reminder.subject.j2",
    "da/reminder.text.j2",
    "da/reminder.words.j2",
    "da/words.j2",
    "en/digest.html.j2",
    "en/digest.subject.j2",
    "en/digest.text.j2",
    "en/escalation.html.j2",
    "en/escalation.subject.j2",
    "en/escalation.text.j2",
    "en/footer.text.j2",
    "en/layout.html.j2",
    "en/reminder.html.j2",
    "en/reminder.subject.j2",
    "en/reminder.text.j2",
    "en/reminder.words.j2",
    "en/words.j2",
    "style.html.j2",
];

/// The frame of all mails and the parts that they share, and the page of previews.
const SHARED: [(&str, &str); 5] = [
    ("layout/html.j2", include_str!("layout/html.j2")),
    ("layout/parts.html.j2", include_str!("layout/parts.html.j2")),
    ("layout/parts.text.j2", include_str!("layout/parts.text.j2")),
    ("layout/previews.html.j2", include_str!("layout/previews.html.j2")),
    ("layout/text.j2", include_str!("layout/text.j2")),
];

/// Every template: its name, which is that of its file, and its text.
fn built_in() -> impl Iterator<Item = (String, &'static str)> {
    let of_kind = |kind: &'static Kind| {
        let parts = [("subject", kind.subject), ("text", kind.text), ("html", kind.html)];
        parts.map(|(part, source)| (format!("{}/{part}.j2", kind.folder), source))
    };
    let shared = SHARED.iter().chain(BUILT_IN).map(|(name, source)| ((*name).to_owned(), *source));
    shared.chain(KINDS.iter().flat_map(of_kind))
}

/// The name of a letter's templates.
pub(super) fn name(letter: &Letter) -> &'static str {
    match letter {
        Letter::Digest(_) => "digest",
        Letter::Reminder(_) => "reminder",
        Letter::Escalation(_) => "escalation",
        Letter::Notice(_) => "notice",
        Letter::Alert(_) => "alert",
        Letter::Test { .. } => "test",
    }
}

/// All templates and the filters of a language. What a template misspells is an
/// error, and what it prints into HTML is escaped.
///
/// A file in `folder` replaces the built-in template of its name; one that cannot
/// be read or parsed is left out, and named.
pub(super) fn environment(
    language: Language,
    folder: Option<&Path>,
) -> Result<(Environment<'static>, Vec<Unusable>), Error> {
    let mut environment = Environment::new();
    // Its errors would show the data: names of people, in the log.
    environment.set_debug(false);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_formatter(print);
    environment.set_auto_escape_callback(|name| match name.ends_with("html.j2") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    environment.add_filter("cut", |text: &str, longest: usize| clean::text(text, longest));
    environment.add_filter("sentence", sentence);
    let words = words(language);
    environment.add_function("text", move |key: &str| words.text(key).to_owned());
    environment.add_function("say", move |key: &str, given: Kwargs| {
        let value = |name| Ok::<_, Error>((name, arg(given.get(name)?)));
        let args = given.args().map(value).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Error>(words.say(key, &args))
    });
    match language {
        Language::Da => danish_filters(&mut environment),
        Language::En => english_filters(&mut environment),
    }
    let mut unusable = Vec::new();
    for (name, source) in built_in() {
        if let Some(folder) = folder {
            match own(folder, &name) {
                Ok(None) => {}
                Ok(Some(source)) => match environment.add_template_owned(name.clone(), source) {
                    Ok(()) => continue,
                    Err(error) => {
                        unusable.push(Unusable { name: name.clone(), why: error.to_string() });
                    }
                },
                Err(error) => {
                    unusable.push(Unusable { name: name.clone(), why: error.to_string() });
                }
            }
        }
        environment.add_template_owned(name, source)?;
    }
    Ok((environment, unusable))
}

/// A file that cannot replace a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    pub name: String,
    pub why: String,
}

/// The municipality's own template of that name, if there is one.
fn own(folder: &Path, name: &str) -> std::io::Result<Option<String>> {
    let path = folder.join(name);
    // A pipe would be waited for.
    if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    match std::fs::read_to_string(path) {
        Ok(source) => Ok(Some(source)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names that a file can have to replace a template of `language`.
pub(super) fn names(language: Language) -> impl Iterator<Item = String> {
    let other = move |name: &str| {
        let folder = name.split('/').next().unwrap_or_default();
        Language::ALL.iter().any(|l| *l != language && l.as_str() == folder)
    };
    built_in().map(|(name, _)| name).filter(move |name| !other(name))
}

/// A template's value as the words' placeholders take it.
fn arg(value: Value) -> Arg {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Arg::Nothing,
        ValueKind::Bool => Arg::from(value.is_true()),
        ValueKind::Number => value.as_i64().map_or_else(|| value.to_string().into(), Arg::Number),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().into_iter().flatten();
            Arg::List(items.map(|item| item.to_string()).collect())
        }
        _ => value.to_string().into(),
    }
}

/// Words with a capital letter at their beginning.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest.by_ref()).collect()
}

fn danish_filters(environment: &mut Environment<'_>) {
    environment.add_filter("counted", |count: i64, one: &str, many: &str| {
        danish::counted(count, one, many)
    });
    environment.add_filter("number", danish::number);
    environment.add_filter("duration", danish::duration);
    environment.add_filter("genitive", |name: &str| danish::genitive(name));
    environment.add_filter("listed", |names: Vec<String>| danish::list(&names));
    environment.add_filter("long_date", |day: &str| date(day).map(danish::long_date));
    environment.add_filter("date", |day: &str| date(day).map(danish::date));
    environment.add_filter("short_date", |day: &str| date(day).map(danish::short_date));
    environment.add_filter("moment", |instant: &str| {
        let local = time(instant)?.naive_local();
        let day = danish::weekday_and_day(local.date());
        Ok::<_, Error>(format!("{day} {}", danish::clock(local.time())))
    });
}

fn english_filters(environment: &mut Environment<'_>) {
    environment.add_filter("counted", |count: i64, one: &str, many: &str| {
        english::counted(count, one, many)
    });
    environment.add_filter("number", english::number);
    environment.add_filter("duration", english::duration);
    environment.add_filter("genitive", |name: &str| english::genitive(name));
    environment.add_filter("listed", |names: Vec<String>| english::list(&names));
    environment.add_filter("long_date", |day: &str| date(day).map(english::long_date));
    environment.add_filter("date", |day: &str| date(day).map(english::date));
    environment.add_filter("short_date", |day: &str| date(day).map(english::short_date));
    environment.add_filter("moment", |instant: &str| {
        let local = time(instant)?.naive_local();
        let day = english::weekday_and_day(local.date());
        Ok::<_, Error>(format!("{day} {}", english::clock(local.time())))
    });
}

/// Escapes what HTML needs and no more: the engine's own way turns every link
/// into `https:&#x2f;&#x2f;…`, which some mail scanners do not follow. "None" is
/// no word of any language.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Err(Error::new(ErrorKind::InvalidOperation, "there is nothing to print"));
    }
    let escape = matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe();
    let Some(text) = value.as_str().filter(|_| escape) else {
        return escape_formatter(out, state, value);
    };
    for c in text.chars() {
        match c {
            '&' => out.write_str("&amp;"),
            '<' => out.write_str("&lt;"),
            '>' => out.write_str("&gt;"),
            '"' => out.write_str("&quot;"),
            '\'' => out.write_str("&#39;"),
            c => out.write_char(c),
        }?;
    }
    Ok(())
}

fn date(text: &str) -> Result<NaiveDate, Error> {
    text.parse().map_err(|_| invalid(text, "date"))
}

/// An instant with the offset of the configured zone, as the letter has it.
fn time(text: &str) -> Result<DateTime<FixedOffset>, Error> {
    DateTime::parse_from_rfc3339(text).map_err(|_| invalid(text, "instant"))
}

fn invalid(text: &str, what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("\"{text}\" is no {what}"))
}
