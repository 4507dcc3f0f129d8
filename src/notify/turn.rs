//! What a plan is made of: the mails whose turn it is, and what becomes of them.

use chrono::{NaiveDate, TimeDelta};

use super::draft::{Draft, Notification, Recipient, RecipientId};
use super::held::{Held, Why};
use super::items::{Item, Situation};
use crate::model::DraftKind;

/// Older facts than this are told to nobody but IT (`docs/reliability.md`, R7).
const STALE: TimeDelta = TimeDelta::days(7);

/// What is to go out now, and what is not, and why.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub drafts: Vec<Draft>,
    /// Noted in the ledger without a mail: it is IT's from now on, by the digest.
    pub passed_on: Vec<Notification>,
    pub held: Vec<Held>,
}

/// A mail whose turn it is.
#[derive(Debug)]
pub(super) struct Turn<'p> {
    pub kind: DraftKind,
    pub members: Vec<Recipient>,
    pub items: Vec<&'p Item<'p>>,
    /// When the first of what is still in its grace, and stands in no mail today, asks for one.
    pub in_grace: Option<NaiveDate>,
}

impl<'p> Turn<'p> {
    pub fn ids(&self) -> Vec<RecipientId> {
        self.members.iter().map(|member| member.id).collect()
    }

    /// What it asks its readers to put right.
    pub fn asking(&self) -> impl Iterator<Item = &Item<'p>> {
        self.items.iter().copied().filter(|item| !item.for_information)
    }
}

/// Why nobody hears from us today, if so.
pub(super) fn closed(situation: &Situation<'_>) -> Option<Why> {
    if situation.now - situation.last_good_pull > STALE {
        return Some(Why::StaleData);
    }
    situation.calendar.off(situation.today()).map(Why::from)
}
