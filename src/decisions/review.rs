//! A round of confirmation is started and closed.

use std::sync::Arc;

use chrono::NaiveDate;

use super::error::{Error, ReviewRefusal};
use super::name::named;
use crate::jobs::Context;
use crate::model::{Language, ReviewEnd};
use crate::query::{self, Moment, unit_of};
use crate::store::{self, Access, close_review, immediate, insert_review};

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
    decide(context, move |moment| {
        if due <= moment.today() {
            return Err(ReviewRefusal::Past(due).into());
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
    decide(context, move |moment| {
        let end = ReviewEnd { at: moment.now, by: named(&by) };
        let closed = close_review(moment.connection, &end)?;
        closed.then_some(()).ok_or_else(|| ReviewRefusal::NoneOpen.into())
    })
    .await
}

async fn decide(
    context: &Context,
    decision: impl FnOnce(&Moment<'_>) -> Result<(), Error> + Send + 'static,
) -> Result<query::Review, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let tx = immediate(connection)?;
            let moment = Moment { connection: &tx, config: &config, now, language: Language::En };
            decision(&moment)?;
            let review = query::review(&moment)?;
            tx.commit().map_err(store::Error::from)?;
            review.ok_or_else(|| ReviewRefusal::NoneOpen.into())
        })
        .await
}
