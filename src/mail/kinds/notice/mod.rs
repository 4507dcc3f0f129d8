//! What happened according to one pull, as one letter to one person: a section for each story.

mod part;
mod samples;

use std::collections::BTreeSet;

use crate::mail::Error;
use crate::mail::body::{Body, Section, Under, duration, name};
use crate::mail::letter::{Letter, People};
use crate::model::{
    Language, MailKind, Notice, NoticeItem, NoticeReason, PersonalData, Reader, StateOfUse, Tab,
};
use crate::text::words::{Arg, Words, words};

pub(in crate::mail) use samples::samples;

/// More systems than this without an owner stand in a table.
const MOST_IN_FULL: usize = 3;

pub(in crate::mail) fn letter(notice: &Notice, language: Language) -> Result<Letter, Error> {
    let words = words(language);
    let stories: Vec<Story<'_>> =
        stories(&notice.items).map(|items| Story::new(words, notice, items)).collect();
    let mut body = match stories.as_slice() {
        [story] => story.whole_letter(),
        stories => several(words, notice, stories),
    };
    let behalf = on_behalf(words, &notice.items);
    body.lead = match (behalf, body.lead) {
        (Some(behalf), Some(lead)) => Some(format!("{behalf} {lead}")),
        (behalf, lead) => behalf.or(lead),
    };
    if let (Reader::It, Some(last)) = (notice.reader, body.sections.last_mut()) {
        last.after.push(words.text("mail.notice.it.because").to_owned());
    }
    let people = (notice.reader == Reader::Owner)
        .then(|| People { names: notice.name.iter().cloned().collect(), date: notice.date });
    Ok(Letter { people, ..Letter::to_office(MailKind::Notice, &body)? })
}

/// Items of one story, which come together.
fn stories(items: &[NoticeItem]) -> impl Iterator<Item = &[NoticeItem]> {
    items.chunk_by(|a, b| a.story() == b.story())
}

/// A substitute is told first whom they stand in for.
fn on_behalf(words: &Words, items: &[NoticeItem]) -> Option<String> {
    let away: BTreeSet<&str> = items.iter().filter_map(|i| i.on_behalf_of.as_deref()).collect();
    let is_all = items.iter().all(|item| item.on_behalf_of.is_some());
    let names = Vec::from_iter(away.into_iter().map(str::to_owned));
    let args = [("all", is_all.into()), ("name", names.clone().into())];
    (!names.is_empty()).then(|| words.say("mail.notice.on-behalf-of", &args))
}

