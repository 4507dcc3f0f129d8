//! The table of the administrations, and what is missing by kind.

use std::collections::BTreeMap;

use super::names::short;
use crate::mail::body::{Row, Table};
use crate::model::Rule;
use crate::notify::digest::data::{Administration, Digest};
use crate::text::words::{Arg, Words};

/// Administrations that have a row of their own.
const MOST_ROWS: usize = 15;

/// Kinds of what is missing that are named.
const MOST_KINDS: usize = 5;

pub(super) fn table(digest: &Digest, words: &Words) -> Option<Table> {
    if digest.administrations.is_empty() {
        return None;
    }
    let mut rows: Vec<(String, Administration)> = Vec::new();
    for row in digest.administrations.iter().take(MOST_ROWS) {
        let name = match &row.name {
            Some(name) => short(name),
            None => words.text("mail.digest.table.no-unit").to_owned(),
        };
        rows.push((name, row.clone()));
    }
    let rest = digest.administrations.get(MOST_ROWS..).unwrap_or_default();
    if !rest.is_empty() {
        let name = words.say("mail.digest.table.others", &[("n", rest.len().into())]);
        rows.push((name, sum(rest)));
    }
    rows.push((words.text("mail.digest.table.total").to_owned(), sum(&digest.administrations)));
    let heading = |key: &str| words.text(&format!("mail.digest.table.{key}")).to_owned();
    let headings = ["name", "systems", "without", "open", "change", "overdue"].map(heading);
    let is_first = digest.since.is_none();
    let row = |(name, row): (String, Administration)| {
        let number = |n: u32| words.say("mail.number", &[("n", n.into())]);
        let change = if is_first { String::new() } else { signed(words, row.change) };
        let cells = vec![
            name,
            number(row.systems),
            number(row.without_owner),
            number(row.open),
            change,
            number(row.overdue),
        ];
        Row { cells, url: None }
    };
    Some(Table::of_figures(headings.into(), rows.into_iter().map(row).collect()))
}

fn sum(rows: &[Administration]) -> Administration {
    rows.iter().fold(Administration::default(), |mut all, row| {
        all.systems += row.systems;
        all.without_owner += row.without_owner;
        all.open += row.open;
        all.change += row.change;
        all.overdue += row.overdue;
        all
    })
}

/// "+9", "−2", "0"
fn signed(words: &Words, change: i64) -> String {
    let number = words.say("mail.number", &[("n", change.abs().into())]);
    match change {
        1.. => format!("+{number}"),
        0 => number,
        _ => format!("−{number}"),
    }
}

/// "De 100 mangler: 23 uden systemejer, 21 …"
pub(super) fn kinds(digest: &Digest, words: &Words) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let key = |rule: &Rule| format!("rule.{}.kind", rule.as_str());
    let keys: Vec<(String, u32)> = digest.open.iter().map(|(rule, n)| (key(rule), *n)).collect();
    // Some rules are of one kind.
    for (key, n) in &keys {
        *counts.entry(words.text(key)).or_default() += n;
    }
    let mut counts: Vec<(&str, u32)> = counts.into_iter().collect();
    counts.sort_by(|(a, few), (b, many)| many.cmp(few).then_with(|| a.cmp(b)));
    let rest: u32 = counts.iter().skip(MOST_KINDS).map(|(_, count)| count).sum();
    let mut kinds: Vec<String> = counts
        .into_iter()
        .take(MOST_KINDS)
        .map(|(kind, n)| {
            words.say("mail.digest.table.kind", &[("n", n.into()), ("kind", kind.into())])
        })
        .collect();
    if rest > 0 {
        kinds.push(words.say("mail.digest.table.all-others", &[("n", rest.into())]));
    }
    let said = if kinds.is_empty() {
        words.text("mail.digest.table.none").to_owned()
    } else {
        let all: u32 = digest.open.values().sum();
        let args: [(&str, Arg); 2] = [("n", all.into()), ("kinds", kinds.into())];
        words.say("mail.digest.table.kinds", &args)
    };
    // Else the systems without an owner in the table are more than those that lack one here.
    let excepted = (digest.excepted > 0)
        .then(|| words.say("mail.digest.table.excepted", &[("n", digest.excepted.into())]));
    std::iter::once(said).chain(excepted).collect::<Vec<_>>().join(" ")
}
