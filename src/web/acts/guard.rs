//! The pull that the guard holds: let it in, or drop it.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::info;

use super::confirm::Confirm;
use crate::decisions;
use crate::jobs::Context;
use crate::query::{self, Moment};
use crate::text::held::outlook;
use crate::text::words::words;
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{Done, Shown};

pub fn ask_release(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    ask(asked, moment, "release")
}

pub fn ask_discard(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    ask(asked, moment, "discard")
}

fn ask(_: &Asked, moment: &Moment<'_>, what: &str) -> Result<Shown, Refused> {
    let held = query::quarantine(moment)?.ok_or(Refused::NotFound)?;
    let words = words(moment.language);
    let before = held.before.unwrap_or(held.after);
    let args = [
        ("usages", before.usages.into()),
        ("usages_after", held.after.usages.into()),
        ("owned", before.with_owner.into()),
        ("owned_after", held.after.with_owner.into()),
    ];
    let mut text = vec![words.say(&format!("page.{what}.what"), &args)];
    if what == "release" {
        text.extend(outlook(words, &held.outlook));
    }
    Confirm {
        text,
        hidden: vec![("pull", held.id.to_string())],
        back: "/guard".to_owned(),
        ..Confirm::default()
    }
    .shown()
}

pub fn release<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        decisions::release(context, Some(asked.number("pull")?), asked.decider()).await?;
        info!("the held pull was released on the page");
        Ok(Done::at("/guard", "released"))
    }
    .boxed()
}

pub fn discard<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        decisions::discard(context, Some(asked.number("pull")?), asked.decider()).await?;
        info!("the held pull was discarded on the page");
        Ok(Done::at("/guard", "discarded"))
    }
    .boxed()
}
