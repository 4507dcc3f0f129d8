//! Half a year in random municipalities, with leavers, refusals, people made anew,
//! holidays, edits of the leaders file and notices in between: what must hold on every
//! day, whatever happens. The seeds are fixed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use super::office::{Office, morning};
use crate::model::{DraftKind, Finding, Rule, Severity};
use crate::notify::diary::Diary;
use crate::notify::directory::Away;
use crate::notify::draft::{Draft, Notification, NotificationKind, PromisedTo, RecipientId};
use crate::notify::escalation::keep_promised_days;
use crate::notify::identity::Identities;
use crate::notify::items::{Situation, parties};
use crate::notify::ledger::{Fate, Ledger, Mailed};
use crate::notify::recipients::{Destination, next_up, route};
use crate::notify::{Plan, plan};
use crate::policy::rules::{
    decommission_incomplete, manager_missing, owner_level, owner_missing, registration_incomplete,
    registration_stale,
};
use crate::testing::{id, leaders};
use crate::text::addresses::folded;

const TOWNS: u64 = 6;
const DAYS: i64 = 26 * 7;
const PEOPLE: u64 = 18;
const USAGES: u64 = 14;
const UNITS: [(&str, Option<&str>); 9] = [
    ("Randers", None),
    ("Skoler", Some("Randers")),
    ("Teknik", Some("Randers")),
    ("Veje", Some("Teknik")),
    ("Parker", Some("Teknik")),
    ("Bad", Some("Skoler")),
    ("Løn", None),
    // Both are called "Kontor" in KITOS.
    ("Kontor 1", Some("Skoler")),
    ("Kontor 2", Some("Teknik")),
];
const RULES: [(Rule, Severity); 6] = [
    (owner_missing::RULE.id, Severity::High),
    (registration_incomplete::RULE.id, Severity::High),
    (registration_incomplete::RULE.id, Severity::Medium),
    (owner_level::RULE.id, Severity::Medium),
    (registration_stale::RULE.id, Severity::Low),
    (manager_missing::RULE.id, Severity::Info),
];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn person(&mut self) -> String {
        format!("p{}", self.below(PEOPLE))
    }

    fn usage(&mut self) -> String {
        format!("u{}", self.below(USAGES))
    }
}

/// A promise that was made, and to whom it was told.
struct Made {
    finding: i64,
    asked: BTreeSet<RecipientId>,
    to: Option<RecipientId>,
    on: NaiveDate,
}

struct Town {
    dice: Dice,
    office: Office,
    /// Everything told, as a database would keep it.
    told: Vec<(Notification, NaiveDate)>,
    keys: BTreeSet<String>,
    promises: Vec<Made>,
    findings: i64,
    made_anew: u64,
}

