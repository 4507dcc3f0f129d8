//! Why a reminder comes to its readers and to nobody else.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::mail::facts::Facts;
use crate::model::Capacity;
use crate::notify::draft::{DraftItem, PassedOver, PassedWhy, Recipient};
use crate::text::words::Arg;

/// For whom the reader stands in, or what they are to a system, and by which unit.
type Reason<'a> = (Option<&'a str>, Option<(Capacity, Option<Uuid>)>);

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

/// The reason of the first item: in a letter of one story it is that of all, unless
/// some of it is on behalf of another, or was another's to see to.
pub(super) fn one(readers: Readers<'_>, asked: &Asked<'_>) -> Option<String> {
    if is_over(asked) {
        return all(readers, asked);
    }
    let items = asked.iter().flat_map(|(_, items)| items.iter().copied()).collect::<Vec<_>>();
    clause(readers, &items, asked.len())
}

/// Whether the reasons take a sentence of their own: it comes to somebody in whose place
/// others were to have been asked, or some of it to somebody who stands in for another.
pub(super) fn is_over(asked: &Asked<'_>) -> bool {
    let mut items = asked.iter().flat_map(|(_, items)| items);
    items.any(|item| !in_place_of(item).is_empty() && item.on_behalf_of.is_none())
        || is_for_several(asked)
}

/// In whose place a leader is asked; an owner is asked as one of the owners.
fn in_place_of(item: &DraftItem) -> &[PassedOver] {
    match item.capacity {
        Capacity::UnitLeader | Capacity::OwnersLeader => &item.passed_over,
        Capacity::Owner | Capacity::LastOwner | Capacity::Manager => &[],
    }
}

/// In whose place a leader is asked about any of these items, each once: as leader of a unit,
/// where they are that.
pub(in crate::mail) fn passed(facts: &Facts<'_>, items: &[&DraftItem]) -> Vec<String> {
    let mut all: Vec<&PassedOver> = Vec::new();
    for one in items.iter().flat_map(|item| in_place_of(item)) {
        let same = all.iter_mut().find(|other| (&other.name, other.why) == (&one.name, one.why));
        match same {
            Some(other) if other.unit.is_none() => *other = one,
            Some(_) => {}
            None => all.push(one),
        }
    }
    all.into_iter().map(|one| passed_over(facts, one)).collect()
}

/// Whether it comes to the reader for themselves and others, or for several others.
fn is_for_several(asked: &Asked<'_>) -> bool {
    let items = asked.iter().flat_map(|(_, items)| items);
    items.map(|item| item.on_behalf_of.as_deref()).collect::<BTreeSet<_>>().len() > 1
}

/// Each different reason once; the reader's own first.
pub(in crate::mail) fn all(readers: Readers<'_>, asked: &Asked<'_>) -> Option<String> {
    let mut by_reason: BTreeMap<Reason<'_>, Vec<&DraftItem>> = BTreeMap::new();
    for item in asked.iter().flat_map(|(_, items)| items.iter().copied()) {
        let reason = match (item.on_behalf_of.as_deref(), item.capacity) {
            (Some(name), _) => (Some(name), None),
            // By whatever unit: the words do not name it.
            (None, Capacity::OwnersLeader) if item.passed_over.is_empty() => {
                (None, Some((item.capacity, None)))
            }
            _ => (None, Some((item.capacity, item.unit))),
        };
        by_reason.entry(reason).or_default().push(item);
    }
    let clauses = by_reason.into_values().filter_map(|items| clause(readers, &items, asked.len()));
    let mut clauses = Vec::from_iter(clauses);
    clauses.dedup();
    // "du er leder af HR" says nothing beside "du er leder af HR, og fordi Bo er fraværende".
    let longer = clauses.clone();
    clauses.retain(|one| !longer.iter().any(|all| all != one && all.starts_with(one.as_str())));
    clauses.into_iter().reduce(|a, b| {
        let args = [("a", a.into()), ("b", b.into())];
        readers.facts.words().say("mail.why.and", &args)
    })
}

