//! The facts of a letter about findings: names, tabs and people instead of uuids.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::behalf::{mark, marked};
use super::body::{Link, Part, either, name};
use crate::config;
use crate::model::{Finding, Language, Person, PersonalData, Snapshot, SuggestionLine, Tab};
use crate::notify::draft::{Draft, DraftItem, Recipient};
use crate::policy::Policy;
use crate::policy::rules::def;
use crate::policy::rules::owner_missing::NO_OWNER;
use crate::text::addresses::folded;
use crate::text::danish;
use crate::text::faults::{Telling, sentences};
use crate::text::links::{self, tabs_in};
use crate::text::words::{Words, sentence, words};
use crate::time::civil::local_date;

/// Where the names come from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub snapshot: &'a Snapshot,
    /// Names of usages that the snapshot no longer has.
    pub former_names: &'a BTreeMap<Uuid, String>,
    /// Names of people, departed ones included.
    pub names: &'a BTreeMap<Uuid, String>,
    /// Who could own a usage, in words.
    pub suggestions: &'a BTreeMap<Uuid, Vec<SuggestionLine>>,
    pub policy: &'a Policy,
    pub config: &'a config::Config,
}

/// How much is said of what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Todo {
    /// Beside each fault.
    Each,
    /// The letter says it once for all …
    Once,
    /// … and begins with it that they have no owner: only more than that is said of each.
    OwnerOnce,
}

