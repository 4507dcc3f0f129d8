//! Who is who today: from a person or a line of the leaders file to the mailbox for their mail,
//! or the reason why there is none. Never returns anyone who has left, was refused or is away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use uuid::Uuid;

use super::draft::{PassedWhy, Recipient, RecipientId};
use super::identity::Identities;
use crate::model::{Person, Snapshot, SystemUsage, Unreachable};
use crate::policy::Policy;
use crate::policy::leaders::{Leader, Leaders, head};
use crate::policy::rules::owner_level::may_lead;
use crate::register::history::LastOwner;
use crate::text::addresses::{folded, reachability};
use crate::text::names::key;

/// What is known of people and units today.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    pub snapshot: &'a Snapshot,
    pub policy: &'a Policy,
    /// `None` without a leaders file, or where it cannot be trusted today.
    pub leaders: Option<&'a Leaders>,
    /// Everybody in `snapshot`, `leaders` and `away` has been taken in.
    pub identities: &'a Identities,
    /// `mail.allowed_domains`, lower case; empty allows all.
    pub allowed_domains: &'a BTreeSet<String>,
    /// Addresses (folded) that the mail server refused for good.
    pub refused: &'a BTreeSet<String>,
    pub last_owners: &'a BTreeMap<Uuid, LastOwner>,
    /// Whose turn goes to a substitute, or to nobody (folded addresses).
    pub away: &'a BTreeMap<String, Away>,
    /// The last day of those who will leave (folded addresses).
    pub departures: &'a BTreeMap<String, NaiveDate>,
    pub today: NaiveDate,
}

/// Nothing goes to someone who is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// The last day of it.
    pub until: NaiveDate,
    /// The address of the substitute.
    pub to: Option<String>,
}

/// Someone who might be written to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Candidate<'a> {
    /// Somebody whom KITOS names, here or gone.
    User(&'a Person),
    /// A line of the leaders file.
    Line(&'a Leader),
}

/// What a line of the leaders file comes to.
#[derive(Debug, Clone, Copy)]
struct Line {
    id: Option<RecipientId>,
    /// See [`may_lead`].
    leads: bool,
}

/// The lines that a unit has.
#[derive(Debug, Clone)]
pub(super) struct UnitLines<'a> {
    /// Of people who left: they count for nothing, unless there are no others.
    pub gone: Vec<&'a Leader>,
    /// Who leads it, of the others …
    pub head: Option<&'a Leader>,
    /// … and of those who left.
    pub head_then: Option<&'a Leader>,
    /// Without either, somebody who works there: their own leader may be known.
    pub staff: Option<&'a Leader>,
}

/// [`Sources`], read backwards where the chain asks.
#[derive(Debug, Clone)]
pub struct Directory<'a> {
    pub(super) sources: Sources<'a>,
    books: Arc<Books<'a>>,
    units: BTreeMap<Uuid, UnitLines<'a>>,
}

/// What is the same on every day.
#[derive(Debug)]
struct Books<'a> {
    /// The user behind each recipient, of those who are here.
    present: BTreeMap<RecipientId, &'a Person>,
    /// Everybody who ever was a user.
    users: BTreeMap<RecipientId, BTreeSet<Uuid>>,
    /// Names of those who left before we ever saw their address.
    strangers: BTreeSet<String>,
    lines: BTreeMap<RecipientId, &'a Leader>,
    /// By the address that a line has: the chain of each finding asks for it.
    known: BTreeMap<&'a str, Line>,
    /// The systems that each person has an owner's role on.
    owned: BTreeMap<Uuid, Vec<&'a SystemUsage>>,
    away: BTreeMap<RecipientId, &'a Away>,
    last_days: BTreeMap<RecipientId, NaiveDate>,
}

