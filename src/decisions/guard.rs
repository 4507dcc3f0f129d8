//! A person's decision on a held pull.

use super::error::Error;
use super::name::named;
use super::transaction::decide;
use crate::jobs::{Composer, Context, Replies, Step, SyncReport, close_incident, commit};
use crate::model::{HeldEnd, IncidentKind};
use crate::query::{Moment, read_departures, read_leaders};
use crate::store::{QuarantinedPull, decide_quarantine, quarantined_pull};

/// Commits exactly the held pull.
///
/// # Errors
/// When no pull is held, or another than `id`.
pub async fn release(context: &Context, id: Option<i64>, by: String) -> Result<SyncReport, Error> {
    decide(context, move |tx, moment| {
        let held = the_quarantined(quarantined_pull(tx)?, id)?;
        decide_quarantine(tx, HeldEnd::Released, Some(&named(&by)), moment.now)?;
        let step = Step {
            moment: *moment,
            pull: &held.pull,
            replies: &Replies::Anew(None),
            before: None,
            taken_at: held.taken_at,
            guard: None,
            leaders: &read_leaders(moment.config),
            departures: &read_departures(moment.config),
            accept_leaders: false,
        };
        commit(tx, &step).map_err(Error::from)
    })
    .await
}

/// Drops the held pull; the next pull is judged anew. Returns its id.
///
/// # Errors
/// When no pull is held, or another than `id`.
pub async fn discard(context: &Context, id: Option<i64>, by: String) -> Result<i64, Error> {
    decide(context, move |tx, moment| {
        let held = the_quarantined(quarantined_pull(tx)?, id)?;
        let Moment { config, now, .. } = *moment;
        decide_quarantine(tx, HeldEnd::Discarded, Some(&named(&by)), now)?;
        let composer = Composer::new(tx, config, now)?;
        close_incident(tx, &composer, IncidentKind::Quarantine)?;
        Ok(held.id)
    })
    .await
}

fn the_quarantined(
    held: Option<QuarantinedPull>,
    asked: Option<i64>,
) -> Result<QuarantinedPull, Error> {
    let held = held.ok_or(Error::NothingHeld)?;
    match asked {
        Some(asked) if asked != held.id => Err(Error::OtherHeld { asked, held: held.id }),
        _ => Ok(held),
    }
}
