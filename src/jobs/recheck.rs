//! Whether a mail in the outbox should still go. Between planning and delivery lie seconds as a
//! rule, but days if the mail server was away or the service was off. Letters, reminders and
//! escalations that are no longer true are withdrawn and count as not told; the next run of
//! `remind` tells what still holds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::compose::copy_key;
use super::error::Error;
use crate::config::Config;
use crate::model::{MailKind, MailState, MailWhy, OutboxMail, Unreachable};
use crate::notify::directory::Directory;
use crate::notify::draft::{NotificationKind, Recipient};
use crate::notify::recipients::{managers, next_up, route};
use crate::notify::round_readers;
use crate::policy::answers::OpenAnswer;
use crate::query::{Inputs, Moment, answered, waivers};
use crate::store::{
    Reason, cancel_mail, identities, last_snapshot, open_findings, reasons, waiting_reminders,
};
use crate::text::addresses::{folded, reachability};
use crate::time::civil::local_date;

/// Withdraws those of `waiting` that are no longer wanted. Returns the others, and how
/// many it withdrew.
pub(super) fn still_wanted(
    moment: &Moment<'_>,
    waiting: Vec<OutboxMail>,
) -> Result<(Vec<OutboxMail>, usize), Error> {
    if waiting.is_empty() {
        return Ok((waiting, 0));
    }
    let check = Check::load(moment, &waiting)?;
    let whys: Vec<Option<MailWhy>> = waiting.iter().map(|mail| check.why_not(mail)).collect();
    // Copies of one mail go together: one of them told anew would be told again to all.
    let together: BTreeMap<String, MailWhy> = (waiting.iter().zip(&whys))
        .filter_map(|(mail, why)| Some((copied(mail)?, why.clone()?)))
        .collect();
    let (mut wanted, mut withdrawn) = (Vec::new(), 0);
    for (mail, why) in waiting.into_iter().zip(whys) {
        let of_another =
            || together.get(&copied(&mail)?).filter(|_| mail.state == MailState::Queued);
        let Some(why) = why.or_else(|| of_another().cloned()) else {
            wanted.push(mail);
            continue;
        };
        let why = match mail.state {
            // The program died while it was sending it: nothing more is known.
            MailState::Sending => MailWhy::MayHaveArrived { because: Box::new(why) },
            _ => why,
        };
        withdrawn += usize::from(cancel_mail(moment.connection, mail.id, why)?);
    }
    Ok((wanted, withdrawn))
}

/// The key of the mail of which this is one reader's copy.
fn copied(mail: &OutboxMail) -> Option<String> {
    let reader = mail.to.first()?;
    let key = mail.key.strip_suffix(&copy_key("", reader))?;
    Some(key.to_owned())
}

/// Cancels waiting reminders and escalations that are outdated, or were written for an earlier
/// day and never tried, so that `remind` can plan them again now. Mails already offered to the
/// server stay until `give_up_after`. Returns how many.
pub(super) fn withdraw_outdated(moment: &Moment<'_>) -> Result<usize, Error> {
    let Moment { connection, config, .. } = *moment;
    let waiting = waiting_reminders(connection, config.mail.mode)?;
    let (waiting, mut withdrawn) = still_wanted(moment, waiting)?;
    let has_waited = |mail: &OutboxMail| moment.day(mail.due_at) < moment.today();
    for mail in waiting.iter().filter(|mail| mail.attempts == 0 && has_waited(mail)) {
        let why = MailWhy::WrittenForAnotherDay;
        withdrawn += usize::from(cancel_mail(connection, mail.id, why)?);
    }
    Ok(withdrawn)
}

/// Whether `mail` goes to people in the municipality, and not to IT.
pub(super) fn is_to_owners(config: &Config, mail: &OutboxMail) -> bool {
    let is_to_it = || mail.to.iter().all(|to| config.mail.is_it(to));
    mail.kind.is_planned() || (mail.kind.is_to_people() && (mail.person.is_some() || !is_to_it()))
}

fn in_round(inputs: &Inputs<'_>) -> BTreeSet<String> {
    let directory = inputs.directory();
    let situation = inputs.situation(&directory);
    let readers = situation.round.map(|round| round_readers(&situation, round));
    readers.into_iter().flatten().map(|reader| folded(&reader.address)).collect()
}

/// What is so now.
struct Check<'a> {
    config: &'a Config,
    now: DateTime<Utc>,
    reasons: BTreeMap<i64, Vec<Reason>>,
    waivers: BTreeMap<i64, DateTime<Utc>>,
    answered: BTreeMap<i64, OpenAnswer>,
    /// Folded addresses of those whom the open round of confirmation concerns.
    in_round: BTreeSet<String>,
    /// `None` where nothing was read since the mails were written.
    inputs: Option<Inputs<'a>>,
}

