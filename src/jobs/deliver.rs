//! The deliver job: one pass over the outbox. Knows mails and verdicts, not
//! findings; and asks once more whether a mail's reader is still here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use secrecy::SecretString;
use serde::Serialize;
use tracing::{info, warn};

use super::alerts::{Told, close, raise};
use super::compose::Composer;
use super::{Context, Error, finished};
use crate::config::{Config, Environment};
use crate::core::notices::PlannedMail;
use crate::model::{
    AlertFact, IncidentKind, Job, JobOutcome, Letter, MailKind, MailMode, OutboxMail,
};
use crate::smtp::{self, Session, Verdict};
use crate::store::{
    self, Access, Outcome, cancel_mail, cancel_other_modes, current_snapshot, enqueue,
    hold_waiting, immediate, insert_run, mail_body, mail_by_id, mark_sending, record_verdict,
    sent_since, waiting_mails,
};

/// Pauses after the first, second … failed attempt at one mail (R17).
const PAUSES: [TimeDelta; 7] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
    TimeDelta::hours(1),
    TimeDelta::hours(2),
    TimeDelta::hours(4),
    TimeDelta::hours(6),
];
/// How long all mail waits when the server, not a mail, is wrong.
const SERVER_PAUSE: TimeDelta = TimeDelta::minutes(15);

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

/// Delivers what is due, one mail after the other.
///
/// # Errors
/// When the database, the secret or the preview folder fails. A mail server
/// that is wrong is not an error: the mails wait, and the report says so.
pub async fn deliver(
    context: &Context,
    scheduled_for: Option<DateTime<Utc>>,
) -> Result<DeliverReport, Error> {
    let _lock = context.lock(Job::Deliver).await?;
    let pass = Pass {
        config: Arc::clone(&context.config),
        smtp: context.smtp.clone(),
        now: context.now(),
        cancel: context.cancel.clone(),
        environment: context.environment.clone(),
    };
    let (started, now) = (Instant::now(), context.now());
    let report = context
        .store
        .run(Access::Create, move |connection| {
            let report = pass.run(connection)?;
            // A pass with nothing to do is no event.
            if report != DeliverReport::default() {
                let outcome = match report.server_error {
                    None => JobOutcome::Done,
                    Some(_) => JobOutcome::Failed,
                };
                let detail = report.server_error.clone().unwrap_or_else(|| report.summary());
                let duration = started.elapsed();
                insert_run(
                    connection,
                    &finished(Job::Deliver, scheduled_for, now, duration, outcome, detail),
                )?;
            }
            Ok::<_, Error>(report)
        })
        .await?;
    if report != DeliverReport::default() {
        info!(
            sent = report.sent,
            previewed = report.previewed,
            later = report.later,
            dead = report.dead,
            cancelled = report.cancelled,
            "deliver done"
        );
    }
    Ok(report)
}

impl DeliverReport {
    pub fn summary(&self) -> String {
        format!(
            "{} sent, {} written as previews, {} to be tried again, {} dead, {} cancelled",
            self.sent, self.previewed, self.later, self.dead, self.cancelled
        )
    }
}

struct Pass {
    config: Arc<Config>,
    smtp: smtp::Options,
    now: DateTime<Utc>,
    cancel: tokio_util::sync::CancellationToken,
    environment: Environment,
}

impl Pass {
    fn run(&self, connection: &mut Connection) -> Result<DeliverReport, Error> {
        let mode = self.config.mail.mode;
        let mut report = DeliverReport {
            cancelled: cancel_other_modes(connection, mode)?,
            ..DeliverReport::default()
        };
        let waiting = self.still_wanted(connection, &mut report)?;
        if waiting.is_empty() {
            return Ok(report);
        }
        if mode == MailMode::Preview {
            for mail in waiting {
                let outcome = match mail_body(connection, mail.id)? {
                    Some(mime) => {
                        write_preview(&self.config.mail.preview_dir, &mail, &mime)?;
                        Outcome::Previewed
                    }
                    None => Outcome::Dead { why: "its body is no longer kept".to_owned() },
                };
                self.record(connection, &mail, &outcome, &mut report)?;
            }
            return Ok(report);
        }
        self.over_smtp(connection, waiting, &mut report)?;
        Ok(report)
    }

