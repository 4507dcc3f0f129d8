//! The open findings, sorted by recipient: what each was told about them, and on which day each
//! finding asks for the next mail.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::calendar::Calendar;
use super::directory::{Directory, Sources};
use super::draft::{NotedPromise, Recipient, RecipientId};
use super::held::{Held, Why};
use super::ledger::{Clock, Ledger};
use super::pace::Pace;
use super::recipients::{Destination, Route, managers, route};
use crate::model::{Capacity, Finding, MailKind};
use crate::policy::answers::OpenAnswer;

/// A promise that could not be kept for so long is void: the next mail makes another.
const PROMISE_LAPSES: TimeDelta = TimeDelta::days(7);

/// The round of confirmation that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The last day on which to answer.
    pub due: NaiveDate,
    pub started_at: DateTime<Utc>,
    /// The systems that nobody has answered for.
    pub waiting: BTreeSet<Uuid>,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    pub directory: &'a Directory<'a>,
    /// The leaders file is set and cannot be read. Who leads whom is unknown today, so nobody
    /// is asked about another person's systems.
    pub leaders_unknown: bool,
    pub open: &'a [Finding],
    /// Until when a finding is waived …
    pub waivers: &'a BTreeMap<i64, DateTime<Utc>>,
    /// … and what somebody answered, for which it pauses a while.
    pub answered: &'a BTreeMap<i64, OpenAnswer>,
    pub ledger: &'a Ledger,
    pub pace: &'a Pace,
    pub calendar: &'a Calendar,
    /// The round of confirmation that is open.
    pub round: Option<&'a Round>,
    pub last_good_pull: DateTime<Utc>,
    pub now: DateTime<Utc>,
}

impl Situation<'_> {
    pub(super) fn today(&self) -> NaiveDate {
        self.calendar.day(self.now)
    }

    /// The systems that a recipient owns.
    pub(super) fn owned(&self, recipient: &Recipient) -> Vec<Uuid> {
        let Sources { policy, snapshot, .. } = self.directory.sources;
        let today = self.today();
        let theirs = recipient.person.into_iter().flat_map(|uuid| self.directory.owned(uuid));
        let covered = theirs.filter(|usage| policy.in_scope(snapshot, usage, today));
        covered.map(|usage| usage.uuid).collect()
    }

    /// Whether a recipient is an owner whom we never wrote to: a first letter comes first.
    pub(super) fn is_new(&self, recipient: &Recipient) -> bool {
        !self.ledger.is_introduced(recipient.id) && !self.owned(recipient).is_empty()
    }
}

/// One finding on its way to its recipients.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub finding: &'a Finding,
    /// `None` where it is only for somebody's information.
    pub route: Option<Route>,
    pub capacity: Capacity,
    /// What each recipient was told of it.
    clocks: Vec<Clock>,
    /// From this day on it may stand in a reminder …
    pub eligible: NaiveDate,
    /// … and on this day it asks for one; `None` if it never does.
    pub due: Option<NaiveDate>,
    pub for_information: bool,
    /// IT has yet to do something with what was answered: nobody else is asked meanwhile.
    pub answer: Option<&'a OpenAnswer>,
}

impl Item<'_> {
    /// How many mails were about it and asked for by it, to every recipient.
    pub fn due_mails(&self) -> u32 {
        self.clocks.iter().map(|clock| clock.due_mails).min().unwrap_or_default()
    }

    /// The days on which its recipients were told.
    pub fn told_on(&self) -> &[NaiveDate] {
        let longest = self.clocks.iter().max_by_key(|clock| clock.told_on.len());
        longest.map_or(&[], |clock| clock.told_on.as_slice())
    }

    pub fn first_deadline(&self) -> Option<NaiveDate> {
        self.clocks.iter().filter_map(|clock| clock.first_deadline).min()
    }

    /// When somebody further up was asked because nobody acted.
    pub fn passed_on(&self) -> Option<NaiveDate> {
        self.clocks.iter().filter_map(|clock| clock.passed_on).max()
    }

    pub fn is_passed_on(&self) -> bool {
        self.passed_on().is_some()
    }

    /// Whether a promise is to be kept before it asks for another mail.
    pub fn is_promised(&self, today: NaiveDate) -> bool {
        self.promise(today).is_some() && !self.is_passed_on()
    }

    /// Whether it asks for today's mail itself.
    pub fn is_due(&self, today: NaiveDate) -> bool {
        let is_asking = !self.for_information && !self.is_promised(today);
        is_asking && self.due.is_some_and(|due| due <= today)
    }

    /// The promise that is to be kept; none while it waits for IT.
    pub fn promise(&self, today: NaiveDate) -> Option<NotedPromise> {
        if self.answer.is_some() {
            return None;
        }
        let promises = self.clocks.iter().filter_map(|clock| clock.promise);
        promises.filter(|promise| today - promise.on <= PROMISE_LAPSES).min_by_key(|p| p.on)
    }
}

