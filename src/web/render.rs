//! Data into HTML: the templates, compiled in, with the words of both languages. Text from
//! KITOS loses control and invisible characters, is shortened where it says nothing more, and
//! is escaped (`docs/reliability.md`, R20).

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, Output, State};
use serde::Serialize;

use super::asked::Asked;
use super::refused::Refused;
use super::routes::{NO_MENU, ROUTES, Route};
use crate::config::Config;
use crate::mail::{engine, print};
use crate::model::{Language, MailMode};
use crate::text::clean;
use crate::text::short_date::short_date;
use crate::text::words::words;

const LAYOUT: &str = include_str!("templates/layout.html.j2");
const PARTS: &str = include_str!("templates/parts.html.j2");
const REFUSED: &str = include_str!("templates/refused.html.j2");

/// What names say beyond this is noise; sentences may be longer.
const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 20_000;

static DANISH: LazyLock<Result<Environment<'static>, Error>> =
    LazyLock::new(|| environment(Language::Da));
static ENGLISH: LazyLock<Result<Environment<'static>, Error>> =
    LazyLock::new(|| environment(Language::En));

/// What stands around every page.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub asked: &'a Asked,
    pub config: &'a Config,
    pub now: DateTime<Utc>,
}

#[derive(Serialize)]
struct Data<'a> {
    name: &'a str,
    language: &'static str,
    /// To the same page in the other language.
    switch: String,
    other_language: &'static str,
    zone: &'static str,
    path: &'a str,
    menu: Vec<Item>,
    who: Option<&'a str>,
    operator: bool,
    /// Why the form that was sent was not carried out.
    warning: Option<String>,
    /// What was just done, in words.
    notice: Option<String>,
    trial: bool,
    /// The contact, for readers without a menu.
    contact: Option<String>,
    token: Option<&'a str>,
    now: DateTime<Utc>,
    it: serde_json::Value,
}

#[derive(Serialize)]
struct Item {
    path: &'static str,
    name: &'static str,
    current: bool,
}

/// A page with its data.
///
/// # Errors
/// Only when a template is at fault.
pub fn page(
    route: &Route,
    data: serde_json::Value,
    frame: &Frame<'_>,
    token: Option<&str>,
) -> Result<String, Error> {
    say((route.name, route.template.0), route.menu, data, frame, token)
}

/// Why there is no page.
///
/// # Errors
/// As [`page`].
pub fn refusal(refused: &Refused, frame: &Frame<'_>) -> Result<String, Error> {
    let why = why(refused, frame.asked.language);
    // To their own page, for a reader with only a link that is good.
    let back = frame.asked.by_link && *refused != Refused::NoLink;
    let back = back.then_some(frame.asked.path.as_str());
    let data = serde_json::json!({ "key": refused.key(), "why": why, "back": back });
    // Readers without access see no menu.
    let blind = frame.asked.by_link
        || matches!(refused, Refused::NoLink | Refused::Host | Refused::NoLogin | Refused::NoProxy);
    say(("refused", "refused"), if blind { NO_MENU } else { "" }, data, frame, None)
}

/// What a question or a decision has against it.
fn why(refused: &Refused, language: Language) -> Option<String> {
    match refused {
        Refused::Question(why) | Refused::Decision(why) => {
            Some(words(language).say(&format!("page.why.{}", why.key), &why.args))
        }
        _ => None,
    }
}

/// The same above the form that was sent, for a reader with only a link.
fn warning(refused: &Refused, language: Language) -> String {
    let key = match refused {
        Refused::Stale => "page.reply.stale".to_owned(),
        refused => format!("page.refused.{}.text", refused.key()),
    };
    let said = words(language).text(&key);
    why(refused, language).map_or_else(|| said.to_owned(), |why| format!("{why} {said}"))
}

fn say(
    (name, template): (&str, &str),
    menu: &str,
    mut it: serde_json::Value,
    frame: &Frame<'_>,
    token: Option<&str>,
) -> Result<String, Error> {
    tidy("", &mut it);
    let Frame { asked, config, now } = *frame;
    let (engine, other) = match asked.language {
        Language::Da => (&*DANISH, Language::En),
        Language::En => (&*ENGLISH, Language::Da),
    };
    let engine = engine.as_ref().map_err(|error| Error::new(error.kind(), error.to_string()))?;
    let notice = asked.get("done").and_then(|done| {
        words(asked.language).find(&format!("page.done.{done}")).map(str::to_owned)
    });
    let data = Data {
        name,
        language: asked.language.as_str(),
        switch: asked.with(&[("language", other.as_str()), ("done", "")]),
        other_language: other.as_str(),
        zone: config.schedule.time_zone.name(),
        path: &asked.path,
        menu: if menu == NO_MENU { Vec::new() } else { items(menu) },
        who: asked.who.name(),
        operator: asked.who.is_operator(),
        warning: asked.refused.as_ref().map(|refused| warning(refused, asked.language)),
        notice,
        trial: config.mail.mode != MailMode::Send,
        contact: contact(config, asked.language),
        token,
        now,
        it,
    };
    engine.get_template(&format!("{template}.html.j2"))?.render(Value::from(Serde(&data)))
}

