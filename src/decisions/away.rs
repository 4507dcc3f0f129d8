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
    if !is_known(moment, address)? {
        return Err(AwayRefusal::Unknown(address.to_owned()).into());
    }
    if let Some(to) = &away.to
        && let Some(refusal) = unfit(moment, address, to)?
    {
        return Err(refusal.into());
    }
    if let Some(before) = absence_of(moment, address)? {
        end_away(tx, &before.email, (&named(by), moment.now, moment.today()))?;
    }
    set_away(tx, address, away, &named(by), moment.now)?;
    Ok(())
}

/// Why mail for `address` cannot go to `to` meanwhile, if so.
fn unfit(moment: &Moment<'_>, address: &str, to: &str) -> Result<Option<AwayRefusal>, Error> {
    if !is_known(moment, to)? {
        return Ok(Some(AwayRefusal::Unknown(to.to_owned())));
    }
    if folded(to) == folded(address) {
        return Ok(Some(AwayRefusal::OwnSubstitute(to.to_owned())));
    }
    let absent = absence_of(moment, to)?;
    Ok(absent.map(|absent| AwayRefusal::SubstituteAway(to.to_owned(), absent.until)))
}

/// Who stands in for somebody already, if they still can: people's own page asks for no
/// substitute, and takes none away.
pub(super) fn noted_substitute(
    moment: &Moment<'_>,
    address: &str,
) -> Result<Option<String>, Error> {
    let noted = absence_of(moment, address)?.and_then(|noted| noted.substitute);
    let Some(to) = noted.and_then(|substitute| substitute.email) else { return Ok(None) };
    Ok(unfit(moment, address, &to)?.is_none().then_some(to))
}

/// Ends an absence before its time, in the name of `by`. Returns what was noted.
///
/// # Errors
/// [`Error::Away`] where nothing was noted.
pub async fn return_early(
    context: &Context,
    address: String,
    by: String,
) -> Result<Absence, Error> {
    decide(context, move |tx, moment| {
        let noted = absence_of(moment, &address)?;
        let noted = noted.ok_or_else(|| AwayRefusal::NotAway(address.clone()))?;
        end_away(tx, &noted.email, (&named(&by), moment.now, moment.today()))?;
        Ok(noted)
    })
    .await
}