impl Town {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed * 7919 + 1);
        let mut office = Office::new();
        office.open.clear();
        let mut snapshot = crate::testing::randers();
        for (unit, parent) in UNITS {
            snapshot = snapshot.unit(unit, parent);
        }
        for unit in snapshot.units.values_mut().filter(|unit| unit.name.starts_with("Kontor")) {
            unit.external = Some(id(&format!("FK {}", unit.name)));
            unit.name = "Kontor".to_owned();
        }
        for number in 0..PEOPLE {
            snapshot = snapshot.user(&format!("p{number}"));
        }
        for number in 0..USAGES {
            let usage = format!("u{number}");
            let unit = (!dice.once_in(6)).then(|| UNITS[dice.below(9) as usize].0);
            snapshot =
                snapshot.usage(&usage).edit(&usage, |usage| usage.responsible_unit = unit.map(id));
            for _ in 0..[0, 1, 1, 1, 2][dice.below(5) as usize] {
                snapshot = snapshot.assign(&usage, "ejer", &dice.person());
            }
            if dice.once_in(3) {
                snapshot = snapshot.assign(&usage, "forvalter", &dice.person());
            }
        }
        office.snapshot = snapshot;
        let mut town = Self {
            dice,
            office,
            told: Vec::new(),
            keys: BTreeSet::new(),
            promises: Vec::new(),
            findings: 0,
            made_anew: 0,
        };
        town.office.pull();
        town.new_leaders_file();
        town
    }

    /// Some leaders are users, some are not; whose leader is whose is anybody's guess.
    fn new_leaders_file(&mut self) {
        let mut text = String::new();
        for (unit, _) in UNITS {
            for _ in 0..self.dice.below(3) {
                let who = match self.dice.once_in(4) {
                    true => format!("x{}", self.dice.below(5)),
                    false => self.dice.person(),
                };
                let manager = match self.dice.below(3) {
                    0 => String::new(),
                    _ => format!("{}@randers.dk", self.dice.person()),
                };
                // As some write it: by name, by uuid, by FK-Organisation's; or not at all.
                let unit = match (unit.strip_prefix("Kontor"), self.dice.below(6)) {
                    (_, 0) => id(unit).to_string(),
                    (_, 1) => String::new(),
                    (Some(_), 2) => id(&format!("FK {unit}")).to_string(),
                    (Some(_), _) => "kontor".to_owned(),
                    (None, _) => unit.to_owned(),
                };
                text.push_str(&format!("{who}@randers.dk;{who};leder;{unit};{manager}\n"));
            }
        }
        let leaders = leaders(&text, &self.office.snapshot);
        self.office.policy.leaders = Some(leaders).filter(|leaders| !leaders.is_empty());
    }

    /// What may happen in a night.
    fn night(&mut self, today: NaiveDate) {
        if self.dice.once_in(2) && self.office.open.len() < 40 {
            self.open(today);
        }
        if self.dice.once_in(5) && !self.office.open.is_empty() {
            let gone = self.dice.below(self.office.open.len() as u64) as usize;
            self.office.open.remove(gone);
        }
        if self.dice.once_in(25) {
            self.leave_or_return();
        }
        if self.dice.once_in(20) {
            self.made_anew();
        }
        if self.dice.once_in(30) {
            let address = format!("{}@randers.dk", self.dice.person());
            if !self.office.refused.remove(&address) {
                self.office.refused.insert(address);
            }
        }
        if self.dice.once_in(15) {
            let until = today + TimeDelta::days(self.dice.below(40) as i64);
            let to = self.dice.once_in(2).then(|| format!("{}@randers.dk", self.dice.person()));
            let address = format!("{}@randers.dk", self.dice.person());
            self.office.away.insert(address, Away { until, to });
        }
        if self.dice.once_in(40) {
            self.new_leaders_file();
        }
        if self.dice.once_in(40) {
            let last_day = today + TimeDelta::days(self.dice.below(40) as i64);
            let address = format!("{}@randers.dk", self.dice.person());
            if self.office.departures.remove(&address).is_none() {
                self.office.departures.insert(address, last_day);
            }
        }
        if self.dice.once_in(10) {
            let (usage, person) = (self.dice.usage(), self.dice.person());
            let office = std::mem::replace(&mut self.office, Office::new());
            self.office = match self.dice.once_in(2) {
                true => office.edit(|s| s.assign(&usage, "ejer", &person)),
                false => office.edit(|s| s.unassign(&usage, "ejer", &person)),
            };
        }
        if self.dice.once_in(20) && !self.office.open.is_empty() {
            let waived = self.dice.below(self.office.open.len() as u64) as usize;
            let until = morning(&today.to_string()) + TimeDelta::days(self.dice.below(60) as i64);
            self.office.waivers.insert(self.office.open[waived].id, until);
        }
    }

    fn open(&mut self, today: NaiveDate) {
        let (rule, severity) = RULES[self.dice.below(RULES.len() as u64) as usize];
        let rule = if self.dice.once_in(12) { decommission_incomplete::RULE.id } else { rule };
        self.findings += 1;
        let (number, usage) = (self.findings, self.dice.usage());
        let opened = (severity, today.to_string());
        let office = std::mem::replace(&mut self.office, Office::new());
        self.office = office.finding_on(number, &usage, rule, (opened.0, &opened.1));
    }

    fn leave_or_return(&mut self) {
        let name = self.dice.person();
        let office = std::mem::replace(&mut self.office, Office::new());
        let is_here = office.snapshot.people.get(&id(&name)).is_some_and(|person| person.member);
        self.office = match is_here {
            true => office.left(&name),
            false => office.edit(|snapshot| snapshot.user(&name)),
        };
    }

    /// Somebody has another address, or another uuid.
    fn made_anew(&mut self) {
        self.made_anew += 1;
        let name = self.dice.person();
        let Some(person) = self.office.snapshot.people.get_mut(&id(&name)) else { return };
        if !person.member {
            return;
        }
        if self.dice.once_in(2) {
            person.email = Some(format!("{name}.{}@randers.dk", self.made_anew));
            return;
        }
        let mut person = person.clone();
        let (old, new) = (person.uuid, id(&format!("{name}/{}", self.made_anew)));
        person.uuid = new;
        self.office.snapshot.people.remove(&old);
        self.office.snapshot.people.insert(new, person);
        for usage in self.office.snapshot.usages.values_mut() {
            let roles = std::mem::take(&mut usage.roles).into_iter();
            usage.roles = roles
                .map(|mut held| {
                    if held.person == old {
                        held.person = new;
                    }
                    held
                })
                .collect();
        }
    }

    /// The ledger as it is read from a database: recipients may have become one.
    fn read_ledger(&mut self) {
        self.office.pull();
        let mut ledger = Ledger::default();
        for (told, on) in &self.told {
            let mut told = told.clone();
            told.recipient = self.office.identities.canonical(told.recipient);
            if let Some(promise) = &mut told.promise {
                promise.to = promise.to.map(|to| self.office.identities.canonical(to));
            }
            ledger.note(told, morning(&on.to_string()), Fate::Delivered);
        }
        nothing_is_told_twice(&self.told, &self.office.identities);
        self.office.ledger = ledger;
    }

    /// A notice to somebody, as a pull makes it.
    fn notice(&mut self, today: NaiveDate) {
        if !self.dice.once_in(3) {
            return;
        }
        let name = self.dice.person();
        let now = morning(&today.to_string()) - TimeDelta::hours(3);
        let told = self.office.with(now, |situation| {
            let person = situation.directory.sources.snapshot.people.get(&id(&name))?;
            let reader = situation.directory.person(person).ok()?;
            let mut diary = Diary::new(situation.ledger, situation.calendar, today);
            keep_promised_days(situation, &parties(situation, &mut Vec::new()), &mut diary);
            let on = diary.day_for_notice(reader.id, today);
            let mut open = situation.open.iter();
            let named = open.find(|finding| {
                let route = route(situation.directory, finding);
                route.recipients().iter().any(|to| to.id == reader.id)
            });
            Some(Notification {
                finding: named.map(|finding| finding.id),
                due: named.is_some(),
                deadline: named.and_then(|_| diary.deadline(&[reader.id], on, None)),
                ..Notification::new(reader.id, NotificationKind::Notice, on)
            })
        });
        self.told.extend(told.map(|told| (told, today)));
    }

    fn day(&mut self, today: NaiveDate) {
        self.night(today);
        self.read_ledger();
        self.notice(today);
        self.read_ledger();
        let now = morning(&today.to_string());
        let promises = std::mem::take(&mut self.promises);
        let (plan, promises) = self.office.with(now, |situation| {
            let plan = plan(situation);
            everything_is_accounted_for(situation, &plan);
            for draft in &plan.drafts {
                readers_may_be_written_to(situation, draft);
                amounts_are_right(situation, draft);
            }
            one_mail_each(&plan);
            (plan.clone(), kept(situation, &plan, promises))
        });
        self.promises = promises;
        for draft in &plan.drafts {
            assert!(self.keys.insert(draft.key.clone()), "the same mail twice: {draft:?}");
            for promise in &draft.promises {
                let to = match &promise.to {
                    PromisedTo::Leader(leader) => Some(leader.id),
                    PromisedTo::It => None,
                };
                // What becomes IT's is said in no mail.
                let is_over = draft.deadline.is_some_and(|deadline| deadline < promise.on);
                assert!(is_over || to.is_none(), "{draft:?}");
                self.promises.extend(promise.findings.iter().map(|finding| Made {
                    finding: *finding,
                    asked: draft.to.iter().map(|recipient| recipient.id).collect(),
                    to,
                    on: promise.on,
                }));
            }
        }
        let told = plan.drafts.into_iter().flat_map(|draft| draft.notifications);
        self.told.extend(told.chain(plan.passed_on).map(|told| (told, today)));
    }
}

