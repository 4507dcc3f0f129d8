//! Letters as a year in a municipality brings them, for the tests and for
//! `cargo run --example mails`. Names and systems are invented.

use chrono::{DateTime, NaiveDate, TimeDelta};
use chrono_tz::Europe::Copenhagen;
use chrono_tz::Tz;
use kitos_sync::config::{self, Environment};
use kitos_sync::model::{
    Alert, AlertFact, Capacity, Digest, Escalation, EscalationLine, FindingLine, Health,
    IncidentKind, IncidentLine, LeaverLine, Letter, Missing, Notice, NoticeItem, NoticeReason,
    PageLink, PersonalData, Reader, Reminder, ReminderLine, Rule, Severity, StateOfUse,
    SuggestionLine, SystemLine, TrendPoint, VacancyLine, WaiverLine,
};
use kitos_sync::policy::rules::{
    decommission_incomplete, owner_departed, owner_level, owner_missing, registration_incomplete,
    registration_stale,
};

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
    config::load(&path, &Environment::default()).unwrap().config.mail
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

fn departed(number: usize, system: &str) -> FindingLine {
    FindingLine {
        rule: owner_departed::RULE.id,
        unit: Some("Løn og Personale".to_owned()),
        administration: Some("Stab".to_owned()),
        opened: day("2026-02-26"),
        age_days: 4,
        last_owner: Some("Åse Østergaard".to_owned()),
        departed: true,
        ..finding(number, system)
    }
}

pub fn system(number: usize, system: &str, owners: &[&str]) -> SystemLine {
    SystemLine {
        system: system.to_owned(),
        url: Some(page(number, "frontpage")),
        unit: Some("Teknik og Miljø".to_owned()),
        owners: owners.iter().map(|&name| name.to_owned()).collect(),
        date: day("2026-02-25"),
    }
}

fn vacancy(number: usize, system: &str, ownerless: bool, roles: &[&str]) -> VacancyLine {
    VacancyLine {
        system: system.to_owned(),
        url: page(number, "roles"),
        ownerless,
        roles: roles.iter().map(|&name| name.to_owned()).collect(),
    }
}

/// Twelve weeks from 88 to 94 percent.
fn trend() -> Vec<TrendPoint> {
    let owned = [538, 540, 541, 545, 543, 549, 555, 560, 560, 566, 571, 577];
    let last = day("2026-03-02");
    (0..)
        .zip(owned)
        .map(|(week, with_owner)| TrendPoint {
            date: last - TimeDelta::weeks(11 - week),
            in_scope: 612,
            with_owner,
        })
        .collect()
}

/// A week in which nothing happened, and nothing is wrong.
pub fn quiet_digest() -> Digest {
    Digest {
        organization: "Åby Kommune".to_owned(),
        date: day("2026-03-02"),
        since: Some(day("2026-02-23")),
        nothing_read: false,
        in_scope: 612,
        with_owner: 612,
        trend: trend()
            .into_iter()
            .map(|point| TrendPoint { with_owner: point.in_scope, ..point })
            .collect(),
        opened: Vec::new(),
        escalated: Vec::new(),
        waivers: Vec::new(),
        leavers: Vec::new(),
        resolved: Vec::new(),
        lapsed: 0,
        acquired: Vec::new(),
        phasing_out: Vec::new(),
        decommissioned: Vec::new(),
        open: Vec::new(),
        health: Health {
            pulled_at: moment("2026-03-02T05:04:00+01:00"),
            usages: 640,
            people: 803,
            failed_pulls: 0,
            sent: 16,
            reminders: 14,
            next_pull: Some(moment("2026-03-03T05:04:00+01:00")),
            dead: 0,
            incidents: Vec::new(),
        },
    }
}

pub fn one_missing_digest() -> Digest {
    let line = finding(1, "Aula");
    let trend = trend().into_iter().map(|point| TrendPoint { with_owner: 611, ..point }).collect();
    Digest { with_owner: 611, trend, open: vec![line], ..quiet_digest() }
}

