//! A person's decision on a held pull.

use std::sync::Arc;

use super::error::Error;
use super::name::named;
use crate::jobs::{Composer, Context, Step, SyncReport, close_incident, commit};
use crate::model::IncidentKind;
use crate::query::{read_departures, read_leaders};
use crate::store::{self, Access, HeldPull, decide_quarantine, held_pull, immediate};

/// Commits exactly the held pull.
///
/// # Errors
/// When no pull is held, or another than `id`.
pub async fn release(context: &Context, id: Option<i64>, by: String) -> Result<SyncReport, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let tx = immediate(connection)?;
            let held = the_held(held_pull(&tx)?, id)?;
            decide_quarantine(&tx, "released", Some(&named(&by)), now)?;
            let step = Step {
                config: &config,
                pull: &held.pull,
                before: None,
                taken_at: held.taken_at,
                now,
                guard: None,
                leaders: &read_leaders(&config),
                departures: &read_departures(&config),
                accept_leaders: false,
            };
            let report = commit(&tx, &step)?;
            tx.commit().map_err(store::Error::from)?;
            Ok(report)
        })
        .await
}

/// Drops the held pull; the next pull is judged anew. Returns its id.
///
/// # Errors
/// When no pull is held, or another than `id`.
pub async fn discard(context: &Context, id: Option<i64>, by: String) -> Result<i64, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let tx = immediate(connection)?;
            let held = the_held(held_pull(&tx)?, id)?;
            decide_quarantine(&tx, "discarded", Some(&named(&by)), now)?;
            let composer = Composer::new(&tx, &config, now)?;
            close_incident(&tx, &config, &composer, IncidentKind::Quarantine, now)?;
            tx.commit().map_err(store::Error::from)?;
            Ok(held.id)
        })
        .await
}

fn the_held(held: Option<HeldPull>, asked: Option<i64>) -> Result<HeldPull, Error> {
    let held = held.ok_or(Error::NothingHeld)?;
    match asked {
        Some(asked) if asked != held.id => Err(Error::OtherHeld { asked, held: held.id }),
        _ => Ok(held),
    }
}
