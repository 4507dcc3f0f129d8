//! How a round of confirmation stands: who answered what of which system.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::moment::Moment;
use super::view::View;
use crate::model::{
    self, AnswerKind, AnswerState, GivenAnswer, ReviewedSystem, Snapshot, SystemUsage,
};
use crate::notify::Round;
use crate::policy::Policy;
use crate::store::{AnswerFilter, last_review, list_answers, reviewed_systems};
use crate::text::danish;

/// The round that is open, or was last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    pub id: i64,
    pub due: NaiveDate,
    pub unit: Option<String>,
    pub started_at: DateTime<Utc>,
    /// The day of it, in the configured zone.
    pub started_on: NaiveDate,
    pub started_by: String,
    pub closed_at: Option<DateTime<Utc>>,
    pub closed_by: Option<String>,
    /// Systems with an owner, how many of them are answered for, of how many of these the
    /// owner answered, and how many people did.
    pub systems: usize,
    pub answered: usize,
    pub answered_by_owners: usize,
    pub people: usize,
    /// Those that nobody has answered for first.
    pub lines: Vec<ReviewLine>,
}

impl Review {
    /// The same of these systems alone.
    pub(super) fn only(mut self, is_shown: impl Fn(Uuid) -> bool) -> Self {
        self.lines.retain(|line| is_shown(line.system_usage_uuid));
        self.systems = self.lines.len();
        self.answered = answered(&self.lines);
        self.answered_by_owners = answered_by_owners(&self.lines);
        self.people = people(&self.lines);
        self
    }
}

/// One system of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewLine {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub unit: Option<String>,
    pub owners: Vec<String>,
    /// The last answer in the round; an owner's, if there is one.
    pub kind: Option<AnswerKind>,
    /// Who should own, by name.
    pub value: Option<String>,
    pub answered_by: Option<String>,
    /// They owned it when they answered.
    pub by_owner: bool,
    pub answered_on: Option<NaiveDate>,
    pub comment: Option<String>,
}

/// The round that is open, else the last one; `None` before the first.
pub fn review(moment: &Moment<'_>) -> Result<Option<Review>, Error> {
    let Some(round) = last_review(moment.connection, moment.now)? else { return Ok(None) };
    let view = View::load(moment)?;
    stand(&view, round).map(Some)
}

/// How a round stands in a view's register and at its instant.
pub(super) fn stand(view: &View<'_>, round: model::Review) -> Result<Review, Error> {
    let connection = view.moment.connection;
    let closed = round.closed.clone().filter(|end| end.at <= view.at);
    let (asked, mut given) = match &closed {
        Some(end) => {
            let asked = reviewed_systems(connection, round.id)?;
            let owners: BTreeMap<Uuid, &Vec<Uuid>> =
                asked.iter().map(|system| (system.usage, &system.owners)).collect();
            let owners = |usage| owners.get(&usage).copied().cloned().unwrap_or_default();
            let given = given(connection, round.id, end.at, &owners)?;
            (asked, given)
        }
        None => {
            let owners = |usage| owners_in((&view.snapshot, &view.policy), usage);
            let given = given(connection, round.id, view.at, &owners)?;
            (asked_by(view, &round, &given)?, given)
        }
    };
    let mut lines: Vec<ReviewLine> = asked
        .into_iter()
        .map(|system| {
            let given = given.remove(&system.usage).map(|answer| answer.given);
            ReviewLine {
                system_usage_uuid: system.usage,
                system_name: view.system_name(system.usage),
                unit: system.unit.and_then(|unit| view.name(unit)),
                owners: system.owners.iter().map(|owner| view.person_name(*owner)).collect(),
                kind: given.as_ref().map(|given| given.kind),
                value: given
                    .as_ref()
                    .and_then(|given| given.owner)
                    .map(|owner| view.person_name(owner)),
                by_owner: given.as_ref().is_some_and(|given| given.as_owner),
                answered_by: given.as_ref().map(|given| given.name.clone()),
                answered_on: given.as_ref().map(|given| given.day),
                comment: given.and_then(|given| given.comment),
            }
        })
        .collect();
    lines.sort_by(|a, b| {
        let open = a.kind.is_some().cmp(&b.kind.is_some());
        open.then_with(|| danish::compare(&a.system_name, &b.system_name))
    });
    Ok(Review {
        id: round.id,
        due: round.due,
        unit: round.unit.and_then(|unit| view.name(unit)),
        started_at: round.started_at,
        started_on: view.moment.day(round.started_at),
        started_by: round.started_by,
        closed_at: closed.as_ref().map(|end| end.at),
        closed_by: closed.map(|end| end.by),
        systems: lines.len(),
        answered: answered(&lines),
        answered_by_owners: answered_by_owners(&lines),
        people: people(&lines),
        lines,
    })
}

fn answered(lines: &[ReviewLine]) -> usize {
    lines.iter().filter(|line| line.kind.is_some()).count()
}

fn answered_by_owners(lines: &[ReviewLine]) -> usize {
    lines.iter().filter(|line| line.by_owner).count()
}

fn people(lines: &[ReviewLine]) -> usize {
    lines.iter().filter_map(|line| line.answered_by.as_ref()).collect::<BTreeSet<_>>().len()
}

