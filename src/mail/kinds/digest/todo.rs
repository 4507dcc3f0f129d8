//! What IT must do: at most seven actions, the most pressing first.

use serde::Serialize;

use super::names::{Names, short};
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
    let command = ("command", Arg::from(place == Place::Mail));
    let say = |key: &str, args: &[(&str, Arg)]| words.say(&format!("mail.digest.todo.{key}"), args);
    let person = |name: &str| Arg::from(short(name));
    match task {
        Task::Held { since } => say("held", &[("since", (*since).into()), command]),
        Task::Incident => say("incident", &[command]),
        Task::Address { person: who, why, systems, units } => {
            let units: Vec<String> = units.iter().take(2).map(|unit| short(unit)).collect();
            let why = words.text(why_key(*why)).to_owned();
            let args = [
                ("person", person(who)),
                ("why", why.into()),
                ("n", systems.len().into()),
                ("units", units.into()),
            ];
            say("address", &args)
        }
        Task::LeadersLeft { people } => {
            let people: Vec<String> = people.iter().map(|name| short(name)).collect();
            let n = ("n", people.len().into());
            say("leaders-left", &[n, ("people", people.into())])
        }
        Task::LeaderUnreachable { person: who } => {
            say("leader-unreachable", &[("person", person(who))])
        }
        Task::SettleUnit { person: who, unit } => {
            say("settle-unit", &[("person", person(who)), ("unit", short(unit).into())])
        }
        Task::Away { person: who, until } => {
            say("away", &[("person", person(who)), ("until", (*until).into())])
        }
        Task::Answered { person: who, kind, owner, comment, systems } => {
            let args = [
                ("person", person(who)),
                ("owner", owner.as_deref().map(short).into()),
                ("comment", comment.clone().into()),
                command,
                ("systems", names.of(systems).into()),
            ];
            say(&format!("answered-{}", kind.as_str()), &args)
        }
        Task::FindOwner { systems } => say("find-owner", &[("systems", names.of(systems).into())]),
        Task::ChooseUnit { systems } => {
            say("choose-unit", &[("systems", names.of(systems).into())])
        }
        Task::Waiver { system, until, over } => {
            let system = names.of(std::slice::from_ref(system));
            let key = if *over { "waiver-over" } else { "waiver" };
            say(key, &[("system", system.into()), ("until", (*until).into())])
        }
        Task::HandOn { person: who, systems } => {
            say("hand-on", &[("person", person(who)), ("systems", names.of(systems).into())])
        }
        Task::Departure { person: who, last_day, systems } => {
            let systems = names.of(systems).into();
            let args =
                [("person", person(who)), ("last", (*last_day).into()), ("systems", systems)];
            say("departure", &args)
        }
        Task::Duplicate { systems } => {
            let n = ("n", systems.len().into());
            let mut named = systems.clone();
            named.sort_unstable();
            named.dedup();
            let alike = ("alike", (named.len() == 1).into());
            say("duplicate", &[n, alike, ("systems", names.of(&named).into())])
        }
        Task::NoAnswer { asked, systems, times } => {
            let asked: Vec<String> = asked.iter().map(|name| short(name)).collect();
            let args = [
                ("asked", asked.into()),
                ("systems", names.of(systems).into()),
                ("n", (*times).into()),
            ];
            say("no-answer", &args)
        }
    }
}

fn why_key(why: Unreachable) -> &'static str {
    match why {
        Unreachable::NoAddress => "mail.digest.todo.why-no-address",
        Unreachable::Malformed => "mail.digest.todo.why-malformed",
        Unreachable::ForeignDomain => "mail.digest.todo.why-foreign-domain",
        Unreachable::Refused => "mail.digest.todo.why-refused",
    }
}
