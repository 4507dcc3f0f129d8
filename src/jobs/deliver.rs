//! The deliver job: one pass over the outbox. Knows mails and verdicts, not
//! findings; and asks once more whether a mail is still wanted.
//!
//! A pass never waits: what may not go out yet gets a time, and the daemon
//! wakes for it.

mod own_readers;
mod post;
mod preview;
mod server;
mod settle;
mod test_mail;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::context::Context;
use super::error::Error;
use super::incidents::close_quietly;
use super::job::{Job, Report, Turn};
use super::recheck::{is_to_owners, still_wanted};
use crate::config::{Config, Environment};
use crate::model::{
    Did, IncidentKind, JobKind, JobOutcome, MailMode, MailState, MailWhy, OutboxMail,
};
use crate::query::{Keeper, Moment, working_days};
use crate::smtp;
use crate::store::{
    Outcome, cancel_other_modes, fix_times, hurry_server_wait, mail_body, postpone, reached_since,
    record_verdict, waiting_mails,
};
use crate::text::addresses::folded;
use crate::time::civil::{end_of, local_date, start_of};

pub(in crate::jobs) use preview::{files as preview_files, index as preview_index};
pub use test_mail::send_test;

/// What one pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliverReport {
    pub sent: usize,
    pub previewed: usize,
    /// To be tried again.
    pub later: usize,
    pub dead: usize,
    pub cancelled: usize,
    /// What the mail server was wrong with, if it was.
    pub server_error: Option<String>,
}

impl DeliverReport {
    /// What became of the mails.
    pub fn delivered(&self) -> Did {
        let Self { sent, previewed, later, dead, cancelled, server_error: _ } = *self;
        Did::Delivered { sent, previewed, later, dead, cancelled }
    }
}

/// Delivers what is due, one mail after the other.
///
/// A mail server that is wrong, or a password for it that cannot be read, does not
/// make it fail: the mails wait, and the report says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deliver {
    /// A person asks for it: mails that wait because the mail server was wrong are
    /// tried at once, since the person may have put it right.
    pub by_hand: bool,
}

impl Job for Deliver {
    type Report = DeliverReport;

    const KIND: JobKind = JobKind::Deliver;

    async fn work(&self, turn: &Turn<'_>) -> Result<DeliverReport, Error> {
        let (context, run, by_hand) = (turn.context, turn.run.clone(), self.by_hand);
        if by_hand {
            password_is_here(context)?;
        }
        let pass = Pass {
            config: Arc::clone(&context.config),
            smtp: context.smtp.clone(),
            now: turn.now(),
            cancel: context.cancel.clone(),
            environment: context.environment.clone(),
        };
        context
            .store
            .run(turn.access(), move |connection| {
                if by_hand {
                    hurry_server_wait(connection, pass.config.mail.mode, pass.now)?;
                }
                let report = pass.run(connection)?;
                run.note(connection, &report)?;
                Ok(report)
            })
            .await
    }
}

impl Report for DeliverReport {
    fn did(&self) -> Did {
        match &self.server_error {
            Some(why) => Did::Failed { why: why.clone() },
            None => self.delivered(),
        }
    }

    fn outcome(&self) -> JobOutcome {
        if self.server_error.is_some() { JobOutcome::Failed } else { JobOutcome::Done }
    }

    /// A pass that had nothing to do is not worth noting.
    fn is_event(&self) -> bool {
        *self != Self::default()
    }
}

/// Refuses where the mail server's password cannot be had, before any mail is touched: the
/// service may well have it, and its mails must not wait for a person's try.
fn password_is_here(context: &Context) -> Result<(), Error> {
    let mail = &context.config.mail;
    if mail.mode == MailMode::Preview || mail.smtp.username.is_none() {
        return Ok(());
    }
    let password = mail.smtp.password().read(&context.environment);
    match password.map_err(smtp::ServerError::from)? {
        Some(_) => Ok(()),
        None => Err(smtp::ServerError::no_password(&mail.smtp).into()),
    }
}

/// One pass, off the async threads.
struct Pass {
    config: Arc<Config>,
    smtp: smtp::Options,
    now: DateTime<Utc>,
    cancel: CancellationToken,
    environment: Environment,
}

