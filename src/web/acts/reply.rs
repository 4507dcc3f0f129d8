//! What somebody answers on their own page. The link says who it is; only systems that
//! are theirs can be answered for.

use chrono::{Days, NaiveDate};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::info;
use uuid::Uuid;

use crate::decisions::{self, Said};
use crate::jobs::Context;
use crate::notify::directory::Away;
use crate::query::{self, Personal};
use crate::time::civil;
use crate::web::asked::Asked;
use crate::web::refused::{Refused, Why};
use crate::web::shown::Done;

/// Some six months. A day further away is as a rule a slip, and nobody would notice it.
const LONGEST_ABSENCE: Days = Days::new(183);

pub fn reply<'a>(asked: &'a Asked, context: &'a Context) -> BoxFuture<'a, Result<Done, Refused>> {
    async move {
        if asked.field("search").is_some() {
            // Shown and not redirected to, so that nothing of the form is in an address.
            return Ok(Done::Again);
        }
        let token = asked.part("token").to_owned();
        let ask = move |moment: &query::Moment<'_>| query::personal(moment, &token);
        let person = context.ask_in(asked.language, ask).await?;
        if asked.field("answer") == Some("back") {
            decisions::return_early(context, person.email, person.name).await?;
            info!("somebody said on their own page that they are back");
            return Ok(Done::at(&asked.path, "back"));
        }
        let zone = context.config.schedule.time_zone;
        let said = said(asked, civil::local_date(context.now(), zone))?;
        let usages = match said {
            Said::Away(_) => Vec::new(),
            _ => chosen(asked, &person, &said)?,
        };
        let comment = asked.field("comment").map(str::to_owned);
        let reply = decisions::Reply { email: person.email, usages, said, comment, noted_by: None };
        for answer in decisions::answer(context, reply).await? {
            info!(answer = answer.id, "somebody answered on their own page");
        }
        Ok(Done::at(&asked.path, "answered"))
    }
    .boxed()
}

/// Why not, for the person who answers.
fn refused(key: &'static str) -> Refused {
    Refused::Decision(Why { key, args: Vec::new() })
}

fn said(asked: &Asked, today: NaiveDate) -> Result<Said, Refused> {
    let answer = asked.field("answer").ok_or_else(|| refused("reply-no-answer"))?;
    let of_kind = match answer {
        "confirmed" => Said::Confirmed,
        "notUsed" => Said::NotUsed,
        "lookedThrough" => Said::LookedThrough,
        "rightAsItIs" => {
            asked.field("comment").ok_or_else(|| refused("reply-no-reason"))?;
            Said::RightAsItIs
        }
        "away" => {
            let until = asked.field("until").and_then(civil::day);
            let until = until.ok_or_else(|| refused("reply-no-day"))?;
            if today.checked_add_days(LONGEST_ABSENCE).is_some_and(|latest| until > latest) {
                return Err(refused("reply-too-far"));
            }
            Said::Away(Away { until, to: None })
        }
        other => {
            let owner = other.strip_prefix("newOwner:").and_then(|uuid| uuid.parse().ok());
            Said::NewOwner(owner.ok_or(Refused::Malformed)?)
        }
    };
    Ok(of_kind)
}

/// The systems that were ticked, each of which must be theirs.
fn chosen(asked: &Asked, person: &Personal, said: &Said) -> Result<Vec<Uuid>, Refused> {
    let ticked: Vec<Uuid> = asked
        .fields("system")
        .map(|uuid| uuid.parse().map_err(|_| Refused::Malformed))
        .collect::<Result<_, _>>()?;
    if ticked.is_empty() {
        return Err(refused("reply-no-system"));
    }
    for uuid in &ticked {
        let theirs = person.systems.iter().find(|system| system.system_usage_uuid == *uuid);
        let theirs = theirs.ok_or_else(|| refused("reply-not-yours"))?;
        if *said == Said::Confirmed && !theirs.is_owner {
            return Err(refused("reply-not-owner"));
        }
    }
    Ok(ticked)
}