fn contact(config: &Config, language: Language) -> Option<String> {
    let contact = &config.mail.contact;
    let args = [
        ("name", contact.name.clone().into()),
        ("phone", contact.phone.clone().into()),
        ("hours", contact.hours.clone().into()),
    ];
    let is_known = contact.name.is_some() || contact.phone.is_some();
    is_known.then(|| words(language).say("page.contact", &args))
}

fn items(menu: &str) -> Vec<Item> {
    let in_menu = ROUTES.iter().filter(|route| !route.menu.is_empty() && route.name == route.menu);
    let item =
        |route: &Route| Item { path: route.path, name: route.name, current: route.menu == menu };
    in_menu.map(item).collect()
}

/// Cleans every string; those of which a browser shows line breaks keep them.
fn tidy(key: &str, value: &mut serde_json::Value) {
    use serde_json::Value as V;
    match value {
        // A drawing of ours, whose words are escaped already.
        V::String(_) if key == "chart" => {}
        V::String(text) => {
            *text = match key {
                "detail" | "body" => {
                    let lines = text.lines().map(|line| clean::text(line, LONGEST_TEXT));
                    lines.collect::<Vec<_>>().join("\n")
                }
                "name" | "systemName" | "unit" | "role" | "person" | "subject" | "email" | "to"
                | "cc" | "organization" | "subtitle" => clean::text(text, LONGEST_NAME),
                _ => clean::text(text, LONGEST_TEXT),
            };
        }
        V::Array(items) => items.iter_mut().for_each(|item| tidy(key, item)),
        V::Object(members) => members.iter_mut().for_each(|(key, member)| tidy(key, member)),
        V::Null | V::Bool(_) | V::Number(_) => {}
    }
}

fn environment(language: Language) -> Result<Environment<'static>, Error> {
    let mut environment = engine(language)?;
    environment.set_formatter(print_or_nothing);
    environment.add_filter("day", move |day: &Value| date(day, language));
    environment.add_filter(
        "moment",
        move |state: &State<'_, '_>, at: &Value, day_only: Option<bool>| {
            moment(state, at, language, day_only == Some(true))
        },
    );
    environment.add_filter("part", |value: String| -> String {
        form_urlencoded::byte_serialize(value.as_bytes()).collect()
    });
    environment.add_template("layout.html.j2", LAYOUT)?;
    environment.add_template("parts.html.j2", PARTS)?;
    environment.add_template("refused.html.j2", REFUSED)?;
    for (name, text) in ROUTES.iter().map(|route| route.template) {
        environment.add_template_owned(format!("{name}.html.j2"), text)?;
    }
    Ok(environment)
}

/// What is not known is not said.
fn print_or_nothing(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if value.is_none() { Ok(()) } else { print(out, state, value) }
}

/// "2026-02-13" as people write it; nothing for nothing.
fn date(day: &Value, language: Language) -> Result<String, Error> {
    let Some(text) = day.as_str() else { return Ok(String::new()) };
    let day: NaiveDate = text.parse().map_err(|_| odd(text))?;
    Ok(day.format(short_date(language)).to_string())
}

/// An instant in the municipality's time.
fn moment(
    state: &State<'_, '_>,
    at: &Value,
    language: Language,
    day_only: bool,
) -> Result<String, Error> {
    let Some(text) = at.as_str() else { return Ok(String::new()) };
    let at: DateTime<Utc> = text.parse().map_err(|_| odd(text))?;
    let zone = state.lookup("zone").and_then(|zone| zone.as_str()?.parse::<Tz>().ok());
    let at = at.with_timezone(&zone.unwrap_or(Tz::UTC));
    if day_only {
        return Ok(at.format(short_date(language)).to_string());
    }
    let clock = match language {
        Language::Da => "%H.%M",
        Language::En => "%H:%M",
    };
    Ok(format!("{} {}", at.format(short_date(language)), at.format(clock)))
}

fn odd(text: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("no date: {}", clean::text(text, 80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses_and_every_page_has_its_words() {
        for language in [&*DANISH, &*ENGLISH] {
            language.as_ref().expect("templates");
        }
        for route in ROUTES.iter().filter(|route| !route.template.0.is_empty()) {
            for &language in Language::ALL {
                let key = format!("page.{}.title", route.name);
                assert!(words(language).find(&key).is_some(), "{key}");
            }
        }
    }
}
