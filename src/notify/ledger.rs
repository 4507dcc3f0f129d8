//! The notification ledger: what each recipient was told, about what and when, in one mail
//! mode. No entry is lost or doubled. A mail that was withdrawn or never arrived told nothing,
//! but it was written, so the next mail counts on from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::draft::{NotedPromise, Notification, NotificationKind, RecipientId};

/// Whether a mail told what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It went out, or will.
    Delivered,
    /// It was withdrawn, refused or given up.
    Undelivered,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    notification: Notification,
    at: DateTime<Utc>,
    fate: Fate,
}

/// Everything told so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// In the order in which it was told.
    of: BTreeMap<RecipientId, Vec<Entry>>,
    about: BTreeMap<i64, BTreeSet<RecipientId>>,
}

/// What one recipient was told of one finding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clock {
    /// On which days, first to last.
    pub told_on: Vec<NaiveDate>,
    /// How many of these mails it asked for itself.
    pub due_mails: u32,
    /// The first deadline that one of them stated.
    pub first_deadline: Option<NaiveDate>,
    /// The promise that is not kept yet.
    pub promise: Option<NotedPromise>,
    /// When the next leader up, or IT, was asked because this recipient did not act.
    pub passed_on: Option<NaiveDate>,
}

/// One mail to one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailed {
    pub on: NaiveDate,
    pub deadline: Option<NaiveDate>,
    /// It asked the recipient to put something right.
    pub is_reminder: bool,
    /// A reminder whose day was named before it does not wait because of it.
    pub yields: bool,
}

/// What was told of one finding, to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotifiedOf {
    /// How often; of several recipients, the one who was told most often.
    pub reminders: u32,
    pub last_reminded_at: Option<DateTime<Utc>>,
    /// The first deadline that was stated to anybody.
    pub deadline: Option<NaiveDate>,
    /// When somebody further up was asked.
    pub escalated_at: Option<DateTime<Utc>>,
    /// When that was a leader, and not IT because there is none to ask.
    pub leader_asked_at: Option<DateTime<Utc>>,
}

/// What somebody was asked in a round of confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AskedInRound {
    pub days: BTreeSet<NaiveDate>,
    pub systems: BTreeSet<Uuid>,
}

/// A leader who was asked to help with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedForHelp {
    pub recipient: RecipientId,
    pub at: DateTime<Utc>,
    pub on: NaiveDate,
    pub deadline: Option<NaiveDate>,
}

impl Ledger {
    /// Takes in what was told at `at`; in the order in which it was told.
    pub fn note(&mut self, notification: Notification, at: DateTime<Utc>, fate: Fate) {
        if let Some(finding) = notification.finding {
            self.about.entry(finding).or_default().insert(notification.recipient);
        }
        let entries = self.of.entry(notification.recipient).or_default();
        entries.push(Entry { notification, at, fate });
    }

    /// What `recipient` was told of `finding`.
    pub fn clock(&self, finding: i64, recipient: RecipientId) -> Clock {
        let mut clock = Clock::default();
        for Entry { notification, .. } in self.told_to(recipient) {
            if notification.finding != Some(finding) {
                continue;
            }
            match notification.kind {
                // A leader who is asked for help has a clock of their own.
                NotificationKind::Escalation => continue,
                NotificationKind::Copy | NotificationKind::PassedOn => {
                    clock.passed_on = Some(notification.on);
                    clock.promise = None;
                }
                _ => {}
            }
            if notification.kind == NotificationKind::PassedOn {
                continue;
            }
            clock.first_deadline = clock.first_deadline.or(notification.deadline);
            clock.told_on.push(notification.on);
            clock.due_mails += u32::from(notification.due);
            clock.promise = notification.promise.or(clock.promise);
        }
        clock
    }

    /// The mails to `recipient`, of each day one.
    pub fn mails_to(&self, recipient: RecipientId) -> Vec<Mailed> {
        let mut mails: BTreeMap<NaiveDate, Mailed> = BTreeMap::new();
        for Entry { notification, .. } in self.told_to(recipient) {
            if notification.kind == NotificationKind::PassedOn {
                continue;
            }
            let on = notification.on;
            let first = Mailed { on, deadline: None, is_reminder: false, yields: true };
            let mail = mails.entry(on).or_insert(first);
            // What has more time keeps no other mail waiting.
            mail.deadline = mail.deadline.into_iter().chain(notification.deadline).min();
            mail.is_reminder |= notification.asks();
            mail.yields &= notification.yields();
        }
        mails.into_values().collect()
    }

    /// Whether `recipient` knows us: from a first letter, or from what came in its place. A
    /// mail that only informed a manager has not told them what is asked of an owner.
    pub fn is_introduced(&self, recipient: RecipientId) -> bool {
        use NotificationKind::{FirstLetter, Reminder, Welcome};
        self.told_to(recipient).any(|entry| match entry.notification.kind {
            FirstLetter | Welcome => true,
            Reminder => !entry.notification.informs(),
            _ => false,
        })
    }

