//! The weekly digest to IT, read in a minute: the share and why it moved, what IT must
//! do, what happened since last time by cause, a table of the administrations, what was
//! passed on to leaders, and a line on operations. Everything open is in the
//! spreadsheet. At most 130 lines, however much is open, and each system once.

mod in_words;
mod names;
mod news;
mod samples;
mod table;
mod todo;
mod workbook;

use chrono::Datelike as _;
use serde::Serialize;

use crate::config;
use crate::mail::body::Table;
use crate::mail::letter::Letter;
use crate::mail::{Attachment, Error};
use crate::model::{MailKind, MailMode};
use crate::notify::digest::data::{Digest, Progress, Share};
use crate::text::clean;
use crate::text::danish::percent;
use crate::text::words::{Arg, Words, words};
use names::Names;
use todo::Place;

pub use in_words::{DigestWords, in_words};
pub use news::News;
pub(in crate::mail) use samples::samples;

#[derive(Serialize)]
struct Data {
    subject: String,
    preheader: String,
    /// What is wrong with the program right now.
    incidents: Vec<String>,
    title: String,
    percent: Option<u32>,
    share: String,
    chart: Vec<Point>,
    first: Option<String>,
    todo: todo::Todo,
    news: Option<News>,
    table: Option<Table>,
    kinds: String,
    passed: Vec<String>,
    round: Option<String>,
    operations: Vec<String>,
}

/// A week of the chart.
#[derive(Serialize)]
struct Point {
    label: String,
    said: String,
    percent: u32,
    missing: u32,
}

pub(in crate::mail) fn letter(digest: &Digest, config: &config::Mail) -> Result<Letter, Error> {
    let words = words(config.language);
    let data = data(digest, words, config);
    let attachment = match digest.lines.is_empty() {
        true => None,
        false => Some(Attachment {
            name: words
                .say("mail.digest.attachment", &[("week", digest.date.iso_week().week().into())]),
            content: workbook::workbook(digest, words)?,
        }),
    };
    Ok(Letter { attachment, ..Letter::to_office(MailKind::Digest, &data)? })
}

