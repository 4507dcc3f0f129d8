//! The first page: what a director reads, in sentences, each of which a table proves.

use super::cell::Cell;
use super::seal::Report;
use crate::model::MailKind;
use crate::query::{Evidence, SharePoint};
use crate::text::clean;
use crate::text::danish::percent;
use crate::text::words::{Arg, Words};

/// A figure that stands large, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Figure {
    pub figure: String,
    pub says: String,
}

/// The figures at the top.
pub(super) fn figures(data: &Evidence, words: &Words) -> Vec<Figure> {
    let figure = |key: &str, args: &[(&str, Arg)], shown: String| Figure {
        figure: shown,
        says: words.say(&format!("report.figure.{key}"), args),
    };
    let standing = &data.standing;
    let share = percent(count(standing.with_owner), count(standing.systems));
    let open: usize = standing.open.values().sum();
    let high = standing.open.get("high").copied().unwrap_or_default();
    let number = |n: usize| words.say("mail.number", &[("n", n.into())]);
    let days = |days: i64, is_least: bool| {
        let days = words.say("report.days", &[("n", days.into())]);
        match is_least {
            true => words.say("report.at-least", &[("days", days.into())]),
            false => days,
        }
    };
    let vacancies = &data.vacancies;
    let longest = vacancies.longest_days.map(|longest| days(longest, vacancies.longest_is_least));
    vec![
        figure(
            "share",
            &[("n", standing.with_owner.into()), ("all", standing.systems.into())],
            share.map_or_else(|| "–".to_owned(), |share| format!("{share} %")),
        ),
        figure(
            "median",
            &[
                ("n", vacancies.count.into()),
                ("longest", longest.into()),
                ("lasting", vacancies.lasting.into()),
            ],
            vacancies
                .median_days
                .map_or_else(|| "–".to_owned(), |median| days(median, vacancies.median_is_least)),
        ),
        figure("open", &[("n", open.into()), ("high", high.into())], number(open)),
        figure(
            "read",
            &[("n", data.period.missing_days.into()), ("all", data.period.days.into())],
            number(usize::try_from(data.period.missing_days).unwrap_or_default()),
        ),
    ]
}

/// What was done, in sentences.
pub(super) fn sentences(report: &Report, words: &Words) -> Vec<String> {
    let data = &report.data;
    let period = data.period;
    let say = |key: &str, args: &[(&str, Arg)]| words.say(&format!("report.front.{key}"), args);
    let rules = data.rules.iter().filter(|rule| rule.enabled).count();
    let mut sentences = vec![say(
        "monitored",
        &[
            ("since", period.monitored_since.into()),
            ("n", data.standing.systems.into()),
            ("rules", rules.into()),
            ("kitos", host(&data.kitos_url).into()),
        ],
    )];
    if let Some(asked) = period.asked_from {
        let args = [("asked", asked.into()), ("since", period.from.into())];
        sentences.push(say("asked-from", &args));
    }
    if let Some(day) = data.read_on {
        sentences.push(say("not-read", &[("day", day.into())]));
    }
    if let (Some(first), Some(last)) = (data.share.first(), data.share.last()) {
        let share = |point: &SharePoint| percent(count(point.with_owner), count(point.systems));
        let args = [
            ("from", first.date.into()),
            ("to", last.date.into()),
            ("before", share(first).into()),
            ("after", share(last).into()),
        ];
        sentences.push(say("share", &args));
    }
    for review in &data.reviews {
        let args = [
            ("on", review.started_on.into()),
            ("unit", review.unit.clone().into()),
            ("n", review.answered_by_owners.into()),
            ("all", review.systems.into()),
            ("others", (review.answered - review.answered_by_owners).into()),
            ("open", review.closed_at.is_none().then_some("open").into()),
        ];
        sentences.push(say("review", &args));
    }
    let of_kind =
        |kind| data.mails.iter().filter(|mail| mail.kind == kind && !mail.is_copy).count();
    sentences.push(say(
        "told",
        &[
            ("n", (of_kind(MailKind::Reminder) + of_kind(MailKind::Letter)).into()),
            ("escalated", of_kind(MailKind::Escalation).into()),
            ("waived", data.standing.waived.into()),
        ],
    ));
    sentences
}

/// Where the data come from, when they were made, and how to see that they are whole.
pub(super) fn sources(report: &Report, words: &Words) -> Vec<(String, String)> {
    let data = &report.data;
    let line = |key: &str, value: String| {
        let value = clean::text(&value, clean::LONGEST_SENTENCE);
        (words.text(&format!("report.sources.{key}")).to_owned(), value)
    };
    let shown = |day| Cell::Day(day).shown(words.language());
    let period = match data.period.days {
        1 => shown(data.period.from),
        _ => format!("{} – {}", shown(data.period.from), shown(data.period.to)),
    };
    let made = shown(report.made_at.date_naive());
    let mut lines = vec![
        line(
            "organization",
            match &data.cvr {
                Some(cvr) => format!("{} (CVR {cvr})", data.organization),
                None => data.organization.clone(),
            },
        ),
        line("period", period),
        line("kitos", data.kitos_url.clone()),
        line("program", report.program.clone()),
        line("made", format!("{made} {}", report.made_at.format("%H:%M:%S %:z"))),
        line("sha256", report.sha256.clone()),
    ];
    lines.push(line("check", words.text("report.how-to-check").to_owned()));
    lines
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
