//! The templates, compiled in, and what they may call. Their words stand in `src/text/*.toml`,
//! the language's rules in `text::danish`. A template reads data only: no name from KITOS is
//! ever a template or the name of one.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter,
};

use super::kinds::KINDS;
use super::letter::Kind;
use crate::model::Language;
use crate::text::words::{Arg, words};

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
    let shared = SHARED.iter().map(|(name, source)| ((*name).to_owned(), *source));
    shared.chain(KINDS.iter().flat_map(of_kind))
}

/// An engine without templates, with the words of a language. What a template
/// misspells is an error, and what it prints into HTML is escaped.
///
/// # Errors
/// Only when the program is at fault.
pub fn engine(language: Language) -> Result<Environment<'static>, Error> {
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
    environment.add_filter("sentence", sentence);
    let words = words(language);
    environment.add_function("text", move |key: &str| words.text(key).to_owned());
    environment.add_function("say", move |key: &str, given: Kwargs| {
        let value = |name| Ok::<_, Error>((name, arg(given.get(name)?)));
        let args = given.args().map(value).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Error>(words.say(key, &args))
    });
    Ok(environment)
}

/// All templates and the filters of a language; `linked` makes links of `urls`.
///
/// A file in `folder` replaces the built-in template of its name; one that cannot
/// be read or parsed is left out, and named.
pub(super) fn environment(
    language: Language,
    folder: Option<&Path>,
    urls: &[String],
) -> Result<(Environment<'static>, Vec<Unusable>), Error> {
    let mut environment = engine(language)?;
    let urls = urls.to_vec();
    environment.add_filter("linked", move |text: &str| linked(text, &urls));
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

/// The names that a file can have to replace a template.
pub(super) fn names() -> impl Iterator<Item = String> {
    built_in().map(|(name, _)| name)
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

/// Text as HTML, in which our own addresses are links. Those that a name in KITOS
/// holds are not.
fn linked(text: &str, urls: &[String]) -> Value {
    let mut html = escaped(text);
    for url in urls.iter().map(|url| escaped(url)) {
        let link = format!("<a class=\"link\" href=\"{url}\" style=\"color:#0b5cad\">{url}</a>");
        html = html.replace(&url, &link);
    }
    Value::from_safe_string(html)
}

/// Escapes what HTML needs and no more: the engine's own way turns every link into
/// `https:&#x2f;&#x2f;…`, which some mail scanners do not follow. A missing value is an error:
/// no mail may say "None".
pub fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Err(Error::new(ErrorKind::InvalidOperation, "there is nothing to print"));
    }
    let escape = matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe();
    let Some(text) = value.as_str().filter(|_| escape) else {
        return escape_formatter(out, state, value);
    };
    Ok(out.write_str(&escaped(text))?)
}

/// Text as HTML.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}
