//! A mail as it would be, from real data. Queues nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::alerts::preview_alert;
use super::compose::compose;
use super::digest::preview_digest;
use super::news::preview_notice;
use super::remind::preview_told;
use super::{Context, Error};
use crate::config::Config;
use crate::mail::{self, Letter};
use crate::model::{MailKind, NewMail};
use crate::store::Access;

/// What can be previewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewKind {
    Digest,
    /// The next first letter to an owner.
    Letter,
    /// The next that is due.
    Reminder,
    /// The next that would come to be due.
    Escalation,
    /// What an owner would get who had become it today.
    Notice,
    /// About the incident that is open; else about data that are held back.
    Alert,
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
            let composed = letter(connection, &config, now, kind)?
                .map(|(to, letter)| compose(connection, &config, now, to, letter))
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
) -> Result<Option<Addressed>, Error> {
    match kind {
        PreviewKind::Digest => {
            let digest = preview_digest(connection, config, now)?;
            Ok(Some((config.mail.it.clone(), mail::of_digest(&digest, &config.mail)?)))
        }
        PreviewKind::Letter => preview_told(connection, config, now, MailKind::Letter),
        PreviewKind::Reminder => preview_told(connection, config, now, MailKind::Reminder),
        PreviewKind::Escalation => preview_told(connection, config, now, MailKind::Escalation),
        PreviewKind::Notice => preview_notice(connection, config, now),
        PreviewKind::Alert => {
            let alert = preview_alert(connection, config, now)?;
            let letter = mail::of_alert(&alert, config.mail.language)?;
            Ok(Some((config.mail.alerts().to_vec(), letter)))
        }
    }
}
