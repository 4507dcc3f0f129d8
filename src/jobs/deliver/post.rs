//! Mails over SMTP: who goes now, and what follows from each verdict
//! (`docs/reliability.md` R17).

use std::time::Instant;

use chrono::TimeDelta;
use rusqlite::Connection;
use tracing::debug;

use super::{DeliverReport, Pass};
use crate::jobs::compose::Composer;
use crate::jobs::error::Error;
use crate::jobs::incidents::{close_incident, open_incident};
use crate::mail;
use crate::model::{AlertFact, IncidentKind, MailKind, MailMode, MailReason, MailWhy, OutboxMail};
use crate::smtp::{Blame, Refusal, ServerError, Session, Verdict, is_too_large};
use crate::store::{
    self, Outcome, give_up_waiting, has_sent_since, held_until, hold_waiting, immediate, mail_body,
    mark_sending, postpone, record_verdict, release_held, replace_body, sent_since, split_mail,
};
use crate::text::addresses::masked;

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
/// The same after a refused login: many in a row lock an account.
const LOGIN_PAUSE: TimeDelta = TimeDelta::hours(1);
/// When this many mails in a row lose the connection, it is the server's fault.
const LOST_IN_A_ROW: u32 = 2;
/// A mail that alone has lost the connection so often means so too: there may
/// be no other to tell by.
const LOST_ALONE: u32 = 3;
/// When this many mails of one pass are refused, and none was taken since they became due, the
/// server refuses us, not each of these readers.
const REFUSED_IN_A_PASS: usize = 3;
/// One mail that was refused this often because of us means the same.
const REFUSED_ALONE: u32 = 3;
/// A refusal for now counts from this attempt on: greylisting takes a mail earlier.
const REFUSED_FOR_NOW: u32 = 4;

/// A mail that was refused in a pass; what that says of the server is known at its end.
struct Refused<'a> {
    mail: &'a OutboxMail,
    reply: String,
    /// What a permanent refusal is about; `None` for a temporary one.
    about: Option<Blame>,
}

/// What a pass has learned of the server so far.
#[derive(Default)]
struct Learned<'a> {
    /// Mails in a row that lost the connection.
    lost: u32,
    has_answered: bool,
    has_taken: bool,
    refused: Vec<Refused<'a>>,
}

impl Pass {
    pub(super) fn over_smtp(
        &self,
        connection: &mut Connection,
        mut waiting: Vec<OutboxMail>,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        if waiting.is_empty() {
            return Ok(());
        }
        let mode = self.config.mail.mode;
        // Mails that were queued since the server failed wait with the others;
        // a test mail is a person's try.
        let is_test = |mail: &OutboxMail| mail.kind == MailKind::Test;
        if let Some((until, why)) = held_until(connection, mode, self.now)?
            && !waiting.iter().any(is_test)
        {
            report.later += hold_waiting(connection, mode, self.now, until, &why)?;
            return Ok(());
        }
        report.later += self.leave_for_the_next_minute(connection, &mut waiting)?;
        if waiting.is_empty() {
            return Ok(());
        }
        let mut session = None;
        let result = self.hand_over(connection, &waiting, &mut session, report);
        if let Some(session) = session {
            session.quit();
        }
        match result? {
            None => Ok(()),
            Some(error) => self.server_is_wrong(connection, &error, report),
        }
    }

    /// Takes what `mail.smtp.per_minute` does not allow now out of `waiting`.
    fn leave_for_the_next_minute(
        &self,
        connection: &mut Connection,
        waiting: &mut Vec<OutboxMail>,
    ) -> Result<usize, Error> {
        let minute = TimeDelta::minutes(1);
        let per_minute = self.config.mail.smtp.per_minute;
        let quota = per_minute.saturating_sub(sent_since(connection, self.now - minute, self.now)?);
        let rest = waiting.split_off(waiting.len().min(quota as usize));
        if rest.is_empty() {
            return Ok(0);
        }
        let tx = immediate(connection)?;
        for mail in &rest {
            let why = MailWhy::PerMinute { allowed: per_minute };
            postpone(&tx, mail.id, self.now + minute, why)?;
        }
        tx.commit().map_err(store::Error::from)?;
        Ok(rest.len())
    }