fn several(words: &Words, notice: &Notice, stories: &[Story<'_>]) -> Body {
    let prefix = match notice.reader {
        Reader::Owner => "mail.notice",
        Reader::It => "mail.notice.it",
    };
    let under = Under { words, prefix: prefix.into() };
    let args = [("n", stories.len().into())];
    Body {
        subject: under.say("subject", &args),
        preheader: under.say("preheader", &args),
        lead: Some(under.say("lead", &args)),
        sections: stories
            .iter()
            .map(|story| Section {
                heading: Some(story.under.say("heading", &story.args)),
                ..story.section()
            })
            .collect(),
    }
}

/// One thing that happened, to one system or several.
struct Story<'a> {
    under: Under<'a>,
    notice: &'a Notice,
    items: Vec<&'a NoticeItem>,
    reason: NoticeReason,
    args: Vec<(&'static str, Arg)>,
}

impl<'a> Story<'a> {
    fn new(words: &'a Words, notice: &'a Notice, items: &'a [NoticeItem]) -> Self {
        let reason = items.first().map_or(NoticeReason::Acquired, |item| item.reason);
        let under = Under { words, prefix: prefix(notice.reader, reason).into() };
        let mut items: Vec<&NoticeItem> = items.iter().collect();
        // Those with the most to lose first.
        let weight = |item: &&NoticeItem| (item.ownerless, !item.roles.is_empty(), item.data);
        items.sort_by_key(|item| std::cmp::Reverse(weight(item)));
        let first = items.first().copied();
        let args = vec![
            ("n", items.len().into()),
            ("system", first.map(|item| name(words, &item.system)).into()),
            ("other", common_other(&items).and_then(|other| listed(words, other)).into()),
            ("beside", items.iter().find_map(|item| listed(words, &item.beside)).into()),
            ("ended", first.and_then(|item| item.end).into()),
            ("moved", first.is_some_and(|item| item.put_off).into()),
            ("faulty", items.iter().any(|item| item.faulty).into()),
            ("going", first.is_some_and(|item| item.state == StateOfUse::PhasingOut).into()),
            ("related", items.iter().any(|item| is_related(item)).into()),
            ("led", items.iter().any(|item| item.ownerless && !item.untold).into()),
            ("over", first.is_some_and(|item| is_over(item.state)).into()),
            ("untold", items.iter().filter(|item| item.untold).count().into()),
            ("unit", common_unit(&items).into()),
            ("state", first.map(|item| closed(words, item)).into()),
            ("by", notice.deadline.into()),
            ("next", notice.next.into()),
            ("time", duration(words, minutes(&items)).into()),
            ("ownerless", items.iter().filter(|item| item.ownerless).count().into()),
            ("every", items.iter().all(|item| item.ownerless).into()),
        ];
        Self { under, notice, items, reason, args }
    }

    fn whole_letter(&self) -> Body {
        let cut = match self.reason {
            NoticeReason::Left if self.notice.reader == Reader::It => "other",
            NoticeReason::Left if self.items.len() > 1 => "unit",
            NoticeReason::Neighbour if self.items.len() > 1 => "other",
            _ => "system",
        };
        let preheader = self.under.maybe("preheader", &self.args);
        Body {
            subject: self.under.fitted("subject", &self.args, cut),
            preheader: preheader.unwrap_or_else(|| self.under.say("what", &self.args)),
            lead: None,
            sections: vec![self.section()],
        }
    }

    fn section(&self) -> Section {
        match (self.notice.reader, self.reason) {
            (Reader::Owner, NoticeReason::Left) => self.to_find_an_owner(),
            (Reader::Owner, NoticeReason::Assigned | NoticeReason::Acquired) => self.to_own(),
            _ => Section { systems: self.parts(), ..self.words() },
        }
    }

    /// The sentences that need nothing but the arguments.
    fn words(&self) -> Section {
        Section {
            what: Some(self.under.say("what", &self.args)),
            ask: self.under.maybe("ask", &self.args),
            points: self.under.list("points", &self.args),
            after: self.under.list("after", &self.args),
            ..Section::default()
        }
    }

    fn parts(&self) -> Vec<crate::mail::body::Part> {
        self.items.iter().map(|item| part::part(self.under.words, self.notice, item)).collect()
    }

    /// To a new owner, or the owner of a new system.
    fn to_own(&self) -> Section {
        let words = self.under.words;
        let is_complete = self.items.iter().all(|item| item.missing.is_empty());
        let ask = if is_complete { "fine" } else { "ask" };
        let short = (!is_complete).then(|| self.under.say("short", &self.args));
        let mut section =
            Section { short, ask: Some(self.under.say(ask, &self.args)), ..self.words() };
        section.systems = self.parts();
        for (part, item) in section.systems.iter_mut().zip(&self.items) {
            // What is said of all of them is not said of each.
            let is_told = is_complete || !item.missing.is_empty();
            let filled_in = (!is_told).then(|| words.text("mail.part.filled-in").to_owned());
            let follows = match common_other(&self.items) {
                None => listed(words, &item.other),
                Some(_) => None,
            };
            let follows =
                follows.map(|names| words.say("mail.part.after", &[("names", names.into())]));
            part.lines.splice(0..0, filled_in.into_iter().chain(follows));
        }
        section.intro = self.under.maybe("intro", &self.args);
        if self.reason == NoticeReason::Assigned {
            section.intro = Some(words.text("mail.role.intro").to_owned());
            section.points =
                words.list("mail.role.points").into_iter().map(str::to_owned).collect();
            section.after.insert(0, words.text("mail.role.delegate").to_owned());
        }
        section
    }

    /// To the leader of a unit whose systems lost their owner.
    fn to_find_an_owner(&self) -> Section {
        let mut section =
            Section { short: Some(self.under.say("short", &self.args)), ..self.words() };
        if self.items.len() <= MOST_IN_FULL {
            section.systems = self.parts();
        } else {
            section.table = Some(part::table(&self.under, &self.items));
        }
        let marked = self.items.iter().filter(|item| item.data != PersonalData::None).count();
        let begin = (section.table.is_some() && marked > 0 && marked < self.items.len())
            .then(|| self.under.say("begin", &[("n", marked.into())]));
        let managers = Vec::from_iter(no_substitutes(&self.items));
        let leader = self.under.say("leader", &[("managers", managers.into())]);
        section.intro = Some(begin.into_iter().chain([leader]).collect::<Vec<_>>().join(" "));
        section
    }
}

/// Where the words stand.
fn prefix(reader: Reader, reason: NoticeReason) -> String {
    use NoticeReason::{Acquired, Assigned, HandedOver, Neighbour};
    match (reader, reason) {
        // IT is told of a new system in the same words, whoever owns it.
        (Reader::It, Assigned) => prefix(reader, Acquired),
        (Reader::It, reason) if !matches!(reason, Neighbour | HandedOver) => {
            format!("mail.notice.it.{}", reason.as_str())
        }
        (_, reason) => format!("mail.notice.{}", reason.as_str()),
    }
}

/// Who manages the systems and cannot take them over; nobody where one of them is suggested
/// as an owner, since the words do not tell them apart.
fn no_substitutes(items: &[&NoticeItem]) -> BTreeSet<String> {
    let suggested = |name: &String| {
        items.iter().flat_map(|item| &item.suggestions).any(|person| person.name == *name)
    };
    let managers: BTreeSet<String> =
        items.iter().flat_map(|item| item.managers.iter().cloned()).collect();
    if managers.iter().any(suggested) { BTreeSet::new() } else { managers }
}

/// With whom the systems have to do, where it is the same for all.
fn common_other<'a>(items: &[&'a NoticeItem]) -> Option<&'a [String]> {
    let other = items.first()?.other.as_slice();
    items.iter().all(|item| item.other == other).then_some(other)
}