impl Facts<'_> {
    pub(super) fn language(&self) -> Language {
        self.config.mail.language
    }

    pub(super) fn words(&self) -> &'static Words {
        words(self.language())
    }

    /// The name of a person, a system or a unit.
    fn name(&self, uuid: Uuid) -> Option<String> {
        let usage = self.snapshot.usages.get(&uuid);
        let usage = usage.map(|usage| self.snapshot.usage_name(usage).to_owned());
        usage
            .or_else(|| self.names.get(&uuid).cloned())
            .or_else(|| self.snapshot.units.get(&uuid).map(|unit| unit.name.clone()))
            .or_else(|| self.former_names.get(&uuid).cloned())
    }

    pub(super) fn system(&self, usage: Uuid) -> String {
        name(self.words(), &self.name(usage).unwrap_or_default())
    }

    pub(super) fn unit(&self, unit: Option<Uuid>) -> Option<String> {
        Some(self.snapshot.units.get(&unit?)?.name.clone())
    }

    /// The responsible unit of these systems, where they have one in common.
    pub(super) fn common_unit(&self, usages: &[Uuid]) -> Option<String> {
        let of = |usage: &Uuid| self.snapshot.usages.get(usage)?.responsible_unit;
        let unit = of(usages.first()?);
        self.unit(unit).filter(|_| usages.iter().all(|usage| of(usage) == unit))
    }

    pub(super) fn responsible_unit(&self, usage: Uuid) -> Option<String> {
        self.unit(self.snapshot.usages.get(&usage)?.responsible_unit)
    }

    /// The names of those who manage a system …
    pub(super) fn managers(&self, usage: Uuid) -> Vec<String> {
        names(self.holders(usage, &self.policy.manager_roles))
    }

    /// … of those of them who are not suggested as its owner …
    pub(super) fn other_managers(&self, usage: Uuid) -> Vec<String> {
        let suggested = self.suggestions.get(&usage).into_iter().flatten();
        let suggested: BTreeSet<String> = suggested.map(|one| folded(&one.email)).collect();
        let mut managers = self.holders(usage, &self.policy.manager_roles);
        managers.retain(|person| {
            !person.email.as_deref().is_some_and(|email| suggested.contains(&folded(email)))
        });
        names(managers)
    }

    /// … and those who own it.
    pub(super) fn owners(&self, usage: Uuid) -> Vec<&Person> {
        self.holders(usage, &self.policy.owner_roles)
    }

    /// The people whom a finding's faults are about.
    pub(super) fn people_named(&self, finding: &Finding) -> Vec<&Person> {
        let named = finding.faults.iter().filter_map(|fault| fault.person("person"));
        named.filter_map(|uuid| self.snapshot.people.get(&uuid)).collect()
    }

    /// How many systems somebody owns on `date`.
    pub(super) fn owned(&self, reader: &Recipient, date: NaiveDate) -> usize {
        let Some(person) = reader.person else { return 0 };
        let usages = self.snapshot.usages.values();
        let owned =
            usages.filter(|usage| usage.holders(&self.policy.owner_roles).contains(&person));
        owned.filter(|usage| self.policy.in_scope(self.snapshot, usage, date)).count()
    }

    fn holders(&self, usage: Uuid, roles: &BTreeSet<Uuid>) -> Vec<&Person> {
        let usage = self.snapshot.usages.get(&usage);
        usage.map(|usage| self.snapshot.owners(usage, roles)).unwrap_or_default()
    }

    pub(super) fn personal_data(&self, usage: Uuid) -> Option<&'static str> {
        let data = self.snapshot.usages.get(&usage)?.gdpr.personal_data();
        match data {
            PersonalData::None => None,
            PersonalData::Ordinary => Some(self.words().text("mail.part.personal-data")),
            PersonalData::Sensitive => Some(self.words().text("mail.part.sensitive-data")),
        }
    }

    /// Those of the staff units that are told apart: two at most, or none are named.
    fn staff(&self) -> Vec<String> {
        const MOST: usize = 2;
        let units = &self.policy.staff_units;
        let mut names: Vec<String> = units.iter().filter_map(|u| self.unit(Some(*u))).collect();
        names.sort_by(|a, b| danish::compare(a, b));
        if names.len() > MOST { Vec::new() } else { names }
    }

    /// One system with everything that is wrong with it, and where it is put right.
    pub(super) fn part(
        &self,
        usage: Uuid,
        items: &[&DraftItem],
        todo: Todo,
        draft: &Draft,
    ) -> Part {
        // Who manages it can be asked to, unless it is a reader.
        let mut managers = self.managers(usage);
        managers.retain(|name| !draft.to.iter().any(|reader| reader.name == *name));
        let of_system = OfSystem { todo, draft, managers, staff: self.staff() };
        let marks: Vec<Option<&str>> = items.iter().map(|item| mark(draft, item)).collect();
        // Of the whole system, where it is so for all that is said of it.
        let of_all = marks
            .first()
            .copied()
            .flatten()
            .filter(|of| marks.iter().all(|mark| *mark == Some(*of)));
        let mut lines = Vec::new();
        let mut tabs: Vec<Tab> = Vec::new();
        for (item, mark) in items.iter().zip(marks) {
            let of = mark.filter(|_| of_all.is_none());
            let (said, named) = self.item(item, of, &of_system);
            let for_whom = |line: String| match of {
                Some(name) => marked(self.words(), &line, name),
                None => line,
            };
            lines.extend(said.into_iter().map(for_whom));
            for tab in named {
                if !tabs.contains(&tab) {
                    tabs.push(tab);
                }
            }
        }
        let links = tabs.into_iter().map(|tab| self.link(usage, tab)).collect();
        let name = self.system(usage);
        let name = of_all.map_or(name.clone(), |of| marked(self.words(), &name, of));
        Part { name, lines, points: Vec::new(), links }
    }

    /// What is said of one item, which is marked as somebody's or not, and the tabs on which
    /// it is put right.
    fn item(
        &self,
        item: &DraftItem,
        mark: Option<&str>,
        of_system: &OfSystem<'_>,
    ) -> (Vec<String>, Vec<Tab>) {
        let OfSystem { todo, draft, managers, staff } = of_system;
        let finding = &item.finding;
        let telling = Telling {
            managers,
            staff,
            reader: only_reader(draft),
            today: Some(draft.date),
            baseline: self.baseline(finding),
            leader: item.unit_leader.as_deref(),
        };
        let own = item.deadline.filter(|by| draft.deadline.is_some_and(|d| *by > d));
        // What is marked, or has a deadline of its own, is said though all know it.
        let is_own = own.is_some() || mark.is_some();
        let (mut lines, mut tabs) = (Vec::new(), Vec::new());
        for told in sentences(&finding.faults, &telling, self.words(), &|uuid| self.name(uuid)) {
            let what = sentence(&told.what);
            let all = format!("{what} {}", told.todo);
            tabs.extend(tabs_in(&all, self.words()));
            if is_own || *todo != Todo::OwnerOnce || !told.says_only(NO_OWNER) {
                lines.push(if *todo == Todo::Each { all } else { what });
            }
        }
        if tabs.is_empty() {
            tabs.push(def(finding.rule).tab);
        }
        if let Some(by) = own
            && let Some(last) = lines.last_mut()
        {
            let own = self.words().say("mail.part.own-deadline", &[("by", by.into())]);
            *last = format!("{last} {own}");
        }
        lines.extend(self.done_already(item, draft));
        (lines, tabs)
    }

    /// Who answered for an item, and who was asked for help with it.
    fn done_already(&self, item: &DraftItem, draft: &Draft) -> Vec<String> {
        let answered = item.answered.as_ref().map(|answer| {
            let is_reader = draft.to.iter().all(|reader| reader.name == answer.by);
            let name = Some(answer.by.clone()).filter(|_| !is_reader);
            let owner = answer.owner.filter(|owner| only_reader(draft) != Some(*owner));
            let owner = owner.and_then(|owner| self.names.get(&owner).cloned());
            let said = format!("mail.part.said-{}", answer.kind.as_str());
            let said = self.words().say(&said, &[("owner", owner.into())]);
            let args = [("name", name.into()), ("on", answer.on.into()), ("said", said.into())];
            self.words().say("mail.part.answered", &args)
        });
        let help = item.help.as_ref().map(|help| {
            let args = [("leader", help.leader.clone().into()), ("on", help.on.into())];
            self.words().say("mail.part.help", &args)
        });
        answered.into_iter().chain(help).collect()
    }

    pub(super) fn link(&self, usage: Uuid, tab: Tab) -> Link {
        Link {
            tab: tab.name().to_owned(),
            label: self.words().say("mail.open-tab", &[("tab", tab.name().into())]),
            url: links::page(&self.config.kitos.ui_url(), self.snapshot.kitos_uuid(usage), tab),
        }
    }

    /// The day of the first pull, where it was so then.
    pub(super) fn baseline(&self, finding: &Finding) -> Option<NaiveDate> {
        let zone = self.config.schedule.time_zone;
        finding.since_baseline.then(|| local_date(finding.opened_at, zone))
    }

    pub(super) fn suggestions(&self, usage: Uuid, readers: &[Recipient]) -> Option<String> {
        let readers = readers.iter().map(|reader| reader.address.as_str());
        suggested(self.words(), self.suggestions.get(&usage)?, readers)
    }
}