    /// The days on which `recipient` was asked in the round of confirmation that began at
    /// `start`, and about which systems.
    pub fn asked_in_round(&self, recipient: RecipientId, start: DateTime<Utc>) -> AskedInRound {
        let asked = self.told_to(recipient).filter(|entry| {
            entry.notification.kind == NotificationKind::Review && entry.at >= start
        });
        let mut all = AskedInRound::default();
        for Entry { notification, .. } in asked {
            all.days.insert(notification.on);
            all.systems.extend(notification.usage);
        }
        all
    }

    /// Whether a leader was asked since `start` because `recipient` had not answered.
    pub fn is_called_in_round(&self, recipient: RecipientId, start: DateTime<Utc>) -> bool {
        use NotificationKind::{Copy, PassedOn};
        self.told_to(recipient).any(|entry| {
            let Notification { kind, finding, .. } = entry.notification;
            matches!(kind, Copy | PassedOn) && finding.is_none() && entry.at >= start
        })
    }

    /// Whether `recipient` was asked since `day` to hand over what is theirs.
    pub fn is_handing_over(&self, recipient: RecipientId, since: NaiveDate) -> bool {
        self.told_to(recipient).any(|entry| {
            let Notification { kind, on, .. } = entry.notification;
            kind == NotificationKind::HandOver && on >= since
        })
    }

    /// How many recipients a letter or a reminder was written to on `day`.
    pub fn reminded_on(&self, day: NaiveDate) -> usize {
        use NotificationKind::{FirstLetter, Reminder, Review};
        let is_reminder = |entry: &Entry| {
            let Notification { kind, on, .. } = entry.notification;
            on == day && matches!(kind, FirstLetter | Reminder | Review)
        };
        let told = self.of.keys().filter(|id| self.told_to(**id).any(is_reminder));
        told.count()
    }

    /// How many notifications were written to `recipient`, whether or not they arrived.
    pub fn written_to(&self, recipient: RecipientId) -> usize {
        self.of.get(&recipient).map_or(0, Vec::len)
    }

    /// The findings of which anything was told.
    pub fn findings(&self) -> impl Iterator<Item = i64> {
        self.about.keys().copied()
    }

    /// Whether anybody was told of `finding`.
    pub fn has_told_of(&self, finding: i64) -> bool {
        self.about.contains_key(&finding)
    }

    /// What was told of `finding`, to anybody.
    pub fn notified_of(&self, finding: i64) -> NotifiedOf {
        let mut told = NotifiedOf::default();
        for recipient in self.about.get(&finding).into_iter().flatten() {
            let mut reminders = 0;
            let entries = self.told_to(*recipient);
            for entry in entries.filter(|entry| entry.notification.finding == Some(finding)) {
                if entry.notification.kind.passes_on() {
                    told.escalated_at = told.escalated_at.max(Some(entry.at));
                    if entry.notification.kind == NotificationKind::Escalation {
                        told.leader_asked_at = told.leader_asked_at.max(Some(entry.at));
                    }
                } else if !entry.notification.informs() {
                    reminders += 1;
                    let stated = entry.notification.deadline;
                    told.deadline = told.deadline.into_iter().chain(stated).min();
                    told.last_reminded_at = told.last_reminded_at.max(Some(entry.at));
                }
            }
            told.reminders = told.reminders.max(reminders);
        }
        told
    }

    /// The last time that a leader further up was asked to help with `finding`.
    pub fn asked_for_help(&self, finding: i64) -> Option<AskedForHelp> {
        let recipients = self.about.get(&finding).into_iter().flatten();
        let entries = recipients.flat_map(|recipient| self.told_to(*recipient));
        let asked = entries.filter(|entry| {
            let Notification { kind, finding: about, .. } = entry.notification;
            kind == NotificationKind::Escalation && about == Some(finding)
        });
        asked.max_by_key(|entry| entry.at).map(|entry| AskedForHelp {
            recipient: entry.notification.recipient,
            at: entry.at,
            on: entry.notification.on,
            deadline: entry.notification.deadline,
        })
    }

    fn told_to(&self, recipient: RecipientId) -> impl DoubleEndedIterator<Item = &Entry> {
        let entries = self.of.get(&recipient).into_iter().flatten();
        entries.filter(|entry| entry.fate == Fate::Delivered)
    }
}

impl Notification {
    /// Whether it was only for information: a manager who is no substitute, a finding that
    /// came along and asks for nothing.
    fn informs(&self) -> bool {
        self.kind == NotificationKind::Reminder && !self.due && self.deadline.is_none()
    }

    /// Whether it asks its recipient to put something right.
    pub fn asks(&self) -> bool {
        use NotificationKind::{FirstLetter, Notice, Reminder, Review, Welcome};
        match self.kind {
            FirstLetter | Reminder | Review => true,
            Notice | Welcome => self.finding.is_some(),
            _ => false,
        }
    }
}

