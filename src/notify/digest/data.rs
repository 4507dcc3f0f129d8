//! The weekly digest as plain data: names and figures, no words.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use crate::model::{AnswerKind, Ending, FindingLine, IncidentKind, Rule, TrendPoint, Unreachable};

/// What IT reads once a week.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// The municipality's name in KITOS.
    pub organization: String,
    /// The day that the digest is for, in the configured zone.
    pub date: NaiveDate,
    /// First day that "since last time" covers; `None` for the first digest.
    pub since: Option<NaiveDate>,
    /// KITOS was not read since last time: what has happened there is not known.
    pub nothing_read: bool,
    pub share: Share,
    /// At the last digest.
    pub before: Option<Share>,
    pub movement: Movement,
    /// One point a week, oldest first, at most twelve; the last is today's.
    pub trend: Vec<TrendPoint>,
    /// What IT must do, the most pressing first.
    pub tasks: Vec<Task>,
    /// What is newly wrong, by cause, the largest first.
    pub stories: Vec<Story>,
    pub solved: Vec<Solved>,
    /// How many findings went with what they were about, and how: nobody fixed them.
    pub fallen: BTreeMap<Ending, u32>,
    /// How many findings went because the policy changed.
    pub lapsed: u32,
    /// The findings that an exception covers since then, and those that count again because
    /// theirs has ended.
    pub excepted_since: Named,
    pub counts_again: Named,
    /// Names of systems that came …
    pub acquired: Vec<String>,
    /// … of those that are in use again …
    pub revived: Vec<String>,
    /// … of those that are not closed after all: their end date is another …
    pub put_off: Vec<String>,
    /// … and of those that are being shut down, are out of use or removed.
    pub leaving: Vec<String>,
    /// By name, those without a unit last.
    pub administrations: Vec<Administration>,
    pub passed_on: Vec<PassedOn>,
    /// How the open round of confirmation stands.
    pub round: Option<Progress>,
    /// How many findings are open and excepted, and stand nowhere else here.
    pub excepted: u32,
    /// How many findings are open, by rule.
    pub open: BTreeMap<Rule, u32>,
    /// For the spreadsheet, if there is one: everything open, by administration (those
    /// without one last), then severity, then age, oldest first.
    pub lines: Vec<FindingLine>,
    pub health: Health,
}

/// The systems that the policy covers, and how many of them have an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    pub whole: u32,
    pub part: u32,
}

/// Why the share is another than at the last digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Movement {
    /// Systems that lost their owner with somebody who left, and how many left.
    pub with_leavers: u32,
    pub leavers: u32,
    /// Systems that lost their owner otherwise.
    pub lost: u32,
    /// Systems that came without one, or are in use again without one …
    pub came_without: u32,
    /// … and those that did with one.
    pub came_with: u32,
    /// Systems that are without one by other rules than before …
    pub lost_by_policy: u32,
    /// … and those that no longer are.
    pub gained_by_policy: u32,
    /// Systems that have one again.
    pub gained: u32,
    /// Systems without one that were closed or removed.
    pub closed: u32,
    /// Systems with one that were.
    pub went_with: u32,
}

