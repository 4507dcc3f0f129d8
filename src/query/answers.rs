//! What people answered, and what IT still has to do about it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::moment::Moment;
use super::view::View;
use crate::model::{self, AnswerKind, AnswerOutcome, AnswerState, Tab};
use crate::policy::answers::paused_until;
use crate::store::{AnswerFilter, list_answers};
use crate::text::addresses::folded;

/// `docs/contract.md`, "Answer".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    pub id: i64,
    pub person_name: String,
    pub email: String,
    pub system_usage_uuid: Option<Uuid>,
    pub system_name: Option<String>,
    pub kind: AnswerKind,
    /// Of `newOwner` the name of the proposed owner, of `away` the last day.
    pub value: Option<String>,
    /// Of `newOwner`.
    pub owner_uuid: Option<Uuid>,
    pub comment: Option<String>,
    pub answered_at: DateTime<Utc>,
    /// Who entered it, where it is not from the person's own page.
    pub noted_by: Option<String>,
    pub state: AnswerState,
    pub outcome: AnswerOutcome,
    pub done_at: Option<DateTime<Utc>>,
    /// `null` where a pull showed it done, or overtaken.
    pub done_by: Option<String>,
    pub declined_because: Option<String>,
    /// Until then nobody is reminded of what was open at the system.
    pub paused_until: Option<DateTime<Utc>>,
    /// Where IT enters it in KITOS.
    pub kitos_url: Option<String>,
}

/// Which answers to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnswerStates {
    /// Those that IT has something to do about.
    Open,
    #[default]
    All,
}

/// The answers, oldest first.
pub fn answers(moment: &Moment<'_>, states: AnswerStates) -> Result<Vec<Answer>, Error> {
    let state = (states == AnswerStates::Open).then_some(AnswerState::Open);
    select(moment, AnswerFilter { state, ..AnswerFilter::default() })
}

/// What was answered about one system, oldest first.
pub fn answers_about(moment: &Moment<'_>, usage: Uuid) -> Result<Vec<Answer>, Error> {
    select(moment, AnswerFilter { usage: Some(usage), ..AnswerFilter::default() })
}

/// What somebody answered, by their address; oldest first.
pub fn answers_from(moment: &Moment<'_>, email: &str) -> Result<Vec<Answer>, Error> {
    select(moment, AnswerFilter { email: Some(folded(email)), ..AnswerFilter::default() })
}

/// One answer.
pub fn answer(moment: &Moment<'_>, id: i64) -> Result<Option<Answer>, Error> {
    Ok(select(moment, AnswerFilter { id: Some(id), ..AnswerFilter::default() })?.pop())
}

fn select(moment: &Moment<'_>, filter: AnswerFilter) -> Result<Vec<Answer>, Error> {
    let found = list_answers(moment.connection, filter)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let view = View::load(moment)?;
    Ok(found.into_iter().map(|answer| shown(answer, &view)).collect())
}

fn shown(answer: model::Answer, view: &View<'_>) -> Answer {
    let paused_until = paused_until(&answer).filter(|until| *until > view.moment.now);
    let outcome = answer.outcome();
    let given = answer.given;
    let closed = answer.closed;
    let tab = match given.kind {
        AnswerKind::NewOwner => Tab::Roles,
        _ => Tab::Front,
    };
    let value = given.value(|owner| view.person_name(owner));
    Answer {
        id: answer.id,
        person_name: given.name,
        email: given.email,
        system_usage_uuid: given.usage,
        system_name: given.usage.map(|usage| view.system_name(usage)),
        kind: given.kind,
        value,
        owner_uuid: given.owner,
        comment: given.comment,
        answered_at: given.at,
        noted_by: given.noted_by,
        state: answer.state,
        outcome,
        done_at: closed.as_ref().map(|end| end.at),
        done_by: closed.as_ref().and_then(|end| end.by.clone()),
        declined_because: closed.and_then(|end| end.why),
        paused_until,
        kitos_url: given.usage.map(|usage| view.kitos_url(usage, tab)),
    }
}