/// Each open finding has recipients, or is IT's; and stands in a draft, or is held.
fn everything_is_accounted_for(situation: &Situation<'_>, plan: &Plan) {
    let drafted = plan.drafts.iter().flat_map(|d| d.items.iter().map(|item| item.finding.id));
    let held = plan.held.iter().map(|held| held.finding);
    let noted = plan.passed_on.iter().filter_map(|noted| noted.finding);
    let seen: BTreeSet<i64> = drafted.chain(held).chain(noted).collect();
    for finding in situation.open {
        assert!(seen.contains(&finding.id), "forgotten: {finding:?}");
        let route = route(situation.directory, finding);
        match &route.to {
            Destination::It(_) => {}
            Destination::People { recipients, .. } => {
                assert!(!recipients.is_empty());
            }
        }
        for passed in &route.passed_over {
            let is_asked = route.recipients().iter().any(|asked| asked.name == passed.name);
            assert!(!is_asked, "passed over and asked all the same: {route:?}");
        }
    }
}

/// One recipient hears of one finding by one kind of mail once a day, under whichever
/// uuid and address.
fn nothing_is_told_twice(told: &[(Notification, NaiveDate)], identities: &Identities) {
    let mut seen = BTreeSet::new();
    for (told, on) in told {
        let who = identities.canonical(told.recipient);
        assert!(seen.insert((who, told.finding, told.kind, *on)), "told twice: {told:?}");
    }
}

