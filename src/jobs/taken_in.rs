//! A pull taken in: everything under the identity that it is known by, beside the
//! register as it was.

use std::borrow::Cow;

use chrono::NaiveDate;
use rusqlite::Connection;

use super::error::Error;
use super::grounds::resolved;
use super::step::{Replies, Step};
use crate::model::Snapshot;
use crate::policy::departures::count_as_departed;
use crate::query::{Resolved, resolve};
use crate::register::changes::Dated;
use crate::register::lineage::{Identities, settle};
use crate::store::{SnapshotRow, bindings, current_snapshot, lineage};

pub(super) struct TakenIn<'a> {
    /// Of the last committed pull, with its day.
    before: Option<(Cow<'a, Snapshot>, NaiveDate)>,
    after: Cow<'a, Snapshot>,
    today: NaiveDate,
    /// What was made anew since.
    pub anew: Identities,
    /// KITOS still has all who count as users here.
    pub is_as_replied: bool,
}

impl<'a> TakenIn<'a> {
    pub fn of(
        connection: &Connection,
        step: &Step<'a>,
        last: Option<&SnapshotRow>,
    ) -> Result<Self, Error> {
        // Somebody may have released a held pull since this one began.
        let is_last = |id: i64| last.is_some_and(|last| last.id == id);
        let pulled = &step.pull.snapshot;
        let (before, mut after, anew) = match step.replies {
            Replies::AsBefore { of, .. } if !is_last(*of) => return Err(Error::Overtaken),
            // The stored register already uses our uuids; nothing to resolve.
            Replies::AsBefore { .. } => {
                (Some(Cow::Borrowed(pulled)), Cow::Borrowed(pulled), Identities::new())
            }
            Replies::Anew(_) => {
                let before = match step.before.filter(|found| is_last(found.id)) {
                    Some(found) => Some(Cow::Borrowed(&*found.snapshot)),
                    None => current_snapshot(connection)?.map(Cow::Owned),
                };
                let (after, anew) = settle(&lineage(connection)?, before.as_deref(), pulled);
                (before, after, anew)
            }
        };
        let today = step.moment.day(step.taken_at);
        let gone = step.departures.gone((&after, today), before.as_deref());
        if !gone.is_empty() {
            count_as_departed(after.to_mut(), &gone);
        }
        let before = before.zip(last).map(|(snapshot, last)| (snapshot, last.local_date));
        Ok(Self { before, after, today, anew, is_as_replied: gone.is_empty() })
    }

    /// `None` at the first pull.
    pub fn before(&self) -> Option<Dated<'_>> {
        self.before.as_ref().map(|(snapshot, today)| Dated { snapshot, today: *today })
    }

    pub fn after(&self) -> Dated<'_> {
        Dated { snapshot: &self.after, today: self.today }
    }

    /// The policy on this pull, and for the guard, where it judges, on the one before;
    /// with what names were bound to.
    pub fn policies(
        &self,
        connection: &Connection,
        step: &Step<'_>,
    ) -> Result<(Option<Resolved>, Resolved), Error> {
        let mut bindings = bindings(connection)?;
        bindings.identities.extend(&self.anew);
        let judged = self.before().filter(|_| step.guard.is_some());
        let earlier = judged.map(|seen| resolve(step.moment.config, &bindings, seen.snapshot));
        let now = resolved(connection, step.moment.config, &bindings, self.after().snapshot)?;
        Ok((earlier, now))
    }
}
