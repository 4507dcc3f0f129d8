//! What people answered: who confirmed what, and when.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::scope::Scope;
use crate::model::{Answer, AnswerKind, AnswerOutcome, AnswerState};
use crate::query::error::Error;
use crate::store::{AnswerFilter, list_answers};

/// One answer of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceAnswer {
    pub date: NaiveDate,
    pub person: String,
    pub system_usage_uuid: Option<Uuid>,
    pub system_name: Option<String>,
    pub kind: AnswerKind,
    /// Who should own, or until when somebody is away.
    pub value: Option<String>,
    pub comment: Option<String>,
    pub noted_by: Option<String>,
    /// As it stood at the end of the period.
    pub state: AnswerState,
    pub outcome: AnswerOutcome,
    pub closed: Option<NaiveDate>,
    /// `None` if a pull closed it.
    pub closed_by: Option<String>,
    pub declined_because: Option<String>,
}

/// The oldest first.
pub(super) fn answers(scope: &Scope<'_>) -> Result<Vec<EvidenceAnswer>, Error> {
    let mut lines = Vec::new();
    for answer in list_answers(scope.moment().connection, AnswerFilter::default())? {
        let given = &answer.given;
        let is_of_period = given.at >= scope.start && given.at <= scope.end();
        let is_of_unit = given.usage.map_or(scope.is_whole(), |usage| scope.covers(usage));
        if !is_of_period || !is_of_unit {
            continue;
        }
        let closed = answer.closed.filter(|end| end.at <= scope.end());
        let state = if closed.is_some() { answer.state } else { AnswerState::Open };
        let then = Answer { closed, state, ..answer };
        let outcome = then.outcome();
        let Answer { given, closed, .. } = then;
        let value = given.value(|owner| scope.view.person_name(owner));
        lines.push(EvidenceAnswer {
            date: given.day,
            person: given.name,
            system_usage_uuid: given.usage,
            system_name: given.usage.map(|usage| scope.system(usage)),
            kind: given.kind,
            value,
            comment: given.comment,
            noted_by: given.noted_by,
            state,
            outcome,
            closed: closed.as_ref().map(|end| scope.day(end.at)),
            closed_by: closed.as_ref().and_then(|end| end.by.clone()),
            declined_because: closed.and_then(|end| end.why),
        });
    }
    Ok(lines)
}
