//! What mails are made of before they are put into words: plain data with names
//! resolved.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::spelled::spelled;
use super::{AlertFact, IncidentKind, Missing, PersonalData, Rule, Severity, StateOfUse};

/// The share of systems with an owner on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TrendPoint {
    pub date: NaiveDate,
    pub in_scope: u32,
    pub with_owner: u32,
}

/// One finding as a reader needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingLine {
    pub rule: Rule,
    pub severity: Severity,
    pub system: String,
    /// The page in KITOS on which it is put right.
    pub url: String,
    /// The administration (forvaltning), where a responsible unit is known.
    pub administration: Option<String>,
    /// The responsible unit.
    pub unit: Option<String>,
    pub opened: NaiveDate,
    /// Whole days from `opened` to the digest's date.
    pub age_days: i64,
    /// Was there when monitoring began: the true age is unknown.
    pub since_baseline: bool,
    /// The last or the departed owner's name, where one is known.
    pub last_owner: Option<String>,
    /// Whether that person has left the organisation.
    pub departed: bool,
    /// What exactly is wrong, in the mail's language; empty where rule and last
    /// owner say it all.
    pub details: Vec<String>,
    /// It opened because the policy changed, not KITOS.
    pub by_policy_change: bool,
    /// How often somebody was reminded of it.
    pub reminders: u32,
    /// The day on which a leader was told that reminders had no effect.
    pub escalated: Option<NaiveDate>,
    /// Who could be owner, where there is none.
    pub suggestions: Vec<SuggestionLine>,
}

/// In what capacity someone is told of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Capacity {
    Owner,
    /// Was the owner last, of a system that has none.
    LastOwner,
    /// Leads the responsible unit of a system without an owner.
    UnitLeader,
    /// The owner's leader.
    OwnersLeader,
    /// Has the manager's role on a system without an owner, and is told that
    /// this is no substitute.
    Manager,
}

/// Someone who could become owner, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestionLine {
    pub name: String,
    pub email: String,
    /// In the mail's language.
    pub reason: String,
}

/// Who reads a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reader {
    /// Somebody who answers for the systems: their owner, whoever owned one that has none
    /// now, or the leader who is to find an owner for it. All are written to in one way.
    Owner,
    /// IT, which follows up.
    It,
}

/// One mail to one person about all that one pull saw happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    pub organization: String,
    pub date: NaiveDate,
    pub reader: Reader,
    /// Full name of the reader, for the greeting; `None` for IT.
    pub name: Option<String>,
    /// The reader's address, by which they know themselves; `None` for IT.
    pub address: Option<String>,
    /// Never empty; by reason, then by name.
    pub items: Vec<NoticeItem>,
    /// By when the reader is asked to act.
    pub deadline: Option<NaiveDate>,
    /// The day of the next mail about the same if nothing happens.
    pub next: Option<NaiveDate>,
}

/// A tab of a system's page in KITOS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLink {
    /// As KITOS calls it.
    pub tab: String,
    pub url: String,
}

/// One piece of news; kept with a mail that waits, to be looked at and told again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeItem {
    pub reason: NoticeReason,
    /// Whose news it would have been, where the reader stands in for them.
    pub on_behalf_of: Option<String>,
    /// The usage whose news it is: of a neighbour that is shut down, that one.
    pub about: Uuid,
    pub system: String,
    /// The tabs on which something is put right; none when KITOS no longer has a page
    /// for the system.
    pub links: Vec<PageLink>,
    /// The responsible unit.
    pub unit: Option<String>,
    /// Who manages it.
    pub managers: Vec<String>,
    pub data: PersonalData,
    pub state: StateOfUse,
    /// For a system that is new to its owner: what KITOS does not say yet.
    pub missing: Vec<Missing>,
    /// Who left; the owner before, or after; the neighbour that is shut down.
    pub other: Vec<String>,
    /// Who owns it beside the reader, or still owns it where somebody left.
    pub beside: Vec<String>,
    /// The end date, where it alone shuts the system down, or shuts it down after all.
    pub end: Option<NaiveDate>,
    /// It counts as in use again because its end date alone is another.
    pub put_off: bool,
    /// Something else is to be put right at the system, of which the reader hears later.
    pub faulty: bool,
    /// For IT: no owner could be told.
    pub untold: bool,
    /// Names of the roles that someone who left had, and that nobody has now.
    pub roles: Vec<String>,
    /// The system has no owner now.
    pub ownerless: bool,
    /// For a system on its way out: what is left to do.
    pub checks: Vec<Check>,
    /// For a system without an owner.
    pub suggestions: Vec<SuggestionLine>,
}

impl NoticeItem {
    /// What it tells, without words.
    pub fn fact(&self) -> NoticeFact {
        NoticeFact { about: self.about, reason: self.reason }
    }

    /// What it is a part of: items of one story are sorted and told together. A new owner is
    /// welcomed once, whomever they follow at each system.
    pub fn story(&self) -> impl Ord + '_ {
        let other = match self.reason {
            NoticeReason::Assigned => &[],
            _ => self.other.as_slice(),
        };
        let is_going = self.reason == NoticeReason::Revived && self.state == StateOfUse::PhasingOut;
        (self.reason, other, self.end, self.put_off, is_going)
    }
}

/// What a notice tells of one usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoticeFact {
    pub about: Uuid,
    pub reason: NoticeReason,
}

spelled! {
    "camelCase",
    /// What a notice tells of a system; the words of each stand under its spelling.
    pub enum NoticeReason {
        /// The reader is the new owner.
        Assigned,
        /// It is new in the register.
        Acquired,
        /// Someone with roles on the system left.
        Left,
        /// It is on its way out.
        PhasingOut,
        /// It is out of use.
        Decommissioned,
        /// Gone from the municipality's list in KITOS.
        Removed,
        /// A system that the reader's exchanges data with is on its way out.
        Neighbour,
        /// In use again.
        Revived,
        /// The reader was the owner, and someone else is now.
        HandedOver,
    }
}

/// One thing left to do before a system is gone for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "check", content = "value", rename_all = "camelCase")]
pub enum Check {
    /// An active contract names it.
    Contract(String),
    /// A registration of data processing names it.
    DataProcessing(String),
    /// A system in use exchanges data with it.
    Relation(String),
    /// These units are registered as its users.
    Units(Vec<String>),
    /// There is no end date.
    EndDate,
    /// The end date has passed, and the life cycle does not say that it is out of use.
    LifeCycle,
    /// Its data are to be archived or deleted: KITOS does not know.
    Data,
}

/// A message to the operators about the program's own work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    pub organization: String,
    pub kind: IncidentKind,
    /// When it began, in the configured zone.
    pub since: DateTime<Tz>,
    /// `Some` when this is the all-clear.
    pub until: Option<DateTime<Tz>>,
    pub facts: Vec<AlertFact>,
}
