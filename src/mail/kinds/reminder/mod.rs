//! One mail to one person, or to the owners of the same systems, with all that is
//! open for them.

mod samples;
mod story;
pub(in crate::mail) mod why;

use uuid::Uuid;

use crate::mail::Error;
use crate::mail::behalf;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::{Facts, Todo};
use crate::mail::letter::Letter;
use crate::model::{Capacity, MailKind};
use crate::notify::draft::{Draft, DraftItem, PromisedTo};
use crate::text::words::{Arg, Words};

pub(in crate::mail) use samples::samples;
pub(in crate::mail) use story::asks_for_owner;
use story::{Story, alike, minutes, shared, story};

pub(in crate::mail) fn letter(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    let body = Reminder::new(draft, facts).body();
    let urls = facts.config.mail.contact.url.iter().map(ToString::to_string).collect();
    Ok(Letter { urls, ..Letter::to_people(MailKind::Reminder, &body, draft)? })
}

struct Reminder<'a> {
    draft: &'a Draft,
    facts: &'a Facts<'a>,
    words: &'static Words,
    story: Story,
    /// What is asked for, by system …
    asked: Vec<(Uuid, Vec<&'a DraftItem>)>,
    /// … and what is only for information.
    informed: Vec<(Uuid, Vec<&'a DraftItem>)>,
    args: Vec<(&'static str, Arg)>,
}

impl<'a> Reminder<'a> {
    fn new(draft: &'a Draft, facts: &'a Facts<'a>) -> Self {
        let parts = |belongs: &dyn Fn(&DraftItem) -> bool| -> Vec<(Uuid, Vec<&DraftItem>)> {
            let systems = draft.by_system().into_iter();
            let of = systems.map(|(usage, mut items)| {
                items.retain(|item| belongs(item));
                (usage, items)
            });
            of.filter(|(_, items)| !items.is_empty()).collect()
        };
        let (mut asked, mut informed) =
            (parts(&|item| !item.for_information), parts(&|item| item.for_information));
        let story = story(&asked);
        if story == Story::Inform {
            // It is about the systems without an owner; the reader's own come along.
            let is_managed = |item: &DraftItem| item.capacity == Capacity::Manager;
            (asked, informed) = (parts(&is_managed), parts(&|item| !is_managed(item)));
        }
        let words = facts.words();
        let systems: Vec<Uuid> =
            if asked.is_empty() { &informed } else { &asked }.iter().map(|(u, _)| *u).collect();
        let first = systems.first().map(|usage| facts.system(*usage));
        let readers = why::Readers { facts, to: &draft.to };
        let args = vec![
            ("n", systems.len().into()),
            ("system", first.into()),
            ("over", why::is_over(&asked).into()),
            ("why", why::one(readers, &asked).into()),
            ("whys", why::all(readers, &asked).into()),
            ("unit", facts.common_unit(&systems).into()),
            ("by", draft.deadline.into()),
            ("time", duration(words, minutes(&asked)).into()),
            ("several", (draft.to.len() > 1).into()),
        ];
        Self { draft, facts, words, story, asked, informed, args }
    }

    fn under(&self) -> Under<'static> {
        let prefix = match self.story {
            Story::Choose => "mail.reminder.choose",
            Story::Own => "mail.reminder.own",
            Story::Inform => "mail.reminder.manager",
            Story::Mixed => "mail.reminder.mixed",
        };
        Under { words: self.words, prefix: prefix.into() }
    }

    fn body(&self) -> Body {
        let under = self.under();
        let subject = match self.draft.is_last() && self.story != Story::Inform {
            true => under.fitted("last-subject", &self.args, "system"),
            false => under.fitted("subject", &self.args, "system"),
        };
        let sections = match self.story {
            Story::Inform => {
                let main = Section { systems: self.parts(&self.asked), ..self.lead() };
                std::iter::once(main).chain(self.informing()).collect()
            }
            _ => [Some(self.asking()), self.informing(), Some(self.doubts())]
                .into_iter()
                .flatten()
                .collect(),
        };
        let preheader = under.say("preheader", &self.args);
        Body { subject, preheader, lead: behalf::lead(self.draft, self.words), sections }
    }

    fn lead(&self) -> Section {
        let under = self.under();
        Section {
            what: Some(under.say("what", &self.args)),
            ask: Some(under.say("ask", &self.args)),
            short: under.maybe("short", &self.args),
            ..Section::default()
        }
    }

    fn asking(&self) -> Section {
        let (shared, after) = match self.story {
            Story::Choose => (self.shared(), self.managers().into_iter().collect()),
            _ => (None, Vec::new()),
        };
        let mut systems = self.parts(&self.asked);
        if shared.is_some() {
            // Its first line says of one system what was said of all.
            systems.iter_mut().for_each(|part| {
                part.lines.drain(..part.lines.len().min(1));
            });
        } else {
            let alike = alike(self.draft, self.facts, &self.asked);
            for (part, above) in systems.iter_mut().zip(alike) {
                let Some((line, above)) = part.lines.first_mut().zip(above) else { continue };
                let args = [("system", self.facts.system(above).into())];
                *line = self.words.say("mail.reminder.alike", &args);
            }
        }
        Section { shared, systems, after, ..self.lead() }
    }

    /// One cause is one story: that they lack an owner, since when, and who was the last.
    fn shared(&self) -> Option<String> {
        let args = shared(self.draft, self.facts, &self.asked)?;
        Some(self.words.say("mail.reminder.choose.shared", &args))
    }

    fn parts(&self, systems: &[(Uuid, Vec<&DraftItem>)]) -> Vec<Part> {
        let several_managers = self.story == Story::Choose && self.managers().is_none();
        let part = |(usage, items): &(Uuid, Vec<&DraftItem>)| {
            // A manager is no substitute, and is asked for nothing.
            let is_choice =
                |item: &&DraftItem| asks_for_owner(item) && item.capacity != Capacity::Manager;
            let asks_for_owner = items.iter().any(is_choice);
            let manages = items.iter().all(|item| item.capacity == Capacity::Manager);
            let todo = match self.story {
                Story::Own | Story::Mixed if !manages => Todo::Each,
                Story::Choose | Story::Inform => Todo::OwnerOnce,
                _ => Todo::Once,
            };
            let mut part = self.facts.part(*usage, items, todo, self.draft);
            if asks_for_owner && self.story != Story::Inform {
                part.lines.extend(self.facts.suggestions(*usage, &self.draft.to));
                let managers = self.facts.other_managers(*usage);
                if several_managers && !managers.is_empty() {
                    let args = [("names", managers.into())];
                    part.lines.push(self.words.say("mail.reminder.manager-of-one", &args));
                }
            }
            part
        };
        systems.iter().map(part).collect()
    }

    /// Who manages the systems, where they are the same for all.
    fn managers(&self) -> Option<String> {
        let managers = self.facts.other_managers(self.asked.first()?.0);
        let is_same = |(usage, _): &(Uuid, _)| self.facts.other_managers(*usage) == managers;
        (!managers.is_empty() && self.asked.iter().all(is_same)).then(|| {
            let args = [("names", managers.into()), ("n", self.asked.len().into())];
            self.words.say("mail.reminder.managers", &args)
        })
    }

    fn informing(&self) -> Option<Section> {
        (!self.informed.is_empty()).then(|| Section {
            heading: Some(self.words.text("mail.reminder.information").to_owned()),
            what: Some(self.words.text("mail.reminder.information-what").to_owned()),
            systems: self.parts(&self.informed),
            unnumbered: true,
            ..Section::default()
        })
    }

    fn doubts(&self) -> Section {
        let text = |key: &str| self.words.text(key).to_owned();
        let mut points = Vec::new();
        let (wrong, done) = match self.story {
            Story::Choose => {
                let role = text("mail.reminder.choose.role");
                let page = self.facts.config.mail.contact.url.as_deref();
                points.push(page.map_or(role.clone(), |page| format!("{role} {page}")));
                ("mail.reminder.choose.wrong", "mail.reminder.choose.done")
            }
            _ => ("mail.reminder.wrong", "mail.reminder.done"),
        };
        points.push(text(wrong));
        let next = [Some(text(done)), self.next()];
        points.push(next.into_iter().flatten().collect::<Vec<_>>().join(" "));
        Section { heading: Some(text("mail.reminder.doubts")), points, ..Section::default() }
    }

    /// What happens if nobody acts. Only what is planned is promised; that IT will be told is
    /// not, since the mail comes from IT.
    fn next(&self) -> Option<String> {
        let promised = self.draft.promises.iter().find_map(|promise| match &promise.to {
            PromisedTo::Leader(leader) => Some((leader.name.clone(), promise)),
            PromisedTo::It => None,
        });
        if let Some((leader, promise)) = promised {
            let systems = self.partly(&promise.findings);
            let args =
                [("leader", leader.into()), ("on", promise.on.into()), ("systems", systems.into())];
            return Some(self.words.say("mail.next.promise", &args));
        }
        if !self.draft.promises.is_empty() {
            return None;
        }
        let is_next_last = self.draft.of.is_some_and(|of| self.draft.number + 1 == of);
        let key = if is_next_last { "mail.next.last" } else { "mail.next.again" };
        let leader = self.draft.leader.as_ref().map(|leader| leader.name.clone());
        Some(self.words.say(key, &[("on", self.draft.next?.into()), ("leader", leader.into())]))
    }

    /// The systems of these findings; none where that is all that is asked for.
    fn partly(&self, findings: &[i64]) -> Vec<String> {
        let is_meant = |item: &&DraftItem| findings.contains(&item.finding.id);
        if self.asked.iter().all(|(_, items)| items.iter().all(is_meant)) {
            return Vec::new();
        }
        let meant = self.asked.iter().filter(|(_, items)| items.iter().any(is_meant));
        meant.map(|(usage, _)| self.facts.system(*usage)).collect()
    }
}
