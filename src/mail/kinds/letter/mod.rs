//! The first letter to an owner: what KITOS is, which systems are theirs, what is
//! missing, what the role means, and how we write.

mod handover;
mod samples;

use uuid::Uuid;

use crate::mail::Error;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::{Facts, Todo};
use crate::mail::letter::{Letter, People};
use crate::model::MailKind;
use crate::notify::draft::{Draft, DraftItem};
use crate::text::links::Tab;
use crate::text::words::Arg;

pub(in crate::mail) use handover::hand_over;
pub(in crate::mail) use samples::samples;

pub(in crate::mail) fn letter(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    let names = draft.to.iter().map(|recipient| recipient.name.clone()).collect();
    let people = People { names, date: draft.date };
    let urls = vec![facts.config.kitos.url.to_string()];
    Ok(Letter { urls, ..Letter::to_people(MailKind::Letter, &body(draft, facts), people)? })
}

fn body(draft: &Draft, facts: &Facts<'_>) -> Body {
    let words = facts.words();
    let under = Under { words, prefix: "mail.letter" };
    let config = facts.config;
    let systems = &draft.systems;
    let weeks = ranges(&config.notify.quiet_weeks);
    let minutes = 4 + systems.len() + 2 * draft.items.len();
    let args: Vec<(&str, Arg)> = vec![
        ("n", systems.len().into()),
        ("system", systems.first().map(|usage| facts.system(*usage)).into()),
        ("by", draft.deadline.into()),
        ("time", duration(words, minutes).into()),
        ("phone", config.mail.contact.phone.clone().into()),
        ("guideline", config.policy.guideline_name.clone().into()),
        ("url", config.kitos.url.as_str().into()),
        ("weeks", weeks.into()),
    ];
    let is_fine = draft.items.is_empty();
    let main = Section {
        what: Some(under.say("what", &args)),
        ask: Some(under.say(if is_fine { "fine" } else { "ask" }, &args)),
        short: Some(under.say("short", &args)),
        systems: systems.iter().map(|usage| part(draft, facts, *usage)).collect(),
        after: vec![under.say("login", &args)],
        ..Section::default()
    };
    let role = Section {
        heading: Some(under.say("role", &args)),
        intro: Some(words.text("mail.role.intro").to_owned()),
        points: words.list("mail.role.points").into_iter().map(str::to_owned).collect(),
        after: vec![words.text("mail.role.delegate").to_owned()],
        ..Section::default()
    };
    // The number of mails, not of systems.
    let of_mails = ("n", Arg::from(config.notify.escalate_after));
    let manner_args: Vec<(&str, Arg)> = std::iter::once(of_mails).chain(args.clone()).collect();
    let manner = Section {
        heading: Some(under.say("manner", &args)),
        points: under.list("manner-points", &manner_args),
        ..Section::default()
    };
    let told = |heading: &str, text: &str| Section {
        heading: Some(under.say(heading, &args)),
        after: vec![under.say(text, &args)],
        ..Section::default()
    };
    let sections =
        vec![main, role, manner, told("leaving", "leaving-text"), told("wrong", "wrong-text")];
    Body {
        subject: under.fitted("subject", &args, "system"),
        preheader: under.say("preheader", &args),
        lead: None,
        sections,
    }
}

/// A system with what is missing, or that all is well.
fn part(draft: &Draft, facts: &Facts<'_>, usage: Uuid) -> Part {
    let items: Vec<&DraftItem> =
        draft.items.iter().filter(|item| item.finding.usage == usage).collect();
    if items.is_empty() {
        return Part {
            name: facts.system(usage),
            lines: vec![facts.words().text("mail.part.complete").to_owned()],
            points: Vec::new(),
            links: vec![facts.link(usage, Tab::Front)],
        };
    }
    facts.part(usage, &items, Todo::Each, &draft.to)
}

/// "28–30"
fn ranges(weeks: &[u32]) -> Vec<String> {
    let mut weeks = weeks.to_vec();
    weeks.sort_unstable();
    weeks.dedup();
    let runs = weeks.chunk_by(|a, b| a + 1 == *b);
    let run = |run: &[u32]| match (run.first(), run.last()) {
        (Some(first), Some(last)) if first != last => format!("{first}–{last}"),
        (Some(only), _) => only.to_string(),
        _ => String::new(),
    };
    runs.map(run).collect()
}