/// An ordinary Monday in a small municipality.
pub fn typical_digest() -> Digest {
    let aula = FindingLine {
        opened: day("2026-02-27"),
        age_days: 3,
        last_owner: Some("Mette Ærø".to_owned()),
        departed: true,
        ..finding(1, "Aula")
    };
    let old = FindingLine {
        since_baseline: true,
        opened: day("2025-11-03"),
        age_days: 119,
        administration: None,
        unit: None,
        ..finding(3, "Bæredygtighedsportalen")
    };
    let escalated = FindingLine {
        reminders: 3,
        escalated: Some(day("2026-02-26")),
        suggestions: vec![SuggestionLine {
            name: "Ida Ø. Holm".to_owned(),
            reason: "ejer 4 andre systemer i enheden".to_owned(),
        }],
        ..finding(9, "MinUddannelse")
    };
    let level = FindingLine {
        rule: owner_level::RULE.id,
        severity: Severity::Medium,
        opened: day("2026-02-25"),
        age_days: 5,
        details: vec!["Systemejeren Bo Aa er ikke på listen over ledere".to_owned()],
        ..finding(10, "Prisme")
    };
    let owned = [56, 56, 56, 56, 57, 57, 57, 58, 59, 59, 60, 60];
    let small_trend = trend()
        .into_iter()
        .zip(owned)
        .map(|(point, with_owner)| TrendPoint { in_scope: 64, with_owner, ..point })
        .collect();
    Digest {
        in_scope: 64,
        with_owner: 60,
        trend: small_trend,
        opened: vec![
            FindingLine { by_policy_change: true, ..level.clone() },
            aula.clone(),
            departed(2, "KMD Opus"),
        ],
        escalated: vec![escalated.clone()],
        waivers: vec![
            WaiverLine {
                finding: finding(11, "Lectio"),
                until: day("2026-02-27"),
                reason: "Skiftes ud i foråret".to_owned(),
                over: true,
            },
            WaiverLine {
                finding: level.clone(),
                until: day("2026-03-12"),
                reason: "Aftalt med direktionen".to_owned(),
                over: false,
            },
        ],
        leavers: vec![
            LeaverLine {
                name: "Åse Østergaard".to_owned(),
                left: day("2026-02-26"),
                systems: 3,
                open: vec![
                    vacancy(2, "KMD Opus", true, &[]),
                    vacancy(12, "SD Løn", false, &["Systemforvalter", "Daglig kontaktperson"]),
                ],
            },
            LeaverLine {
                name: "Mette Ærø".to_owned(),
                left: day("2026-02-27"),
                systems: 1,
                open: vec![vacancy(1, "Aula", true, &["Systemforvalter"])],
            },
        ],
        resolved: vec![finding(4, "Nexus"), departed(5, "SBSYS")],
        lapsed: 3,
        acquired: vec![system(6, "Vejrstation & vandstand", &[])],
        phasing_out: vec![system(7, "Acadre", &["Søren Kær", "Ida Ø. Holm"])],
        decommissioned: vec![SystemLine { url: None, ..system(8, "Lotus Notes", &["Bo Aa"]) }],
        open: vec![aula, escalated, level, departed(2, "KMD Opus"), old],
        health: Health {
            usages: 71,
            people: 218,
            failed_pulls: 1,
            dead: 1,
            ..quiet_digest().health
        },
        ..quiet_digest()
    }
}