/// The responsible unit, where it is the same for all.
fn common_unit(items: &[&NoticeItem]) -> Option<String> {
    let unit = items.first()?.unit.clone();
    items.iter().all(|item| item.unit == unit).then_some(unit).flatten()
}

/// "Dora Dam og Bo Berg"
fn listed(words: &Words, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| Arg::from(names.to_vec()).to_text(words.language()))
}

/// Whether a neighbour's relation stands in KITOS still: then its tab is linked.
fn is_related(item: &NoticeItem) -> bool {
    item.links.iter().any(|link| link.tab == Tab::Relations.name())
}

/// Whether a neighbour is gone, and not only on its way out.
fn is_over(state: StateOfUse) -> bool {
    state != StateOfUse::PhasingOut
}

/// How a neighbour is on its way out.
fn closed(words: &Words, item: &NoticeItem) -> String {
    words
        .text(match item.state {
            _ if item.end.is_some() => "mail.notice.neighbour.state.ended",
            StateOfUse::PhasingOut => "mail.notice.neighbour.state.phasingOut",
            StateOfUse::Decommissioned => "mail.notice.neighbour.state.decommissioned",
            _ => "mail.notice.neighbour.state.removed",
        })
        .to_owned()
}

/// A name takes a minute, a field two, and reading the mail the rest.
fn minutes(items: &[&NoticeItem]) -> usize {
    let of_one = |item: &&NoticeItem| if item.ownerless { 1 } else { 2 * item.missing.len() };
    items.iter().map(of_one).sum::<usize>() + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SuggestionLine;

    fn item(managers: &[&str], suggested: &[&str]) -> NoticeItem {
        let line = |name: &&str| SuggestionLine {
            name: (*name).to_owned(),
            email: format!("{name}@birkelund.example"),
            reason: "leder".to_owned(),
        };
        NoticeItem {
            managers: managers.iter().map(|name| (*name).to_owned()).collect(),
            suggestions: suggested.iter().map(line).collect(),
            ..samples::item(NoticeReason::Left, "Skole Flow")
        }
    }

    #[test]
    fn a_new_owner_of_several_systems_is_welcomed_once() {
        let new = |system: &str, other: &[&str]| NoticeItem {
            other: other.iter().map(|name| (*name).to_owned()).collect(),
            ..samples::item(NoticeReason::Assigned, system)
        };
        let items = [new("Aula", &["Bo"]), new("Nexus", &[]), new("Sag", &["Ida"])];
        assert_eq!(stories(&items).count(), 1);
        assert_eq!(common_other(&[&items[0], &items[2]]), None, "each says whom they follow");
        let two = ["Aula", "Nexus"].map(|system| NoticeItem {
            end: None,
            other: vec![system.to_owned()],
            ..samples::item(NoticeReason::Neighbour, "Sag")
        });
        assert_eq!(stories(&two).count(), 2, "one cause, one story");
    }

    #[test]
    fn whoever_is_suggested_is_not_said_to_be_no_substitute() {
        for (items, expected) in [
            (vec![item(&["Ida"], &[])], vec!["Ida"]),
            (vec![item(&["Ida"], &["Bo"])], vec!["Ida"]),
            (vec![item(&["Ida"], &["Ida"])], vec![]),
            (vec![item(&["Ida", "Jonas"], &["Bo"])], vec!["Ida", "Jonas"]),
            (vec![item(&["Ida", "Jonas"], &["Bo", "Ida"])], vec![]),
            (vec![item(&["Ida"], &["Ida"]), item(&["Jonas"], &[])], vec![]),
            (vec![item(&["Ida"], &[]), item(&["Ida"], &[])], vec!["Ida"]),
        ] {
            let items = Vec::from_iter(&items);
            assert_eq!(Vec::from_iter(no_substitutes(&items)), expected);
        }
    }
}
