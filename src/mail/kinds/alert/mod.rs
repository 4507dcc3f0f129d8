//! A message to the operators about the program's own work: one when an incident
//! opens, one when it closes.

use chrono::TimeZone;
use chrono_tz::Europe::Copenhagen;
use serde::Serialize;

use crate::config;
use crate::mail::Error;
use crate::mail::letter::{Letter, Sample};
use crate::model::{
    Alert, AlertFact, HeldEnd, HeldList, HoldReason, IncidentKind, Language, MailKind,
};
use crate::text::incidents::fact;
use crate::text::words::{Words, words};

#[derive(Serialize)]
struct Data {
    subject: String,
    preheader: String,
    since: String,
    facts: Vec<String>,
    means: String,
    steps: Vec<Step>,
    /// How it ended, and how long it lasted; of the all-clear alone.
    over: Option<String>,
    was: Option<String>,
}

#[derive(Serialize)]
struct Step {
    text: String,
    command: Option<String>,
}

pub(in crate::mail) fn letter(alert: &Alert, language: Language) -> Result<Letter, Error> {
    let (words, zone) = (words(language), alert.since.timezone());
    let key = |part: &str| format!("incident.{}.{part}", alert.kind.as_str());
    let of_kind = |part: &str| words.text(&key(part)).to_owned();
    let is_over = alert.until.is_some();
    let (title, what) = if is_over { ("closed", "closed") } else { ("opened", "brief") };
    let subject = words.say(&format!("mail.alert.{title}"), &[("what", of_kind(what).into())]);
    let since = words.say(
        "mail.alert.since",
        &[
            ("what", of_kind("name").into()),
            ("since", alert.since.into()),
            ("organization", alert.organization.as_str().into()),
        ],
    );
    let was = alert.until.map(|until| {
        words.say("mail.alert.was", &[("since", alert.since.into()), ("until", until.into())])
    });
    let over = is_over.then(|| over(words, alert));
    let data = Data {
        subject,
        preheader: over.clone().unwrap_or_else(|| of_kind("means")),
        since,
        facts: alert.facts.iter().flat_map(|one| fact(words, one, zone)).collect(),
        means: of_kind("means"),
        steps: words.list(&key("steps")).into_iter().map(step).collect(),
        over,
        was,
    };
    Letter::to_office(MailKind::Alert, &data)
}

/// Which way it ended.
fn over(words: &Words, alert: &Alert) -> String {
    let key = format!("incident.{}.over", alert.kind.as_str());
    let ended = alert.facts.iter().find_map(|fact| match fact {
        AlertFact::Ended { how, by } => Some((format!("{key}-{}", how.as_str()), by.clone())),
        _ => None,
    });
    match ended.filter(|(key, _)| words.find(key).is_some()) {
        Some((key, by)) => words.say(&key, &[("by", by.into())]),
        None => words.text(&key).to_owned(),
    }
}

/// A command stands in backquotes at the end.
fn step(text: &str) -> Step {
    match text.split_once('`') {
        Some((text, command)) => Step {
            text: text.trim_end().to_owned(),
            command: Some(command.trim_end_matches('`').to_owned()),
        },
        None => Step { text: text.to_owned(), command: None },
    }
}

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let since = Copenhagen.timestamp_nanos(1_772_424_240_000_000_000);
    let mut alerts = Vec::new();
    for &kind in IncidentKind::ALL {
        let opened = Alert {
            organization: "Birkelund Kommune".to_owned(),
            kind,
            since,
            until: None,
            facts: vec![
                AlertFact::Held(HoldReason::Removed {
                    list: HeldList::Usages,
                    removed: 40,
                    before: 119,
                    samples: vec!["Tilsynsbasen".to_owned()],
                }),
                AlertFact::Error("535 5.7.8 authentication failed".to_owned()),
                AlertFact::LastGoodPull(since.to_utc()),
            ],
        };
        let ended =
            AlertFact::Ended { how: HeldEnd::Released, by: Some("Anne-Mette Skov".to_owned()) };
        let facts = if kind == IncidentKind::Quarantine { vec![ended] } else { Vec::new() };
        let closed = Alert { until: Some(since), facts, ..opened.clone() };
        for alert in [opened, closed] {
            alerts.push(Sample { name: kind.as_str(), letter: letter(&alert, mail.language)? });
        }
    }
    Ok(alerts)
}
