//! What a notice says of one system.

use crate::mail::body::{Link, Part, Row, Table, Under, name};
use crate::mail::facts::suggested;
use crate::model::{Check, Missing, Notice, NoticeItem, NoticeReason, PersonalData, Reader};
use crate::text::faults::on_tab;
use crate::text::words::Words;

/// How many units are named.
const MOST_UNITS: usize = 3;

/// One system with what is missing, or what to do, and where.
pub(super) fn part(words: &Words, notice: &Notice, item: &NoticeItem) -> Part {
    let link = |link: &crate::model::PageLink| Link {
        label: words.say("mail.open-tab", &[("tab", link.tab.as_str().into())]),
        tab: link.tab.clone(),
        url: link.url.clone(),
    };
    Part {
        name: name(words, &item.system),
        lines: lines(words, notice, item),
        points: item.checks.iter().map(|line| check(words, line)).collect(),
        links: item.links.iter().map(link).collect(),
    }
}

fn lines(words: &Words, notice: &Notice, item: &NoticeItem) -> Vec<String> {
    let reader = notice.reader;
    let mut lines = Vec::new();
    match item.reason {
        NoticeReason::Assigned | NoticeReason::Acquired if item.missing.is_empty() => {
            if reader == Reader::It {
                // Nobody else could be told of it.
                lines.push(words.text("mail.part.unreachable").to_owned());
            }
            lines.extend(beside(words, item));
        }
        NoticeReason::Assigned | NoticeReason::Acquired => {
            let fields: Vec<String> =
                item.missing.iter().map(|missing| field(words, *missing)).collect();
            lines.push(words.say("mail.part.missing", &[("fields", fields.into())]));
            lines.extend(beside(words, item));
        }
        NoticeReason::Left if reader == Reader::It && item.ownerless => {
            lines.push(words.text("mail.part.ownerless").to_owned());
        }
        NoticeReason::Left if !item.ownerless && !item.roles.is_empty() => {
            let roles = item.roles.clone().into();
            lines.push(words.say("mail.part.roles-held", &[("roles", roles)]));
        }
        NoticeReason::Left if reader == Reader::It && !item.beside.is_empty() => {
            let names = item.beside.clone().into();
            lines.push(words.say("mail.part.still-owned", &[("names", names)]));
        }
        NoticeReason::Left if reader == Reader::It => {
            lines.push(words.text("mail.part.handed-on").to_owned());
        }
        _ => {}
    }
    if reader == Reader::Owner && item.reason == NoticeReason::Left {
        lines.extend(mark(words, item).map(crate::text::words::sentence));
    }
    lines.extend(suggested(words, &item.suggestions, notice.address.as_deref()));
    lines
}

/// There may be only one owner.
fn beside(words: &Words, item: &NoticeItem) -> Option<String> {
    let names = item.beside.clone();
    (!names.is_empty()).then(|| words.say("mail.part.beside", &[("names", names.into())]))
}

fn check(words: &Words, check: &Check) -> String {
    let named = |key: &str, name: &str| words.say(key, &[("name", name.into())]);
    match check {
        Check::Contract(name) => named("mail.check.contract", name),
        Check::DataProcessing(name) => named("mail.check.dataProcessing", name),
        Check::Relation(other) => named("mail.check.relation", &name(words, other)),
        Check::Units(units) => {
            let names = if units.len() > MOST_UNITS { Vec::new() } else { units.clone() };
            words.say("mail.check.units", &[("n", units.len().into()), ("names", names.into())])
        }
        Check::EndDate => words.text("mail.check.endDate").to_owned(),
        Check::LifeCycle => words.text("mail.check.lifeCycle").to_owned(),
        Check::Data => words.text("mail.check.data").to_owned(),
    }
}

/// Why one system matters more than another.
fn mark<'a>(words: &'a Words, item: &NoticeItem) -> Option<&'a str> {
    match item.data {
        PersonalData::None => None,
        PersonalData::Ordinary => Some(words.text("mail.part.personal-data")),
        PersonalData::Sensitive => Some(words.text("mail.part.sensitive-data")),
    }
}

fn short_mark<'a>(words: &'a Words, item: &NoticeItem) -> &'a str {
    match item.data {
        PersonalData::None => "",
        PersonalData::Ordinary => words.text("mail.part.personal"),
        PersonalData::Sensitive => words.text("mail.part.sensitive"),
    }
}

/// Systems with who manages them, and a mark.
pub(super) fn table(under: &Under<'_>, items: &[&NoticeItem]) -> Table {
    let words = under.words;
    let headings = vec![under.say("system", &[]), under.say("manager", &[]), String::new()];
    let nobody = || words.text("mail.part.nobody").to_owned();
    let row = |item: &&NoticeItem| Row {
        cells: vec![
            name(words, &item.system),
            if item.managers.is_empty() { nobody() } else { item.managers.join(", ") },
            short_mark(words, item).to_owned(),
        ],
        url: item.links.first().map(|link| link.url.clone()),
    };
    Table::new(headings, items.iter().map(row).collect())
}

fn field(words: &Words, missing: Missing) -> String {
    on_tab(missing.as_str(), missing.tab().name(), words)
}
