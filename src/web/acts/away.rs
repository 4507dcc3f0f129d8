//! Somebody is away, or back before the time.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::info;
use uuid::Uuid;

use super::confirm::{Confirm, Input};
use crate::decisions;
use crate::jobs::Context;
use crate::notify::directory::Away;
use crate::query::{self, Moment, PersonLife};
use crate::text::words::words;
use crate::time::civil;
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{Done, Shown};

pub fn ask_away(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let life = query::person(moment, uuid(asked)?)?;
    let args = [("name", life.person.name.as_str().into())];
    Confirm {
        text: vec![words(moment.language).say("page.away.what", &args)],
        inputs: vec![
            Input {
                kind: "date",
                min: Some(moment.today().to_string()),
                ..Input::required("away-until")
            },
            Input { kind: "email", required: false, ..Input::required("substitute") },
        ],
        back: format!("/people/{}", life.person.uuid),
        ..Confirm::default()
    }
    .shown()
}

pub fn away<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let (uuid, address) = address(asked, context).await?;
        let until = asked.field("away-until").and_then(civil::day);
        let away = Away {
            until: until.ok_or(Refused::Malformed)?,
            to: asked.field("substitute").map(str::to_owned),
        };
        decisions::away(context, address, away, asked.decider()).await?;
        info!(person = %uuid, "somebody was marked as away on the page");
        Ok(Done::at(&format!("/people/{uuid}"), "away"))
    }
    .boxed()
}

pub fn ask_back(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let PersonLife { person, absence, .. } = query::person(moment, uuid(asked)?)?;
    let absence = absence.ok_or(Refused::NotFound)?;
    let args = [("name", person.name.as_str().into()), ("until", absence.until.into())];
    Confirm {
        text: vec![words(moment.language).say("page.back.what", &args)],
        back: format!("/people/{}", person.uuid),
        ..Confirm::default()
    }
    .shown()
}

pub fn back<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        let (uuid, address) = address(asked, context).await?;
        decisions::return_early(context, address, asked.decider()).await?;
        info!(person = %uuid, "an absence was ended on the page");
        Ok(Done::at(&format!("/people/{uuid}"), "back"))
    }
    .boxed()
}

fn uuid(asked: &Asked) -> Result<Uuid, Refused> {
    asked.part("uuid").parse().map_err(|_| Refused::NotFound)
}

async fn address(asked: &Asked, context: &Context) -> Result<(Uuid, String), Refused> {
    let uuid = uuid(asked)?;
    let life = context.ask(move |moment| query::person(moment, uuid)).await?;
    Ok((uuid, life.person.email.ok_or(Refused::NotFound)?))
}
