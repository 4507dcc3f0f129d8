//! What a pull shows to be done is ticked off: nobody reports anything.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::error::Error;
use crate::model::{AnswerEnd, AnswerState, Snapshot};
use crate::policy::Policy;
use crate::policy::answers::is_done;
use crate::store::{AnswerFilter, close_answer, finding_by_id, list_answers};

/// Closes the open answers that the register has come up with.
pub(super) fn tick_off(
    connection: &Connection,
    (snapshot, policy, today): (&Snapshot, &Policy, NaiveDate),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let open = AnswerFilter { state: Some(AnswerState::Open), ..AnswerFilter::default() };
    for answer in list_answers(connection, open)? {
        let mut is_over = is_done(&answer, snapshot, policy, today);
        if !is_over && answer.given.kind == crate::model::AnswerKind::RightAsItIs {
            let mut lasting = false;
            for finding in &answer.given.findings {
                let finding = finding_by_id(connection, *finding)?;
                lasting |= finding.is_some_and(|finding| finding.resolved_at.is_none());
            }
            is_over = !lasting;
        }
        if is_over {
            let end = AnswerEnd { at: now, by: None, why: None };
            close_answer(connection, answer.id, AnswerState::Done, &end)?;
        }
    }
    Ok(())
}
