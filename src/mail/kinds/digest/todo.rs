//! What IT must do: at most seven actions, the most pressing first.

use serde::Serialize;

use super::names::{Names, short};
use crate::mail::body::either;
use crate::model::Unreachable;
use crate::notify::digest::data::{Digest, Task};
use crate::text::words::{Arg, Words};

/// Where it is read: a mail names the command that the page has a view for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Mail,
    Page,
}

/// Nobody does more than this in a week because of a mail.
const MOST: usize = 7;

/// How many units are named.
const MOST_UNITS: usize = 3;

#[derive(Serialize)]
pub(super) struct Todo {
    pub lines: Vec<String>,
    /// What stands there instead of lines, or below them.
    pub more: Option<String>,
}

pub(super) fn todo(digest: &Digest, words: &Words, names: &mut Names<'_>) -> Todo {
    let lines: Vec<String> =
        digest.tasks.iter().take(MOST).map(|task| line(task, words, names, Place::Mail)).collect();
    let more = match digest.tasks.len() - lines.len() {
        0 if lines.is_empty() && digest.open.is_empty() => {
            Some(words.text("mail.digest.todo.none-at-all").to_owned())
        }
        0 if lines.is_empty() => Some(words.text("mail.digest.todo.none").to_owned()),
        0 => None,
        n => Some(words.say("mail.digest.todo.more", &[("n", n.into())])),
    };
    Todo { lines, more }
}

/// One task as a sentence; also for the spreadsheet.
pub(super) fn line(task: &Task, words: &Words, names: &mut Names<'_>, place: Place) -> String {
    let (key, mut args) = said(task, words, names);
    args.push(("command", (place == Place::Mail).into()));
    words.say(&format!("mail.digest.todo.{key}"), &args)
}

type Args = Vec<(&'static str, Arg)>;

/// The key of a task's words, and what they are filled with.
fn said(task: &Task, words: &Words, names: &mut Names<'_>) -> (String, Args) {
    let person = |name: &str| ("person", Arg::from(short(name)));
    let (key, args) = match task {
        Task::Held { since } => ("held", vec![("since", (*since).into())]),
        Task::Incident => ("incident", vec![]),
        Task::Address { person: who, why, systems, units } => {
            let units: Vec<String> = units.iter().take(2).map(|unit| short(unit)).collect();
            let why = words.text(why_key(*why)).to_owned();
            let n = systems.len().into();
            ("address", vec![person(who), ("why", why.into()), ("n", n), ("units", units.into())])
        }
        Task::LeadersLeft { people } => {
            let n = ("n", people.len().into());
            ("leaders-left", vec![n, ("people", shortened(people))])
        }
        Task::LeaderUnreachable { person: who } => ("leader-unreachable", vec![person(who)]),
        Task::SettleUnit { person: who, unit } => {
            ("settle-unit", vec![person(who), ("unit", short(unit).into())])
        }
        Task::UnknownUnits { units } => {
            let n = ("n", units.len().into());
            ("unknown-units", vec![n, ("units", one_of(units, words).into())])
        }
        Task::Away { person: who, until } => {
            ("away", vec![person(who), ("until", (*until).into())])
        }
        Task::Answered { person: who, kind, owner, owners, comment, systems } => {
            let owner = ("owner", owner.as_deref().map(short).into());
            let comment = ("comment", comment.clone().into());
            let owners = ("owners", shortened(owners));
            let args = vec![person(who), owner, owners, comment, of(systems, names)];
            return (format!("answered-{}", kind.as_str()), args);
        }
        Task::FindOwner { systems } => ("find-owner", vec![of(systems, names)]),
        Task::TidyRoles { person: who, systems } => {
            ("tidy-roles", vec![person(who), of(systems, names)])
        }
        Task::ChooseUnit { systems } => ("choose-unit", vec![of(systems, names)]),
        Task::Waiver { system, until, over } => {
            let system = names.of(std::slice::from_ref(system));
            let key = if *over { "waiver-over" } else { "waiver" };
            (key, vec![("system", system.into()), ("until", (*until).into())])
        }
        Task::HandOn { person: who, systems } => ("hand-on", vec![person(who), of(systems, names)]),
        Task::Departure { person: who, last_day, systems } => {
            ("departure", vec![person(who), ("last", (*last_day).into()), of(systems, names)])
        }
        Task::Duplicate { systems } => ("duplicate", duplicate(systems, names)),
        Task::NoAnswer { asked, systems, times } => {
            let n = ("n", (*times).into());
            ("no-answer", vec![("asked", shortened(asked)), of(systems, names), n])
        }
    };
    (key.to_owned(), args)
}

fn of(systems: &[String], names: &mut Names<'_>) -> (&'static str, Arg) {
    ("systems", names.of(systems).into())
}

fn shortened(people: &[String]) -> Arg {
    people.iter().map(|name| short(name)).collect::<Vec<String>>().into()
}

/// "»A«, »B« eller »C«", and how many others.
fn one_of(units: &[String], words: &Words) -> String {
    let named = units.iter().take(MOST_UNITS);
    let named = named.map(|unit| words.say("mail.quoted", &[("name", short(unit).into())]));
    let others = units.len().saturating_sub(MOST_UNITS);
    let others = (others > 0).then(|| words.say("mail.digest.others", &[("n", others.into())]));
    either(words, named.chain(others).collect())
}

/// A name that several of them bear is said once.
fn duplicate(systems: &[String], names: &mut Names<'_>) -> Args {
    let mut named = systems.to_vec();
    named.sort_unstable();
    named.dedup();
    let alike = ("alike", (named.len() == 1).into());
    vec![("n", systems.len().into()), alike, of(&named, names)]
}

fn why_key(why: Unreachable) -> &'static str {
    match why {
        Unreachable::NoAddress => "mail.digest.todo.why-no-address",
        Unreachable::Malformed => "mail.digest.todo.why-malformed",
        Unreachable::ForeignDomain => "mail.digest.todo.why-foreign-domain",
        Unreachable::Refused => "mail.digest.todo.why-refused",
    }
}