    /// One mail after the other. `Some` when the server turned out to be wrong.
    fn hand_over(
        &self,
        connection: &mut Connection,
        waiting: &[OutboxMail],
        session: &mut Option<Session>,
        report: &mut DeliverReport,
    ) -> Result<Option<ServerError>, Error> {
        let settings = &self.config.mail.smtp;
        let password = match &settings.username {
            Some(_) => settings.password().read(&self.environment),
            None => Ok(None),
        };
        let password = match password {
            Ok(password) => password,
            Err(error) => return Ok(Some(error.into())),
        };
        let mut learned = Learned::default();
        let begun = Instant::now();
        for (number, mail) in waiting.iter().enumerate() {
            if self.cancel.is_cancelled() || (number > 0 && begun.elapsed() >= self.smtp.pass) {
                // The rest is still due, and the next pass begins with it.
                break;
            }
            let Some(mime) = self.body(connection, mail, report)? else { continue };
            let ready = match session.take().and_then(Session::reuse) {
                Some(ready) => ready,
                None => match Session::open(settings, password.clone(), &self.smtp) {
                    Ok(ready) => ready,
                    Err(error) => return Ok(Some(error)),
                },
            };
            let session = session.insert(ready);
            if !mark_sending(connection, mail.id)? {
                continue;
            }
            let to = match (self.config.mail.mode, &self.config.mail.redirect_to) {
                (MailMode::Redirect, Some(address)) => vec![address.clone()],
                _ => [mail.to.as_slice(), &mail.cc].concat(),
            };
            let verdict = session.send(self.config.mail.from.email.as_ref(), &to, &mime);
            if let Some(error) = self.heed(connection, (mail, verdict), &mut learned, report)? {
                return Ok(Some(error));
            }
        }
        self.judge(connection, &learned.refused, report)
    }

    /// Records the verdict on one mail. `Some` when it means that the server is wrong.
    fn heed<'a>(
        &self,
        connection: &mut Connection,
        (mail, verdict): (&'a OutboxMail, Verdict),
        learned: &mut Learned<'a>,
        report: &mut DeliverReport,
    ) -> Result<Option<ServerError>, Error> {
        let attempt = mail.attempts + 1;
        match verdict {
            Verdict::Accepted { refused, .. } => {
                let outcome = Outcome::Sent { note: not_to(&refused) };
                self.record(connection, mail, &outcome, report)?;
                self.try_alone(connection, mail, &refused, report)?;
                if !learned.has_taken {
                    self.server_works(connection)?;
                }
                learned.has_taken = true;
            }
            Verdict::Later { reply } => {
                let outcome = self.later(mail, MailWhy::Reply.with(reply.clone()));
                self.record(connection, mail, &outcome, report)?;
                if attempt >= REFUSED_FOR_NOW {
                    learned.refused.push(Refused { mail, reply, about: None });
                }
            }
            Verdict::Never { reply, about } => {
                // Until the pass is over it counts as refused for now.
                let outcome = self.later(mail, MailWhy::Reply.with(reply.clone()));
                record_verdict(connection, mail.id, &outcome, self.now)?;
                learned.refused.push(Refused { mail, reply, about: Some(about) });
            }
            Verdict::ServerDown { reply } => {
                learned.lost += 1;
                let alone = !learned.has_answered && attempt >= LOST_ALONE;
                let error = ServerError::broken(&self.config.mail.smtp, &reply);
                let outcome = self.later(mail, MailWhy::Reply.with(reply));
                self.record(connection, mail, &outcome, report)?;
                return Ok((learned.lost >= LOST_IN_A_ROW || alone).then_some(error));
            }
            Verdict::Refused(error) => {
                // Not counted as later: it is held with the others.
                record_verdict(connection, mail.id, &Outcome::NotTried, self.now)?;
                return Ok(Some(error));
            }
        }
        learned.lost = 0;
        learned.has_answered = true;
        Ok(None)
    }

    /// Whether the server refuses all mail, or each of these mails for its own sake;
    /// in the latter case, what becomes of them.
    fn judge(
        &self,
        connection: &mut Connection,
        refused: &[Refused<'_>],
        report: &mut DeliverReport,
    ) -> Result<Option<ServerError>, Error> {
        let Some(last) = refused.last() else { return Ok(None) };
        let newest = refused.iter().map(|one| one.mail.due_at).max().unwrap_or(self.now);
        if !has_sent_since(connection, self.config.mail.mode, newest)? {
            let often = |one: &Refused<'_>| {
                one.about == Some(Blame::Us) && one.mail.attempts + 1 >= REFUSED_ALONE
            };
            if refused.len() >= REFUSED_IN_A_PASS || refused.iter().any(often) {
                report.later += refused.iter().filter(|one| one.about.is_some()).count();
                return Ok(Some(ServerError::refuses_all(&self.config.mail.smtp, &last.reply)));
            }
        }
        for one in refused {
            let Some(about) = one.about else { continue };
            let why = MailWhy::Reply.with(one.reply.clone());
            if about == Blame::Message
                && self.without_attachment(connection, one.mail, &one.reply)?
            {
                report.later += 1;
                continue;
            }
            let outcome = match about {
                // Somebody can change it, as with a refusal for now.
                Blame::Us => self.later(one.mail, why),
                // A refused mail of our own counts as refused for any reason, or nobody would
                // hear of it.
                about => Outcome::Dead { why, refused: about == Blame::Reader || is_own(one.mail) },
            };
            self.record(connection, one.mail, &outcome, report)?;
        }
        Ok(None)
    }

