//! Mails over SMTP: who goes now, and what follows from each verdict
//! (`docs/reliability.md` R17).

use std::collections::BTreeSet;
use std::time::Instant;

use chrono::TimeDelta;
use rusqlite::Connection;

use super::{DeliverReport, Pass};
use crate::jobs::error::Error;
use crate::mail;
use crate::model::{IncidentKind, MailKind, MailMode, MailReason, MailWhy, OutboxMail};
use crate::smtp::{Blame, Refusal, ServerError, Session, Verdict, is_too_large};
use crate::store::{
    self, Outcome, has_taken_others, held_until, hold_waiting, immediate, incidents, mail_body,
    mark_sending, postpone, record_verdict, replace_body, sent_since, set_readers, split_mail,
};
use crate::text::addresses::folded;

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
/// When mails to this many readers in a row lose the connection, it is the server's fault.
const LOST_IN_A_ROW: usize = 2;
/// A mail that alone has lost the connection so often means so too: there may
/// be no other to tell by.
const LOST_ALONE: u32 = 3;
/// When this many mails of one pass are refused, and no other was taken meanwhile, the server
/// refuses us, not each of these readers.
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
    /// The readers of mails in a row that lost the connection.
    lost: BTreeSet<String>,
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
        if let Some(hold) = held_until(connection, mode, self.now)?
            && !waiting.iter().any(is_test)
        {
            report.later += hold_waiting(connection, mode, self.now, &hold)?;
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
                let why = MailWhy::Reply.with(reply.clone());
                let outcome = self.later(connection, mail, why)?;
                self.record(connection, mail, &outcome, report)?;
                if attempt >= REFUSED_FOR_NOW {
                    learned.refused.push(Refused { mail, reply, about: None });
                }
            }
            Verdict::Never { reply, about } => {
                // Until the pass is over it counts as refused for now.
                let why = MailWhy::Reply.with(reply.clone());
                let outcome = self.later(connection, mail, why)?;
                record_verdict(connection, mail.id, &outcome, self.now)?;
                learned.refused.push(Refused { mail, reply, about: Some(about) });
            }
            Verdict::ServerDown { reply, at } => {
                return self.lost(connection, (mail, &reply, at), learned, report);
            }
            Verdict::Refused(error) => {
                // Not counted as later: it is held with the others.
                record_verdict(connection, mail.id, &Outcome::NotTried, self.now)?;
                return Ok(Some(error));
            }
        }
        learned.lost.clear();
        learned.has_answered = true;
        Ok(None)
    }

    /// Notes that a mail lost its connection, for the reader `at` whom the server was asked
    /// about. `Some` when that means that the server is wrong: a mail that goes on losing it
    /// while others are taken says nothing of the server.
    fn lost(
        &self,
        connection: &mut Connection,
        (mail, reply, at): (&OutboxMail, &str, Option<String>),
        learned: &mut Learned<'_>,
        report: &mut DeliverReport,
    ) -> Result<Option<ServerError>, Error> {
        let has_lost_often = mail.attempts + 1 >= LOST_ALONE;
        let is_its_own = has_lost_often && has_taken_others(connection, mail)?;
        if !is_its_own {
            let readers = || mail.to.iter().chain(&mail.cc).map(|to| folded(to)).collect();
            learned.lost.extend(at.as_deref().map_or_else(readers, |at| vec![folded(at)]).pop());
        }
        let is_alone = has_lost_often && !is_its_own && !learned.has_answered;
        let is_wrong = learned.lost.len() >= LOST_IN_A_ROW || is_alone;
        let why = MailWhy::Reply.with(reply.to_owned());
        if let Some(reader) = at {
            self.set_apart(connection, mail, &reader, &why, report)?;
        }
        let outcome = self.later(connection, mail, why)?;
        self.record(connection, mail, &outcome, report)?;
        Ok(is_wrong.then(|| ServerError::broken(&self.config.mail.smtp, reply)))
    }

    /// Gives the one of several readers for whom the server hung up a mail of their own, so
    /// that the others get theirs.
    fn set_apart(
        &self,
        connection: &mut Connection,
        mail: &OutboxMail,
        reader: &str,
        why: &MailReason,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        let is_other = |to: &&String| to.as_str() != reader;
        let (to, cc): (Vec<_>, Vec<_>) =
            (mail.to.iter().filter(is_other).collect(), mail.cc.iter().filter(is_other).collect());
        let left = to.len() + cc.len();
        // In a trial everything goes to one address, which is none of these.
        if left == 0 || left == mail.to.len() + mail.cc.len() {
            return Ok(());
        }
        let tx = immediate(connection)?;
        set_readers(&tx, mail.id, &to, &cc)?;
        if let Some(id) = split_mail(&tx, mail.id, reader)? {
            let alone = OutboxMail { id, to: vec![reader.to_owned()], cc: vec![], ..mail.clone() };
            let outcome = self.later(&tx, &alone, why.clone())?;
            self.record(&tx, &alone, &outcome, report)?;
        }
        tx.commit().map_err(store::Error::from)?;
        Ok(())
    }

    /// Whether the server refuses all mail, or each of these mails for its own sake;
    /// in the latter case, what becomes of them.
    fn judge(
        &self,
        connection: &mut Connection,
        refused: &[Refused<'_>],
        report: &mut DeliverReport,
    ) -> Result<Option<ServerError>, Error> {
        let mut open = Vec::new();
        for one in refused {
            if !has_taken_others(connection, one.mail)? {
                open.push(one);
            }
        }
        let often = |one: &&Refused<'_>| {
            one.about == Some(Blame::Us) && one.mail.attempts + 1 >= REFUSED_ALONE
        };
        if let Some(last) = open.last()
            && (open.len() >= REFUSED_IN_A_PASS || open.iter().any(often))
        {
            report.later += refused.iter().filter(|one| one.about.is_some()).count();
            return Ok(Some(ServerError::refuses_all(&self.config.mail.smtp, &last.reply)));
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
                Blame::Us => self.later(connection, one.mail, why)?,
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
            let alone = OutboxMail { id, to: vec![refusal.to.clone()], cc: vec![], ..mail.clone() };
            let why = MailWhy::Reply.with(refusal.reply.clone());
            let outcome = match refusal.about() {
                None | Some(Blame::Us) => self.later(connection, &alone, why)?,
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

    pub(super) fn give_up_after(&self) -> TimeDelta {
        TimeDelta::from_std(self.config.mail.give_up_after).unwrap_or(TimeDelta::MAX)
    }

    /// Tries again after the next pause, or gives up once the time is over. A reader to whom
    /// the server takes nothing for so long, while it takes other mail, cannot be reached.
    fn later(
        &self,
        connection: &Connection,
        mail: &OutboxMail,
        why: MailReason,
    ) -> Result<Outcome, Error> {
        if self.now.signed_duration_since(mail.counts_from) >= self.give_up_after() {
            let is_down = || -> Result<bool, Error> {
                Ok(incidents(connection)?.iter().any(|open| open.kind == IncidentKind::MailDown))
            };
            // Of a mail of our own nobody would else hear.
            let refused = has_taken_others(connection, mail)? || (is_own(mail) && !is_down()?);
            return Ok(Outcome::Dead { why: given_up(why), refused });
        }
        let tried = usize::try_from(mail.attempts).unwrap_or(usize::MAX);
        let pause = PAUSES.get(tried).copied().unwrap_or(PAUSES[PAUSES.len() - 1]);
        Ok(Outcome::Later { at: self.now + pause, why })
    }
}

pub(super) fn given_up(last: MailReason) -> MailReason {
    MailReason { why: MailWhy::GivenUp, ..last }
}

fn not_to(refused: &[Refusal]) -> Option<MailReason> {
    let words: Vec<String> = refused.iter().map(Refusal::words).collect();
    (!words.is_empty()).then(|| MailWhy::NotToAll.with(words.join("; ")))
}

fn is_own(mail: &OutboxMail) -> bool {
    matches!(mail.kind, MailKind::Digest | MailKind::Alert)
}