pub fn sixty_digest() -> Digest {
    const ADMINISTRATIONS: [(&str, &str); 4] = [
        ("Børn og Skole", "Pædagogik og Læring"),
        ("Stab", "Økonomi"),
        ("Sundhed og Omsorg", "Hjemmeplejen"),
        ("Teknik og Miljø", "Vej og Park"),
    ];
    let open = (0_usize..60)
        .map(|number| {
            let place = ADMINISTRATIONS.get(number / 14);
            let age = i64::try_from(400 - number * 6).unwrap();
            FindingLine {
                administration: place.map(|(name, _)| (*name).to_owned()),
                unit: place.map(|(_, unit)| (*unit).to_owned()),
                age_days: age,
                opened: day("2026-03-02") - TimeDelta::days(age),
                since_baseline: number % 7 == 0,
                last_owner: (number % 3 == 0).then(|| format!("Person {number}")),
                departed: number % 6 == 0,
                ..finding(number, &format!("Fagsystem {number}"))
            }
        })
        .collect();
    let trend = trend().into_iter().map(|p| TrendPoint { with_owner: p.with_owner - 25, ..p });
    Digest {
        in_scope: 612,
        with_owner: 552,
        trend: trend.collect(),
        opened: Vec::new(),
        open,
        ..typical_digest()
    }
}

pub fn first_digest() -> Digest {
    let open = vec![finding(1, "Aula"), finding(9, "MinUddannelse")];
    let open = open.into_iter().map(|line| FindingLine { since_baseline: true, ..line }).collect();
    Digest {
        since: None,
        with_owner: 610,
        trend: trend().into_iter().rev().take(1).collect(),
        open,
        health: Health { sent: 0, reminders: 0, ..quiet_digest().health },
        ..quiet_digest()
    }
}

pub fn digest_with_incidents() -> Digest {
    let line = |kind| IncidentLine { kind, since: moment("2026-03-01T05:12:00+01:00") };
    let health = Health {
        incidents: IncidentKind::ALL.map(line).to_vec(),
        failed_pulls: 4,
        ..quiet_digest().health
    };
    Digest { health, ..one_missing_digest() }
}