fn data(digest: &Digest, words: &Words, config: &config::Mail) -> Data {
    let mut names = Names::new(words);
    let incidents = digest.health.incidents.iter().map(|incident| {
        let what = words.text(&format!("incident.{}.name", incident.kind.as_str())).to_owned();
        words
            .say("mail.digest.incident", &[("what", what.into()), ("since", incident.since.into())])
    });
    let week = i64::from(chrono::Datelike::iso_week(&digest.date).week());
    // In this order: what is named in one place is not named again further down.
    let todo = todo::todo(digest, words, &mut names);
    let news = news::news(digest, words, &mut names);
    let passed = passed(digest, words, &mut names, MOST_PASSED_ON);
    Data {
        subject: subject(digest, words, week),
        preheader: share(digest, words),
        incidents: incidents.collect(),
        title: words.say("mail.digest.title", &[("week", week.into()), ("on", digest.date.into())]),
        percent: percent(digest.share.part, digest.share.whole),
        share: [Some(share(digest, words)), movement(digest, words)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        chart: chart(digest, words),
        first: digest.since.is_none().then(|| words.text("mail.digest.first").to_owned()),
        todo,
        news,
        table: table::table(digest, words),
        kinds: table::kinds(digest, words),
        passed,
        round: round(digest, words, Place::Mail),
        operations: operations(digest, words, config),
    }
}

/// How the round of confirmation stands.
fn round(digest: &Digest, words: &Words, place: Place) -> Option<String> {
    let Progress { systems, answered, people, due } = digest.round?;
    let args = [
        ("n", systems.into()),
        ("part", answered.into()),
        ("people", people.into()),
        ("by", due.into()),
    ];
    let key = if answered == 0 { "none" } else { "progress" };
    let line = words.say(&format!("mail.digest.review.{key}"), &args);
    match digest.date > due {
        true => {
            let args = [("command", (place == Place::Mail).into())];
            Some(format!("{line} {}", words.say("mail.digest.review.over", &args)))
        }
        false => Some(line),
    }
}

fn subject(digest: &Digest, words: &Words, week: i64) -> String {
    let missing = without(digest.share);
    let change = digest.before.map_or(0, |before| missing - without(before));
    let key = match change {
        _ if !digest.health.incidents.is_empty() => "mail.digest.subject-incident",
        1.. => "mail.digest.subject-more",
        0 => "mail.digest.subject",
        _ => "mail.digest.subject-fewer",
    };
    let args = [("week", week.into()), ("n", missing.into()), ("m", change.abs().into())];
    words.say(key, &args)
}

fn without(share: Share) -> i64 {
    i64::from(share.whole) - i64::from(share.part)
}

/// "81 % af systemerne har en systemejer: 96 af 119."
fn share(digest: &Digest, words: &Words) -> String {
    let Share { whole, part } = digest.share;
    let Some(percent) = percent(part, whole) else {
        return words.text("mail.digest.no-systems").to_owned();
    };
    let args = [("percent", percent.into()), ("part", part.into()), ("whole", whole.into())];
    words.say(if part == whole { "mail.digest.share-all" } else { "mail.digest.share" }, &args)
}

/// From what it moved, and why. Without a new reading there is nothing to compare.
fn movement(digest: &Digest, words: &Words) -> Option<String> {
    let (before, since) = (digest.before?, digest.since?);
    if digest.nothing_read {
        return None;
    }
    let (then, now) =
        (percent(before.part, before.whole)?, percent(digest.share.part, digest.share.whole)?);
    if then == now {
        return Some(words.text("mail.digest.same").to_owned());
    }
    let is_a_week = (digest.date - since).num_days() == 7;
    let key = if is_a_week { "mail.digest.a-week-ago" } else { "mail.digest.then" };
    let was = words.say(key, &[("percent", then.into()), ("on", since.into())]);
    let why = &digest.movement;
    let causes = match now > then {
        true => &[
            ("rose", why.gained),
            ("rose-policy", why.gained_by_policy),
            ("rose-closed", why.closed),
            ("rose-new", why.came_with),
        ][..],
        false => &[
            ("fell-leavers", why.with_leavers),
            ("fell-new", why.came_without),
            ("fell-policy", why.lost_by_policy),
            ("fell", why.lost),
            ("fell-closed", why.went_with),
        ],
    };
    // The one behind most systems; of several, the first here.
    let causes = causes.iter().filter(|(_, systems)| *systems > 0);
    let cause = causes.reduce(|most, other| if other.1 > most.1 { other } else { most });
    let cause = cause.map(|(key, systems)| {
        let args = [("systems", (*systems).into()), ("people", why.leavers.into())];
        words.say(&format!("mail.digest.{key}"), &args)
    });
    Some([Some(was), cause].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn chart(digest: &Digest, words: &Words) -> Vec<Point> {
    if digest.trend.len() < 2 || digest.nothing_read {
        return Vec::new();
    }
    let point = |point: &crate::model::TrendPoint| {
        let percent = percent(point.with_owner, point.in_scope)?;
        let args = [("on", point.date.into()), ("percent", percent.into())];
        Some(Point {
            label: words.say("mail.digest.chart-label", &args),
            said: words.say("mail.digest.trend-point", &args),
            percent,
            missing: point.in_scope.saturating_sub(point.with_owner),
        })
    };
    digest.trend.iter().filter_map(point).collect()
}

/// How many of those that were passed on are listed in a mail.
const MOST_PASSED_ON: usize = 3;

fn passed(digest: &Digest, words: &Words, names: &mut Names<'_>, most: usize) -> Vec<String> {
    let line = |passed: &crate::notify::digest::data::PassedOn| {
        let args = [
            ("unit", passed.unit.as_deref().map(names::short).into()),
            ("names", names.of(&passed.systems).into()),
            ("leader", names::short(&passed.leader).into()),
            ("on", passed.on.into()),
            ("by", passed.deadline.into()),
            ("over", passed.deadline.is_some_and(|deadline| deadline < digest.date).into()),
        ];
        words.say("mail.digest.passed.item", &args)
    };
    let mut lines: Vec<String> = digest.passed_on.iter().take(most).map(line).collect();
    let more = digest.passed_on.len().saturating_sub(lines.len());
    if more > 0 {
        lines.push(words.say("mail.digest.passed.more", &[("n", more.into())]));
    }
    lines
}

fn operations(digest: &Digest, words: &Words, config: &config::Mail) -> Vec<String> {
    let health = &digest.health;
    let is_preview = config.mode == MailMode::Preview;
    let say =
        |key: &str, args: &[(&str, Arg)]| words.say(&format!("mail.digest.operations.{key}"), args);
    let read = [
        ("at", health.pulled_at.into()),
        ("usages", health.usages.into()),
        ("people", health.people.into()),
    ];
    let mut lines = vec![say("read", &read)];
    if health.failed_pulls > 0 {
        lines.push(say("failed", &[("n", health.failed_pulls.into())]));
    }
    if digest.since.is_some() {
        let key = if health.dead > 0 { "sent" } else { "sent-all" };
        let args = [
            ("preview", is_preview.into()),
            ("n", health.sent.into()),
            ("dead", health.dead.into()),
        ];
        lines.push(say(key, &args));
    }
    lines.extend(health.next_pull.map(|at| say("next", &[("at", at.into())])));
    match (config.mode, &config.redirect_to) {
        (MailMode::Preview, _) => lines.push(say("trial-preview", &[])),
        (MailMode::Redirect, Some(to)) => {
            lines.push(say(
                "trial-redirect",
                &[("to", clean::text(to, clean::LONGEST_NAME).into())],
            ));
        }
        _ => {}
    }
    lines
}

#[cfg(test)]
mod tests;
