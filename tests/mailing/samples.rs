//! What the tests of mails, and `cargo run --example mails`, are made with. Names and
//! systems are invented.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Europe::Copenhagen;
use chrono_tz::Tz;
use kitos_sync::config::{self, Environment};
use kitos_sync::model::{
    Alert, AlertFact, FindingLine, IncidentKind, Missing, Notice, NoticeItem, NoticeReason,
    PageLink, PersonalData, Reader, Severity, StateOfUse,
};
use kitos_sync::notify::digest::data::{
    Administration, Asked, Cause, Digest, Health, Movement, Named, PassedOn, Share, Solved, Story,
    Task,
};
use kitos_sync::policy::rules::{owner_departed, owner_missing};

const URL: &str = "https://kitos.dk/ui/it-systems/it-system-usages";

/// `mail` of a configuration file that says `more` besides what it must.
pub fn config(more: &str) -> config::Mail {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("config.toml");
    let text = format!(
        "[kitos]\nemail = 'api@aaby.dk'\norganization = '12345678'\n\
         [mail]\nfrom = 'IT og Digitalisering, Åby <it@aaby.dk>'\nit = ['it@aaby.dk']\n{more}\n"
    );
    std::fs::write(&path, text).unwrap();
    config::load(&path, &Environment::default()).unwrap().mail
}

/// With all that is optional.
pub fn full_config() -> config::Mail {
    config(
        "reply_to = 'systemejere@aaby.dk'\n\
         footer = 'Hjælp til KITOS: Servicedesk, telefon 12 34 56 78.'\n\
         mode = 'send'\nallowed_domains = ['aaby.dk']",
    )
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn moment(text: &str) -> DateTime<Tz> {
    text.parse::<DateTime<chrono::FixedOffset>>().unwrap().with_timezone(&Copenhagen)
}

fn page(number: usize, tab: &str) -> String {
    format!("{URL}/00000000-0000-4000-8000-{number:012}/{tab}")
}

pub fn finding(number: usize, system: &str) -> FindingLine {
    FindingLine {
        rule: owner_missing::RULE.id,
        severity: Severity::High,
        system: system.to_owned(),
        url: page(number, "roles"),
        administration: Some("Børn og Skole".to_owned()),
        unit: Some("Pædagogik og Læring".to_owned()),
        opened: day("2026-01-05"),
        age_days: 56,
        since_baseline: false,
        last_owner: None,
        departed: false,
        details: Vec::new(),
        by_policy_change: false,
        reminders: 0,
        escalated: None,
        suggestions: Vec::new(),
    }
}

/// A digest in which `name` stands wherever KITOS has a say.
pub fn digest(name: &str) -> Digest {
    let named = || vec![name.to_owned()];
    let text = || name.to_owned();
    let today = day("2026-03-02");
    Digest {
        organization: text(),
        date: today,
        since: Some(day("2026-02-23")),
        nothing_read: false,
        share: Share { whole: 119, part: 96 },
        before: Some(Share { whole: 118, part: 104 }),
        movement: Movement::default(),
        trend: Vec::new(),
        tasks: vec![Task::HandOn { person: text(), systems: named() }],
        stories: vec![Story {
            cause: Cause::Left {
                person: text(),
                on: today,
                asked: Some(Asked { name: text(), systems: 1, deadline: None }),
            },
            findings: 1,
            systems: vec![format!("{name} 2")],
            unit: Some(text()),
        }],
        solved: vec![Solved {
            system: format!("{name} 3"),
            rule: owner_missing::RULE.id,
            owner: Some(text()),
        }],
        fallen: BTreeMap::new(),
        lapsed: 0,
        excepted_since: Named { findings: 1, systems: named() },
        counts_again: Named { findings: 1, systems: named() },
        put_off: named(),
        revived: vec![format!("{name} 7")],
        acquired: vec![format!("{name} 4")],
        leaving: vec![format!("{name} 5")],
        administrations: vec![Administration { name: Some(text()), ..Administration::default() }],
        round: None,
        passed_on: vec![PassedOn {
            unit: Some(text()),
            systems: vec![format!("{name} 6")],
            leader: text(),
            on: today,
            deadline: None,
            is_new: true,
        }],
        excepted: 0,
        open: [(owner_departed::RULE.id, 1)].into(),
        lines: vec![FindingLine {
            rule: owner_departed::RULE.id,
            administration: Some(text()),
            unit: Some(text()),
            last_owner: Some(text()),
            url: text(),
            details: named(),
            ..finding(1, name)
        }],
        health: Health {
            pulled_at: moment("2026-03-02T05:04:00+01:00"),
            usages: 640,
            people: 803,
            failed_pulls: 0,
            sent: 16,
            dead: 0,
            next_pull: None,
            incidents: Vec::new(),
        },
    }
}

fn item(number: usize, system: &str, reason: NoticeReason, missing: &[Missing]) -> NoticeItem {
    NoticeItem {
        on_behalf_of: None,
        reason,
        about: uuid::Uuid::nil(),
        system: system.to_owned(),
        links: match reason {
            NoticeReason::Removed => Vec::new(),
            _ => vec![PageLink { tab: "Systemforside".to_owned(), url: page(number, "frontpage") }],
        },
        unit: None,
        managers: Vec::new(),
        data: PersonalData::None,
        state: match reason {
            NoticeReason::Acquired => StateOfUse::PhasingIn,
            NoticeReason::Decommissioned => StateOfUse::Decommissioned,
            NoticeReason::PhasingOut | NoticeReason::Neighbour => StateOfUse::PhasingOut,
            _ => StateOfUse::InUse,
        },
        missing: missing.to_vec(),
        other: Vec::new(),
        beside: Vec::new(),
        end: None,
        put_off: false,
        faulty: false,
        untold: false,
        roles: Vec::new(),
        ownerless: false,
        checks: Vec::new(),
        suggestions: Vec::new(),
    }
}

/// An item of any reason, with all that the others have.
pub fn plain_item(reason: NoticeReason, system: &str) -> NoticeItem {
    item(1, system, reason, &[])
}

pub fn notice(reader: Reader, items: Vec<NoticeItem>) -> Notice {
    Notice {
        organization: "Åby Kommune".to_owned(),
        date: day("2026-03-02"),
        reader,
        name: (reader == Reader::Owner).then(|| "Mette Ærø".to_owned()),
        address: (reader == Reader::Owner).then(|| "mette@aaby.example".to_owned()),
        items,
        deadline: None,
        next: None,
    }
}

pub fn alert(kind: IncidentKind, facts: Vec<AlertFact>) -> Alert {
    Alert {
        organization: "Åby Kommune".to_owned(),
        kind,
        since: moment("2026-03-02T05:04:00+01:00"),
        until: None,
        facts,
    }
}
