//! A round of confirmation is started and closed.

use chrono::NaiveDate;

use super::error::{Error, ReviewRefusal};
use super::name::named;
use super::transaction::decide;
use crate::jobs::Context;
use crate::model::ReviewEnd;
use crate::query::{self, Moment, asked_now, earliest_due, unit_of};
use crate::store::{close_review, insert_review};

/// Starts a round for all systems, or for those of a unit and of those below it.
///
/// # Errors
/// [`Error::Review`] says why not, and the database is as it was.
pub async fn start_review(
    context: &Context,
    due: NaiveDate,
    unit: Option<String>,
    by: String,
) -> Result<query::Review, Error> {
    decided(context, move |moment| {
        let earliest = earliest_due(moment.config, moment.now);
        let earliest = earliest.ok_or(ReviewRefusal::NoRun)?;
        if due < earliest {
            return Err(ReviewRefusal::TooSoon { due, earliest }.into());
        }
        let unit = unit.map(|unit| unit_of(moment, &unit)).transpose()?;
        let started = insert_review(moment.connection, (due, unit), &named(&by), moment.now)?;
        started.map(|_| ()).ok_or_else(|| ReviewRefusal::Open.into())
    })
    .await
}

/// Ends the open round.
///
/// # Errors
/// [`Error::Review`] where none is open.
pub async fn end_review(context: &Context, by: String) -> Result<query::Review, Error> {
    decided(context, move |moment| {
        let (id, asked) = asked_now(moment)?.ok_or(ReviewRefusal::NoneOpen)?;
        let end = ReviewEnd { at: moment.now, by: named(&by) };
        close_review(moment.connection, id, &end, &asked)?;
        Ok(())
    })
    .await
}

/// Makes the decision; the round as it is after it.
async fn decided(
    context: &Context,
    decision: impl FnOnce(&Moment<'_>) -> Result<(), Error> + Send + 'static,
) -> Result<query::Review, Error> {
    let review = decide(context, move |_, moment| {
        decision(moment)?;
        query::review(moment).map_err(Error::from)
    });
    review.await?.ok_or_else(|| ReviewRefusal::NoneOpen.into())
}
