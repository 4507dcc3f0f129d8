//! A sample of every mail, with everything that a template can be given, so that
//! a faulty template is found before a mail needs it. Read by nobody but `check`.

use chrono::{DateTime, NaiveDate, TimeZone};
use chrono_tz::Europe::Copenhagen;
use chrono_tz::Tz;

use crate::model::{
    Capacity, Digest, Escalation, EscalationLine, FindingLine, Health, IncidentKind, IncidentLine,
    LeaverLine, Letter, Reminder, ReminderLine, Rule, Severity, SuggestionLine, SystemLine,
    TrendPoint, VacancyLine, WaiverLine,
};
use crate::policy::rules::{owner_missing, registration_incomplete};

const NAME: &str = "Prøve";

/// One of each kind.
pub(super) fn letters() -> Vec<Letter> {
    vec![
        Letter::Digest(Box::new(digest())),
        Letter::Reminder(Reminder {
            organization: NAME.to_owned(),
            date: day(),
            name: NAME.to_owned(),
            before: Some(day()),
            last_chance: true,
            leader: Some(NAME.to_owned()),
            lines: vec![
                reminder(owner_missing::RULE.id, Capacity::UnitLeader),
                reminder(registration_incomplete::RULE.id, Capacity::Owner),
            ],
        }),
        Letter::Escalation(Escalation {
            organization: NAME.to_owned(),
            date: day(),
            name: Some(NAME.to_owned()),
            lines: vec![EscalationLine {
                finding: finding(registration_incomplete::RULE.id),
                asked: NAME.to_owned(),
                reminded: vec![day()],
            }],
        }),
    ]
}

fn day() -> NaiveDate {
    moment().date_naive()
}

fn moment() -> DateTime<Tz> {
    Copenhagen.timestamp_nanos(1_772_424_240_000_000_000)
}

fn digest() -> Digest {
    let system = SystemLine {
        system: NAME.to_owned(),
        url: Some("https://kitos.dk".to_owned()),
        unit: Some(NAME.to_owned()),
        owners: vec![NAME.to_owned()],
        date: day(),
    };
    let line = finding(owner_missing::RULE.id);
    Digest {
        organization: NAME.to_owned(),
        date: day(),
        since: Some(day()),
        nothing_read: false,
        in_scope: 3,
        with_owner: 2,
        trend: vec![TrendPoint { date: day(), in_scope: 3, with_owner: 2 }],
        opened: vec![line.clone()],
        escalated: vec![line.clone()],
        waivers: vec![WaiverLine {
            finding: line.clone(),
            until: day(),
            reason: NAME.to_owned(),
            over: false,
        }],
        leavers: vec![LeaverLine {
            name: NAME.to_owned(),
            left: day(),
            systems: 2,
            open: vec![VacancyLine {
                system: NAME.to_owned(),
                url: "https://kitos.dk".to_owned(),
                ownerless: true,
                roles: vec![NAME.to_owned()],
            }],
        }],
        resolved: vec![line.clone()],
        lapsed: 3,
        acquired: vec![system.clone()],
        phasing_out: vec![system.clone()],
        decommissioned: vec![system],
        open: vec![line],
        health: Health {
            pulled_at: moment(),
            usages: 3,
            people: 2,
            failed_pulls: 1,
            sent: 2,
            reminders: 1,
            dead: 1,
            next_pull: Some(moment()),
            incidents: vec![IncidentLine { kind: IncidentKind::MailDown, since: moment() }],
        },
    }
}

fn finding(rule: Rule) -> FindingLine {
    FindingLine {
        rule,
        severity: Severity::High,
        system: NAME.to_owned(),
        url: "https://kitos.dk".to_owned(),
        administration: Some(NAME.to_owned()),
        unit: Some(NAME.to_owned()),
        opened: day(),
        age_days: 3,
        since_baseline: false,
        last_owner: Some(NAME.to_owned()),
        departed: true,
        details: vec![NAME.to_owned()],
        by_policy_change: true,
        reminders: 3,
        escalated: Some(day()),
        suggestions: suggestions(),
    }
}

fn suggestions() -> Vec<SuggestionLine> {
    vec![SuggestionLine { name: NAME.to_owned(), reason: NAME.to_owned() }]
}

fn reminder(rule: Rule, capacity: Capacity) -> ReminderLine {
    ReminderLine { finding: finding(rule), capacity, number: 2 }
}