impl<'a> Check<'a> {
    fn load(moment: &Moment<'a>, waiting: &[OutboxMail]) -> Result<Self, Error> {
        let Moment { connection, config, now, .. } = *moment;
        let read_at = last_snapshot(connection)?.map(|last| last.taken_at);
        let is_overtaken = |mail: &OutboxMail| read_at.is_some_and(|at| at > mail.created_at);
        let is_of_round = |mail: &OutboxMail| mail.kind == MailKind::Review;
        let inputs = match waiting.iter().any(|mail| is_overtaken(mail) || is_of_round(mail)) {
            true => Some(Inputs::load(moment)?),
            false => None,
        };
        let known = match &inputs {
            Some(inputs) => inputs.identities().clone(),
            None => identities(connection)?,
        };
        Ok(Self {
            config,
            now,
            reasons: reasons(connection, waiting, &known)?,
            waivers: waivers(connection, now)?,
            answered: answered(connection, &open_findings(connection)?)?,
            in_round: inputs.as_ref().map(in_round).unwrap_or_default(),
            inputs,
        })
    }

    /// Why `mail` does not go, if it does not.
    fn why_not(&self, mail: &OutboxMail) -> Option<MailWhy> {
        let reasons = self.reasons.get(&mail.id).map_or(&[][..], Vec::as_slice);
        let directory = self.inputs.as_ref().map(Inputs::directory);
        if let Some(directory) = &directory
            && self.has_left(directory, mail)
        {
            return Some(MailWhy::ReaderLeft);
        }
        let allowed = self.config.mail.allowed_domains.iter().cloned().collect();
        let is_foreign =
            |to: &String| reachability(Some(to), &allowed) == Err(Unreachable::ForeignDomain);
        if is_to_owners(self.config, mail)
            && mail.to.iter().any(|to| !self.config.mail.is_it(to) && is_foreign(to))
        {
            return Some(MailWhy::ForeignDomain);
        }
        if mail.kind == MailKind::Review
            && !mail.to.iter().any(|to| self.in_round.contains(&folded(to)))
        {
            return Some(MailWhy::Answered);
        }
        if !reasons.is_empty() && !reasons.iter().any(|reason| reason.open) {
            return Some(MailWhy::Done);
        }
        let stands = |reason: &Reason| reason.open && !self.is_waived(reason);
        if !reasons.is_empty() && !reasons.iter().any(stands) {
            return Some(MailWhy::DoneOrWaived);
        }
        // What may be with its reader already is not told anew.
        let is_told_anew = mail.state == MailState::Queued && mail.kind.is_planned();
        if !is_told_anew {
            return None;
        }
        if !reasons.iter().all(stands) {
            return Some(MailWhy::PartlyDone);
        }
        if let Some(directory) = &directory
            && let Some(why) = self.is_for_another(directory, mail, reasons)
        {
            return Some(why);
        }
        let give_up_after = TimeDelta::from_std(self.config.mail.give_up_after);
        // What the server was offered is given up after its next try, and IT is told.
        if mail.attempts == 0 && self.now - mail.due_at >= give_up_after.unwrap_or(TimeDelta::MAX) {
            return Some(MailWhy::WaitedTooLong);
        }
        let today = local_date(self.now, self.config.schedule.time_zone);
        let is_over = |reason: &Reason| reason.told.deadline.is_some_and(|day| day <= today);
        if mail.attempts == 0 && reasons.iter().any(is_over) {
            return Some(MailWhy::TimeIsOver);
        }
        if self.config.notify.quiet_weeks.contains(&today.iso_week().week()) {
            return Some(MailWhy::QuietWeek);
        }
        None
    }

    fn is_waived(&self, reason: &Reason) -> bool {
        let Some(finding) = reason.told.finding else { return false };
        let paused = self.answered.get(&finding).map(|answer| answer.paused_until);
        let aside = [self.waivers.get(&finding).copied(), paused];
        aside.into_iter().flatten().any(|until| until > self.now)
    }

    fn has_left(&self, directory: &Directory<'_>, mail: &OutboxMail) -> bool {
        mail.person.is_some_and(|person| !directory.is_here(person))
    }

    /// Why the mail is no longer for its readers, if one of them is not the person it would go
    /// to now. `None` if the leaders are unknown today: then nobody can tell.
    fn is_for_another(
        &self,
        directory: &Directory<'_>,
        mail: &OutboxMail,
        reasons: &[Reason],
    ) -> Option<MailWhy> {
        let inputs = self.inputs.as_ref().filter(|inputs| inputs.no_leaders().is_none())?;
        for reason in reasons {
            let id = reason.told.finding?;
            let finding = inputs.open().iter().find(|finding| finding.id == id)?;
            let route = route(directory, finding);
            let asked: Vec<Recipient> = match reason.told.kind {
                NotificationKind::Escalation => {
                    next_up(directory, finding, &route).recipients().to_vec()
                }
                NotificationKind::PassedOn => continue,
                _ => {
                    let managers = managers(directory, finding, &route);
                    route.recipients().iter().cloned().chain(managers).collect()
                }
            };
            let Some(reader) = asked.iter().find(|asked| asked.id == reason.told.recipient) else {
                return Some(MailWhy::OtherReader);
            };
            let address = folded(&reader.address);
            if !mail.to.iter().chain(&mail.cc).any(|to| folded(to) == address) {
                return Some(MailWhy::OtherAddress);
            }
        }
        None
    }
}
