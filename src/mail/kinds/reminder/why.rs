//! Why a reminder comes to its readers and to nobody else.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::mail::facts::Facts;
use crate::model::Capacity;
use crate::notify::draft::{DraftItem, PassedOver, PassedWhy, Recipient};
use crate::text::words::Arg;

/// What the reader is to a system, and by which unit.
type Reason = (Capacity, Option<Uuid>);

/// How many of the people whose leader the reader is are named.
const MOST_NAMED: usize = 2;

/// What is asked for, by system.
pub(in crate::mail) type Asked<'a> = [(Uuid, Vec<&'a DraftItem>)];

/// Who is written to, and what the words are made from.
#[derive(Clone, Copy)]
pub(in crate::mail) struct Readers<'a> {
    pub facts: &'a Facts<'a>,
    /// Who get this very mail.
    pub to: &'a [Recipient],
}

/// The reason of the first item: in a letter of one story it is that of all.
pub(super) fn one(readers: Readers<'_>, asked: &Asked<'_>) -> Option<String> {
    let item = asked.first().and_then(|(_, items)| items.first())?;
    let owners = subjects(readers, asked);
    Some(clause(readers, item, (asked.len(), owners)))
}

/// Whether it goes to somebody although others should have been asked first.
pub(super) fn is_over(readers: Readers<'_>, asked: &Asked<'_>) -> bool {
    let first = asked.first().and_then(|(_, items)| items.first());
    first.is_some_and(|item| !item.passed_over.is_empty()) && on_behalf_of(readers).is_none()
}

/// The absent person, if everything in the mail is meant for them.
fn on_behalf_of(readers: Readers<'_>) -> Option<&str> {
    readers.to.first().and_then(|recipient| recipient.on_behalf_of.as_deref())
}

/// Each different reason once.
pub(in crate::mail) fn all(readers: Readers<'_>, asked: &Asked<'_>) -> Option<String> {
    let mut by_reason: BTreeMap<Reason, Vec<(usize, &DraftItem)>> = BTreeMap::new();
    let owners = subjects(readers, asked);
    for (system, (_, items)) in asked.iter().enumerate() {
        for item in items {
            by_reason.entry((item.capacity, item.unit)).or_default().push((system, item));
        }
    }
    let clause = |items: Vec<(usize, &DraftItem)>| {
        let mut systems: Vec<usize> = items.iter().map(|(system, _)| *system).collect();
        systems.dedup();
        let (_, item) = items.first()?;
        Some(clause(readers, item, (systems.len(), owners.clone())))
    };
    let mut clauses: Vec<String> = by_reason.into_values().filter_map(clause).collect();
    clauses.dedup();
    clauses.into_iter().reduce(|a, b| {
        let args = [("a", a.into()), ("b", b.into())];
        readers.facts.words().say("mail.why.and", &args)
    })
}

/// The owners of what the reader gets as their leader; empty if there are too many to name.
fn subjects(readers: Readers<'_>, asked: &Asked<'_>) -> Vec<String> {
    let items = asked.iter().flat_map(|(_, items)| items);
    let led = items.filter(|item| item.capacity == Capacity::OwnersLeader);
    let owners: BTreeSet<String> =
        led.flat_map(|item| readers.facts.owners(item.finding.usage)).collect();
    let owners = Vec::from_iter(owners);
    if owners.len() > MOST_NAMED { Vec::new() } else { owners }
}

/// "du er leder af HR og Løn"; of how many systems, and of whose.
fn clause(readers: Readers<'_>, item: &DraftItem, (n, owners): (usize, Vec<String>)) -> String {
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
    let args: [(&str, Arg); 5] = [
        ("n", n.into()),
        ("owners", owners.into()),
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