    /// The waiting mails without those whose reader has left.
    fn still_wanted(
        &self,
        connection: &mut Connection,
        report: &mut DeliverReport,
    ) -> Result<Vec<OutboxMail>, Error> {
        let waiting = waiting_mails(connection, self.config.mail.mode, self.now)?;
        if !waiting.iter().any(|mail| mail.person.is_some()) {
            return Ok(waiting);
        }
        let snapshot = current_snapshot(connection)?;
        let is_here = |person| {
            snapshot.as_ref().is_some_and(|s| s.people.get(&person).is_some_and(|p| p.member))
        };
        let mut wanted = Vec::new();
        for mail in waiting {
            if mail.person.is_none_or(is_here) {
                wanted.push(mail);
            } else if cancel_mail(connection, mail.id, "its reader has left the organisation")? {
                report.cancelled += 1;
            }
        }
        Ok(wanted)
    }

    fn over_smtp(
        &self,
        connection: &mut Connection,
        waiting: Vec<OutboxMail>,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        let settings = &self.config.mail.smtp;
        let password = self.password()?;
        let mut session = match Session::open(settings, password.clone(), &self.smtp) {
            Ok(session) => session,
            Err(error) => return self.server_is_wrong(connection, &error.to_string(), report),
        };
        let mut window = Window::new(
            settings.per_minute,
            sent_since(connection, self.now - TimeDelta::minutes(1))?,
        );
        for mail in waiting {
            if self.cancel.is_cancelled() || !window.wait(&self.cancel) {
                break;
            }
            let Some(mime) = mail_body(connection, mail.id)? else {
                let outcome = Outcome::Dead { why: "its body is no longer kept".to_owned() };
                self.record(connection, &mail, &outcome, report)?;
                continue;
            };
            mark_sending(connection, mail.id)?;
            let to = match (&self.config.mail.mode, &self.config.mail.redirect_to) {
                (MailMode::Redirect, Some(address)) => vec![address.clone()],
                _ => mail.to.clone(),
            };
            let verdict = session.send(self.config.mail.from.email.as_ref(), &to, &mime);
            let (outcome, server_down) = match verdict {
                Verdict::Accepted { .. } => (Outcome::Sent, false),
                Verdict::Later { reply } => (self.later(&mail, reply), false),
                Verdict::Never { reply } => (Outcome::Dead { why: reply }, false),
                Verdict::ServerDown { reply } => (self.later(&mail, reply), true),
            };
            self.record(connection, &mail, &outcome, report)?;
            if server_down {
                match Session::open(settings, password.clone(), &self.smtp) {
                    Ok(again) => session = again,
                    Err(error) => {
                        return self.server_is_wrong(connection, &error.to_string(), report);
                    }
                }
            }
        }
        session.quit();
        if report.sent > 0 {
            close(connection, IncidentKind::MailDown, self.now)?;
        }
        Ok(())
    }

    fn password(&self) -> Result<Option<SecretString>, Error> {
        match self.config.mail.smtp.username {
            Some(_) => Ok(self.config.mail.smtp.password.read(&self.environment)?),
            None => Ok(None),
        }
    }

    fn later(&self, mail: &OutboxMail, why: String) -> Outcome {
        let give_up = TimeDelta::from_std(self.config.mail.give_up_after).unwrap_or(TimeDelta::MAX);
        if self.now.signed_duration_since(mail.created_at) >= give_up {
            return Outcome::Dead {
                why: format!("given up after mail.give_up_after; last: {why}"),
            };
        }
        let tried = usize::try_from(mail.attempts).unwrap_or(usize::MAX);
        let pause = PAUSES.get(tried).copied().unwrap_or(PAUSES[PAUSES.len() - 1]);
        Outcome::Later { at: self.now + pause, why }
    }

