//! Whether a mail in the outbox is still to go. Between planning and delivery lie
//! seconds as a rule; where the mail server was away or the service was off, days.
//! Reminders and escalations that no longer say what is so are withdrawn, and the
//! next run of `remind` tells what still holds: what a withdrawn mail told counts as
//! not told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rusqlite::Connection;

use super::error::Error;
use crate::config::Config;
use crate::model::{MailKind, MailState, OutboxMail, Snapshot, Unreachable};
use crate::notify::{TellKind, readers_of};
use crate::query::{Inputs, audience, waivers};
use crate::store::{
    Reason, cancel_mail, current_snapshot, last_snapshot, reasons, waiting_reminders,
};
use crate::text::addresses::{folded, reachability};
use crate::time::civil::local_date;

/// Withdraws those of `waiting` that are no longer wanted. Returns the others, and how
/// many it withdrew.
pub(super) fn still_wanted(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
    waiting: Vec<OutboxMail>,
) -> Result<(Vec<OutboxMail>, usize), Error> {
    if waiting.is_empty() {
        return Ok((waiting, 0));
    }
    let check = Check::load(connection, config, now, &waiting)?;
    let (mut wanted, mut withdrawn) = (Vec::new(), 0);
    for mail in waiting {
        let Some(why) = check.why_not(&mail) else {
            wanted.push(mail);
            continue;
        };
        let why = match mail.state {
            // The log says what is known, and that is all that is.
            MailState::Sending => {
                format!("{why}; the program had died while sending it, so it may have arrived")
            }
            _ => why.to_owned(),
        };
        withdrawn += usize::from(cancel_mail(connection, mail.id, &why)?);
    }
    Ok((wanted, withdrawn))
}

/// Withdraws the reminders and escalations that wait and no longer say what is so, for
/// `remind` to tell them anew. Returns how many.
pub(super) fn withdraw_outdated(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    let waiting = waiting_reminders(connection, config.mail.mode)?;
    Ok(still_wanted(connection, config, now, waiting)?.1)
}

/// Whether `mail` goes to people in the municipality, and not to IT.
pub(super) fn is_to_owners(config: &Config, mail: &OutboxMail) -> bool {
    match mail.kind {
        MailKind::Reminder | MailKind::Escalation => true,
        MailKind::Notice => {
            let it = |to: &String| config.mail.it.iter().any(|it| folded(it) == folded(to));
            mail.person.is_some() || !mail.to.iter().all(it)
        }
        MailKind::Digest | MailKind::Alert | MailKind::Test => false,
    }
}

/// Readers and their addresses, by finding.
type ReadersByFinding = BTreeMap<i64, BTreeMap<String, String>>;

/// What is so now.
struct Check<'a> {
    config: &'a Config,
    now: DateTime<Utc>,
    /// Read where a mail has a reader in KITOS.
    snapshot: Option<Snapshot>,
    reasons: BTreeMap<i64, Vec<Reason>>,
    waivers: BTreeMap<i64, DateTime<Utc>>,
    allowed_domains: BTreeSet<String>,
    /// Who is to be reminded of each finding, with the address; `None` where nothing
    /// was read since the mails were written, or the leaders are not known today.
    readers: Option<ReadersByFinding>,
}

impl<'a> Check<'a> {
    fn load(
        connection: &Connection,
        config: &'a Config,
        now: DateTime<Utc>,
        waiting: &[OutboxMail],
    ) -> Result<Self, Error> {
        let snapshot = match waiting.iter().any(|mail| mail.person.is_some()) {
            true => current_snapshot(connection)?,
            false => None,
        };
        let read_at = last_snapshot(connection)?.map(|last| last.taken_at);
        let overtaken = waiting.iter().any(|mail| {
            mail.kind == MailKind::Reminder && read_at.is_some_and(|at| at > mail.created_at)
        });
        let readers = match overtaken {
            true => readers(connection, config, now)?,
            false => None,
        };
        Ok(Self {
            config,
            now,
            snapshot,
            reasons: reasons(connection, waiting)?,
            waivers: waivers(connection, now)?,
            allowed_domains: audience(config).allowed_domains,
            readers,
        })
    }

