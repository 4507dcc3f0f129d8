//! What somebody answered: carried out, or declined.

use chrono::Days;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::info;

use super::confirm::{Confirm, Input};
use crate::decisions;
use crate::jobs::Context;
use crate::model::AnswerKind;
use crate::query::{self, Answer, Moment};
use crate::text::words::words;
use crate::time::civil;
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{Done, Shown};

/// How long the form proposes that something may stay as it is.
const PROPOSED: Days = Days::new(365);

pub fn ask_accept(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let answer = find(asked, moment)?;
    let today = moment.today();
    let is_exception = answer.kind == AnswerKind::RightAsItIs;
    let until = today.checked_add_days(PROPOSED).unwrap_or(today);
    let input = Input {
        kind: "date",
        value: until.to_string(),
        min: Some(today.to_string()),
        ..Input::required("until")
    };
    let what = if is_exception { "page.accept.exception" } else { "page.accept.what" };
    Confirm {
        text: said(&answer, moment, what),
        inputs: is_exception.then_some(input).into_iter().collect(),
        back: "/answers".to_owned(),
        ..Confirm::default()
    }
    .shown()
}

pub fn accept<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let id = asked.id()?;
        let until = match asked.field("until") {
            None => None,
            Some(day) => Some(civil::day(day).ok_or(Refused::Malformed)?),
        };
        decisions::accept_answer(context, id, until, asked.decider()).await?;
        info!(answer = id, "an answer was accepted on the page");
        Ok(Done::at("/answers", "accepted"))
    }
    .boxed()
}

pub fn ask_decline(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    Confirm {
        text: said(&find(asked, moment)?, moment, "page.decline.what"),
        inputs: vec![Input { kind: "textarea", ..Input::required("why") }],
        back: "/answers".to_owned(),
        ..Confirm::default()
    }
    .shown()
}

pub fn decline<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let id = asked.id()?;
        let why = asked.field("why").unwrap_or_default().to_owned();
        decisions::decline_answer(context, id, why, asked.decider()).await?;
        info!(answer = id, "an answer was declined on the page");
        Ok(Done::at("/answers", "declined"))
    }
    .boxed()
}

fn find(asked: &Asked, moment: &Moment<'_>) -> Result<Answer, Refused> {
    query::answer(moment, asked.id()?)?.ok_or(Refused::NotFound)
}

/// Whose answer it is, what it says, and what comes of it.
fn said(answer: &Answer, moment: &Moment<'_>, what: &str) -> Vec<String> {
    let words = words(moment.language);
    let kind: &'static str = answer.kind.into();
    let args = [
        ("person", answer.person_name.as_str().into()),
        ("system", answer.system_name.clone().into()),
        ("value", answer.value.clone().into()),
    ];
    let answered = words.say(&format!("report.answer.{kind}"), &args);
    let quoted = [
        ("person", answer.person_name.as_str().into()),
        ("system", answer.system_name.clone().into()),
        ("answer", answered.into()),
        ("comment", answer.comment.clone().into()),
    ];
    vec![words.say("page.answers.said", &quoted), words.text(what).to_owned()]
}
