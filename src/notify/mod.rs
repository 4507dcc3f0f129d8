//! Who is reminded of what, when, and who is told when reminders had no effect:
//! one pure function of the findings, of what was told, of people and of now
//! (`policy.md`, "Mails").
//!
//! Each open finding ends up in a mail or is held back with the reason and the
//! date on which it is looked at again; none is forgotten. What was told is keyed
//! by the fact (finding, number, reader), so that nothing is told twice.

#![deny(clippy::disallowed_methods)]

mod cadence;
mod chain;
pub mod contacts;
pub mod digest;
pub mod directory;
pub mod draft;
mod forecast;
pub mod identity;
pub mod leavers;
mod letters;
pub mod lines;
pub mod notices;
mod readers;
pub mod recipients;
mod told;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::model::{Capacity, Finding, MailKind, Unreachable};
use crate::notify::contacts::Reader;
use crate::notify::lines::Lines;
use crate::notify::notices::{Audience, PlannedMail};
use crate::policy::Policy;
use crate::policy::leaders::Leaders;
use crate::register::history::LastOwner;
use crate::text::addresses::folded;
use crate::time::civil::local_date;

pub use cadence::{Cadence, Calendar};
pub use forecast::{Outlook, forecast};
pub use told::{Fact, TellKind, Told};

use readers::Readers;

/// Older facts than this are told to nobody but IT (`reliability.md` R7).
const STALE: TimeDelta = TimeDelta::days(7);
/// Nobody gets two reminders within so many days.
const APART: TimeDelta = TimeDelta::days(7);
/// What opened because the policy changed reaches owners after so many days at
/// the earliest (`design.md`, "A changed rule is not a changed world").
const AFTER_POLICY_CHANGE: u32 = 7;

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    pub lines: Lines<'a>,
    pub policy: &'a Policy,
    pub leaders: Option<&'a Leaders>,
    /// The leaders file is set and cannot be read: whose leader is whose is not
    /// known today, so nobody is told of another's silence.
    pub leaders_unknown: bool,
    pub audience: &'a Audience,
    /// Addresses (folded) that the mail server refused for good.
    pub refused: &'a BTreeSet<String>,
    pub last_owners: &'a BTreeMap<Uuid, LastOwner>,
    pub open: &'a [Finding],
    /// Until when a finding is waived.
    pub waivers: &'a BTreeMap<i64, DateTime<Utc>>,
    pub told: &'a Told,
    pub cadence: &'a Cadence,
    pub calendar: &'a Calendar,
    pub last_good_pull: DateTime<Utc>,
    pub now: DateTime<Utc>,
}

impl Material<'_> {
    fn today(&self) -> NaiveDate {
        local_date(self.now, self.calendar.working_days.zone)
    }

    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        local_date(at, self.calendar.working_days.zone)
    }
}

/// What is to go out now, and what is not, and why.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub mails: Vec<Planned>,
    pub held: Vec<Held>,
}

/// A mail, and the facts that it tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub mail: PlannedMail,
    pub facts: Vec<Fact>,
}

/// A finding that a reader is not told of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    pub finding: i64,
    pub kind: MailKind,
    /// Name of the reader; `None` where it concerns every reader, or IT.
    pub reader: Option<String>,
    #[serde(flatten)]
    pub why: Why,
    /// When it is looked at again. `None` only for a schedule that never runs.
    pub next: Option<DateTime<Utc>>,
}

/// Why nobody is told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Why {
    /// It may still be put right without a mail.
    Grace,
    /// It opened because the policy changed: IT hears of it first.
    PolicyChange,
    /// The reader was told, and has time until the next reminder.
    NotDue,
    /// The reader had a reminder within seven days.
    ToldRecently,
    DayOff,
    QuietWeek,
    /// `notify.max_mails_per_run`.
    Brake,
    Waived,
    /// The last good pull is older than seven days.
    StaleData,
    /// The leaders file cannot be read.
    LeadersUnknown,
    /// Told in the digest, for this reason.
    Digest {
        because: OnlyIt,
    },
}

/// Why IT alone is told, by the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OnlyIt {
    /// The rule is IT's to act on.
    ItsRule,
    /// There is no owner to tell.
    NoOwner,
    /// The leaders file names no leader of the unit, or there is no such file.
    NoLeader,
    Unreachable(Unreachable),
}

