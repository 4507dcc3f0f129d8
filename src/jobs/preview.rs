//! A mail as it would be, from real data. Queues nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::compose::compose;
use super::context::Context;
use super::digest::preview_digest;
use super::error::Error;
use super::news::preview_notice;
use super::remind::preview_told;
use crate::config::Config;
use crate::model::{Letter, MailKind, NewMail};
use crate::store::Access;

/// What can be previewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewKind {
    Digest,
    /// The next that is due.
    Reminder,
    /// The next that would come to be due.
    Escalation,
    /// What an owner would get who had become it today.
    Notice,
}

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
pub async fn preview(context: &Context, kind: PreviewKind) -> Result<Option<Preview>, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let (kind, letter) = letter(connection, &config, now, kind)?;
            let composed = letter
                .map(|(to, letter)| compose(connection, &config, now, kind, &to, letter))
                .transpose()?;
            Ok(composed.map(|(mail, text)| Preview { mail, text }))
        })
        .await
}

/// Whom a mail goes to, and what it says.
type Addressed = (Vec<String>, Letter);

fn letter(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
    kind: PreviewKind,
) -> Result<(MailKind, Option<Addressed>), Error> {
    Ok(match kind {
        PreviewKind::Digest => {
            let digest = Letter::Digest(Box::new(preview_digest(connection, config, now)?));
            (MailKind::Digest, Some((config.mail.it.clone(), digest)))
        }
        PreviewKind::Reminder => {
            let kind = MailKind::Reminder;
            (kind, preview_told(connection, config, now, kind)?)
        }
        PreviewKind::Escalation => {
            let kind = MailKind::Escalation;
            (kind, preview_told(connection, config, now, kind)?)
        }
        PreviewKind::Notice => (MailKind::Notice, preview_notice(connection, config, now)?),
    })
}
