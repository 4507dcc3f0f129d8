//! Why a reminder comes to its readers and to nobody else.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::mail::facts::Facts;
use crate::model::Capacity;
use crate::notify::draft::{DraftItem, PassedOver, PassedWhy, Recipient};
use crate::text::words::Arg;

/// What the reader is to a system, and by which unit.
type Reason = (Capacity, Option<Uuid>);

/// What is asked for, by system.
pub(super) type Asked<'a> = [(Uuid, Vec<&'a DraftItem>)];

/// Who is written to, and what the words are made from.
#[derive(Clone, Copy)]
pub(super) struct Readers<'a> {
    pub facts: &'a Facts<'a>,
    /// Who get this very mail.
    pub to: &'a [Recipient],
}

/// The reason of the first item: in a letter of one story it is that of all.
pub(super) fn one(readers: Readers<'_>, asked: &Asked<'_>) -> Option<String> {
    let item = asked.first().and_then(|(_, items)| items.first())?;
    Some(clause(readers, item, asked.len()))
}

/// Whether it comes to somebody in whose place others were to have been asked.
pub(super) fn is_over(readers: Readers<'_>, asked: &Asked<'_>) -> bool {
    let first = asked.first().and_then(|(_, items)| items.first());
    first.is_some_and(|item| !item.passed_over.is_empty()) && on_behalf_of(readers).is_none()
}

/// Whoever all of it is for, and is away.
fn on_behalf_of(readers: Readers<'_>) -> Option<&str> {
    readers.to.first().and_then(|recipient| recipient.on_behalf_of.as_deref())
}

/// Each different reason once.
pub(super) fn all(readers: Readers<'_>, asked: &Asked<'_>) -> Option<String> {
    let mut by_reason: BTreeMap<Reason, Vec<(usize, &DraftItem)>> = BTreeMap::new();
    for (system, (_, items)) in asked.iter().enumerate() {
        for item in items {
            by_reason.entry((item.capacity, item.unit)).or_default().push((system, item));
        }
    }
    let clause = |items: Vec<(usize, &DraftItem)>| {
        let mut systems: Vec<usize> = items.iter().map(|(system, _)| *system).collect();
        systems.dedup();
        let (_, item) = items.first()?;
        Some(clause(readers, item, systems.len()))
    };
    let mut clauses: Vec<String> = by_reason.into_values().filter_map(clause).collect();
    clauses.dedup();
    clauses.into_iter().reduce(|a, b| {
        let args = [("a", a.into()), ("b", b.into())];
        readers.facts.words().say("mail.why.and", &args)
    })
}

/// "du er leder af HR og Løn"; `n`: of how many systems.
fn clause(readers: Readers<'_>, item: &DraftItem, n: usize) -> String {
    let Readers { facts, to } = readers;
    if let Some(name) = on_behalf_of(readers) {
        return facts.words().say("mail.why.behalf", &[("name", name.into())]);
    }
    let unit = facts.unit(item.unit);
    let passed = item.passed_over.last().map(|passed| passed_over(facts, passed));
    let key = match (item.capacity, unit.is_some(), passed.is_some()) {
        (Capacity::Owner, ..) if to.len() > 1 => "mail.why.owners",
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
    facts.words().say(key, &args)
}

/// "Bo Lund, leder af Løn, ikke længere er bruger i KITOS"
fn passed_over(facts: &Facts<'_>, passed: &PassedOver) -> String {
    let (key, until) = match passed.why {
        PassedWhy::Left => ("mail.passed.left", None),
        PassedWhy::Unreachable { .. } => ("mail.passed.unreachable", None),
        PassedWhy::Away { until } => ("mail.passed.away", Some(until)),
        PassedWhy::Subject => ("mail.passed.subject", None),
    };
    let args: [(&str, Arg); 3] = [
        ("name", passed.name.as_str().into()),
        ("unit", facts.unit(passed.unit).into()),
        ("until", until.into()),
    ];
    facts.words().say(key, &args)
}
