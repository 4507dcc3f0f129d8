//! The mails of the next days if nothing changed: shown before `mail.mode` becomes `send`, so
//! that nobody is surprised.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Sum;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;

use super::draft::{Draft, RecipientId};
use super::held::Why;
use super::items::Situation;
use super::ledger::Fate;
use super::plan::plan;
use crate::model::DraftKind;

/// One run to come, and what it would send.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    pub at: DateTime<Utc>,
    pub drafts: Vec<Draft>,
    /// Readers who would be reminded more often, were it not for the limit of three
    /// reminders in four weeks.
    pub crowded: BTreeSet<String>,
}

/// Half a year in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    pub weeks: Vec<Week>,
    pub readers: usize,
    /// Mails to one reader in all that time: the median …
    pub median: usize,
    /// … and the most.
    pub most: usize,
    /// Those whom the pace would write to more than three times in 28 days.
    pub crowded: usize,
    pub escalations: Vec<ToLeader>,
}

/// What one week brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Week {
    /// Its Monday.
    pub from: NaiveDate,
    #[serde(flatten)]
    pub mails: Mails,
}

/// How many mails of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mails {
    /// First ones, and those of a review.
    pub letters: usize,
    pub reminders: usize,
    pub escalations: usize,
}

impl Mails {
    pub fn count(&mut self, kind: DraftKind) {
        match kind {
            DraftKind::FirstLetter | DraftKind::HandOver | DraftKind::Review => self.letters += 1,
            DraftKind::Reminder => self.reminders += 1,
            DraftKind::Escalation | DraftKind::ReviewCall => self.escalations += 1,
        }
    }

    pub fn all(self) -> usize {
        self.letters + self.reminders + self.escalations
    }
}

impl Sum for Mails {
    fn sum<I: Iterator<Item = Self>>(mails: I) -> Self {
        mails.fold(Self::default(), |sum, more| Self {
            letters: sum.letters + more.letters,
            reminders: sum.reminders + more.reminders,
            escalations: sum.escalations + more.escalations,
        })
    }
}

/// How often a leader would be asked for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToLeader {
    pub name: String,
    pub mails: usize,
}

/// The runs of the next `days` days on which something happens, as if KITOS stood still and every pull were good.
pub fn outlook(situation: &Situation<'_>, days: u32) -> Vec<Outlook> {
    let end = situation.now + TimeDelta::days(i64::from(days));
    let mut ledger = situation.ledger.clone();
    let mut outlook = Vec::new();
    let mut at = situation.now;
    loop {
        let next = situation.calendar.next_run(at, situation.calendar.day(at));
        let Some(run) = next.filter(|run| *run <= end && *run > at) else { return outlook };
        at = run;
        let directory = situation.directory.on(situation.calendar.day(at));
        let then = Situation {
            directory: &directory,
            ledger: &ledger,
            now: at,
            last_good_pull: at,
            ..*situation
        };
        let plan = plan(&then);
        let often = plan.held.into_iter().filter(|held| held.why == Why::OftenEnough);
        let crowded = often.filter_map(|held| held.reader).collect();
        let noted = plan.drafts.iter().flat_map(|draft| draft.notifications.iter().cloned());
        for notification in noted.chain(plan.passed_on).collect::<Vec<_>>() {
            ledger.note(notification, at, Fate::Delivered);
        }
        let run = Outlook { at, drafts: plan.drafts, crowded };
        if !run.drafts.is_empty() || !run.crowded.is_empty() {
            outlook.push(run);
        }
    }
}

/// The figures of `outlook`.
pub fn forecast(outlook: &[Outlook]) -> Forecast {
    let mut weeks: BTreeMap<NaiveDate, Week> = BTreeMap::new();
    let mut mails: BTreeMap<RecipientId, usize> = BTreeMap::new();
    let mut leaders: BTreeMap<RecipientId, ToLeader> = BTreeMap::new();
    for draft in outlook.iter().flat_map(|run| &run.drafts) {
        let from = draft.date.week(chrono::Weekday::Mon).first_day();
        let week = weeks.entry(from).or_insert(Week { from, mails: Mails::default() });
        week.mails.count(draft.kind);
        for reader in draft.to.iter().chain(&draft.cc) {
            *mails.entry(reader.id).or_default() += 1;
        }
        for leader in draft.to.iter().filter(|_| draft.kind.asks_for_help()) {
            let name = leader.name.clone();
            leaders.entry(leader.id).or_insert(ToLeader { name, mails: 0 }).mails += 1;
        }
    }
    let mut counts: Vec<usize> = mails.into_values().collect();
    counts.sort_unstable();
    let mut escalations: Vec<ToLeader> = leaders.into_values().collect();
    escalations.sort_by(|a, b| b.mails.cmp(&a.mails).then_with(|| a.name.cmp(&b.name)));
    let crowded: BTreeSet<&String> = outlook.iter().flat_map(|run| &run.crowded).collect();
    Forecast {
        weeks: weeks.into_values().collect(),
        readers: counts.len(),
        median: counts.get(counts.len() / 2).copied().unwrap_or_default(),
        most: counts.last().copied().unwrap_or_default(),
        crowded: crowded.len(),
        escalations,
    }
}