fn item(number: usize, system: &str, reason: NoticeReason, missing: &[Missing]) -> NoticeItem {
    NoticeItem {
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
        other: None,
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

fn reminder_line(rule: Rule, capacity: Capacity, line: FindingLine) -> ReminderLine {
    ReminderLine { finding: FindingLine { rule, ..line }, capacity, number: 1 }
}

pub fn reminder(lines: Vec<ReminderLine>) -> Reminder {
    Reminder {
        organization: "Åby Kommune".to_owned(),
        date: day("2026-03-02"),
        name: "Mette Ærø".to_owned(),
        before: Some(day("2026-03-16")),
        last_chance: false,
        leader: Some("Bo Aagaard".to_owned()),
        lines,
    }
}

fn reminders() -> Vec<(&'static str, Reminder)> {
    use Capacity::{LastOwner, Manager, Owner, OwnersLeader, UnitLeader};
    let details = |number, system: &str, details: &[&str]| FindingLine {
        details: details.iter().map(|&detail| detail.to_owned()).collect(),
        severity: Severity::Low,
        ..finding(number, system)
    };
    let incomplete = details(
        1,
        "Vejrstation & vandstand",
        &["Livscyklus er ikke udfyldt", "Hvilke typer data indeholder systemet er ikke udfyldt"],
    );
    let incomplete = reminder_line(registration_incomplete::RULE.id, Owner, incomplete);
    let stale =
        details(2, "Ø-kortet", &["Ingen har rettet i registreringen siden den 4. januar 2024"]);
    let stale = reminder_line(registration_stale::RULE.id, Owner, stale);
    let mut orphan = finding(3, "Aula");
    orphan.last_owner = Some("Åse Østergaard".to_owned());
    orphan.departed = true;
    let suggestions = vec![
        SuggestionLine {
            name: "Ida Ø. Holm".to_owned(),
            reason: "ejer 4 andre systemer i enheden".to_owned(),
        },
        SuggestionLine { name: "Søren Kær".to_owned(), reason: "er systemforvalter".to_owned() },
    ];
    orphan.suggestions = suggestions;
    let orphan = reminder_line(owner_missing::RULE.id, UnitLeader, orphan);
    let managed = reminder_line(owner_missing::RULE.id, Manager, finding(3, "Aula"));
    let gone = reminder_line(owner_departed::RULE.id, UnitLeader, departed(4, "KMD Opus"));
    let level = details(5, "SBSYS", &["Systemejeren Bo Aa er ikke på listen over ledere"]);
    let level = reminder_line(owner_level::RULE.id, OwnersLeader, level);
    let closing = details(
        6,
        "Acadre",
        &["Kontrakten \"Drift af Acadre\" er stadig aktiv og nævner systemet"],
    );
    let closing = reminder_line(decommission_incomplete::RULE.id, LastOwner, closing);
    let again = |line: &ReminderLine| ReminderLine { number: 3, ..line.clone() };
    let sixty = (0..60).map(|number| {
        let line = FindingLine { unit: None, ..finding(number, &format!("Fagsystem {number}")) };
        reminder_line(owner_missing::RULE.id, UnitLeader, line)
    });
    vec![
        ("reminder-one", reminder(vec![incomplete.clone()])),
        ("reminder-two", reminder(vec![incomplete.clone(), stale.clone()])),
        ("reminder-unit-leader", reminder(vec![orphan.clone(), gone.clone()])),
        (
            "reminder-manager",
            Reminder { before: None, leader: None, ..reminder(vec![managed.clone()]) },
        ),
        (
            "reminder-last-chance",
            Reminder { last_chance: true, ..reminder(vec![again(&incomplete), stale.clone()]) },
        ),
        (
            "reminder-last-chance-it",
            Reminder { last_chance: true, leader: None, ..reminder(vec![again(&stale)]) },
        ),
        (
            "reminder-mixed",
            reminder(vec![orphan, incomplete, stale, level, closing, managed, gone]),
        ),
        ("reminder-sixty", reminder(sixty.collect())),
    ]
}

pub fn escalation(name: Option<&str>, asked: &[&str]) -> Escalation {
    let days = ["2026-01-19", "2026-02-02", "2026-02-16"];
    let line = |(number, asked): (usize, &&str)| EscalationLine {
        finding: FindingLine {
            rule: registration_incomplete::RULE.id,
            details: vec!["Livscyklus er ikke udfyldt".to_owned()],
            ..finding(number, &format!("Fagsystem {number}"))
        },
        asked: (*asked).to_owned(),
        reminded: days.map(day).to_vec(),
    };
    Escalation {
        organization: "Åby Kommune".to_owned(),
        date: day("2026-03-02"),
        name: name.map(str::to_owned),
        lines: asked.iter().enumerate().map(line).collect(),
    }
}

fn escalations() -> Vec<(&'static str, Escalation)> {
    let bo = Some("Bo Aagaard");
    vec![
        ("escalation-one", escalation(bo, &["Mette Ærø"])),
        ("escalation-two", escalation(bo, &["Mette Ærø", "Mette Ærø", "Åse Østergaard"])),
        ("escalation-it", escalation(None, &["Mette Ærø"])),
        ("escalation-sixty", escalation(bo, &["Mette Ærø"; 60])),
    ]
}

/// Every kind of letter, by name.
pub fn all() -> Vec<(String, Letter)> {
    let digests = [
        ("digest-quiet", quiet_digest()),
        ("digest-one", one_missing_digest()),
        ("digest-typical", typical_digest()),
        ("digest-sixty", sixty_digest()),
        ("digest-first", first_digest()),
        ("digest-incidents", digest_with_incidents()),
    ];
    digests
        .into_iter()
        .map(|(name, digest)| (name.to_owned(), Letter::Digest(Box::new(digest))))
        .chain(reminders().into_iter().map(|(name, r)| (name.to_owned(), Letter::Reminder(r))))
        .chain(escalations().into_iter().map(|(name, e)| (name.to_owned(), Letter::Escalation(e))))
        .collect()
}
