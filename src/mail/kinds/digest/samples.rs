//! Digests with everything that the templates can be given.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Europe::Copenhagen;
use chrono_tz::Tz;

use super::letter;
use crate::config;
use crate::mail::Error;
use crate::mail::birkelund::day;
use crate::mail::letter::Sample;
use crate::model::{
    Ending, FindingLine, IncidentKind, Severity, SuggestionLine, TrendPoint, Unreachable,
};
use crate::notify::digest::data::{
    Administration, Asked, Cause, Digest, Health, Incident, Movement, Named, PassedOn, Progress,
    Share, Solved, Story, Task,
};
use crate::policy::rules::{RuleDef, gdpr_incomplete, owner_missing, registration_incomplete};

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let sample = |name, digest: &Digest| Ok(Sample { name, letter: letter(digest, mail)? });
    vec![
        sample("usual", &usual()),
        sample("first", &first()),
        sample("quiet", &quiet()),
        sample("incident", &incident()),
        sample("held", &held()),
    ]
    .into_iter()
    .collect()
}

fn today() -> NaiveDate {
    day(2026, 3, 2)
}

fn this_morning() -> DateTime<Tz> {
    Copenhagen.timestamp_nanos(1_772_424_240_000_000_000)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn finding(rule: &RuleDef, system: &str, administration: &str) -> FindingLine {
    FindingLine {
        rule: rule.id,
        severity: Severity::High,
        system: system.to_owned(),
        url: "https://kitos.dk/ui/it-systems/it-system-usages/48bf2a/roles".to_owned(),
        administration: Some(administration.to_owned()),
        unit: Some(administration.to_owned()),
        opened: day(2026, 2, 24),
        age_days: 6,
        since_baseline: false,
        last_owner: Some("Karen Lund Sørensen".to_owned()),
        departed: true,
        details: vec!["Systemet har ikke haft en systemejer siden den 24. februar.".to_owned()],
        by_policy_change: false,
        reminders: 1,
        escalated: Some(day(2026, 2, 26)),
        suggestions: vec![SuggestionLine {
            name: "Peter Lyng".to_owned(),
            email: "peter.lyng@birkelund.example".to_owned(),
            reason: "leder af Lønteamet".to_owned(),
        }],
    }
}

pub(super) fn usual() -> Digest {
    let row = |name: &str, figures: [u32; 3], change, overdue| Administration {
        name: (!name.is_empty()).then(|| name.to_owned()),
        systems: figures[0],
        without_owner: figures[1],
        open: figures[2],
        change,
        overdue,
    };
    let open = [
        (&owner_missing::RULE, 23),
        (&gdpr_incomplete::RULE, 41),
        (&registration_incomplete::RULE, 36),
    ];
    let lines = open.into_iter().flat_map(|(rule, count)| {
        vec![finding(rule, "Borgerindberetning", "Teknik og Miljø"); count as usize]
    });
    Digest {
        organization: "Birkelund Kommune".to_owned(),
        date: today(),
        since: Some(day(2026, 2, 23)),
        nothing_read: false,
        share: Share { whole: 119, part: 96 },
        before: Some(Share { whole: 118, part: 104 }),
        movement: Movement { with_leavers: 9, leavers: 1, came_without: 1, ..Movement::default() },
        trend: trend(),
        tasks: vec![
            Task::Address {
                person: "Søren Vad".to_owned(),
                why: Unreachable::ForeignDomain,
                systems: names(&["Bogsøg", "Lånerkort", "Rumbooking"]),
                units: names(&["Bibliotekerne"]),
            },
            Task::ChooseUnit { systems: names(&["Nøglebooking"]) },
            Task::Waiver { system: "Skolebesked".to_owned(), until: day(2026, 3, 12), over: false },
        ],
        stories: vec![
            Story {
                cause: Cause::Left {
                    person: "Karen Lund Sørensen".to_owned(),
                    on: day(2026, 2, 24),
                    asked: Some(Asked {
                        name: "Peter Holmgaard".to_owned(),
                        systems: 8,
                        deadline: Some(day(2026, 3, 13)),
                    }),
                },
                findings: 9,
                systems: names(&[
                    "Borgerindberetning",
                    "Parkeringsportal",
                    "Ejendomsatlas",
                    "Flådestyring",
                    "Gravetilladelser",
                    "Lysstyring",
                    "Trafiktælling",
                    "Vejdatabase",
                    "Vintervagt",
                ]),
                unit: Some("Veje og Trafik".to_owned()),
            },
            Story {
                cause: Cause::Unreachable { person: "Søren Vad".to_owned() },
                findings: 3,
                systems: names(&["Bogsøg", "Lånerkort", "Rumbooking"]),
                unit: Some("Bibliotekerne".to_owned()),
            },
            Story {
                cause: Cause::Acquired {
                    missing: names(&["owner", "responsible-unit", "data-sensitivity"]),
                },
                findings: 3,
                systems: names(&["Nøglebooking"]),
                unit: None,
            },
        ],
        solved: vec![
            Solved {
                system: "Skemaplan".to_owned(),
                rule: owner_missing::RULE.id,
                owner: Some("Dorte Riis".to_owned()),
            },
            Solved {
                system: "Elevlog".to_owned(),
                rule: registration_incomplete::RULE.id,
                owner: None,
            },
            Solved { system: "Madplan".to_owned(), rule: gdpr_incomplete::RULE.id, owner: None },
        ],
        fallen: BTreeMap::new(),
        lapsed: 0,
        excepted_since: Named::default(),
        counts_again: Named::default(),
        acquired: names(&["Nøglebooking"]),
        revived: Vec::new(),
        put_off: Vec::new(),
        leaving: names(&["Arkivskabet"]),
        administrations: vec![
            row("Børn og Unge", [21, 2, 9], -2, 3),
            row("Kultur og Borgerservice", [18, 1, 15], 3, 4),
            row("Social og Arbejdsmarked", [19, 1, 8], 0, 2),
            row("Sundhed og Omsorg", [20, 4, 24], -1, 11),
            row("Teknik og Miljø", [22, 10, 21], 9, 6),
            row("Økonomi og Digitalisering", [17, 3, 13], -1, 5),
            row("", [2, 2, 10], 3, 4),
        ],
        passed_on: vec![PassedOn {
            unit: Some("HR og Løn".to_owned()),
            systems: names(&["Tilsynsbasen", "Ferieplan"]),
            leader: "Lise Kragelund".to_owned(),
            on: day(2026, 2, 26),
            deadline: Some(day(2026, 3, 6)),
            is_new: true,
        }],
        round: Some(Progress { systems: 20, answered: 12, people: 5, due: day(2026, 3, 13) }),
        excepted: 2,
        open: open.map(|(rule, count)| (rule.id, count)).into(),
        lines: lines.collect(),
        health: Health {
            pulled_at: this_morning(),
            usages: 131,
            people: 412,
            failed_pulls: 0,
            sent: 31,
            dead: 1,
            next_pull: Some(this_morning() + TimeDelta::days(1)),
            incidents: Vec::new(),
        },
    }
}

fn trend() -> Vec<TrendPoint> {
    let point = |(week, with_owner): (i64, u32)| TrendPoint {
        date: today() - TimeDelta::weeks(11 - week),
        in_scope: 119,
        with_owner,
    };
    (0..).zip([90, 92, 95, 95, 97, 99, 101, 101, 103, 104, 105, 96]).map(point).collect()
}

fn first() -> Digest {
    Digest {
        since: None,
        before: None,
        movement: Movement::default(),
        trend: trend().into_iter().rev().take(1).collect(),
        stories: Vec::new(),
        solved: Vec::new(),
        acquired: Vec::new(),
        leaving: Vec::new(),
        passed_on: Vec::new(),
        round: None,
        ..usual()
    }
}

fn quiet() -> Digest {
    Digest {
        share: Share { whole: 119, part: 119 },
        before: Some(Share { whole: 119, part: 119 }),
        movement: Movement::default(),
        tasks: Vec::new(),
        administrations: usual()
            .administrations
            .into_iter()
            .map(|row| Administration { without_owner: 0, open: 0, change: 0, overdue: 0, ..row })
            .collect(),
        excepted: 0,
        open: BTreeMap::new(),
        lines: Vec::new(),
        health: Health { dead: 0, ..usual().health },
        stories: Vec::new(),
        solved: Vec::new(),
        acquired: Vec::new(),
        leaving: Vec::new(),
        round: None,
        passed_on: Vec::new(),
        ..usual()
    }
}

fn incident() -> Digest {
    let incident = Incident { kind: IncidentKind::StaleData, since: this_morning() };
    let health = Health { failed_pulls: 6, incidents: vec![incident], ..usual().health };
    Digest { nothing_read: true, health, tasks: vec![Task::Incident], ..quiet() }
}

/// A pull is held, and some things went by themselves.
fn held() -> Digest {
    let incident = Incident { kind: IncidentKind::Quarantine, since: this_morning() };
    let task = Task::Held { since: today() };
    Digest {
        tasks: std::iter::once(task).chain(usual().tasks).collect(),
        fallen: [(Ending::Closed, 2), (Ending::Revived, 1)].into(),
        excepted_since: Named { findings: 2, systems: names(&["Arkivskabet", "Skemaplan"]) },
        counts_again: Named { findings: 1, systems: names(&["Nøglebooking"]) },
        revived: names(&["Madservice"]),
        put_off: names(&["Gravetilladelser"]),
        passed_on: usual()
            .passed_on
            .into_iter()
            .map(|line| PassedOn { deadline: Some(day(2026, 2, 20)), is_new: false, ..line })
            .collect(),
        health: Health { incidents: vec![incident], ..usual().health },
        ..usual()
    }
}
