//! Somebody is away: until then nothing goes to them, and a substitute gets it.

use rusqlite::Transaction;

use super::error::{AwayRefusal, Error};
use super::name::named;
use super::transaction::decide;
use crate::jobs::Context;
use crate::notify::directory::Away;
use crate::query::{Absence, Moment, absence_of, is_known};
use crate::store::{end_away, set_away};
use crate::text::addresses::folded;

/// Notes that nothing goes to `address` until the end of a day. Replaces an earlier note.
///
/// # Errors
/// [`Error::Away`] says why not, and the database is as it was.
pub async fn away(
    context: &Context,
    address: String,
    away: Away,
    by: String,
) -> Result<Absence, Error> {
    let whose = address.clone();
    let noted = decide(context, move |tx, moment| {
        note(tx, moment, &address, &away, &by)?;
        absence_of(moment, &address).map_err(Error::from)
    });
    noted.await?.ok_or_else(|| AwayRefusal::NotAway(whose).into())
}

/// Notes it within the caller's transaction.
pub(super) fn note(
    tx: &Transaction<'_>,
    moment: &Moment<'_>,
    address: &str,
    away: &Away,
    by: &str,
) -> Result<(), Error> {
    if away.until < moment.today() {
        return Err(AwayRefusal::Past(away.until).into());
    }
    for known in [address].into_iter().chain(away.to.as_deref()) {
        if !is_known(moment, known)? {
            return Err(AwayRefusal::Unknown(known.to_owned()).into());
        }
    }
    if let Some(to) = &away.to {
        if folded(to) == folded(address) {
            return Err(AwayRefusal::OwnSubstitute(to.clone()).into());
        }
        if let Some(absent) = absence_of(moment, to)? {
            return Err(AwayRefusal::SubstituteAway(to.clone(), absent.until).into());
        }
    }
    if let Some(before) = absence_of(moment, address)? {
        end_away(tx, &before.email)?;
    }
    set_away(tx, address, away, &named(by), moment.now)?;
    Ok(())
}

/// Ends an absence before its time. Returns what was noted.
///
/// # Errors
/// [`Error::Away`] where nothing was noted.
pub async fn return_early(context: &Context, address: String) -> Result<Absence, Error> {
    decide(context, move |tx, moment| {
        let noted = absence_of(moment, &address)?;
        let noted = noted.ok_or_else(|| AwayRefusal::NotAway(address.clone()))?;
        end_away(tx, &noted.email)?;
        Ok(noted)
    })
    .await
}
