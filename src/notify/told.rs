//! What was told, of what, to whom and when, in one mail mode. Mails that were
//! cancelled or never arrived told nothing, but their numbers are used up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

/// In which way something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TellKind {
    Reminder,
    Escalation,
}

impl TellKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Reminder, Self::Escalation].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One thing told to one reader: unique in its mail mode.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// One occurrence of a finding.
    pub finding: i64,
    pub kind: TellKind,
    /// Counts what was written for this reader, from 1.
    pub number: u32,
    /// [`Reader::id`](crate::notify::contacts::Reader).
    pub reader: String,
}

/// Everything told so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    reminders: BTreeMap<(i64, String), Vec<DateTime<Utc>>>,
    numbers: BTreeMap<(TellKind, i64, String), u32>,
    escalated: BTreeMap<i64, DateTime<Utc>>,
    last_to: BTreeMap<(TellKind, String), DateTime<Utc>>,
    /// When each reminder mail was made, and for whom.
    mails: BTreeMap<(DateTime<Utc>, String), ()>,
}

impl Told {
    /// Takes in a fact that was told at `at`. Facts come in the order in which
    /// they were told. `in_vain`: its mail was cancelled or refused.
    pub fn note(&mut self, fact: &Fact, at: DateTime<Utc>, in_vain: bool) {
        let number = self.numbers.entry((fact.kind, fact.finding, fact.reader.clone()));
        let number = number.or_default();
        *number = fact.number.max(*number);
        if in_vain {
            return;
        }
        let last = self.last_to.entry((fact.kind, fact.reader.clone())).or_insert(at);
        *last = at.max(*last);
        match fact.kind {
            TellKind::Reminder => {
                self.reminders.entry((fact.finding, fact.reader.clone())).or_default().push(at);
                self.mails.insert((at, fact.reader.clone()), ());
            }
            TellKind::Escalation => {
                self.escalated.entry(fact.finding).or_insert(at);
            }
        }
    }

    /// When `reader` was reminded of `finding`, oldest first.
    pub fn reminders(&self, finding: i64, reader: &str) -> &[DateTime<Utc>] {
        self.reminders.get(&(finding, reader.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// How often anybody was reminded of `finding`, the reader who was reminded
    /// most counting, and when last.
    pub fn of_finding(&self, finding: i64) -> (u32, Option<DateTime<Utc>>) {
        let from = (finding, String::new());
        let all = self.reminders.range(from..).take_while(|((id, _), _)| *id == finding);
        all.fold((0, None), |(most, last), (_, times)| {
            let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
            (most.max(count), last.max(times.last().copied()))
        })
    }

    /// The findings of which anything was told.
    pub fn findings(&self) -> impl Iterator<Item = i64> {
        let reminded = self.reminders.keys().map(|(finding, _)| *finding);
        reminded.chain(self.escalated.keys().copied()).collect::<BTreeSet<_>>().into_iter()
    }

    pub fn escalated_at(&self, finding: i64) -> Option<DateTime<Utc>> {
        self.escalated.get(&finding).copied()
    }

    pub fn last_reminder_to(&self, reader: &str) -> Option<DateTime<Utc>> {
        self.last_to.get(&(TellKind::Reminder, reader.to_owned())).copied()
    }

    pub fn last_escalation_to(&self, reader: &str) -> Option<DateTime<Utc>> {
        self.last_to.get(&(TellKind::Escalation, reader.to_owned())).copied()
    }

    /// How many reminder mails were made on `today`.
    pub(super) fn reminder_mails_on(
        &self,
        today: NaiveDate,
        day: impl Fn(DateTime<Utc>) -> NaiveDate,
    ) -> usize {
        self.mails.keys().rev().take_while(|(at, _)| day(*at) >= today).count()
    }

    /// The number of what is told next.
    pub(super) fn next_number(&self, kind: TellKind, finding: i64, reader: &str) -> u32 {
        let used = self.numbers.get(&(kind, finding, reader.to_owned()));
        used.copied().unwrap_or_default().saturating_add(1)
    }
}