/// The round that is open.
fn open_review(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<Option<model::Review>, Error> {
    Ok(last_review(connection, now)?.filter(|round| round.closed.is_none()))
}

/// The open round, and what it asks about now.
pub fn asked_now(moment: &Moment<'_>) -> Result<Option<(i64, Vec<ReviewedSystem>)>, Error> {
    let Some(round) = open_review(moment.connection, moment.now)? else { return Ok(None) };
    let view = View::load(moment)?;
    let owners = |usage| owners_in((&view.snapshot, &view.policy), usage);
    let given = given(moment.connection, round.id, moment.now, &owners)?;
    Ok(Some((round.id, asked_by(&view, &round, &given)?)))
}

/// The round that is open and about a system, whether or not it has an owner.
pub fn round_about(
    moment: &Moment<'_>,
    register: (&Snapshot, &Policy),
    usage: &SystemUsage,
) -> Result<Option<i64>, Error> {
    let round = open_review(moment.connection, moment.now)?;
    let round = round.filter(|round| covers(round, register, usage, moment.today()));
    Ok(round.map(|round| round.id))
}

/// What an open round asks about in a view's register: the systems with an owner, and
/// those for which one has answered, whatever has become of them since.
fn asked_by(
    view: &View<'_>,
    round: &model::Review,
    given: &BTreeMap<Uuid, model::Answer>,
) -> Result<Vec<ReviewedSystem>, Error> {
    let register = (&*view.snapshot, &view.policy);
    let mut systems: BTreeMap<Uuid, &SystemUsage> =
        asked(register, round, view.today).map(|usage| (usage.uuid, usage)).collect();
    let former = view.moment.former()?;
    for answer in given.values().filter(|answer| answer.given.as_owner) {
        let usage =
            answer.given.usage.and_then(|usage| view.usage(usage).or_else(|| former.get(&usage)));
        systems.extend(usage.map(|usage| (usage.uuid, usage)));
    }
    let system = |usage: &SystemUsage| {
        let owners = view.snapshot.owners(usage, &view.policy.owner_roles);
        ReviewedSystem {
            usage: usage.uuid,
            unit: usage.responsible_unit,
            owners: owners.into_iter().map(|owner| owner.uuid).collect(),
        }
    };
    Ok(systems.into_values().map(system).collect())
}

/// Whether a round is about a usage: one that the policy covers, in its unit.
fn covers(
    round: &model::Review,
    (snapshot, policy): (&Snapshot, &Policy),
    usage: &SystemUsage,
    today: NaiveDate,
) -> bool {
    let is_in = |wanted: Uuid| {
        usage.responsible_unit.is_some_and(|unit| snapshot.unit_line(unit).contains(&wanted))
    };
    policy.in_scope(snapshot, usage, today) && round.unit.is_none_or(is_in)
}

/// The systems that a round asks about: those with an owner.
fn asked<'s>(
    register: (&'s Snapshot, &'s Policy),
    round: &'s model::Review,
    today: NaiveDate,
) -> impl Iterator<Item = &'s SystemUsage> {
    let (snapshot, policy) = register;
    snapshot.usages.values().filter(move |usage| {
        covers(round, register, usage, today) && snapshot.has_owner(usage, &policy.owner_roles)
    })
}

/// The answer about each system that was given in a round until `end`: the last one, but
/// an owner's before anybody else's. One that IT declined is none, and an owner's word that all
/// is right does not speak for the next owner.
fn given(
    connection: &Connection,
    round: i64,
    end: DateTime<Utc>,
    owners: &dyn Fn(Uuid) -> Vec<Uuid>,
) -> Result<BTreeMap<Uuid, model::Answer>, Error> {
    let mut given = BTreeMap::new();
    for answer in list_answers(connection, AnswerFilter::default())? {
        let is_declined = answer.state == AnswerState::Declined
            && answer.closed.as_ref().is_some_and(|closed| closed.at <= end);
        let is_of_round = answer.given.review == Some(round) && answer.given.at <= end;
        if let Some(usage) = answer.given.usage.filter(|_| is_of_round && !is_declined)
            && !is_anothers(&answer.given, &owners(usage))
        {
            let owner_said = |earlier: &model::Answer| earlier.given.as_owner;
            if answer.given.as_owner || !given.get(&usage).is_some_and(owner_said) {
                given.insert(usage, answer);
            }
        }
    }
    Ok(given)
}

/// Whether somebody said that all is right with a system that has another owner by now.
fn is_anothers(given: &GivenAnswer, owners: &[Uuid]) -> bool {
    let is_own_word = matches!(given.kind, AnswerKind::Confirmed | AnswerKind::LookedThrough);
    let is_owner = given.person.is_some_and(|person| owners.contains(&person));
    is_own_word && given.as_owner && !owners.is_empty() && !is_owner
}

/// The owners of a system in a register.
fn owners_in((snapshot, policy): (&Snapshot, &Policy), usage: Uuid) -> Vec<Uuid> {
    let usage = snapshot.usages.get(&usage);
    let owners = usage.map(|usage| snapshot.owners(usage, &policy.owner_roles));
    owners.into_iter().flatten().map(|owner| owner.uuid).collect()
}

/// The open round as mails need it: what of it nobody has answered for.
pub(super) fn open_round(
    connection: &Connection,
    register: (&Snapshot, &Policy),
    (now, today): (DateTime<Utc>, NaiveDate),
) -> Result<Option<Round>, Error> {
    let Some(round) = open_review(connection, now)? else { return Ok(None) };
    let given = given(connection, round.id, now, &|usage| owners_in(register, usage))?;
    let asked = asked(register, &round, today).map(|usage| usage.uuid);
    let waiting = asked.filter(|usage| !given.contains_key(usage)).collect();
    Ok(Some(Round { due: round.due, started_at: round.started_at, waiting }))
}
