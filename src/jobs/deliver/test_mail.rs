//! The test mail.

use std::sync::Arc;

use super::{Deliver, password_is_here};
use crate::jobs::compose::{Composer, Post};
use crate::jobs::context::Context;
use crate::jobs::error::Error;
use crate::jobs::ids::fresh_uuid;
use crate::jobs::runner::run;
use crate::mail;
use crate::model::{MailMode, OutboxMail, Unreachable};
use crate::store::{self, Access, current_snapshot, enqueue, immediate, mail_by_id};
use crate::text::addresses::reachability;

/// Sends a test mail to `address` through the outbox, the same way as every other mail. Returns
/// the mail as it is stored afterwards.
///
/// # Errors
/// When `address` is no mail address or outside `mail.allowed_domains` (R19), the mail
/// server's password cannot be had here, or the database fails.
pub async fn send_test(context: &Context, address: &str) -> Result<OutboxMail, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    let allowed = config.mail.allowed_domains.iter().cloned().collect();
    if config.mail.mode == MailMode::Send
        && reachability(Some(address), &allowed).err() == Some(Unreachable::ForeignDomain)
    {
        return Err(Error::ForeignDomain(address.to_owned()));
    }
    password_is_here(context)?;
    let to = address.to_owned();
    let id = context
        .store
        .run(Access::Create, move |connection| {
            let tx = immediate(connection)?;
            let composer = Composer::new(&tx, &config, now)?;
            let organization =
                current_snapshot(&tx)?.map(|s| s.organization.name).unwrap_or_default();
            let letter = mail::of_test(&organization, config.mail.language)?;
            let post = Post::to(&to, format!("test/{}/{to}", fresh_uuid()), letter, now);
            let id = enqueue(&tx, &composer.finish(&post)?, now)?;
            tx.commit().map_err(store::Error::from)?;
            Ok::<_, Error>(id)
        })
        .await?;
    run(context, Deliver::default()).await?;
    context
        .store
        .run(Access::Existing, move |connection| {
            // The key is new, so the mail was queued.
            let mail = id.map(|id| mail_by_id(connection, id)).transpose()?.flatten();
            mail.ok_or(Error::Store(store::Error::Broken("the test mail is gone".to_owned())))
        })
        .await
}
