//! What becomes of a mail that the server did not take, once a pass has shown whether the
//! server or the mail is wrong (`docs/reliability.md` R17).

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::{DeliverReport, Pass};
use crate::jobs::error::Error;
use crate::mail;
use crate::model::{IncidentKind, MailKind, MailReason, MailWhy, OutboxMail};
use crate::smtp::{Blame, ServerError, is_too_large};
use crate::store::{Outcome, has_taken_others, incidents, mail_body, replace_body};

/// Pauses after the first, second … failed attempt at one mail (R17).
pub(super) const PAUSES: [TimeDelta; 7] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
    TimeDelta::hours(1),
    TimeDelta::hours(2),
    TimeDelta::hours(4),
    TimeDelta::hours(6),
];

/// A mail that was not taken, as it was before this attempt.
pub(super) struct Failed {
    pub mail: OutboxMail,
    pub how: How,
    pub why: MailReason,
}

impl Failed {
    pub fn reply(&self) -> &str {
        self.why.reply.as_deref().unwrap_or_default()
    }
}

/// How a mail was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    ForNow,
    ForGood(Blame),
    /// The connection was lost.
    Lost,
}

impl Pass {
    /// Decides on a mail that waits for its next try since it was not taken: it goes on waiting,
    /// goes again in another form, or is dead. `wrong`: the server is, and so nothing is said of
    /// this mail's readers.
    pub(super) fn settle(
        &self,
        connection: &Connection,
        failed: &Failed,
        wrong: Option<&ServerError>,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        let Failed { mail, how, why } = failed;
        let dead = match how {
            How::ForGood(Blame::Message)
                if wrong.is_none() && self.goes_slim(connection, failed)? =>
            {
                None
            }
            // A refused mail of our own counts as refused for any reason, or nobody would
            // hear of it.
            How::ForGood(about @ (Blame::Reader | Blame::Message)) if wrong.is_none() => {
                let refused = *about == Blame::Reader || is_own(mail);
                Some(Outcome::Dead { why: why.clone(), refused })
            }
            // Somebody can change it, as with a refusal for now.
            _ if self.is_over(mail) => {
                let refused = wrong.is_none() && takes_nothing_for(connection, mail)?;
                Some(Outcome::Dead { why: given_up(why.clone()), refused })
            }
            _ => None,
        };
        match dead {
            Some(dead) => self.record(connection, mail, &dead, report)?,
            None => report.later += 1,
        }
        Ok(())
    }

    /// Lets a digest that is too large for its readers go again without its spreadsheet.
    fn goes_slim(&self, connection: &Connection, failed: &Failed) -> Result<bool, Error> {
        let (mail, reply) = (&failed.mail, failed.reply());
        if mail.kind != MailKind::Digest || !is_too_large(reply) {
            return Ok(false);
        }
        let body = mail_body(connection, mail.id)?;
        let slim = body.map(|mime| mail::without_attachment(&mime, mail, &self.config.mail));
        let Some(slim) = slim.transpose()?.flatten() else { return Ok(false) };
        let why = MailWhy::TooLarge.with(reply.to_owned());
        replace_body(connection, mail.id, &slim, (self.now, &why))?;
        Ok(true)
    }

    /// When a mail that was not taken is tried again.
    pub(super) fn next_try(&self, mail: &OutboxMail) -> DateTime<Utc> {
        let tried = usize::try_from(mail.attempts).unwrap_or(usize::MAX);
        self.now + PAUSES.get(tried).copied().unwrap_or(PAUSES[PAUSES.len() - 1])
    }

    pub(super) fn give_up_after(&self) -> TimeDelta {
        TimeDelta::from_std(self.config.mail.give_up_after).unwrap_or(TimeDelta::MAX)
    }

    /// Whether the time of a mail that was not taken is over.
    fn is_over(&self, mail: &OutboxMail) -> bool {
        self.now.signed_duration_since(mail.counts_from) >= self.give_up_after()
    }
}

/// Whether a mail that is given up says that its readers cannot be reached: the server took
/// nothing for them for so long, while it took other mail. While it takes none, that says
/// nothing of anybody; but of a mail of our own nobody would else hear.
fn takes_nothing_for(connection: &Connection, mail: &OutboxMail) -> Result<bool, Error> {
    let is_down = incidents(connection)?.iter().any(|open| open.kind == IncidentKind::MailDown);
    Ok(!is_down && (is_own(mail) || has_taken_others(connection, mail)?))
}

pub(super) fn given_up(last: MailReason) -> MailReason {
    MailReason { why: MailWhy::GivenUp, ..last }
}

fn is_own(mail: &OutboxMail) -> bool {
    matches!(mail.kind, MailKind::Digest | MailKind::Alert)
}
