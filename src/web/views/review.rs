//! The round of confirmation: how far it is, who answered what when, and who has not.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::query::{self, Moment, ReviewLine};
use crate::web::asked::Asked;
use crate::web::paging::Paging;
use crate::web::refused::Refused;

#[derive(Serialize)]
pub struct ReviewPage {
    round: Option<Round>,
    /// `waiting` or `answered`, where only these are shown.
    only: Option<&'static str>,
    rows: Vec<ReviewLine>,
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Round {
    due: NaiveDate,
    unit: Option<String>,
    started_at: DateTime<Utc>,
    started_by: String,
    closed_at: Option<DateTime<Utc>>,
    closed_by: Option<String>,
    systems: usize,
    answered: usize,
    waiting: usize,
    is_over: bool,
}

pub fn review(asked: &Asked, moment: &Moment<'_>) -> Result<ReviewPage, Refused> {
    let only = match asked.get("only") {
        None => None,
        Some("waiting") => Some("waiting"),
        Some("answered") => Some("answered"),
        Some(_) => return Err(Refused::Malformed),
    };
    let mut lines = Vec::new();
    let round = query::review(moment)?.map(|review| {
        lines = review.lines;
        Round {
            due: review.due,
            unit: review.unit,
            started_at: review.started_at,
            started_by: review.started_by,
            is_over: review.closed_at.is_some(),
            closed_at: review.closed_at,
            closed_by: review.closed_by,
            systems: review.systems,
            answered: review.answered,
            waiting: review.systems - review.answered,
        }
    });
    lines.retain(|line| only.is_none_or(|only| (only == "answered") == line.kind.is_some()));
    let (rows, paging) = Paging::cut(asked, lines);
    Ok(ReviewPage { round, only, rows, paging })
}
