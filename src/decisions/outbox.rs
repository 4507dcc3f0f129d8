//! A person's word on a single mail.

use chrono::NaiveDate;

use super::error::{Error, MailRefusal};
use super::name::named;
use super::transaction::decide;
use crate::jobs::Context;
use crate::model::{MailState, MailWhy, OutboxMail};
use crate::query::Moment;
use crate::store::{self, deadlines_of, mail_by_id};

/// A mail that was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    pub mail: OutboxMail,
    /// It was being handed to the mail server, or was when the program died: it may
    /// arrive all the same.
    pub may_arrive: bool,
}

/// Lets a mail that waits or was given up go out with the next delivery.
///
/// # Errors
/// [`Error::Mail`] says why not.
pub async fn retry_mail(context: &Context, id: i64, by: String) -> Result<OutboxMail, Error> {
    decide(context, move |tx, moment| {
        let mode = moment.config.mail.mode;
        let mail = mail_by_id(tx, id)?.ok_or(MailRefusal::Unknown(id))?;
        if mail.mode != mode {
            return Err(MailRefusal::OtherMode { id, written_for: mail.mode, mode }.into());
        }
        if let Some(deadline) = over(moment, id)? {
            return Err(MailRefusal::TimeIsOver { id, deadline }.into());
        }
        if !store::retry_mail(tx, id, moment.now, &named(&by))? {
            return Err(MailRefusal::NotToRetry { id, state: mail.state }.into());
        }
        mail_by_id(tx, id)?.ok_or_else(|| MailRefusal::Unknown(id).into())
    })
    .await
}

/// The deadline that a mail gives, if it is over: the next delivery would withdraw it.
fn over(moment: &Moment<'_>, id: i64) -> Result<Option<NaiveDate>, Error> {
    let deadlines = deadlines_of(moment.connection, id)?;
    Ok(deadlines.into_iter().filter(|day| *day <= moment.today()).min())
}

/// Withdraws a mail that has not gone out.
///
/// # Errors
/// [`Error::Mail`] says why not.
pub async fn cancel_mail(context: &Context, id: i64, by: String) -> Result<Cancelled, Error> {
    decide(context, move |tx, _| {
        let before = mail_by_id(tx, id)?.ok_or(MailRefusal::Unknown(id))?;
        if !store::cancel_mail(tx, id, MailWhy::Cancelled { by: named(&by) })? {
            return Err(MailRefusal::NotToCancel { id, state: before.state }.into());
        }
        let mail = mail_by_id(tx, id)?.ok_or(MailRefusal::Unknown(id))?;
        Ok(Cancelled { mail, may_arrive: before.state == MailState::Sending })
    })
    .await
}
