//! How a round of confirmation stands: who answered what of which system.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::moment::Moment;
use super::view::View;
use crate::model::{self, AnswerKind, Snapshot, SystemUsage};
use crate::notify::Round;
use crate::policy::Policy;
use crate::store::{AnswerFilter, last_review, list_answers};
use crate::text::danish;

/// The round that is open, or was last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    pub id: i64,
    pub due: NaiveDate,
    pub unit: Option<String>,
    pub started_at: DateTime<Utc>,
    pub started_by: String,
    pub closed_at: Option<DateTime<Utc>>,
    pub closed_by: Option<String>,
    /// Systems with an owner, how many of them are answered for, and by how many people.
    pub systems: usize,
    pub answered: usize,
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
    /// The last answer in the round.
    pub kind: Option<AnswerKind>,
    /// Who should own, by name.
    pub value: Option<String>,
    pub answered_by: Option<String>,
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
    let end = round.closed.as_ref().map_or(view.at, |end| end.at.min(view.at));
    let mut given = given(view.moment.connection, &round, end)?;
    let asked = asked((&view.snapshot, &view.policy), &round, view.today);
    let mut lines: Vec<ReviewLine> = asked
        .map(|usage| {
            let given = given.remove(&usage.uuid).map(|answer| answer.given);
            ReviewLine {
                system_usage_uuid: usage.uuid,
                system_name: view.snapshot.usage_name(usage).to_owned(),
                unit: view.unit_name(usage),
                owners: view.owners(usage).into_iter().map(|owner| owner.name).collect(),
                kind: given.as_ref().map(|given| given.kind),
                value: given
                    .as_ref()
                    .and_then(|given| given.owner)
                    .map(|owner| view.person_name(owner)),
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
    let closed = round.closed.filter(|end| end.at <= view.at);
    Ok(Review {
        id: round.id,
        due: round.due,
        unit: round.unit.and_then(|unit| view.name(unit)),
        started_at: round.started_at,
        started_by: round.started_by,
        closed_at: closed.as_ref().map(|end| end.at),
        closed_by: closed.map(|end| end.by),
        systems: lines.len(),
        answered: answered(&lines),
        people: people(&lines),
        lines,
    })
}

fn answered(lines: &[ReviewLine]) -> usize {
    lines.iter().filter(|line| line.kind.is_some()).count()
}

fn people(lines: &[ReviewLine]) -> usize {
    lines.iter().filter_map(|line| line.answered_by.as_ref()).collect::<BTreeSet<_>>().len()
}

/// The systems that a round asks about: those with an owner.
fn asked<'s>(
    (snapshot, policy): (&'s Snapshot, &'s Policy),
    round: &'s model::Review,
    today: NaiveDate,
) -> impl Iterator<Item = &'s SystemUsage> {
    let is_in_unit = move |unit: Option<Uuid>| {
        round.unit.is_none_or(|wanted| {
            unit.is_some_and(|unit| snapshot.unit_line(unit).contains(&wanted))
        })
    };
    snapshot.usages.values().filter(move |usage| {
        policy.in_scope(snapshot, usage, today)
            && is_in_unit(usage.responsible_unit)
            && !snapshot.owners(usage, &policy.owner_roles).is_empty()
    })
}

/// The last answer about each system that was given in a round until `end`.
fn given(
    connection: &Connection,
    round: &model::Review,
    end: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, model::Answer>, Error> {
    let mut given = BTreeMap::new();
    for answer in list_answers(connection, AnswerFilter::default())? {
        if let Some(usage) = answer.given.usage
            && (round.started_at..=end).contains(&answer.given.at)
        {
            given.insert(usage, answer);
        }
    }
    Ok(given)
}

/// The open round as mails need it: what of it nobody has answered for.
pub(super) fn open_round(
    connection: &Connection,
    register: (&Snapshot, &Policy),
    (now, today): (DateTime<Utc>, NaiveDate),
) -> Result<Option<Round>, Error> {
    let round = last_review(connection, now)?;
    let Some(round) = round.filter(|round| round.closed.is_none()) else { return Ok(None) };
    let given = given(connection, &round, now)?;
    let asked = asked(register, &round, today).map(|usage| usage.uuid);
    let waiting = asked.filter(|usage| !given.contains_key(usage)).collect();
    Ok(Some(Round { due: round.due, started_at: round.started_at, waiting }))
}
