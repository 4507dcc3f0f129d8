//! What: the letters of a plan, as data with names resolved and sorted.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::readers::leader_of;
use super::{APART, Fact, Material, Planned, Task, TellKind};
use crate::model::{
    Capacity, Escalation, EscalationLine, Finding, FindingLine, Letter, MailKind, Reminder,
    ReminderLine,
};
use crate::notify::contacts::Reader;
use crate::notify::notices::PlannedMail;
use crate::text::addresses::folded;
use crate::text::danish;

/// A finding that reminders to one reader did not move.
pub(super) struct Silence<'a> {
    pub finding: &'a Finding,
    pub asked: &'a Reader,
    pub reminded: &'a [DateTime<Utc>],
}

/// One mail to one reader with everything that is ripe for them.
pub(super) fn reminder(material: &Material<'_>, reader: &Reader, tasks: &[&Task<'_>]) -> Planned {
    let today = material.today();
    let mut lines: Vec<ReminderLine> = tasks
        .iter()
        .map(|task| ReminderLine {
            finding: match task.capacity {
                // It is not for them to choose.
                Capacity::Manager => FindingLine {
                    suggestions: Vec::new(),
                    ..material.lines.finding(task.finding, today)
                },
                _ => material.lines.finding(task.finding, today),
            },
            capacity: task.capacity,
            number: number(task.reminded.len() + 1),
        })
        .collect();
    lines.sort_by(|a, b| by_weight(&a.finding, &b.finding));
    let facts = facts(material, TellKind::Reminder, &reader.id, tasks.iter().map(|t| t.finding.id));
    let letter = Letter::Reminder(Reminder {
        organization: material.lines.snapshot.organization.name.clone(),
        date: today,
        name: reader.name.clone(),
        before: deadline(material, tasks),
        last_chance: tasks.iter().any(|task| {
            task.capacity != Capacity::Manager
                && task.reminded.len() + 1 >= material.cadence.escalate_after
                && material.told.escalated_at(task.finding.id).is_none()
        }),
        leader: leader_of(material, reader).map(|leader| leader.name),
        lines,
    });
    Planned {
        mail: PlannedMail {
            key: key("reminder", &facts),
            kind: MailKind::Reminder,
            person: reader.person,
            to: vec![reader.address.clone()],
            letter,
            not_before: material.calendar.working_days.earliest(material.now),
        },
        facts,
    }
}

/// The day of the reader's next reminder if nothing happens. Managers are told
/// once, and have none.
fn deadline(material: &Material<'_>, tasks: &[&Task<'_>]) -> Option<NaiveDate> {
    let today = material.today();
    let pause = |task: &&&Task<'_>| material.cadence.pause(task.reminded.len() + 1);
    let own = tasks.iter().filter(|task| task.capacity != Capacity::Manager);
    let pause = TimeDelta::days(i64::from(own.map(|task| pause(&task)).min()?)).max(APART);
    let day = today.checked_add_signed(pause)?;
    let run = material.calendar.next_run(material.now, day);
    Some(run.map_or(day, |at| material.day(at)))
}

/// One mail to a leader, or to IT, about all that was not heard.
pub(super) fn escalation(
    material: &Material<'_>,
    leader: Option<&Reader>,
    silences: &[Silence<'_>],
) -> Vec<Planned> {
    let today = material.today();
    let mut lines: Vec<EscalationLine> = silences
        .iter()
        .map(|silence| EscalationLine {
            finding: material.lines.finding(silence.finding, today),
            asked: silence.asked.name.clone(),
            reminded: silence.reminded.iter().map(|at| material.day(*at)).collect(),
        })
        .collect();
    lines.sort_by(|a, b| {
        danish::compare(&a.asked, &b.asked).then_with(|| by_weight(&a.finding, &b.finding))
    });
    let letter = Letter::Escalation(Escalation {
        organization: material.lines.snapshot.organization.name.clone(),
        date: today,
        name: leader.map(|leader| leader.name.clone()),
        lines,
    });
    let mail = |id: &str, to: &str| {
        let ids = silences.iter().map(|silence| silence.finding.id);
        let facts = facts(material, TellKind::Escalation, id, ids);
        Planned {
            mail: PlannedMail {
                key: key("escalation", &facts),
                kind: MailKind::Escalation,
                person: leader.and_then(|leader| leader.person),
                to: vec![to.to_owned()],
                letter: letter.clone(),
                not_before: material.calendar.working_days.earliest(material.now),
            },
            facts,
        }
    };
    match leader {
        Some(leader) => vec![mail(&leader.id, &leader.address)],
        // One recipient per message.
        None => {
            let it: BTreeMap<String, &String> =
                material.audience.it.iter().map(|address| (folded(address), address)).collect();
            it.iter().map(|(id, address)| mail(id, address)).collect()
        }
    }
}

fn facts(
    material: &Material<'_>,
    kind: TellKind,
    reader: &str,
    findings: impl Iterator<Item = i64>,
) -> Vec<Fact> {
    let fact = |finding| Fact {
        finding,
        kind,
        number: material.told.next_number(kind, finding, reader),
        reader: reader.to_owned(),
    };
    let mut facts: Vec<Fact> = findings.map(fact).collect();
    facts.sort();
    facts
}

/// Made of what the mail says and to whom: the same facts are the same mail.
fn key(kind: &str, facts: &[Fact]) -> String {
    let told: Vec<String> = facts.iter().map(|f| format!("{}#{}", f.finding, f.number)).collect();
    let reader = facts.first().map_or("", |fact| &fact.reader);
    let text = format!("{kind}\n{reader}\n{}", told.join("\n"));
    format!("{kind}/{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The most severe and oldest first.
fn by_weight(a: &FindingLine, b: &FindingLine) -> std::cmp::Ordering {
    b.severity
        .cmp(&a.severity)
        .then_with(|| a.opened.cmp(&b.opened))
        .then_with(|| danish::compare(&a.system, &b.system))
}
