//! An exception from the policy, and its end.

use chrono::Days;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::info;

use super::confirm::{Confirm, Input};
use crate::decisions;
use crate::jobs::Context;
use crate::policy::waivers::Request;
use crate::query::{self, Moment};
use crate::text::words::words;
use crate::time::civil;
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{Done, Shown};

/// What the form proposes: long enough to matter, short enough to be looked at again.
const PROPOSED: Days = Days::new(180);

pub fn ask_waive(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let finding = query::finding(moment, asked.id()?)?;
    let words = words(moment.language);
    let args = [
        ("rule", finding.subject.as_str().into()),
        ("system", finding.system_name.as_str().into()),
    ];
    let today = moment.today();
    let until = today.checked_add_days(PROPOSED).unwrap_or(today);
    let mut text = vec![words.say("page.waive.what", &args)];
    text.extend(finding.detail.lines().map(str::to_owned));
    let replaced = finding.waived_until.map(|until| ("until", until.into()));
    text.extend(replaced.map(|until| words.say("page.waive.replaces", &[until])));
    Confirm {
        text,
        inputs: vec![
            Input {
                kind: "date",
                value: until.to_string(),
                min: Some(today.to_string()),
                ..Input::required("until")
            },
            Input { kind: "textarea", ..Input::required("reason") },
        ],
        back: format!("/systems/{}", finding.system_usage_uuid),
        ..Confirm::default()
    }
    .shown()
}

pub fn waive<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let id = asked.id()?;
        let until = asked.field("until").and_then(civil::day);
        let request = Request {
            until: until.ok_or(Refused::Malformed)?,
            reason: asked.field("reason").unwrap_or_default().to_owned(),
            by: asked.decider(),
        };
        decisions::waive(context, id, request).await?;
        info!(finding = id, "a finding was waived on the page");
        Ok(Done::at(&back(context, id).await?, "waived"))
    }
    .boxed()
}

pub fn ask_unwaive(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let finding = query::finding(moment, asked.id()?)?;
    let args = [
        ("rule", finding.subject.as_str().into()),
        ("system", finding.system_name.as_str().into()),
        ("until", finding.waived_until.into()),
    ];
    Confirm {
        text: vec![words(moment.language).say("page.unwaive.what", &args)],
        back: format!("/systems/{}", finding.system_usage_uuid),
        ..Confirm::default()
    }
    .shown()
}

pub fn unwaive<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let id = asked.id()?;
        decisions::unwaive(context, id, asked.decider()).await?;
        info!(finding = id, "an exception was ended on the page");
        Ok(Done::at(&back(context, id).await?, "unwaived"))
    }
    .boxed()
}

/// The page of the finding's system.
async fn back(context: &Context, finding: i64) -> Result<String, Refused> {
    let finding = context.ask(move |moment| query::finding(moment, finding)).await?;
    Ok(format!("/systems/{}", finding.system_usage_uuid))
}
