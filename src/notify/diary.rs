//! Who may hear from us on which day. A person gets one mail a day, no reminder
//! before the last mail's deadline, one reminder in a week and three in four weeks;
//! and a day on which somebody's leader was promised to be asked is kept free for
//! that. A day that a mail named for the next one is the reminder's: other kinds of
//! mail do not take it, and do not move it (`docs/policy.md`, "The right amount").

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::Calendar;
use super::draft::RecipientId;
use super::ledger::{Ledger, Mailed, later};

/// At most one reminder in so many days …
pub(super) const APART: u32 = 7;
/// … and three in so many.
const SPAN: u32 = 28;
const MOST: usize = 3;
/// A promise must fall on one of this many runs after its time; otherwise none is made.
const RUNS: usize = 60;
/// Stands for "the review" where a leader's id is expected: a day kept for review mails cannot
/// be shared.
const ROUND: RecipientId = RecipientId(0);

/// Why somebody gets no reminder today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    MailedToday,
    AwaitsDeadline,
    ToldRecently,
    OftenEnough,
}

/// A day for which an escalation is promised.
#[derive(Debug, Clone, Copy)]
struct Booking {
    /// The leader it goes to; the same in the entries of the people who get the copy.
    to: RecipientId,
    /// The deadline that it will state.
    until: NaiveDate,
}

/// A day that a mail named for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    day: NaiveDate,
    /// When the mail went out.
    by: NaiveDate,
}

#[derive(Debug)]
pub(super) struct Diary<'a> {
    ledger: &'a Ledger,
    calendar: &'a Calendar,
    today: NaiveDate,
    /// What this plan sends.
    planned: BTreeMap<RecipientId, Mailed>,
    booked: BTreeMap<RecipientId, BTreeMap<NaiveDate, Booking>>,
    /// To whom together …
    named: BTreeMap<Vec<RecipientId>, BTreeSet<Named>>,
    /// … and to each of them.
    named_to: BTreeMap<RecipientId, BTreeSet<NaiveDate>>,
    /// The first run from each day on that was asked for: these are few, and the
    /// findings many.
    runs: RefCell<BTreeMap<NaiveDate, Option<DateTime<Utc>>>>,
}

impl<'a> Diary<'a> {
    pub fn new(ledger: &'a Ledger, calendar: &'a Calendar, today: NaiveDate) -> Self {
        Self {
            ledger,
            calendar,
            today,
            planned: BTreeMap::new(),
            booked: BTreeMap::new(),
            named: BTreeMap::new(),
            named_to: BTreeMap::new(),
            runs: RefCell::default(),
        }
    }

    /// The first run after `now`, not before `day`, on which reminders go out.
    pub fn run_from(&self, now: DateTime<Utc>, day: NaiveDate) -> Option<DateTime<Utc>> {
        let mut runs = self.runs.borrow_mut();
        *runs.entry(day).or_insert_with(|| self.calendar.next_run(now, day))
    }

    /// The first day from today on which `recipient` may be reminded, and why not
    /// today, if not.
    pub fn free_from(&self, recipient: RecipientId) -> (NaiveDate, Option<Busy>) {
        self.free_after_mails(recipient, |_| true)
    }

    /// The first day from today on which all of a party may be reminded, and why not today, if
    /// not. A day that was named to them is theirs.
    pub fn free_for(&self, party: &[RecipientId]) -> (NaiveDate, Option<Busy>) {
        let all = |count: &dyn Fn(&Mailed) -> bool| {
            let free = party.iter().map(|id| self.free_after_mails(*id, count));
            free.max_by_key(|(day, _)| *day).unwrap_or((self.today, None))
        };
        let mut free = all(&|_| true);
        for Named { day, by } in self.named.get(&in_order(party)).into_iter().flatten() {
            let (from, busy) = all(&|mail| !mail.yields || mail.on <= *by);
            let from = from.max(*day);
            if from < free.0 {
                free = (from, busy.or(free.1).filter(|_| from > self.today));
            }
        }
        free
    }

