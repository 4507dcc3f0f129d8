//! A mail as it would be, from real data. Queues nothing.

use std::sync::Arc;

use super::compose::compose;
use super::context::Context;
use super::digest::preview_digest;
use super::error::Error;
use super::incidents::preview_alert;
use super::news::preview_notice;
use super::remind::preview_told;
use crate::mail::{self, Letter};
use crate::model::{MailKind, NewMail};
use crate::query::{Keeper, Moment};
use crate::store::Access;

/// A finished mail, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub mail: NewMail,
    pub text: String,
}

/// `None` where no such mail would go out in the weeks to come.
///
/// # Errors
/// When nothing was read from KITOS yet, or the database fails.
pub async fn preview(context: &Context, kind: MailKind) -> Result<Option<Preview>, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let keeper = Keeper::default();
            let moment = Moment::of(connection, &config, now, &keeper);
            let composed = letter(&moment, kind)?
                .map(|(to, letter)| compose(connection, &config, now, to, letter))
                .transpose()?;
            Ok(composed.map(|(mail, text)| Preview { mail, text }))
        })
        .await
}

/// Whom a mail goes to, and what it says.
type Addressed = (Vec<String>, Letter);

fn letter(moment: &Moment<'_>, kind: MailKind) -> Result<Option<Addressed>, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let settings = &config.mail;
    match kind {
        MailKind::Digest => {
            let digest = preview_digest(moment)?;
            Ok(Some((settings.it.clone(), mail::of_digest(&digest, settings)?)))
        }
        MailKind::Notice => preview_notice(moment),
        MailKind::Alert => {
            let alert = preview_alert(connection, config, now)?;
            let letter = mail::of_alert(&alert, settings.language)?;
            Ok(Some((settings.alerts().to_vec(), letter)))
        }
        MailKind::Test => {
            let letter = mail::of_test("", settings.language)?;
            Ok(Some((settings.it.clone(), letter)))
        }
        // The next that would go out.
        planned => preview_told(moment, planned),
    }
}
