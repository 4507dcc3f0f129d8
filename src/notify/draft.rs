//! What is to be written, before it is put into words: to whom, about what, until
//! when, and what happens then. The planner makes drafts and nothing else; `mail`
//! turns each into a letter. A draft holds every fact that its letter states, so
//! that no letter promises what nobody planned.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::model::spelled;
use crate::model::{Capacity, DraftKind, Finding, Unreachable};
use crate::policy::answers::OpenAnswer;

/// One mail to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub kind: DraftKind,
    /// What it says, to whom, for which occasion: the same facts are the same mail.
    pub key: String,
    /// Never empty. Several only for the owners of the same systems, who all get
    /// this very mail.
    pub to: Vec<Recipient>,
    /// Of an escalation: who was asked so far.
    pub cc: Vec<Recipient>,
    /// The day on which it goes out, in the configured zone.
    pub date: NaiveDate,
    /// The most severe and oldest first; what is only for information last. Empty
    /// only in a hand-over letter and in a round of confirmation.
    pub items: Vec<DraftItem>,
    /// Of a first or a hand-over letter: every system of the reader, those at which
    /// nothing is wrong included. In a round of confirmation, those not answered for.
    pub systems: Vec<Uuid>,
    /// In a round of confirmation: who has not answered, for each of its systems.
    pub awaited: BTreeMap<Uuid, Vec<Recipient>>,
    /// A Friday that is a working day; no further mail comes before it has passed. In a
    /// round of confirmation its last day. `None` when nothing is asked for.
    pub deadline: Option<NaiveDate>,
    /// What happens if the items stay open. Empty unless this is the last mail
    /// before an escalation; several only where several leaders are to be asked.
    pub promises: Vec<Promise>,
    /// The day of our next mail about these items if they stay open, an escalation
    /// included; `None` when there is none.
    pub next: Option<NaiveDate>,
    /// Which mail about its most often told item this is, from 1 …
    pub number: u32,
    /// … and after how many the next leader up is asked about all of it at once; `None`
    /// where nobody is.
    pub of: Option<u32>,
    /// Of a first letter: the reader's own leader, or whoever stands in for them, who is
    /// asked for help if need be; of the mail before the last one: who is asked after that.
    pub leader: Option<Recipient>,
    /// Of a hand-over letter: the last day of whoever leaves.
    pub last_day: Option<NaiveDate>,
    pub not_before: DateTime<Utc>,
    /// What goes into the ledger together with the mail.
    pub notifications: Vec<Notification>,
}

/// One finding of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftItem {
    pub finding: Finding,
    /// In what capacity its readers are told.
    pub capacity: Capacity,
    /// The unit by whose leadership they are asked.
    pub unit: Option<Uuid>,
    /// Whose turn it would have been, where its only reader stands in for them.
    pub on_behalf_of: Option<String>,
    /// Which mail about it this is to these readers, from 1.
    pub number: u32,
    /// It asks for this mail itself. Others are shown because the mail goes anyway.
    pub due: bool,
    /// No deadline, no escalation: severity `info`, or for somebody who cannot put
    /// it right.
    pub for_information: bool,
    /// By when its readers are asked to see to it: that of the mail, or later.
    pub deadline: Option<NaiveDate>,
    /// The deadline that its first mail stated; it stays the item's own.
    pub first_deadline: Option<NaiveDate>,
    /// On which days its readers were told of it so far.
    pub told_on: Vec<NaiveDate>,
    /// Who was asked so far; of an escalation never empty, else always.
    pub asked: Vec<Recipient>,
    /// Of an escalation: on which days its reader was told of it, before they were asked for
    /// help.
    pub reader_told_on: Vec<NaiveDate>,
    /// Why it comes to these readers and to nobody before them in the chain.
    pub passed_over: Vec<PassedOver>,
    /// Whoever leads the responsible unit today, where its readers are to agree with them.
    pub unit_leader: Option<String>,
    /// What somebody answered about it, where IT has yet to do something with that.
    pub answered: Option<OpenAnswer>,
    /// A leader further up was asked for help with it before.
    pub help: Option<Help>,
}

/// Whom we asked for help, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// `None` for the reader of the mail.
    pub leader: Option<String>,
    pub on: NaiveDate,
}

/// What happens on a day if an item is still open then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    pub to: PromisedTo,
    pub on: NaiveDate,
    /// The findings that it is about.
    pub findings: Vec<i64>,
}

/// Who is asked for help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromisedTo {
    /// The next leader up.
    Leader(Recipient),
    /// IT: nobody is left in the chain. It stands in that day's digest.
    It,
}

/// Who mail goes to: one mailbox with a person behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    pub id: RecipientId,
    /// The KITOS user, where it is one.
    pub person: Option<Uuid>,
    pub name: String,
    pub address: String,
    /// Of a substitute: the name of the person who is away.
    pub on_behalf_of: Option<String>,
}