    /// The same, where of the mails of other days only those that `count` keep it waiting.
    fn free_after_mails(
        &self,
        recipient: RecipientId,
        count: impl Fn(&Mailed) -> bool,
    ) -> (NaiveDate, Option<Busy>) {
        let mails = self.mails(recipient);
        let mut free = (self.today, None);
        let mut wait = |until: NaiveDate, busy| {
            if until > free.0 {
                free = (until, Some(busy));
            }
        };
        if mails.iter().any(|mail| mail.on == self.today) {
            wait(later(self.today, 1), Busy::MailedToday);
        }
        for mail in mails.iter().filter(|mail| count(mail)) {
            if let Some(deadline) = mail.deadline {
                wait(later(deadline, 1), Busy::AwaitsDeadline);
            }
        }
        let reminders = mails.iter().filter(|mail| mail.is_reminder && count(mail));
        let mut latest = reminders.rev().map(|mail| mail.on);
        if let Some(last) = latest.next() {
            wait(later(last, APART), Busy::ToldRecently);
        }
        if let Some(first_of_three) = latest.nth(MOST - 2) {
            wait(later(first_of_three, SPAN), Busy::OftenEnough);
        }
        match self.untaken_from(recipient, &mails, free.0) {
            day if day > free.0 => (day, Some(Busy::MailedToday)),
            _ => free,
        }
    }

    /// The first day from `day` on that no promise, mail or notice has taken.
    pub fn free_after(&self, recipient: RecipientId, day: NaiveDate) -> NaiveDate {
        let free = self.free_from(recipient).0.max(day);
        self.untaken_from(recipient, &self.mails(recipient), free)
    }

    fn untaken_from(
        &self,
        recipient: RecipientId,
        mails: &[Mailed],
        mut day: NaiveDate,
    ) -> NaiveDate {
        // A notice may wait for that very day, or a promise, whose mail has a deadline, too.
        let booked = self.booked.get(&recipient);
        let taken_until = |day: NaiveDate| {
            let mailed = mails.iter().any(|mail| mail.on == day).then_some(day);
            let promised = booked.into_iter().flat_map(|days| days.range(..=day));
            let promised = promised.map(|(on, booking)| booking.until.max(*on));
            mailed.into_iter().chain(promised).filter(|until| *until >= day).max()
        };
        while let Some(until) = taken_until(day) {
            day = later(until, 1);
        }
        day
    }

    /// Whether `recipient` gets a mail on `day` already.
    pub fn is_mailed_on(&self, recipient: RecipientId, day: NaiveDate) -> bool {
        self.mails(recipient).iter().any(|mail| mail.on == day)
    }

    /// The deadline of a mail to `recipient` that has not passed.
    pub fn running_deadline(&self, recipient: RecipientId) -> Option<NaiveDate> {
        let deadlines = self.mails(recipient).into_iter().filter_map(|mail| mail.deadline);
        deadlines.filter(|deadline| *deadline >= self.today).max()
    }

    /// The day from `from` on, at which people hear from us, for a notice to
    /// `recipient`: not one on which another mail goes out, or is promised to.
    pub fn day_for_notice(&self, recipient: RecipientId, from: NaiveDate) -> NaiveDate {
        let mails = self.mails(recipient);
        let booked = self.booked.get(&recipient);
        let is_free = |day: &NaiveDate| {
            self.calendar.working_days.is_mail_day(*day)
                && !mails.iter().any(|mail| mail.on == *day)
                && !booked.is_some_and(|days| days.contains_key(day))
                && (*day == self.today || !self.is_named(recipient, *day))
        };
        from.iter_days().find(is_free).unwrap_or(from)
    }

    /// The deadline of a mail to `recipients` on `day`: over before the pace asks for
    /// the next mail, if that can be, and before any day that is promised.
    pub fn deadline(
        &self,
        recipients: &[RecipientId],
        day: NaiveDate,
        next: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        self.calendar.deadline(day, next, self.booked_after(recipients, day))
    }

    /// The same, and over before `limit` in any case.
    pub fn deadline_before(
        &self,
        limit: NaiveDate,
        recipients: &[RecipientId],
        day: NaiveDate,
    ) -> Option<NaiveDate> {
        let booked = self.booked_after(recipients, day);
        self.calendar.deadline(day, None, booked.into_iter().chain([limit]).min())
    }

    /// The first day after `day` that is promised to one of `recipients`, or about one.
    pub fn booked_after(&self, recipients: &[RecipientId], day: NaiveDate) -> Option<NaiveDate> {
        let days = recipients.iter().filter_map(|id| self.booked.get(id));
        days.filter_map(|days| days.range(later(day, 1)..).next()).map(|(day, _)| *day).min()
    }

    /// Until when the mails of a promised `day` keep their readers busy.
    pub fn booked_until(&self, recipients: &[RecipientId], day: NaiveDate) -> Option<NaiveDate> {
        let days = recipients.iter().filter_map(|id| self.booked.get(id)?.get(&day));
        days.map(|booking| booking.until).max()
    }

    /// Notes that a mail to `party` named `day` for the next one, on the day `by`.
    pub fn name(&mut self, party: &[RecipientId], day: NaiveDate, by: NaiveDate) {
        for id in party {
            self.named_to.entry(*id).or_default().insert(day);
        }
        self.named.entry(in_order(party)).or_default().insert(Named { day, by });
    }