impl<'a> Books<'a> {
    fn new(sources: Sources<'a>) -> Self {
        let Sources { snapshot, identities, leaders, policy, .. } = sources;
        let mut present = BTreeMap::new();
        for person in snapshot.members() {
            if let Some(id) = identities.of_person(person.uuid) {
                present.entry(id).or_insert(person);
            }
        }
        let unseen = |person: &&&Person| identities.of_person(person.uuid).is_none();
        let gone: Vec<&Person> = snapshot.people.values().filter(|p| !p.member).collect();
        let strangers = gone.iter().filter(unseen).map(|person| key(&person.name));
        let mut owned: BTreeMap<Uuid, Vec<&SystemUsage>> = BTreeMap::new();
        for usage in snapshot.usages.values() {
            for owner in usage.holders(&policy.owner_roles) {
                owned.entry(owner).or_default().push(usage);
            }
        }
        let id = |address: &str| identities.of_address(address);
        let line = |line: &'a Leader| {
            (line.email.as_str(), Line { id: id(&line.email), leads: may_lead(policy, line) })
        };
        let lines = leaders.into_iter().flat_map(Leaders::iter);
        let known: BTreeMap<&str, Line> = lines.clone().map(line).collect();
        let id_of = |line: &Leader| known.get(line.email.as_str())?.id;
        let away = sources.away.iter();
        let last_days = sources.departures.iter();
        Self {
            present,
            users: identities.people(),
            strangers: strangers.collect(),
            lines: lines.filter_map(|line| Some((id_of(line)?, line))).collect(),
            known,
            owned,
            away: away.filter_map(|(address, away)| Some((id(address)?, away))).collect(),
            last_days: last_days.filter_map(|(address, day)| Some((id(address)?, *day))).collect(),
        }
    }
}

impl<'a> Directory<'a> {
    pub fn new(sources: Sources<'a>) -> Self {
        Self::of(sources, Arc::new(Books::new(sources)))
    }

    /// The same on another day.
    pub fn on(&self, today: NaiveDate) -> Self {
        Self::of(Sources { today, ..self.sources }, Arc::clone(&self.books))
    }

    fn of(sources: Sources<'a>, books: Arc<Books<'a>>) -> Self {
        let mut directory = Self { sources, books, units: BTreeMap::new() };
        if let Some(leaders) = sources.leaders {
            let units = leaders.led_units();
            let lines = units.map(|unit| (unit, directory.sort_lines(leaders.in_unit(unit))));
            directory.units = lines.collect();
        }
        directory
    }

    fn sort_lines(&self, lines: Vec<&'a Leader>) -> UnitLines<'a> {
        let (gone, valid): (Vec<&Leader>, Vec<&Leader>) =
            lines.into_iter().partition(|line| self.is_out_of_date(line));
        let head = |lines: &[&'a Leader]| head(lines, &|line| self.leads(line));
        let (head, head_then) = (head(&valid), head(&gone));
        let staff = valid.first().copied().filter(|_| head.or(head_then).is_none());
        UnitLines { head, head_then, staff, gone }
    }

    /// The lines of a unit itself; `None` where it has none.
    pub(super) fn lines_of(&self, unit: Uuid) -> Option<&UnitLines<'a>> {
        self.units.get(&unit)
    }

    /// The systems on which the person has an owner's role.
    pub(super) fn owned(&self, person: Uuid) -> impl Iterator<Item = &'a SystemUsage> {
        self.books.owned.get(&person).into_iter().flatten().copied()
    }

