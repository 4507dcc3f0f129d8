//! Mails over SMTP: who goes now, and what each verdict says of the server
//! (`docs/reliability.md` R17). What becomes of a mail that was not taken: `settle`.

use std::collections::BTreeSet;
use std::time::Instant;

use chrono::TimeDelta;
use rusqlite::Connection;

use super::settle::{Failed, How};
use super::{DeliverReport, Pass};
use crate::jobs::error::Error;
use crate::model::{MailKind, MailMode, MailReason, MailState, MailWhy, OutboxMail};
use crate::smtp::{Blame, Broken, Refusal, ServerError, Session, Verdict};
use crate::store::{
    self, Outcome, failed_tries, has_taken_others, immediate, mark_sending, postpone,
    record_verdict, sent_since, server_wait, set_apart, wait_for_server,
};
use crate::text::addresses::folded;

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

/// A pass's conversation with the server, and what it has taught so far.
#[derive(Default)]
struct Talk {
    session: Option<Session>,
    /// The readers of mails in a row that lost the connection.
    lost: BTreeSet<String>,
    has_answered: bool,
    has_taken: bool,
    /// What was not taken. What that says of the server is known at the end.
    failed: Vec<Failed>,
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
        if let Some(wait) = server_wait(connection, mode, self.now)?
            && !waiting.iter().any(is_test)
        {
            report.later += wait_for_server(connection, mode, self.now, &wait)?;
            return Ok(());
        }
        // What was tried least goes first, after what a crash cut off and a person's try: how the
        // server treats other mail then tells whether a mail that goes on failing is its fault.
        waiting
            .sort_by_key(|mail| (mail.state != MailState::Sending, !is_test(mail), mail.attempts));
        report.later += self.leave_for_the_next_minute(connection, &mut waiting)?;
        if waiting.is_empty() {
            return Ok(());
        }
        // Before any of those that wait for the server is offered to it again.
        let failed_before = failed_tries(connection, mode)?;
        let mut talk = Talk::default();
        let broken_off = self.hand_over(connection, &waiting, &mut talk, report);
        if let Some(session) = talk.session.take() {
            session.quit();
        }
        let wrong = match broken_off? {
            Some(error) => Some(error),
            None => self.refuses_all(connection, &talk)?,
        };
        for one in &talk.failed {
            self.settle(connection, one, wrong.as_ref(), report)?;
        }
        match wrong {
            None => Ok(()),
            Some(error) => {
                let in_a_row = if talk.has_taken { 1 } else { failed_before.saturating_add(1) };
                self.server_is_wrong(connection, &error, in_a_row, report)
            }
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
        talk: &mut Talk,
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
        let begun = Instant::now();
        for (number, mail) in waiting.iter().enumerate() {
            if self.cancel.is_cancelled() || (number > 0 && begun.elapsed() >= self.smtp.pass) {
                // The rest is still due, and the next pass begins with it.
                break;
            }
            let Some(mime) = self.body(connection, mail, report)? else { continue };
            let ready = match talk.session.take().and_then(Session::reuse) {
                Some(ready) => ready,
                None => match Session::open(settings, password.clone(), &self.smtp) {
                    Ok(ready) => ready,
                    Err(error) => return Ok(Some(error)),
                },
            };
            let session = talk.session.insert(ready);
            if !mark_sending(connection, mail.id)? {
                continue;
            }
            let to = match (self.config.mail.mode, &self.config.mail.redirect_to) {
                (MailMode::Redirect, Some(address)) => vec![address.clone()],
                _ => [mail.to.as_slice(), &mail.cc].concat(),
            };
            let verdict = session.send(self.config.mail.from.email.as_ref(), &to, &mime);
            if let Some(error) = self.heed(connection, (mail, verdict), talk, report)? {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// Records the verdict on one mail. `Some` when it means that the server is wrong.
    fn heed(
        &self,
        connection: &mut Connection,
        (mail, verdict): (&OutboxMail, Verdict),
        talk: &mut Talk,
        report: &mut DeliverReport,
    ) -> Result<Option<ServerError>, Error> {
        match verdict {
            Verdict::Accepted { refused, .. } => {
                self.taken(connection, (mail, &refused), talk, report)?;
                if !talk.has_taken {
                    self.server_works(connection)?;
                }
                talk.has_taken = true;
            }
            Verdict::Later { reply } => {
                let why = MailWhy::Reply.with(reply);
                talk.failed.push(self.put_off(connection, mail, How::ForNow, why)?);
            }
            Verdict::Never { reply, about } => {
                let why = MailWhy::Reply.with(reply);
                talk.failed.push(self.put_off(connection, mail, How::ForGood(about), why)?);
            }
            Verdict::ServerDown { reply, at } => {
                return self.lost(connection, (mail, &reply, at), talk);
            }
            Verdict::Refused(error) => {
                // Not counted as later: it is held with the others.
                record_verdict(connection, mail.id, &Outcome::NotTried, self.now)?;
                return Ok(Some(error));
            }
        }
        talk.lost.clear();
        talk.has_answered = true;
        Ok(None)
    }

    /// Notes that the server took a mail. Each reader whom it refused meanwhile gets a mail of
    /// their own: the others must not get a second copy.
    fn taken(
        &self,
        connection: &mut Connection,
        (mail, refused): (&OutboxMail, &[Refusal]),
        talk: &mut Talk,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        let tx = immediate(connection)?;
        // In a trial everything goes to one address, which is none of these.
        let apart = if self.config.mail.mode == MailMode::Redirect { &[] } else { refused };
        for refusal in apart {
            let Some(alone) = set_apart(&tx, mail.id, &refusal.to)? else { continue };
            let how = refusal.about().map_or(How::ForNow, How::ForGood);
            let why = MailWhy::Reply.with(refusal.reply.clone());
            let tried = OutboxMail { attempts: mail.attempts, ..alone };
            talk.failed.push(self.put_off(&tx, &tried, how, why)?);
        }
        self.record(&tx, mail, &Outcome::Sent { note: not_to(refused) }, report)?;
        tx.commit().map_err(store::Error::from)?;
        Ok(())
    }

    /// Notes that a mail lost its connection, for the reader `at` whom the server was asked
    /// about. `Some` when that means that the server is wrong: a mail that loses it while
    /// others are taken says nothing of the server.
    fn lost(
        &self,
        connection: &mut Connection,
        (mail, reply, at): (&OutboxMail, &str, Option<String>),
        talk: &mut Talk,
    ) -> Result<Option<ServerError>, Error> {
        let is_its_own = has_taken_others(connection, mail)?;
        if !is_its_own {
            talk.lost.extend(asked_last(mail, at.as_deref()));
        }
        let has_lost_often = mail.attempts + 1 >= LOST_ALONE;
        let how = if has_lost_often && !is_its_own && !talk.has_answered {
            Some(Broken::ForSomeTime)
        } else {
            (talk.lost.len() >= LOST_IN_A_ROW).then_some(Broken::InARow)
        };
        let why = MailWhy::Reply.with(reply.to_owned());
        let tx = immediate(connection)?;
        // In a trial everything goes to one address, which is none of the mail's readers.
        let alone = at.map(|reader| set_apart(&tx, mail.id, &reader)).transpose()?.flatten();
        if let Some(alone) = alone {
            let tried = OutboxMail { attempts: mail.attempts, ..alone };
            talk.failed.push(self.put_off(&tx, &tried, How::Lost, why.clone())?);
        }
        talk.failed.push(self.put_off(&tx, mail, How::Lost, why)?);
        tx.commit().map_err(store::Error::from)?;
        Ok(how.map(|how| ServerError::broken(&self.config.mail.smtp, reply, how)))
    }

    /// Lets a mail that was not taken wait for its next try, until it is known what its failure
    /// says.
    fn put_off(
        &self,
        connection: &Connection,
        mail: &OutboxMail,
        how: How,
        why: MailReason,
    ) -> Result<Failed, Error> {
        let later = Outcome::Later { at: self.next_try(mail), why: why.clone() };
        record_verdict(connection, mail.id, &later, self.now)?;
        Ok(Failed { mail: mail.clone(), how, why })
    }

    /// The server's fault, if it refuses all mail, and not each of these mails for its own sake.
    fn refuses_all(
        &self,
        connection: &Connection,
        talk: &Talk,
    ) -> Result<Option<ServerError>, Error> {
        if talk.has_taken {
            return Ok(None);
        }
        let mut refused = Vec::new();
        for one in &talk.failed {
            let tries = one.mail.attempts + 1;
            let counts = match one.how {
                How::ForGood(_) => true,
                How::ForNow => tries >= REFUSED_FOR_NOW,
                How::Lost => false,
            };
            if counts && !has_taken_others(connection, &one.mail)? {
                refused.push(one);
            }
        }
        let is_often = |one: &&Failed| {
            one.how == How::ForGood(Blame::Us) && one.mail.attempts + 1 >= REFUSED_ALONE
        };
        let is_wrong = refused.len() >= REFUSED_IN_A_PASS || refused.iter().any(is_often);
        let last = refused.last().filter(|_| is_wrong);
        Ok(last.map(|last| ServerError::refuses_all(&self.config.mail.smtp, last.reply())))
    }
}

/// The reader whom the server was asked about last: the one at whom it hung up, or the last of
/// all once it had been asked about each.
fn asked_last(mail: &OutboxMail, at: Option<&str>) -> Option<String> {
    let last = || mail.to.iter().chain(&mail.cc).next_back().map(String::as_str);
    at.or_else(last).map(folded)
}

fn not_to(refused: &[Refusal]) -> Option<MailReason> {
    let words: Vec<String> = refused.iter().map(Refusal::words).collect();
    (!words.is_empty()).then(|| MailWhy::NotToAll.with(words.join("; ")))
}
