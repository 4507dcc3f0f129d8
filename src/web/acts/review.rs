//! A round of confirmation is started and closed.

use std::collections::BTreeSet;

use chrono::Days;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::info;

use super::confirm::{Confirm, Input};
use crate::decisions;
use crate::jobs::Context;
use crate::query::{self, Moment, SystemQuery};
use crate::text::words::words;
use crate::time::civil;
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{Done, Shown};
use crate::web::units::units;

/// How long the form gives people to answer: those who have not are reminded after four weeks.
const PROPOSED: Days = Days::new(42);

pub fn ask_start(_: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let words = words(moment.language);
    let today = moment.today();
    let due = today.checked_add_days(PROPOSED).unwrap_or(today);
    let earliest = query::earliest_due(moment.config, moment.now);
    let systems = query::systems(moment, &SystemQuery::default())?;
    let asked = || systems.iter().filter(|system| system.in_scope && !system.owners.is_empty());
    let owners: BTreeSet<&str> =
        asked().flat_map(|system| &system.owners).map(|owner| owner.name.as_str()).collect();
    let args = [("n", asked().count().into()), ("owners", owners.len().into())];
    let whole = (String::new(), words.text("page.report.whole").to_owned());
    let choices = std::iter::once(whole).chain(units(moment)?).collect();
    Confirm {
        text: vec![
            words.text("page.review-start.what").to_owned(),
            words.say("page.review-start.how-many", &args),
        ],
        inputs: vec![
            Input {
                kind: "date",
                value: earliest.map_or(due, |earliest| due.max(earliest)).to_string(),
                min: earliest.map(|day| day.to_string()),
                ..Input::required("due")
            },
            Input { choices, ..Input::required("unit") },
        ],
        back: "/review".to_owned(),
        ..Confirm::default()
    }
    .shown()
}

pub fn start<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let due = asked.field("due").and_then(civil::day);
        let due = due.ok_or(Refused::Malformed)?;
        let unit = asked.field("unit").map(str::to_owned);
        let review = decisions::start_review(context, due, unit, asked.decider()).await?;
        info!(review = review.id, "a round of confirmation was started on the page");
        Ok(Done::at("/review", "review-started"))
    }
    .boxed()
}

pub fn ask_close(_: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let review = query::review(moment)?.filter(|review| review.closed_at.is_none());
    let review = review.ok_or(Refused::NotFound)?;
    let args = [("n", review.answered.into()), ("all", review.systems.into())];
    Confirm {
        text: vec![words(moment.language).say("page.review-close.what", &args)],
        back: "/review".to_owned(),
        ..Confirm::default()
    }
    .shown()
}

pub fn close<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let review = decisions::end_review(context, asked.decider()).await?;
        info!(review = review.id, "a round of confirmation was closed on the page");
        Ok(Done::at("/review", "review-closed"))
    }
    .boxed()
}