/// Who is to be reminded of `finding` as things stand, whenever that is.
pub fn readers_of(material: &Material<'_>, finding: &Finding) -> impl Iterator<Item = Reader> {
    readers::of(material, finding).told.into_keys()
}

/// One finding on its way to one reader.
struct Task<'a> {
    finding: &'a Finding,
    capacity: Capacity,
    /// When this reader was reminded of it.
    reminded: &'a [DateTime<Utc>],
    /// From this day on it may stand in a mail …
    ripe: NaiveDate,
    /// … and on this day it asks for one.
    due: NaiveDate,
}

/// Plans what is told now.
pub fn plan(material: &Material<'_>) -> Plan {
    let mut plan = Plan::default();
    let tasks = tasks(material, &mut plan.held);
    let mut candidates = Vec::new();
    for (reader, tasks) in &tasks {
        candidates.extend(turn(material, reader, tasks, &mut plan.held));
    }
    let candidates = brake(material, candidates, &mut plan.held);
    for (reader, tasks) in candidates {
        plan.mails.push(letters::reminder(material, reader, &tasks));
    }
    escalations(material, &tasks, &mut plan);
    plan
}

/// The instants at which each finding is next told of or looked at: now for
/// what is in a mail, else the earliest date of its holds.
pub fn next_mail_at(plan: &Plan) -> BTreeMap<i64, DateTime<Utc>> {
    let mut next: BTreeMap<i64, DateTime<Utc>> = BTreeMap::new();
    let mut note = |finding, at: DateTime<Utc>| {
        let earliest = next.entry(finding).or_insert(at);
        *earliest = at.min(*earliest);
    };
    for planned in &plan.mails {
        planned.facts.iter().for_each(|fact| note(fact.finding, planned.mail.not_before));
    }
    for held in &plan.held {
        if let Some(at) = held.next {
            note(held.finding, at);
        }
    }
    next
}

/// Sorts the open findings by reader; what no reader is told of goes to `held`.
fn tasks<'a>(material: &Material<'a>, held: &mut Vec<Held>) -> BTreeMap<Reader, Vec<Task<'a>>> {
    let mut tasks: BTreeMap<Reader, Vec<Task<'a>>> = BTreeMap::new();
    for finding in material.open {
        let hold = |why, next| Held {
            finding: finding.id,
            kind: MailKind::Reminder,
            reader: None,
            why,
            next,
        };
        if let Some(until) = material.waivers.get(&finding.id).filter(|at| **at > material.now) {
            let next = material.calendar.next_run(*until, material.day(*until));
            held.push(hold(Why::Waived, next));
            continue;
        }
        let Readers { told, only_it } = readers::of(material, finding);
        if let Some(because) = only_it {
            let next = material.calendar.next_digest(material.now);
            held.push(hold(Why::Digest { because }, next));
        }
        let ripe = material.cadence.ripe(finding, material.day(finding.opened_at));
        for (reader, capacity) in told {
            let reminded = material.told.reminders(finding.id, &reader.id);
            let last = reminded.last().map(|at| material.day(*at));
            // Managers cannot put it right: they are told once.
            if capacity == Capacity::Manager && last.is_some() {
                continue;
            }
            let due = material.cadence.due(ripe, last, reminded.len());
            tasks.entry(reader).or_default().push(Task { finding, capacity, reminded, ripe, due });
        }
    }
    tasks
}

/// Whether it is a reader's turn: then what goes into the mail. The rest is held.
fn turn<'a, 'b>(
    material: &Material<'_>,
    reader: &'b Reader,
    tasks: &'b [Task<'a>],
    held: &mut Vec<Held>,
) -> Option<(&'b Reader, Vec<&'b Task<'a>>)> {
    let (today, now, calendar) = (material.today(), material.now, material.calendar);
    let free = material.told.last_reminder_to(&reader.id).map(|at| material.day(at) + APART);
    let first_due = tasks.iter().map(|task| task.due).min()?;
    let turn = first_due.max(free.unwrap_or(first_due));
    let mut bundle = Vec::new();
    for task in tasks {
        if turn <= today && task.ripe <= today {
            bundle.push(task);
            continue;
        }
        let why = if task.ripe > today && task.finding.by_policy_change {
            Why::PolicyChange
        } else if task.ripe > today {
            Why::Grace
        } else if task.due <= today {
            Why::ToldRecently
        } else {
            Why::NotDue
        };
        // It comes with the reader's next mail if it is ripe by then, else with
        // one of its own.
        let day = if task.ripe <= turn { turn } else { task.due.max(turn.max(today) + APART) };
        held.push(hold(task, reader, why, calendar.next_run(now, day)));
    }
    let tomorrow = || calendar.next_run(now, today);
    let why = if bundle.is_empty() {
        return None;
    } else if now - material.last_good_pull > STALE {
        Why::StaleData
    } else {
        match calendar.off(today) {
            Some(why) => why,
            None => return Some((reader, bundle)),
        }
    };
    held.extend(bundle.into_iter().map(|task| hold(task, reader, why, tomorrow())));
    None
}