/// Whose leader the reader is asked as: whom the faults name, else the owners; never the
/// reader, and nobody where they are many.
fn subjects(readers: Readers<'_>, items: &[&DraftItem]) -> Vec<String> {
    let Readers { facts, to } = readers;
    let led = items.iter().filter(|item| item.capacity == Capacity::OwnersLeader);
    let people: BTreeSet<String> = led
        .flat_map(|item| {
            let named = facts.people_named(&item.finding);
            let people = if named.is_empty() { facts.owners(item.finding.usage) } else { named };
            people.into_iter().filter(|person| to.iter().all(|to| to.person != Some(person.uuid)))
        })
        .map(|person| person.name.clone())
        .collect();
    if people.len() > MOST_NAMED { Vec::new() } else { Vec::from_iter(people) }
}

/// "du er leder af HR og Løn"; of how many of the `total` systems, and of whose.
fn clause(readers: Readers<'_>, items: &[&DraftItem], total: usize) -> Option<String> {
    let Readers { facts, to } = readers;
    let item = items.first()?;
    if let Some(name) = item.on_behalf_of.as_deref() {
        return Some(facts.words().say("mail.why.behalf", &[("name", name.into())]));
    }
    let unit = facts.unit(item.unit);
    let passed = passed(facts, items);
    let key = match (item.capacity, unit.is_some(), !passed.is_empty()) {
        (Capacity::Owner, ..) if to.len() > 1 => "mail.why.owners",
        (Capacity::Owner, ..) => "mail.why.owner",
        (Capacity::LastOwner, ..) => "mail.why.last-owner",
        (Capacity::Manager, ..) => "mail.why.manager",
        (_, true, true) => "mail.why.unit-leader-over",
        (Capacity::UnitLeader, true, false) => "mail.why.unit-leader",
        (_, false, true) => "mail.why.leader-over",
        _ => "mail.why.owners-leader",
    };
    let systems: BTreeSet<Uuid> = items.iter().map(|item| item.finding.usage).collect();
    let system = || Arg::from(facts.system(item.finding.usage));
    let args = [("n", systems.len().into()), ("system", system())];
    let every = (systems.len() == total).then(|| facts.words().say("mail.why.every", &args));
    let args: [(&str, Arg); 6] = [
        ("n", systems.len().into()),
        ("system", system()),
        // "begge", where it is so of them all.
        ("every", every.into()),
        ("owners", subjects(readers, items).into()),
        ("unit", unit.into()),
        ("passed", passed.into()),
    ];
    Some(facts.words().say(key, &args))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::mail::birkelund::{self, Birkelund, id, item, recipient};
    use crate::model::{Fault, FaultArg, Language};
    use crate::policy::rules::{owner_level, owner_missing, registration_incomplete};

    fn owned(system: &str) -> DraftItem {
        item(&registration_incomplete::RULE, system, vec![Fault::new("missing")])
    }

    fn led(system: &str) -> DraftItem {
        let item = item(&owner_missing::RULE, system, vec![Fault::new("no-owner")]);
        DraftItem { capacity: Capacity::UnitLeader, unit: Some(id("HR og Løn")), ..item }
    }

    fn on_behalf_of(name: &str, item: DraftItem) -> DraftItem {
        DraftItem { on_behalf_of: Some(name.to_owned()), ..item }
    }

    /// Why these items come to Peter Lyng.
    fn said(language: Language, items: &[DraftItem]) -> String {
        let birkelund = Birkelund::new(&config::Mail { language, ..config::Mail::default() });
        let (facts, to) = (birkelund.facts(), [recipient("Peter Lyng")]);
        let asked: Vec<(Uuid, Vec<&DraftItem>)> =
            items.iter().map(|item| (item.finding.usage, vec![item])).collect();
        all(Readers { facts: &facts, to: &to }, &asked).unwrap_or_default()
    }

    #[test]
    fn a_leader_reads_of_whom_the_fault_is_about_and_not_of_themselves() {
        let of_owner = |system: &str, about: &[&str]| {
            let fault =
                |name: &&str| Fault::new("owner-level").with("person", FaultArg::Person(id(name)));
            let faults = match about {
                [] => vec![Fault::new("missing")],
                about => about.iter().map(fault).collect(),
            };
            let item = item(&owner_level::RULE, system, faults);
            DraftItem { capacity: Capacity::OwnersLeader, unit: Some(id("HR og Løn")), ..item }
        };
        // Marianne Holst owns Vagtplan.
        for (items, expected) in [
            (vec![of_owner("Vagtplan", &["Bo Kruse"])], "du er leder for Bo Kruse"),
            (vec![of_owner("Vagtplan", &[])], "du er leder for Marianne Holst"),
            (vec![of_owner("Vagtplan", &["Bo Kruse", "Peter Lyng"])], "du er leder for Bo Kruse"),
            (
                vec![of_owner("Vagtplan", &["Bo Kruse"]), of_owner("Byghub", &["Ida Kruse"])],
                "du er leder for Bo Kruse og Ida Kruse",
            ),
            (
                vec![of_owner("Vagtplan", &["Bo Kruse", "Ida Kruse", "Sara Frost"])],
                "du er leder for systemejeren",
            ),
        ] {
            assert_eq!(said(Language::Da, &items), expected);
        }
    }

    #[test]
    fn everybody_in_whose_place_the_reader_is_asked_is_named_once() {
        let passed = |name: &str, unit: Option<&str>, why| PassedOver {
            name: name.to_owned(),
            why,
            capacity: Capacity::UnitLeader,
            unit: unit.map(id),
        };
        let away = PassedWhy::Away { until: birkelund::day(2026, 2, 27) };
        let over = |item, passed: &[PassedOver]| DraftItem { passed_over: passed.to_vec(), ..item };
        let ida = passed("Ida Kruse", Some("Plan og Byg"), PassedWhy::Left);
        let bo = passed("Bo Kruse", None, away);
        let has_left = "lederen af Plan og Byg, Ida Kruse, ikke længere er bruger i KITOS";
        let is_away = "Bo Kruse er fraværende til den 27. februar 2026";
        for (items, expected) in [
            (
                vec![over(led("Byghub"), std::slice::from_ref(&ida))],
                format!("du er leder af HR og Løn, og fordi {has_left}"),
            ),
            (
                vec![over(led("Byghub"), &[bo.clone(), ida.clone()])],
                format!("du er leder af HR og Løn, og fordi {is_away} og {has_left}"),
            ),
            (
                vec![led("Valgfag"), over(led("Byghub"), &[bo]), over(led("Ferieplan"), &[ida])],
                format!("du er leder af HR og Løn, og fordi {is_away} og {has_left}"),
            ),
        ] {
            assert_eq!(said(Language::Da, &items), expected);
        }
    }

    #[test]
    fn what_is_held_for_another_is_no_reason_of_one_s_own() {
        let for_anne = |item| on_behalf_of("Anne Bang", item);
        for (items, danish, english) in [
            (
                vec![owned("Byghub")],
                "du står som systemejer for Byghub",
                "you stand as owner of Byghub",
            ),
            (
                vec![owned("Byghub"), owned("Valgfag")],
                "du står som systemejer for begge",
                "you stand as owner of both of them",
            ),
            (
                vec![owned("Byghub"), for_anne(owned("Valgfag")), for_anne(owned("Klasselog"))],
                "du står som systemejer for Byghub, og fordi du svarer for Anne Bang",
                "you stand as owner of Byghub, and because you answer for Anne Bang",
            ),
            (
                vec![for_anne(led("Ferieplan")), owned("Byghub"), owned("Valgfag")],
                "du står som systemejer for to af dem, og fordi du svarer for Anne Bang",
                "you stand as owner of two of them, and because you answer for Anne Bang",
            ),
            (
                vec![for_anne(led("Ferieplan")), on_behalf_of("Bo Kruse", owned("Byghub"))],
                "du svarer for Anne Bang, og fordi du svarer for Bo Kruse",
                "you answer for Anne Bang, and because you answer for Bo Kruse",
            ),
        ] {
            assert_eq!(said(Language::Da, &items), danish);
            assert_eq!(said(Language::En, &items), english);
        }
    }
}