/// What all that is said of one system goes by.
struct OfSystem<'a> {
    todo: Todo,
    draft: &'a Draft,
    managers: Vec<String>,
    staff: Vec<String>,
}

pub(super) fn names(people: Vec<&Person>) -> Vec<String> {
    people.into_iter().map(|person| person.name.clone()).collect()
}

/// "Forslag: dig selv eller Peter Lyng, leder af Lønteamet." A reader is known by the
/// address: two people can have one name, and the leaders file may spell it otherwise.
pub(super) fn suggested<'a>(
    words: &Words,
    suggestions: &[SuggestionLine],
    readers: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let readers: BTreeSet<String> = readers.into_iter().map(folded).collect();
    let people = suggestions.iter().map(|person| {
        if readers.contains(&folded(&person.email)) {
            return words.text("mail.part.yourself").to_owned();
        }
        let (name, reason) = (person.name.as_str().into(), person.reason.as_str().into());
        words.say("mail.part.person", &[("name", name), ("reason", reason)])
    });
    let people: Vec<String> = people.collect();
    (!people.is_empty())
        .then(|| words.say("mail.part.suggestions", &[("people", either(words, people).into())]))
}

/// The person whom the letter calls "you": its one reader, unless they stand in for another.
fn only_reader(draft: &Draft) -> Option<Uuid> {
    match draft.to.as_slice() {
        [reader] if reader.on_behalf_of.is_none() => reader.person,
        _ => None,
    }
}