/// The most severe and oldest first, no more than a run may send; the rest is
/// held until the working day on which its turn comes.
fn brake<'a, 'b>(
    material: &Material<'_>,
    mut candidates: Vec<(&'b Reader, Vec<&'b Task<'a>>)>,
    held: &mut Vec<Held>,
) -> Vec<(&'b Reader, Vec<&'b Task<'a>>)> {
    candidates.sort_by_key(|(reader, tasks)| {
        let worst = tasks.iter().map(|task| task.finding.severity).max();
        let oldest = tasks.iter().map(|task| task.finding.opened_at).min();
        (Reverse(worst), oldest, *reader)
    });
    let most = material.cadence.max_mails_per_run.max(1);
    let left = most
        .saturating_sub(material.told.reminder_mails_on(material.today(), |at| material.day(at)));
    let rest = candidates.split_off(left.min(candidates.len()));
    let mut next = material.calendar.next_run(material.now, material.today() + TimeDelta::days(1));
    for (index, (reader, tasks)) in rest.into_iter().enumerate() {
        if index > 0 && index % most == 0 {
            next = next.and_then(|at| {
                material.calendar.next_run(at, material.day(at) + TimeDelta::days(1))
            });
        }
        held.extend(tasks.into_iter().map(|task| hold(task, reader, Why::Brake, next)));
    }
    candidates
}

fn hold(task: &Task<'_>, reader: &Reader, why: Why, next: Option<DateTime<Utc>>) -> Held {
    Held {
        finding: task.finding.id,
        kind: MailKind::Reminder,
        reader: Some(reader.name.clone()),
        why,
        next,
    }
}

/// Tells the leader, or IT where none is known, once for each finding that
/// `escalate_after` reminders and the time for a further one did not move.
fn escalations<'a>(
    material: &Material<'a>,
    tasks: &BTreeMap<Reader, Vec<Task<'a>>>,
    plan: &mut Plan,
) {
    let (today, now, calendar) = (material.today(), material.now, material.calendar);
    let mut told = BTreeSet::new();
    let mut by_leader: BTreeMap<Option<Reader>, Vec<letters::Silence<'_>>> = BTreeMap::new();
    for (reader, tasks) in tasks {
        for task in tasks {
            let without_effect = task.reminded.len() >= material.cadence.escalate_after
                && task.due <= today
                && task.capacity != Capacity::Manager;
            if without_effect
                && material.told.escalated_at(task.finding.id).is_none()
                && told.insert(task.finding.id)
            {
                let silence = letters::Silence {
                    finding: task.finding,
                    asked: reader,
                    reminded: task.reminded,
                };
                by_leader.entry(readers::leader_of(material, reader)).or_default().push(silence);
            }
        }
    }
    for (leader, silences) in by_leader {
        let id = match &leader {
            Some(leader) => leader.id.clone(),
            None => material.audience.it.first().map(|it| folded(it)).unwrap_or_default(),
        };
        let free = material.told.last_escalation_to(&id).map(|at| material.day(at) + APART);
        let (why, day) = if material.leaders_unknown {
            (Some(Why::LeadersUnknown), today)
        } else if now - material.last_good_pull > STALE {
            (Some(Why::StaleData), today)
        } else if let Some(free) = free.filter(|free| *free > today) {
            (Some(Why::ToldRecently), free)
        } else {
            (calendar.off(today), today)
        };
        let Some(why) = why else {
            plan.mails.extend(letters::escalation(material, leader.as_ref(), &silences));
            continue;
        };
        let next = calendar.next_run(now, day);
        plan.held.extend(silences.iter().map(|silence| Held {
            finding: silence.finding.id,
            kind: MailKind::Escalation,
            reader: leader.as_ref().map(|leader| leader.name.clone()),
            why,
            next,
        }));
    }
}

#[cfg(test)]
mod tests;