/// `days` after `day`.
pub(super) fn later(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_signed(TimeDelta::days(i64::from(days))).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, day};

    const BO: RecipientId = RecipientId(1);

    fn told(kind: NotificationKind, finding: i64, on: &str) -> Notification {
        Notification {
            recipient: BO,
            kind,
            finding: Some(finding),
            usage: None,
            due: true,
            on: day(on),
            deadline: None,
            promise: None,
        }
    }

    fn ledger(notifications: impl IntoIterator<Item = (Notification, Fate)>) -> Ledger {
        let mut ledger = Ledger::default();
        for (notification, fate) in notifications {
            let noon = at(&format!("{}T12:00:00Z", notification.on));
            ledger.note(notification, noon, fate);
        }
        ledger
    }

    #[test]
    fn what_never_arrived_told_nothing() {
        let ledger = ledger([
            (told(NotificationKind::Reminder, 1, "2026-03-02"), Fate::Undelivered),
            (told(NotificationKind::Reminder, 1, "2026-03-03"), Fate::Delivered),
        ]);
        assert_eq!(ledger.clock(1, BO).told_on, [day("2026-03-03")]);
        assert_eq!(ledger.mails_to(BO).len(), 1);
        assert_eq!(ledger.notified_of(1).reminders, 1);
        assert_eq!(ledger.written_to(BO), 2, "its key is used up");
    }

    #[test]
    fn what_is_only_for_information_is_no_reminder() {
        let ledger = ledger([true, false].map(|due| {
            let told =
                told(NotificationKind::Reminder, 1, if due { "2026-03-03" } else { "2026-03-02" });
            (Notification { due, ..told }, Fate::Delivered)
        }));
        let told = ledger.notified_of(1);
        assert_eq!(told.reminders, 1, "a manager who only heard of it was not reminded");
        assert_eq!(told.last_reminded_at, Some(at("2026-03-03T12:00:00Z")));
        assert_eq!(ledger.clock(1, BO).told_on.len(), 2, "it was a mail all the same");
    }

    #[test]
    fn a_promise_lasts_until_it_is_kept() {
        let promise = Some(NotedPromise { to: None, on: day("2026-03-16") });
        let made = Notification { promise, ..told(NotificationKind::Reminder, 1, "2026-03-02") };
        let shown =
            Notification { due: false, ..told(NotificationKind::Reminder, 1, "2026-03-09") };
        let kept = told(NotificationKind::PassedOn, 1, "2026-03-16");
        let before = ledger([(made.clone(), Fate::Delivered), (shown.clone(), Fate::Delivered)]);
        assert_eq!(before.clock(1, BO).promise, promise, "another mail does not take it back");
        assert_eq!(before.clock(1, BO).due_mails, 1);
        let after = ledger([made, shown, kept].map(|told| (told, Fate::Delivered)));
        let clock = after.clock(1, BO);
        assert_eq!((clock.promise, clock.passed_on), (None, Some(day("2026-03-16"))));
        assert_eq!(clock.told_on.len(), 2, "noting it for IT is no mail");
        assert_eq!(after.mails_to(BO).len(), 2);
    }

    #[test]
    fn a_notice_is_a_reminder_of_what_it_names() {
        let names = told(NotificationKind::Notice, 1, "2026-03-02");
        let nothing =
            Notification { finding: None, ..told(NotificationKind::Notice, 1, "2026-03-03") };
        let mails = ledger([(names, Fate::Delivered), (nothing, Fate::Delivered)]).mails_to(BO);
        assert_eq!(mails.iter().map(|mail| mail.is_reminder).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn who_was_welcomed_is_introduced_and_who_was_written_to_in_vain_is_not() {
        let friday = Some(day("2026-03-06"));
        for (kind, due, deadline, fate, expected) in [
            (NotificationKind::FirstLetter, true, friday, Fate::Delivered, true),
            (NotificationKind::FirstLetter, false, None, Fate::Delivered, true),
            (NotificationKind::Welcome, true, friday, Fate::Delivered, true),
            (NotificationKind::Notice, true, friday, Fate::Delivered, false),
            (NotificationKind::FirstLetter, true, friday, Fate::Undelivered, false),
            // It asked for something, itself or beside what did …
            (NotificationKind::Reminder, true, None, Fate::Delivered, true),
            (NotificationKind::Reminder, false, friday, Fate::Delivered, true),
            // … or told a manager that they are no substitute.
            (NotificationKind::Reminder, false, None, Fate::Delivered, false),
        ] {
            let told = Notification { due, deadline, ..told(kind, 1, "2026-03-02") };
            let ledger = ledger([(told, fate)]);
            assert_eq!(ledger.is_introduced(BO), expected, "{kind:?} {due} {deadline:?} {fate:?}");
        }
    }
}
