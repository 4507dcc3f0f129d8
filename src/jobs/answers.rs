//! Closes answers once a pull shows that they were acted on, overtaken or void, so nobody has to
//! report it.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::error::Error;
use crate::model::{AnswerEnd, AnswerKind, AnswerState, Snapshot};
use crate::policy::Policy;
use crate::policy::answers::{has_lapsed, is_done, is_overtaken};
use crate::store::{AnswerFilter, close_answer, finding_by_id, list_answers};

/// Closes the open answers that the register has come up with.
pub(super) fn tick_off(
    connection: &Connection,
    before: Option<&Snapshot>,
    (snapshot, policy, today): (&Snapshot, &Policy, NaiveDate),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let open = AnswerFilter { state: Some(AnswerState::Open), ..AnswerFilter::default() };
    for answer in list_answers(connection, open)? {
        let mut is_over = is_done(&answer, snapshot, policy, today);
        if !is_over && answer.given.kind == AnswerKind::RightAsItIs {
            is_over = !is_any_open(connection, &answer.given.findings)?;
        }
        let is_overtaken =
            || before.is_some_and(|before| is_overtaken(&answer, before, snapshot, policy));
        let state = match is_over {
            true => AnswerState::Done,
            false if has_lapsed(&answer, snapshot) => AnswerState::Lapsed,
            false if is_overtaken() => AnswerState::Superseded,
            false => continue,
        };
        let end = AnswerEnd { at: now, by: None, why: None };
        close_answer(connection, answer.id, state, &end)?;
    }
    Ok(())
}

fn is_any_open(connection: &Connection, findings: &[i64]) -> Result<bool, Error> {
    for id in findings {
        let finding = finding_by_id(connection, *id)?;
        if finding.is_some_and(|finding| finding.resolved_at.is_none()) {
            return Ok(true);
        }
    }
    Ok(false)
}