/// One thing that IT must do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Release or discard the pull that is held.
    Held { since: NaiveDate },
    /// See to another fault of the program's own work.
    Incident,
    /// Correct somebody's address in KITOS.
    Address { person: String, why: Unreachable, systems: Vec<String>, units: Vec<String> },
    /// Correct the leaders file: people in it have left …
    LeadersLeft { people: Vec<String> },
    /// … or cannot be written to.
    LeaderUnreachable { person: String },
    /// Say in the leaders file which of several units of one name somebody leads.
    SettleUnit { person: String, unit: String },
    /// Correct names of units in the leaders file: KITOS has no such units (any more).
    UnknownUnits { units: Vec<String> },
    /// Name a substitute for somebody who is away.
    Away { person: String, until: NaiveDate },
    /// Carry out what somebody answered, or say no to it.
    Answered {
        person: String,
        kind: AnswerKind,
        /// Who should own.
        owner: Option<String>,
        /// Who owns them beside whoever answers.
        owners: Vec<String>,
        /// Why, in the person's own words.
        comment: Option<String>,
        systems: Vec<String>,
    },
    /// Find an owner: there is no leader to ask.
    FindOwner { systems: Vec<String> },
    /// Take somebody who left off systems that another owns: there is nobody to ask.
    TidyRoles { person: String, systems: Vec<String> },
    /// Choose a responsible unit: until then there is nobody to ask.
    ChooseUnit { systems: Vec<String> },
    /// Decide on an exception that ends, or has ended.
    Waiver { system: String, until: NaiveDate, over: bool },
    /// Give the roles of somebody who left to others.
    HandOn { person: String, systems: Vec<String> },
    /// See to it that somebody who leaves soon hands everything over.
    Departure { person: String, last_day: NaiveDate, systems: Vec<String> },
    /// The same system is registered twice.
    Duplicate { systems: Vec<String> },
    /// Nobody acted, and nobody is above them.
    NoAnswer { asked: Vec<String>, systems: Vec<String>, times: u32 },
}

/// What is newly wrong, and its one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    pub cause: Cause,
    /// How many findings it explains …
    pub findings: u32,
    /// … and at which systems, by name.
    pub systems: Vec<String>,
    /// Their responsible unit, where they have one in common.
    pub unit: Option<String>,
}

/// Findings, and the systems that they are about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    pub findings: u32,
    pub systems: Vec<String>,
}

/// Who is asked to put something right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub name: String,
    /// About so many of the systems.
    pub systems: u32,
    pub deadline: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An owner is no user any more; who is asked for another, where it is one person.
    Left { person: String, on: NaiveDate, asked: Option<Asked> },
    /// An owner cannot be written to.
    Unreachable { person: String },
    /// The systems are new, and lack these fields (the keys of their words).
    Acquired { missing: Vec<String> },
    /// Units were moved, renamed or closed, as on a Monday when FK-Organisation has been
    /// read; how many.
    Units { changed: u32 },
    /// The rules are others now.
    PolicyChange,
    /// Anything else, by rule.
    Rule(Rule),
}

/// What was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solved {
    pub system: String,
    pub rule: Rule,
    /// Whom the system has as owner now, where it had none.
    pub owner: Option<String>,
}

/// A row of the table: an administration (forvaltning).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Administration {
    /// `None` for systems without a responsible unit.
    pub name: Option<String>,
    pub systems: u32,
    pub without_owner: u32,
    pub open: u32,
    /// How many more are open than at the last digest.
    pub change: i64,
    /// Open though the deadline that their first mail stated has passed.
    pub overdue: u32,
}

/// What the next leader up was asked to help with and is still open, whenever that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    pub unit: Option<String>,
    pub systems: Vec<String>,
    pub leader: String,
    pub on: NaiveDate,
    pub deadline: Option<NaiveDate>,
    /// They were asked since the last digest.
    pub is_new: bool,
}

/// How far a round of confirmation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub systems: u32,
    /// So many of them are answered for …
    pub answered: u32,
    /// … by so many people.
    pub people: u32,
    /// The last day on which to answer.
    pub due: NaiveDate,
}

/// The program's own health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// When the last good pull was, in the configured zone.
    pub pulled_at: DateTime<Tz>,
    pub usages: u32,
    pub people: u32,
    /// Pulls that failed since the last digest.
    pub failed_pulls: u32,
    /// Mails sent since the last digest, in a trial those that were written …
    pub sent: u32,
    /// … and mails that were refused for good or given up.
    pub dead: u32,
    /// The next pull, in the configured zone.
    pub next_pull: Option<DateTime<Tz>>,
    /// What is wrong right now.
    pub incidents: Vec<Incident>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    pub kind: IncidentKind,
    pub since: DateTime<Tz>,
}
