//! `review`: a round of confirmation.

use std::fmt::Write as _;

use chrono::NaiveDate;
use clap::Subcommand;

use super::decision::Decision;
use super::exit::Exit;
use super::output::{Output, draw, plain};
use super::table::{Here, Listing, Medium, column, or_blank};
use super::values::day;
use crate::decisions;
use crate::jobs::Context;
use crate::query::{self, Review, ReviewLine};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a round: is each system's owner the right one, and is it right?
    Start {
        /// The last day on which to answer.
        #[arg(long, value_name = "DATE", value_parser = day)]
        due: NaiveDate,
        /// Only systems of this unit and of those below it: its name or uuid.
        #[arg(long, value_name = "UNIT")]
        unit: Option<String>,
        #[command(flatten)]
        decision: Decision,
    },
    /// How the round stands, or the last one stood: who answered what.
    Status,
    /// End the round; its result stays in the report.
    Close {
        #[command(flatten)]
        decision: Decision,
    },
}

const LINES: Listing<ReviewLine> = Listing {
    none: "No systems.",
    columns: &[
        column("system", |line, _| line.system_name.clone()),
        column("unit", |line, _| or_blank(line.unit.as_ref())),
        column("owners", |line, _| line.owners.join(", ")),
        column("answer", |line, _| or_blank(line.kind.map(|kind| kind.as_str()))),
        column("by", |line, _| or_blank(line.answered_by.as_ref())),
        column("as", |line, _| match (line.kind, line.by_owner) {
            (None, _) => String::new(),
            (Some(_), true) => "owner".to_owned(),
            (Some(_), false) => "other".to_owned(),
        }),
        column("on", |line, _| or_blank(line.answered_on)),
    ],
};

pub async fn run(context: Context, command: Command, output: &Output) -> anyhow::Result<Exit> {
    let review = match command {
        Command::Start { due, unit, decision } => {
            Some(decisions::start_review(&context, due, unit, decision.by()?).await?)
        }
        Command::Close { decision } => Some(decisions::end_review(&context, decision.by()?).await?),
        Command::Status => context.ask(query::review).await?,
    };
    if output.is_csv() {
        let lines = review.map(|review| review.lines).unwrap_or_default();
        output.list(&LINES, &lines, Here::of(&context))?;
        return Ok(Exit::Done);
    }
    let text = match &review {
        None => "No round was ever started.".to_owned(),
        Some(review) => told(review, Here::of(&context)),
    };
    output.one(&review, &text)?;
    Ok(Exit::Done)
}

fn told(review: &Review, here: Here) -> String {
    let unit = review.unit.as_deref().map_or_else(String::new, |u| format!(" in {}", plain(u)));
    let mut text = format!(
        "Round {}{unit}, started {} by {}, to be answered by {}: {} of {} systems are answered for, {} of them by an owner.",
        review.id,
        here.day(review.started_at),
        plain(&review.started_by),
        review.due,
        review.answered,
        review.systems,
        review.answered_by_owners
    );
    if let (Some(at), Some(by)) = (review.closed_at, &review.closed_by) {
        let _ = write!(text, " Closed {} by {}.", here.day(at), plain(by));
    }
    let _ = write!(text, "\n\n{}", draw(&LINES.table(&review.lines, Medium::Screen, here)));
    text
}