    /// Whether a reminder to `recipient` is to go out on `day`, since a mail named it.
    pub fn is_named(&self, recipient: RecipientId, day: NaiveDate) -> bool {
        let named = self.named_to.get(&recipient).into_iter();
        let mut named = named.flat_map(|days| days.range(..=day).next_back());
        named.any(|named| self.calendar.run_day((*named).max(self.today)) == Some(day))
    }

    /// The first day after `day` that a mail named for the next one to any of `recipients`.
    pub fn named_after(&self, recipients: &[RecipientId], day: NaiveDate) -> Option<NaiveDate> {
        let named = recipients.iter().filter_map(|id| self.named_to.get(id));
        named.filter_map(|days| days.range(later(day, 1)..).next()).copied().min()
    }

    /// Notes a mail of this plan. A reminder is about all that is open, and names the next day
    /// itself.
    pub fn note(&mut self, recipient: RecipientId, mail: Mailed) {
        self.planned.insert(recipient, mail);
        if !mail.yields {
            self.named_to.remove(&recipient);
            self.named.retain(|party, _| !party.contains(&recipient));
        }
    }

    /// Keeps a day free that was promised in an earlier mail.
    pub fn keep(&mut self, leader: RecipientId, asked: &[RecipientId], day: NaiveDate) {
        let everybody: Vec<RecipientId> = asked.iter().copied().chain([leader]).collect();
        let until = self.deadline(&everybody, day, None).unwrap_or(day);
        self.keep_until(leader, &everybody, day, until);
    }

    /// Keeps the day free on which a round of confirmation asks `leader` for help, with a
    /// copy to `asked`: for that alone. Only the leader's other mail waits for its deadline.
    pub fn keep_for_round(&mut self, leader: RecipientId, asked: RecipientId, day: NaiveDate) {
        let until = self.deadline(&[leader, asked], day, None).unwrap_or(day);
        self.keep_until(ROUND, &[leader], day, until);
        self.keep_until(ROUND, &[asked], day, day);
    }

    fn keep_until(
        &mut self,
        leader: RecipientId,
        everybody: &[RecipientId],
        day: NaiveDate,
        until: NaiveDate,
    ) {
        for id in everybody {
            let id = *id;
            let until =
                self.booked.get(&id).and_then(|days| days.get(&day)).map_or(until, |other| {
                    // Two promises for one day are one mail, if they are to one leader.
                    until.max(other.until)
                });
            self.booked.entry(id).or_default().insert(day, Booking { to: leader, until });
        }
    }

    /// Promises that `leader` is asked, on the first day from `from` on that is free for
    /// everybody and whose mail is over before the next promised one. Keeps that day free.
    /// `None` if there is no such day for a long time: then nothing is promised.
    pub fn book(
        &mut self,
        leader: RecipientId,
        asked: &[RecipientId],
        from: NaiveDate,
    ) -> Option<NaiveDate> {
        let mut from = from;
        for _ in 0..RUNS {
            let day = self.calendar.run_day(from)?;
            let everybody: Vec<RecipientId> = asked.iter().copied().chain([leader]).collect();
            if let Some(until) = self.deadline(&everybody, day, None)
                && everybody.iter().all(|id| self.is_free_for(*id, leader, day))
            {
                for id in everybody {
                    self.booked.entry(id).or_default().insert(day, Booking { to: leader, until });
                }
                return Some(day);
            }
            from = later(day, 1);
        }
        None
    }

    /// Whether a mail to, or about, `id` can go to `leader` on `day`.
    fn is_free_for(&self, id: RecipientId, leader: RecipientId, day: NaiveDate) -> bool {
        let is_over =
            |mail: &Mailed| mail.on != day && mail.deadline.is_none_or(|deadline| deadline < day);
        let fits = |(at, booking): (&NaiveDate, &Booking)| {
            *at > day || (*at == day && booking.to == leader) || booking.until < day
        };
        self.mails(id).iter().all(is_over)
            && !self.is_named(id, day)
            && self.booked.get(&id).is_none_or(|days| days.iter().all(fits))
    }

    fn mails(&self, recipient: RecipientId) -> Vec<Mailed> {
        let mut mails = self.ledger.mails_to(recipient);
        mails.extend(self.planned.get(&recipient));
        mails
    }
}

fn in_order(party: &[RecipientId]) -> Vec<RecipientId> {
    let mut party = party.to_vec();
    party.sort_unstable();
    party
}

#[cfg(test)]
mod tests;
