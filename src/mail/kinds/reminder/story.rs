//! What a reminder is about, which decides its words.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::mail::facts::Facts;
use crate::model::{Capacity, Fault, FaultArg};
use crate::notify::draft::{Draft, DraftItem};
use crate::policy::rules::owner_missing::NO_OWNER;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::text::words::Arg;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// Systems without an owner, for the leader who is to choose one.
    Choose,
    /// An owner's own systems.
    Own,
    /// For a manager, who cannot put it right.
    Inform,
    Mixed,
}

/// By what is asked for.
pub(super) fn story(asked: &[(Uuid, Vec<&DraftItem>)]) -> Story {
    let mut items = asked.iter().flat_map(|(_, items)| items.iter().copied()).peekable();
    if items.peek().is_none() {
        return Story::Inform;
    }
    let is_choice =
        |item: &DraftItem| asks_for_owner(item) && item.capacity == Capacity::UnitLeader;
    let (mut all_choices, mut all_own) = (true, true);
    for item in items {
        all_choices &= is_choice(item);
        // Who stands in for an owner owns nothing.
        all_own &= item.capacity == Capacity::Owner && item.on_behalf_of.is_none();
    }
    match (all_choices, all_own) {
        (true, _) => Story::Choose,
        (_, true) => Story::Own,
        _ => Story::Mixed,
    }
}

pub(in crate::mail) fn asks_for_owner(item: &DraftItem) -> bool {
    nobody_owns(&item.finding.faults)
}

/// A name takes two minutes, anything else three.
pub(super) fn minutes(asked: &[(Uuid, Vec<&DraftItem>)]) -> usize {
    let of_one = |item: &&DraftItem| if asks_for_owner(item) { 2 } else { 3 };
    asked.iter().flat_map(|(_, items)| items.iter().map(of_one)).sum()
}

/// What several systems without an owner have in common, where it is the same for all.
pub(super) fn shared(
    draft: &Draft,
    facts: &Facts<'_>,
    asked: &[(Uuid, Vec<&DraftItem>)],
) -> Option<Vec<(&'static str, Arg)>> {
    let first = asked.first().filter(|_| asked.len() > 1)?;
    let (fault, baseline) = lack(&first.1, draft.date, facts)?;
    let is_same = |(_, items): &(Uuid, Vec<&DraftItem>)| {
        lack(items, draft.date, facts) == Some((fault, baseline))
    };
    let since = fault.args().find_map(|(_, arg)| match arg {
        FaultArg::Date(day) => Some(*day).filter(|day| *day < draft.date),
        _ => None,
    });
    let is_told = since.is_some() || baseline.is_some();
    (is_told && asked.iter().all(is_same)).then(|| {
        let last = fault.person("person");
        let is_reader = draft.to.iter().any(|reader| last.is_some() && reader.person == last);
        let name = |arg: &str| fault.person(arg).and_then(|uuid| facts.names.get(&uuid).cloned());
        vec![
            ("since", since.into()),
            ("baseline", baseline.into()),
            ("person", name("person").into()),
            ("you", is_reader.into()),
            ("departed", name("departed").into()),
        ]
    })
}

/// For each system the one above it that lacks an owner in just the same way, where that
/// names a person: who is gone is told once.
pub(super) fn alike(
    draft: &Draft,
    facts: &Facts<'_>,
    asked: &[(Uuid, Vec<&DraftItem>)],
) -> Vec<Option<Uuid>> {
    let lacks: Vec<_> = asked
        .iter()
        .map(|(_, items)| lack(items, draft.date, facts).filter(|(fault, _)| names_somebody(fault)))
        .collect();
    let above = |(index, lack): (usize, &Option<_>)| {
        let first = lacks.iter().position(|other| lack.is_some() && other == lack)?;
        (first < index).then(|| asked[first].0)
    };
    lacks.iter().enumerate().map(above).collect()
}

fn names_somebody(fault: &Fault) -> bool {
    ["person", "departed"].iter().any(|arg| fault.person(arg).is_some())
}

/// That a system lacks an owner, where nothing else is said of it, and the day of the
/// first pull, where it was so then.
fn lack<'a>(
    items: &[&'a DraftItem],
    today: NaiveDate,
    facts: &Facts<'_>,
) -> Option<(&'a Fault, Option<NaiveDate>)> {
    let [DraftItem { finding, .. }] = items else { return None };
    let [fault] = finding.faults.as_slice() else { return None };
    let baseline = facts.baseline(finding).filter(|first| *first < today);
    (fault.kind() == NO_OWNER).then_some((fault, baseline))
}