    /// Why `mail` does not go, if it does not.
    fn why_not(&self, mail: &OutboxMail) -> Option<&'static str> {
        let reader = mail.person.map(|person| {
            self.snapshot.as_ref().and_then(|s| s.people.get(&person)).filter(|p| p.member)
        });
        if reader == Some(None) {
            return Some("its reader has left the organisation");
        }
        let foreign = |to: &String| {
            reachability(Some(to), &self.allowed_domains) == Err(Unreachable::ForeignDomain)
        };
        if is_to_owners(self.config, mail)
            && mail.to.iter().any(|to| !self.is_it(to) && foreign(to))
        {
            return Some("its reader's domain is not in mail.allowed_domains");
        }
        let reasons = self.reasons.get(&mail.id).map_or(&[][..], Vec::as_slice);
        let is_open = |reason: &Reason| reason.open;
        let is_waived = |reason: &Reason| {
            self.waivers.get(&reason.finding).is_some_and(|until| *until > self.now)
        };
        if !reasons.is_empty() && !reasons.iter().any(is_open) {
            return Some("everything that it asks for is done");
        }
        if !reasons.is_empty() && !reasons.iter().any(|r| is_open(r) && !is_waived(r)) {
            return Some("everything that it asks for is done or waived");
        }
        // What may be with its reader already is not told anew.
        let is_told_anew = matches!(mail.kind, MailKind::Reminder | MailKind::Escalation)
            && mail.state == MailState::Queued;
        if !is_told_anew {
            return None;
        }
        if reasons.iter().any(|reason| !is_open(reason) || is_waived(reason)) {
            return Some("some of what it asks for is done or waived; the rest is told anew");
        }
        let moved = |email: &str| mail.to.iter().all(|to| folded(to) != folded(email));
        if reader.flatten().and_then(|p| p.email.as_deref()).is_some_and(moved) {
            return Some("its reader has another address now; it is told anew");
        }
        if reasons.iter().any(|reason| self.is_for_another(mail, reason)) {
            return Some("its reader is no longer asked for all of it; it is told anew");
        }
        let give_up_after = TimeDelta::from_std(self.config.mail.give_up_after);
        if self.now - mail.due_at >= give_up_after.unwrap_or(TimeDelta::MAX) {
            return Some("it has waited longer than mail.give_up_after; it is told anew");
        }
        let today = local_date(self.now, self.config.schedule.time_zone);
        if self.config.notify.quiet_weeks.contains(&today.iso_week().week()) {
            return Some("this week is one of notify.quiet_weeks; it is told anew after it");
        }
        None
    }

    fn is_it(&self, address: &str) -> bool {
        self.config.mail.it.iter().any(|it| folded(it) == folded(address))
    }

    /// Whether somebody else is to be reminded of it now.
    fn is_for_another(&self, mail: &OutboxMail, reason: &Reason) -> bool {
        let Some(readers) = self.readers.as_ref().filter(|_| reason.kind == TellKind::Reminder)
        else {
            return false;
        };
        let address = readers.get(&reason.finding).and_then(|of| of.get(&reason.reader));
        !address.is_some_and(|address| mail.to.iter().any(|to| folded(to) == folded(address)))
    }
}

fn readers(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Option<ReadersByFinding>, Error> {
    let inputs = Inputs::load(connection, config, now)?;
    let material = inputs.material();
    if material.leaders_unknown {
        return Ok(None);
    }
    let of = |finding| readers_of(&material, finding).map(|reader| (reader.id, reader.address));
    Ok(Some(material.open.iter().map(|finding| (finding.id, of(finding).collect())).collect()))
}