/// People who get the same mails, and what is open for them.
#[derive(Debug)]
pub(super) struct Party<'a> {
    pub members: Vec<Recipient>,
    pub items: Vec<Item<'a>>,
}

impl Party<'_> {
    pub fn ids(&self) -> Vec<RecipientId> {
        self.members.iter().map(|member| member.id).collect()
    }
}

/// Parties by their members, each in the order of its findings.
pub(super) type Parties<'a> = BTreeMap<Vec<RecipientId>, Party<'a>>;

/// Sorts the open findings by party; what goes to nobody is held.
pub(super) fn parties<'a>(situation: &Situation<'a>, held: &mut Vec<Held>) -> Parties<'a> {
    let mut parties = Parties::new();
    for finding in situation.open {
        if let Some((until, why)) = set_aside(situation, finding) {
            let next = situation.calendar.next_run(until, situation.calendar.day(until));
            held.push(of_nobody(finding, why, next));
            continue;
        }
        let route = route(situation.directory, finding);
        for manager in managers(situation.directory, finding, &route) {
            let clock = situation.ledger.clock(finding.id, manager.id);
            // They cannot put it right: they are told once.
            if clock.told_on.is_empty() {
                add(&mut parties, vec![manager], for_manager(situation, finding, clock));
            }
        }
        match route.to.clone() {
            Destination::It(because) => {
                let next = situation.calendar.next_digest(situation.now);
                let digest = of_nobody(finding, Why::Digest, next);
                held.push(Held { because: Some(because), ..digest });
            }
            Destination::People { recipients, capacity, .. } => {
                for members in apart(situation, recipients) {
                    let clocks = members.iter().map(|r| situation.ledger.clock(finding.id, r.id));
                    let item = for_recipients(situation, finding, capacity, clocks.collect());
                    // Findings that ask for nothing go to the people the rule is for, not to
                    // their leaders.
                    if item.for_information && route.level > 0 {
                        held.push(of_nobody(finding, Why::Information, None));
                        continue;
                    }
                    add(&mut parties, members, Item { route: Some(route.clone()), ..item });
                }
            }
        }
    }
    parties
}

/// Who gets the mails about a finding together: the owners of a system, but each whom we
/// never wrote to alone, by a clock of their own, until their first letter is out. So nothing
/// that the others get takes the day of that letter.
fn apart(situation: &Situation<'_>, recipients: Vec<Recipient>) -> Vec<Vec<Recipient>> {
    if recipients.len() == 1 {
        return vec![recipients];
    }
    let (new, known): (Vec<_>, Vec<_>) =
        recipients.into_iter().partition(|recipient| situation.is_new(recipient));
    let together = (!known.is_empty()).then_some(known);
    new.into_iter().map(|member| vec![member]).chain(together).collect()
}

/// Until when mails about `finding` are paused, if they are, and why.
pub(super) fn set_aside(
    situation: &Situation<'_>,
    finding: &Finding,
) -> Option<(DateTime<Utc>, Why)> {
    let waived = situation.waivers.get(&finding.id).map(|until| (*until, Why::Waived));
    let answer = situation.answered.get(&finding.id);
    let answered = answer.map(|answer| (answer.paused_until, Why::Answered));
    let is_ahead = |(until, _): &(DateTime<Utc>, Why)| *until > situation.now;
    waived.filter(is_ahead).or(answered.filter(is_ahead))
}

fn add<'a>(parties: &mut Parties<'a>, members: Vec<Recipient>, item: Item<'a>) {
    let mut key: Vec<RecipientId> = members.iter().map(|member| member.id).collect();
    key.sort_unstable();
    let party = parties.entry(key).or_insert_with(|| Party { members, items: Vec::new() });
    party.items.push(item);
}

fn for_recipients<'a>(
    situation: &Situation<'a>,
    finding: &'a Finding,
    capacity: Capacity,
    clocks: Vec<Clock>,
) -> Item<'a> {
    let Situation { pace, calendar, .. } = situation;
    let eligible = pace.eligible(finding, calendar.day(finding.opened_at));
    let due = clocks.iter().map(|clock| pace.due(finding.severity, eligible, clock));
    // The owners of a system are mailed together, on the latest of their days.
    let due = due.max().flatten();
    let for_information = due.is_none();
    let answer = situation.answered.get(&finding.id);
    Item { answer, finding, route: None, capacity, clocks, eligible, due, for_information }
}

fn for_manager<'a>(situation: &Situation<'a>, finding: &'a Finding, clock: Clock) -> Item<'a> {
    let item = for_recipients(situation, finding, Capacity::Manager, vec![clock]);
    Item { due: Some(item.eligible), for_information: true, ..item }
}

fn of_nobody(finding: &Finding, why: Why, next: Option<DateTime<Utc>>) -> Held {
    let kind = MailKind::Reminder;
    Held { finding: finding.id, kind, reader: None, why, because: None, next }
}
