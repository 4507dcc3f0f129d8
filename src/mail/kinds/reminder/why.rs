//! Why a reminder comes to its readers and to nobody else.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Reminder;
use crate::model::Capacity;
use crate::notify::draft::{DraftItem, PassedOver, PassedWhy};
use crate::text::words::Arg;

/// What the reader is to a system, and by which unit.
type Reason = (Capacity, Option<Uuid>);

/// The reason of the first item: in a letter of one story it is that of all.
pub(super) fn one(reminder: &Reminder<'_>) -> Option<String> {
    let item = reminder.asked.first().and_then(|(_, items)| items.first())?;
    Some(clause(reminder, item, reminder.asked.len()))
}

/// Each different reason once.
pub(super) fn all(reminder: &Reminder<'_>) -> Vec<String> {
    let mut by_reason: BTreeMap<Reason, Vec<(usize, &DraftItem)>> = BTreeMap::new();
    for (system, (_, items)) in reminder.asked.iter().enumerate() {
        for item in items {
            by_reason.entry((item.capacity, item.unit)).or_default().push((system, item));
        }
    }
    let clause = |items: Vec<(usize, &DraftItem)>| {
        let mut systems: Vec<usize> = items.iter().map(|(system, _)| *system).collect();
        systems.dedup();
        let (_, item) = items.first()?;
        Some(clause(reminder, item, systems.len()))
    };
    let mut clauses: Vec<String> = by_reason.into_values().filter_map(clause).collect();
    clauses.dedup();
    clauses
}

/// "du er leder af HR og Løn"; `n`: of how many systems.
fn clause(reminder: &Reminder<'_>, item: &DraftItem, n: usize) -> String {
    let (words, facts) = (reminder.words, reminder.facts);
    let unit = facts.unit(item.unit);
    let passed = item.passed_over.last().map(|passed| passed_over(reminder, passed));
    let key = match (item.capacity, unit.is_some(), passed.is_some()) {
        (Capacity::Owner, ..) if reminder.draft.to.len() > 1 => "mail.why.owners",
        (Capacity::Owner, ..) => "mail.why.owner",
        (Capacity::LastOwner, ..) => "mail.why.last-owner",
        (Capacity::Manager, ..) => "mail.why.manager",
        (_, true, true) => "mail.why.unit-leader-over",
        (Capacity::UnitLeader, true, false) => "mail.why.unit-leader",
        (_, false, true) => "mail.why.leader-over",
        _ => "mail.why.owners-leader",
    };
    let args: [(&str, Arg); 4] = [
        ("n", n.into()),
        ("system", facts.system(item.finding.usage).into()),
        ("unit", unit.into()),
        ("passed", passed.into()),
    ];
    words.say(key, &args)
}

/// "Bo Lund, leder af Løn, ikke længere er bruger i KITOS"
fn passed_over(reminder: &Reminder<'_>, passed: &PassedOver) -> String {
    let (key, until) = match passed.why {
        PassedWhy::Left => ("mail.passed.left", None),
        PassedWhy::Unreachable { .. } => ("mail.passed.unreachable", None),
        PassedWhy::Away { until } => ("mail.passed.away", Some(until)),
        PassedWhy::Subject => ("mail.passed.subject", None),
    };
    let args: [(&str, Arg); 3] = [
        ("name", passed.name.as_str().into()),
        ("unit", reminder.facts.unit(passed.unit).into()),
        ("until", until.into()),
    ];
    reminder.words.say(key, &args)
}