impl Pass {
    fn run(&self, connection: &mut Connection) -> Result<DeliverReport, Error> {
        let mode = self.config.mail.mode;
        fix_times(connection, self.now)?;
        let mut report = DeliverReport {
            cancelled: cancel_other_modes(connection, mode)?,
            ..DeliverReport::default()
        };
        let waiting = waiting_mails(connection, mode, self.now)?;
        let keeper = Keeper::default();
        let moment = Moment::of(connection, &self.config, self.now, &keeper);
        let (waiting, withdrawn) = still_wanted(&moment, waiting)?;
        report.cancelled += withdrawn;
        let waiting = self.allowed_today(connection, waiting, &mut report)?;
        let waiting = self.one_a_day(connection, waiting, &mut report)?;
        match mode {
            MailMode::Preview => self.to_files(connection, &waiting, &mut report)?,
            MailMode::Redirect => {
                // What is refused was not for those that the mails name.
                close_quietly(connection, IncidentKind::DigestRefused, self.now)?;
                self.over_smtp(connection, waiting, &mut report)?;
            }
            MailMode::Send => {
                let is_idle = waiting.is_empty();
                self.over_smtp(connection, waiting, &mut report)?;
                if !is_idle {
                    self.mind_own_readers(connection)?;
                }
            }
        }
        Ok(report)
    }

    /// Those of `waiting` that may reach their readers today. Everyone but IT hears from us
    /// only on working days and not at night, even after the mail server was away. The others
    /// wait for the next working day.
    fn allowed_today(
        &self,
        connection: &Connection,
        waiting: Vec<OutboxMail>,
        report: &mut DeliverReport,
    ) -> Result<Vec<OutboxMail>, Error> {
        let earliest = working_days(&self.config).earliest(self.now);
        if earliest <= self.now {
            return Ok(waiting);
        }
        // One that was under way when the program died is done with first.
        let (later, now): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|mail| mail.state == MailState::Queued && is_to_owners(&self.config, mail));
        for mail in &later {
            postpone(connection, mail.id, earliest, MailWhy::WorkingDays)?;
        }
        report.later += later.len();
        Ok(now)
    }

    /// Those of `waiting` whose readers have had no mail from us today. Two can meet
    /// where one of them waited for the mail server; the later one waits a day more.
    fn one_a_day(
        &self,
        connection: &Connection,
        waiting: Vec<OutboxMail>,
        report: &mut DeliverReport,
    ) -> Result<Vec<OutboxMail>, Error> {
        let days = working_days(&self.config);
        let today = local_date(self.now, days.zone);
        let midnight = start_of(today, days.zone);
        let mut reached = reached_since(connection, self.config.mail.mode, midnight)?;
        let tomorrow = days.earliest(end_of(today, days.zone));
        let mut now = Vec::new();
        for mail in waiting {
            let readers: Vec<String> =
                mail.to.iter().chain(&mail.cc).map(|to| folded(to)).collect();
            let is_second = mail.state == MailState::Queued
                && is_to_owners(&self.config, &mail)
                && readers.iter().any(|reader| reached.contains(reader));
            if is_second {
                postpone(connection, mail.id, tomorrow, MailWhy::OneADay)?;
                report.later += 1;
                continue;
            }
            if is_to_owners(&self.config, &mail) {
                reached.extend(readers);
            }
            now.push(mail);
        }
        Ok(now)
    }

    fn to_files(
        &self,
        connection: &Connection,
        waiting: &[OutboxMail],
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        // In this mode nobody depends on the mail server.
        for kind in [IncidentKind::MailDown, IncidentKind::DigestRefused] {
            close_quietly(connection, kind, self.now)?;
        }
        for mail in waiting {
            if self.cancel.is_cancelled() {
                break;
            }
            let Some(mime) = self.body(connection, mail, report)? else { continue };
            preview::write(&self.config.preview_dir(), mail, &mime)?;
            self.record(connection, mail, &Outcome::Previewed, report)?;
        }
        if report.previewed > 0 {
            preview::index(connection, &self.config)?;
        }
        Ok(())
    }

    /// A mail's body; without one the mail is dead.
    fn body(
        &self,
        connection: &Connection,
        mail: &OutboxMail,
        report: &mut DeliverReport,
    ) -> Result<Option<Vec<u8>>, Error> {
        let body = mail_body(connection, mail.id)?;
        if body.is_none() {
            let outcome = Outcome::Dead { why: MailWhy::NoBody.into(), refused: false };
            self.record(connection, mail, &outcome, report)?;
        }
        Ok(body)
    }

    fn record(
        &self,
        connection: &Connection,
        mail: &OutboxMail,
        outcome: &Outcome,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        record_verdict(connection, mail.id, outcome, self.now)?;
        // The reasons stay out of the log: servers like to quote addresses.
        let id = mail.id;
        match outcome {
            Outcome::Sent { note } => {
                report.sent += 1;
                if note.is_some() {
                    warn!(
                        mail = id,
                        "a mail reached some of its readers; `mail show` says whom not"
                    );
                }
            }
            Outcome::Previewed => report.previewed += 1,
            Outcome::Later { .. } | Outcome::NotTried => report.later += 1,
            Outcome::Dead { .. } => {
                report.dead += 1;
                warn!(mail = id, "a mail will not be delivered; `mail show` says why");
            }
        }
        Ok(())
    }
}