    fn record(
        &self,
        connection: &Connection,
        mail: &OutboxMail,
        outcome: &Outcome,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        record_verdict(connection, mail.id, outcome, self.now)?;
        match outcome {
            Outcome::Sent => report.sent += 1,
            Outcome::Previewed => report.previewed += 1,
            Outcome::Later { .. } => report.later += 1,
            Outcome::Dead { why } => {
                warn!(mail = mail.id, why, "a mail will not be delivered");
                report.dead += 1;
            }
        }
        Ok(())
    }

    /// The server, not a mail, is wrong: all mail waits, and `status` says so.
    fn server_is_wrong(
        &self,
        connection: &mut Connection,
        why: &str,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        warn!(why, "the mail server takes no mail; all mail waits");
        let tx = immediate(connection)?;
        let at = self.now + SERVER_PAUSE;
        report.later += hold_waiting(&tx, self.config.mail.mode, at, why)?;
        let facts = vec![AlertFact::Error(why.to_owned())];
        raise(&tx, &self.config, IncidentKind::MailDown, self.now, Told { facts })?;
        tx.commit().map_err(store::Error::from)?;
        report.server_error = Some(why.to_owned());
        Ok(())
    }
}

/// At most so many mails a minute, on the machine's clock.
struct Window {
    per_minute: u32,
    began: Instant,
    sent: u32,
}

impl Window {
    fn new(per_minute: u32, sent: u32) -> Self {
        Self { per_minute, began: Instant::now(), sent }
    }

    /// Waits for room; `false` when the program is to stop meanwhile.
    fn wait(&mut self, cancel: &tokio_util::sync::CancellationToken) -> bool {
        while self.sent >= self.per_minute {
            if self.began.elapsed() >= Duration::from_secs(60) {
                self.began = Instant::now();
                self.sent = 0;
            } else if cancel.is_cancelled() {
                return false;
            } else {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        self.sent += 1;
        true
    }
}

/// Writes a mail as `.eml`, whole or not at all. Nothing of its name comes from
/// KITOS.
fn write_preview(folder: &Path, mail: &OutboxMail, mime: &[u8]) -> Result<PathBuf, Error> {
    let name =
        format!("{}-{:05}-{}.eml", mail.created_at.format("%Y-%m-%d"), mail.id, mail.kind.as_str());
    let path = folder.join(name);
    let error = |source| Error::Preview { path: path.clone(), source };
    private_folder(folder).map_err(error)?;
    let partial = path.with_extension("eml.partial");
    std::fs::write(&partial, mime)
        .and_then(|()| std::fs::rename(&partial, &path))
        .map_err(error)?;
    Ok(path)
}

/// Previews hold names: the folder is for its owner alone.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Sends a test mail to `address` by way of the outbox, so that it takes the
/// very path of every other mail. Returns the mail as it then stands.
///
/// # Errors
/// When the address is none, or the database fails.
pub async fn send_test(context: &Context, address: &str) -> Result<OutboxMail, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    let to = address.to_owned();
    let id = context
        .store
        .run(Access::Create, move |connection| {
            let tx = immediate(connection)?;
            let composer = Composer::new(&tx, &config, now)?;
            let organization =
                current_snapshot(&tx)?.map(|s| s.organization.name).unwrap_or_default();
            let planned = PlannedMail {
                key: format!("test/{}/{to}", super::sync::fresh_uuid()),
                kind: MailKind::Test,
                person: None,
                to: vec![to],
                letter: Letter::Test { organization },
                not_before: now,
            };
            let id = enqueue(&tx, &composer.finish(&planned)?, now)?;
            tx.commit().map_err(store::Error::from)?;
            Ok::<_, Error>(id)
        })
        .await?;
    deliver(context, None).await?;
    context
        .store
        .run(Access::Existing, move |connection| {
            // The key is new, so the mail was queued.
            let mail = id.map(|id| mail_by_id(connection, id)).transpose()?.flatten();
            mail.ok_or(Error::Store(store::Error::Broken("the test mail is gone".to_owned())))
        })
        .await
}