fn readers_may_be_written_to(situation: &Situation<'_>, draft: &Draft) {
    let sources = situation.directory.sources;
    for reader in draft.to.iter().chain(&draft.cc) {
        assert!(!sources.refused.contains(&folded(&reader.address)), "refused: {draft:?}");
        assert!(reader.address.ends_with("@randers.dk"));
        let away = sources.away.get(&folded(&reader.address));
        assert!(away.is_none_or(|away| away.until < sources.today), "away: {draft:?}");
        match reader.person {
            Some(person) => {
                assert!(sources.snapshot.people[&person].member, "left: {draft:?}");
                let mut last_days = sources.departures.iter().filter(|(address, _)| {
                    sources.identities.of_address(address) == Some(reader.id)
                });
                let is_gone = last_days.any(|(_, day)| *day < sources.today);
                assert!(!is_gone, "their last day has passed: {draft:?}");
            }
            None => assert!(reader.name.starts_with('x'), "left: {draft:?}"),
        }
    }
    for item in draft.items.iter().filter(|item| item.finding.rule == owner_level::RULE.id) {
        let subject = sources.identities.of_person(id("bo"));
        assert!(draft.to.iter().all(|to| Some(to.id) != subject), "the subject: {item:?}");
    }
}

fn amounts_are_right(situation: &Situation<'_>, draft: &Draft) {
    let today = situation.today();
    if let Some(deadline) = draft.deadline {
        assert_eq!(deadline.weekday(), Weekday::Fri);
        assert!(situation.calendar.off(deadline).is_none());
    }
    let is_reminder = matches!(draft.kind, DraftKind::FirstLetter | DraftKind::Reminder);
    assert!(
        !is_reminder || draft.items.iter().any(|item| item.due || item.for_information),
        "nothing asked for it: {draft:?}"
    );
    let all_info = draft.items.iter().all(|item| item.finding.severity == Severity::Info);
    let hands_over = draft.kind == DraftKind::HandOver;
    assert!(hands_over || !all_info, "info alone: {draft:?}");
    for reader in draft.to.iter().chain(&draft.cc) {
        // A notice that waits for its day comes after this one.
        let mut mails = situation.ledger.mails_to(reader.id);
        mails.retain(|mail| mail.on <= today);
        for mail in &mails {
            assert!(mail.on != today, "two mails a day: {draft:?}");
            if was_named_before(draft, mail) {
                continue;
            }
            let deadline = mail.deadline.filter(|deadline| *deadline >= today);
            assert_eq!(deadline, None, "before the last one's deadline: {draft:?} {mails:?}");
        }
        if is_reminder {
            let counted =
                mails.iter().filter(|mail| mail.is_reminder && !was_named_before(draft, mail));
            let days: Vec<NaiveDate> = counted.map(|mail| mail.on).collect();
            let within = |span| days.iter().filter(|day| (today - **day).num_days() < span).count();
            assert_eq!(within(7), 0, "twice in a week: {draft:?}");
            assert!(within(28) < 3, "four times in four weeks: {draft:?}");
        }
    }
}

