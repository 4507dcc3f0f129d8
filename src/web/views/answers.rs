//! What people answered, and what IT still has to do about it.

use serde::Serialize;

use crate::query::{self, Answer, AnswerStates, Moment};
use crate::web::asked::Asked;
use crate::web::paging::Paging;
use crate::web::refused::Refused;

#[derive(Serialize)]
pub struct Answers {
    all: bool,
    total: usize,
    rows: Vec<Answer>,
    paging: Paging,
}

/// The open ones, the oldest first; of all, the newest first.
pub fn answers(asked: &Asked, moment: &Moment<'_>) -> Result<Answers, Refused> {
    let all = asked.get("all").is_some();
    let states = if all { AnswerStates::All } else { AnswerStates::Open };
    let mut rows = query::answers(moment, states)?;
    if all {
        rows.reverse();
    }
    let total = rows.len();
    let (rows, paging) = Paging::cut(asked, rows);
    Ok(Answers { all, total, rows, paging })
}
