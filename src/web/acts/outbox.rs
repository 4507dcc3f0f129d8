//! A mail that waits, or was given up: once more, or not at all.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::info;

use super::confirm::Confirm;
use crate::decisions;
use crate::jobs::Context;
use crate::query::{self, Moment};
use crate::text::words::words;
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{Done, Shown};

pub fn ask_retry(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    ask(asked, moment, "retry")
}

pub fn ask_cancel(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    ask(asked, moment, "cancel")
}

fn ask(asked: &Asked, moment: &Moment<'_>, what: &str) -> Result<Shown, Refused> {
    let mail = query::mail(moment, asked.id()?)?;
    let args = [("subject", mail.subject.as_str().into()), ("to", mail.to.clone().into())];
    Confirm {
        text: vec![words(moment.language).say(&format!("page.{what}.what"), &args)],
        back: format!("/outbox/{}", mail.id),
        ..Confirm::default()
    }
    .shown()
}

pub fn retry<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let mail = decisions::retry_mail(context, asked.id()?, asked.decider()).await?;
        info!(mail = mail.id, "a mail was made due on the page");
        Ok(Done::at(&format!("/outbox/{}", mail.id), "retried"))
    }
    .boxed()
}

pub fn cancel<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let cancelled = decisions::cancel_mail(context, asked.id()?, asked.decider()).await?;
        info!(mail = cancelled.mail.id, "a mail was cancelled on the page");
        let done = if cancelled.may_arrive { "cancelled-late" } else { "cancelled" };
        Ok(Done::at(&format!("/outbox/{}", cancelled.mail.id), done))
    }
    .boxed()
}