/// Whether another mail had named the day of this one before `mail`, of another kind, came.
fn was_named_before(draft: &Draft, mail: &Mailed) -> bool {
    let mut due = draft.items.iter().filter(|item| item.due);
    mail.yields && due.any(|item| item.told_on.last().is_some_and(|told| *told < mail.on))
}

fn one_mail_each(plan: &Plan) {
    let mut seen = BTreeSet::new();
    for reader in plan.drafts.iter().flat_map(|draft| draft.to.iter().chain(&draft.cc)) {
        assert!(seen.insert(reader.id), "two mails a day to {reader:?}");
    }
}

/// Takes out the promises whose day has come: each is kept, unless what was promised
/// has become another matter.
fn kept(situation: &Situation<'_>, plan: &Plan, promises: Vec<Made>) -> Vec<Made> {
    let today = situation.today();
    let open: BTreeMap<i64, &Finding> = situation.open.iter().map(|f| (f.id, f)).collect();
    let is_waived = |id: &i64| situation.waivers.get(id).is_some_and(|at| *at > situation.now);
    let (come, ahead): (Vec<Made>, Vec<Made>) =
        promises.into_iter().partition(|promise| promise.on <= today);
    for promise in come {
        let Some(finding) = open.get(&promise.finding).filter(|f| !is_waived(&f.id)) else {
            continue;
        };
        let canonical = |id| situation.directory.sources.identities.canonical(id);
        let route = route(situation.directory, finding);
        let asked: BTreeSet<RecipientId> = route.recipients().iter().map(|r| r.id).collect();
        if asked != promise.asked.iter().map(|id| canonical(*id)).collect() {
            continue;
        }
        let next = next_up(situation.directory, finding, &route);
        let leader = next.recipients().first().map(|leader| leader.id);
        let is_noted = plan.passed_on.iter().any(|noted| noted.finding == Some(finding.id));
        match promise.to.map(canonical) {
            None => assert!(is_noted, "IT was promised: {finding:?}"),
            Some(to) if leader == Some(to) => {
                let is_asked = plan.drafts.iter().any(|draft| {
                    draft.kind == DraftKind::Escalation
                        && draft.to[0].id == to
                        && draft.items.iter().any(|item| item.finding.id == finding.id)
                });
                assert!(is_asked, "a leader was promised for {today}: {finding:?} {:?}", plan.held);
            }
            Some(_) => {}
        }
    }
    ahead
}

#[test]
fn whatever_happens_each_mail_is_right() {
    let first: NaiveDate = "2026-01-05".parse().expect("a Monday");
    let (mut escalations, mut letters, mut reminders) = (0, 0, 0);
    for seed in 1..=TOWNS {
        let mut town = Town::new(seed);
        for offset in 0..DAYS {
            let today = first + TimeDelta::days(offset);
            if !matches!(today.weekday(), Weekday::Sat | Weekday::Sun) {
                town.day(today);
            }
        }
        let of = |kind| town.told.iter().filter(|(told, _)| told.kind == kind).count();
        escalations += of(NotificationKind::Escalation) + of(NotificationKind::PassedOn);
        letters += of(NotificationKind::FirstLetter);
        reminders += of(NotificationKind::Reminder);
    }
    // Nothing is shown by a year in which nothing is said.
    assert!(escalations > 25 && letters > 25 && reminders > 250);
}
