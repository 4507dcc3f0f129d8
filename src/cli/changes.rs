//! `changes`: what happened, as the pulls saw it.

use chrono::NaiveDate;

use super::exit::Exit;
use super::output::Output;
use super::table::{Here, Listing, column, or_blank};
use super::values::{day, kind};
use crate::jobs::Context;
use crate::model::ChangeKind;
use crate::query::{self, Change, ChangeQuery};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// From this day on (YYYY-MM-DD).
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<NaiveDate>,
    /// Up to and including this day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<NaiveDate>,
    /// Only this system: its uuid, or part of its name.
    #[arg(long, value_name = "SYSTEM")]
    system: Option<String>,
    /// Only this kind, e.g. ownerRemoved.
    #[arg(long, value_parser = kind)]
    kind: Option<ChangeKind>,
}

pub const CHANGES: Listing<Change> = Listing {
    none: "No changes.",
    columns: &[
        column("seen", |change, here| here.minute(change.detected_at)),
        column("kind", |change, _| change.kind.as_str().to_owned()),
        column("system", |change, _| or_blank(change.system_name.as_ref())),
        column("what", |change, _| change.text.clone()),
    ],
};

pub async fn run(context: Context, args: Args, output: &Output) -> anyhow::Result<Exit> {
    let query =
        ChangeQuery { since: args.since, until: args.until, kind: args.kind, system: args.system };
    let found = context.ask(move |moment| query::changes(moment, &query)).await?;
    output.list(&CHANGES, &found, Here::of(&context))?;
    Ok(Exit::Done)
}