    pub fn policy(&self) -> &'a Policy {
        self.sources.policy
    }

    /// The name of somebody who is here or in the leaders file.
    pub fn name_of(&self, id: RecipientId) -> Option<&'a str> {
        let user = self.books.present.get(&id).map(|person| person.name.as_str());
        user.or_else(|| self.books.lines.get(&id).map(|line| line.name.as_str()))
    }

    /// Whether the person, under this uuid or another, is a user of ours.
    pub fn is_here(&self, person: Uuid) -> bool {
        let id = self.sources.identities.of_person(person);
        id.is_some_and(|id| self.books.present.contains_key(&id))
    }

    /// The person as a recipient, for any finding.
    ///
    /// # Errors
    /// Why nothing goes to them.
    pub fn person(&self, person: &Person) -> Result<Recipient, PassedWhy> {
        self.reach(Candidate::User(person))
    }

    /// The candidate as a recipient, or the substitute.
    pub(super) fn reach(&self, candidate: Candidate<'_>) -> Result<Recipient, PassedWhy> {
        let recipient = self.mailbox(candidate)?;
        let Some(away) = self.absence(recipient.id) else { return Ok(recipient) };
        let substitute = away.to.as_deref().and_then(|address| self.substitute(address));
        match substitute {
            Some(substitute) => Ok(Recipient { on_behalf_of: Some(recipient.name), ..substitute }),
            None => Err(PassedWhy::Away { until: away.until }),
        }
    }

    /// The last day of each of those who will leave.
    pub(super) fn last_days(&self) -> impl Iterator<Item = (RecipientId, NaiveDate)> {
        self.books.last_days.iter().map(|(id, day)| (*id, *day))
    }

    /// Until when the candidate is away, if so.
    pub(super) fn away_until(&self, candidate: Candidate<'_>) -> Option<NaiveDate> {
        self.absence(self.id_of(candidate)?).map(|away| away.until)
    }

    fn absence(&self, id: RecipientId) -> Option<&'a Away> {
        self.books.away.get(&id).copied().filter(|away| away.until >= self.sources.today)
    }

    /// A substitute who is away too stands in for nobody.
    fn substitute(&self, address: &str) -> Option<Recipient> {
        let id = self.sources.identities.of_address(address)?;
        let line = self.books.lines.get(&id).map(|line| Candidate::Line(line));
        let candidate = self.books.present.get(&id).map(|user| Candidate::User(user)).or(line)?;
        let recipient = self.mailbox(candidate).ok()?;
        self.absence(recipient.id).is_none().then_some(recipient)
    }

    /// The candidate's own mailbox, if mail may be sent to it.
    fn mailbox(&self, candidate: Candidate<'_>) -> Result<Recipient, PassedWhy> {
        let id = self.id_of(candidate).ok_or(unreachable(Unreachable::NoAddress))?;
        let (person, name, address) = match candidate {
            Candidate::User(person) if !person.member => return Err(PassedWhy::Left),
            Candidate::User(person) => (Some(person), &person.name, person.email.as_deref()),
            Candidate::Line(line) => match self.books.present.get(&id) {
                // Today's address and name are those in KITOS.
                Some(user) => (Some(*user), &user.name, user.email.as_deref()),
                None if self.is_of_nobody_here(id, line) => return Err(PassedWhy::Left),
                None => (None, &line.name, Some(line.email.as_str())),
            },
        };
        if self.is_past(id) {
            return Err(PassedWhy::Left);
        }
        let address = reachability(address, self.sources.allowed_domains).map_err(unreachable)?;
        if self.sources.refused.contains(&folded(address)) {
            return Err(unreachable(Unreachable::Refused));
        }
        Ok(Recipient {
            id,
            person: person.map(|person| person.uuid),
            name: name.clone(),
            address: address.to_owned(),
            on_behalf_of: None,
        })
    }

    /// The recipient whom the candidate means.
    pub(super) fn id_of(&self, candidate: Candidate<'_>) -> Option<RecipientId> {
        match candidate {
            Candidate::User(person) => self.sources.identities.of_person(person.uuid),
            Candidate::Line(line) => match self.books.known.get(line.email.as_str()) {
                Some(known) => known.id,
                None => self.sources.identities.of_address(&line.email),
            },
        }
    }

    /// Whether the leaders file's line is of someone who left.
    fn is_out_of_date(&self, line: &Leader) -> bool {
        let id = self.id_of(Candidate::Line(line));
        id.is_some_and(|id| self.is_of_nobody_here(id, line) || self.is_past(id))
    }

    /// The line is about someone who was a user and no longer is.
    fn is_of_nobody_here(&self, id: RecipientId, line: &Leader) -> bool {
        let was_here = || {
            self.books.users.contains_key(&id)
                || (!self.books.strangers.is_empty()
                    && self.books.strangers.contains(&key(&line.name)))
        };
        !self.books.present.contains_key(&id) && was_here()
    }

    /// Whether the last day has passed.
    fn is_past(&self, id: RecipientId) -> bool {
        self.books.last_days.get(&id).is_some_and(|day| *day < self.sources.today)
    }

    /// Whether the file has the line as a leader's.
    fn leads(&self, line: &Leader) -> bool {
        match self.books.known.get(line.email.as_str()) {
            Some(known) => known.leads,
            None => may_lead(self.sources.policy, line),
        }
    }

    /// The line of the leaders file that is about `id`.
    pub(super) fn line(&self, id: RecipientId) -> Option<&'a Leader> {
        self.books.lines.get(&id).copied()
    }

    /// The user behind `id`, if here.
    pub(super) fn user(&self, id: RecipientId) -> Option<&'a Person> {
        self.books.present.get(&id).copied()
    }
}

fn unreachable(because: Unreachable) -> PassedWhy {
    PassedWhy::Unreachable { because }
}