/// The identity of a recipient: the same through new uuids and new addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RecipientId(pub i64);

/// Someone whose turn it would have been.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedOver {
    pub name: String,
    pub why: PassedWhy,
    /// What they are to the system.
    pub capacity: Capacity,
    /// The unit that they lead, for the words of a mail.
    pub unit: Option<Uuid>,
}

/// Why someone is not written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedWhy {
    /// No user of ours any more.
    Left,
    /// The mail server refused the address for good, there is none, or it lies
    /// outside the allowed domains.
    Unreachable { because: Unreachable },
    /// Away until that day, without a substitute who can be written to.
    Away { until: NaiveDate },
    /// The fault is about this very person.
    Subject,
}

impl PassedWhy {
    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Unreachable { because: Unreachable::NoAddress } => "noAddress",
            Self::Unreachable { because: Unreachable::Malformed } => "malformed",
            Self::Unreachable { because: Unreachable::ForeignDomain } => "foreignDomain",
            Self::Unreachable { because: Unreachable::Refused } => "refused",
            Self::Away { .. } => "away",
            Self::Subject => "subject",
        }
    }
}

/// One thing that one recipient was told: a row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub recipient: RecipientId,
    pub kind: NotificationKind,
    /// `None` for a mail that names no finding.
    pub finding: Option<i64>,
    /// Of a letter of a round of confirmation: a system that it asks about.
    pub usage: Option<Uuid>,
    /// The finding asked for the mail itself: this counts towards its escalation.
    pub due: bool,
    /// The day on which the mail goes out.
    pub on: NaiveDate,
    pub deadline: Option<NaiveDate>,
    pub promise: Option<NotedPromise>,
}

impl Notification {
    /// That a mail went out, and no more than that.
    pub fn new(recipient: RecipientId, kind: NotificationKind, on: NaiveDate) -> Self {
        let (finding, usage, deadline, promise) = (None, None, None, None);
        Self { recipient, kind, finding, usage, due: false, on, deadline, promise }
    }

    /// Whether the mail lets a reminder pass whose day was named before it: nobody could know
    /// of it then, as of the day of a promise. Who is asked about a review is told of no finding.
    pub fn yields(&self) -> bool {
        use NotificationKind::{Copy, Escalation, HandOver, Notice, Review, Welcome};
        match self.kind {
            Notice | Welcome | HandOver | Review => true,
            Escalation | Copy => self.finding.is_none(),
            _ => false,
        }
    }
}

/// A promise as the ledger keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotedPromise {
    /// `None` for IT.
    pub to: Option<RecipientId>,
    pub on: NaiveDate,
}

spelled! {
    "kebab-case",
    /// By what kind of mail somebody was told.
    pub enum NotificationKind {
        FirstLetter,
        Reminder,
        /// Of a change; it is the first reminder of the findings that it names.
        Notice,
        /// A notice to a new owner, which introduces as the first letter does.
        Welcome,
        /// To the leader, or noted for IT.
        Escalation,
        /// The copy of an escalation, to the people asked before.
        Copy,
        /// No mail: the people asked before have not acted, and IT was asked, or a leader by a
        /// mail without a copy.
        PassedOn,
        HandOver,
        /// To an owner in a round of confirmation. What comes of it if they do not answer
        /// is an escalation, a copy or a passing on that names no finding.
        Review,
    }
}

impl NotificationKind {
    /// Whether it says that somebody further up was asked.
    pub fn passes_on(self) -> bool {
        matches!(self, Self::Escalation | Self::Copy | Self::PassedOn)
    }
}

impl Draft {
    /// The systems that it is about.
    pub fn about(&self) -> BTreeSet<Uuid> {
        let of_items = self.items.iter().map(|item| item.finding.usage);
        of_items.chain(self.systems.iter().copied()).collect()
    }

    /// Whether a leader is asked for help next with all that this mail asks for, if it
    /// stays open. What becomes IT's goes on being asked for.
    pub fn is_last(&self) -> bool {
        let is_promised = |item: &DraftItem| {
            self.promises.iter().any(|promise| {
                matches!(promise.to, PromisedTo::Leader(_))
                    && promise.findings.contains(&item.finding.id)
            })
        };
        let mut asking = self.items.iter().filter(|item| !item.for_information).peekable();
        asking.peek().is_some() && asking.all(is_promised)
    }

    /// The items of each system, systems in the order of their first item.
    pub fn by_system(&self) -> Vec<(Uuid, Vec<&DraftItem>)> {
        let mut order: Vec<Uuid> = Vec::new();
        let mut items: BTreeMap<Uuid, Vec<&DraftItem>> = BTreeMap::new();
        for item in &self.items {
            let of_system = items.entry(item.finding.usage).or_default();
            if of_system.is_empty() {
                order.push(item.finding.usage);
            }
            of_system.push(item);
        }
        order.into_iter().filter_map(|usage| Some((usage, items.remove(&usage)?))).collect()
    }
}