    /// Each reader whom the server refused while it took the mail for the others gets a
    /// mail of its own: the others must not get a second copy.
    fn try_alone(
        &self,
        connection: &Connection,
        mail: &OutboxMail,
        refused: &[Refusal],
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        // There everything goes to one address.
        if self.config.mail.mode == MailMode::Redirect {
            return Ok(());
        }
        for refusal in refused {
            let Some(id) = split_mail(connection, mail.id, &refusal.to)? else { continue };
            let alone = OutboxMail { id, to: vec![refusal.to.clone()], ..mail.clone() };
            let why = MailWhy::Reply.with(refusal.reply.clone());
            let outcome = match refusal.about() {
                None | Some(Blame::Us) => self.later(&alone, why),
                Some(about) => {
                    Outcome::Dead { why, refused: about == Blame::Reader || is_own(mail) }
                }
            };
            self.record(connection, &alone, &outcome, report)?;
        }
        Ok(())
    }

    /// A digest that is too large for its readers goes again without its spreadsheet.
    fn without_attachment(
        &self,
        connection: &Connection,
        mail: &OutboxMail,
        reply: &str,
    ) -> Result<bool, Error> {
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

    fn give_up_after(&self) -> TimeDelta {
        TimeDelta::from_std(self.config.mail.give_up_after).unwrap_or(TimeDelta::MAX)
    }

    /// Tries again after the next pause, or gives up once the time is over.
    fn later(&self, mail: &OutboxMail, why: MailReason) -> Outcome {
        if self.now.signed_duration_since(mail.due_at) >= self.give_up_after() {
            return Outcome::Dead { why: given_up(why), refused: false };
        }
        let tried = usize::try_from(mail.attempts).unwrap_or(usize::MAX);
        let pause = PAUSES.get(tried).copied().unwrap_or(PAUSES[PAUSES.len() - 1]);
        Outcome::Later { at: self.now + pause, why }
    }

    /// The server, not a mail, is wrong: all mail waits, and `status` says so.
    fn server_is_wrong(
        &self,
        connection: &mut Connection,
        error: &ServerError,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        let (mode, why) = (self.config.mail.mode, error.to_string());
        // Servers like to quote addresses.
        debug!(why = masked(&why), "the mail server takes no mail; all mail waits");
        let pause = if error.is_login() { LOGIN_PAUSE } else { SERVER_PAUSE };
        let tx = immediate(connection)?;
        // First, so that the alert waits with the others.
        let facts = vec![AlertFact::Error(why.clone())];
        open_incident(&tx, &self.config, IncidentKind::MailDown, self.now, facts)?;
        let reason = MailWhy::Reply.with(why.clone());
        let due_before = self.now.checked_sub_signed(self.give_up_after());
        if let Some(due_before) = due_before {
            let given_up = given_up(reason.clone());
            report.dead += give_up_waiting(&tx, mode, self.now, due_before, &given_up)?;
        }
        report.later += hold_waiting(&tx, mode, self.now, self.now + pause, &reason)?;
        tx.commit().map_err(store::Error::from)?;
        report.server_error = Some(why);
        Ok(())
    }

    /// The server gives verdicts on mails: what waited for it waits no longer.
    fn server_works(&self, connection: &mut Connection) -> Result<(), Error> {
        let tx = immediate(connection)?;
        release_held(&tx, self.config.mail.mode, self.now)?;
        let composer = Composer::new(&tx, &self.config, self.now)?;
        close_incident(&tx, &composer, IncidentKind::MailDown)?;
        tx.commit().map_err(store::Error::from)?;
        Ok(())
    }
}

fn given_up(last: MailReason) -> MailReason {
    MailReason { why: MailWhy::GivenUp, ..last }
}

fn not_to(refused: &[Refusal]) -> Option<MailReason> {
    let words: Vec<String> = refused.iter().map(Refusal::words).collect();
    (!words.is_empty()).then(|| MailWhy::NotToAll.with(words.join("; ")))
}

fn is_own(mail: &OutboxMail) -> bool {
    matches!(mail.kind, MailKind::Digest | MailKind::Alert)
}
