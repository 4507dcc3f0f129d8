//! `away`: nothing goes to somebody for a while, and a substitute gets it.

use chrono::NaiveDate;
use clap::Subcommand;

use super::decision::Decision;
use super::exit::Exit;
use super::listings;
use super::output::{Output, UsageError, plain};
use super::table::{Listing, column, or_blank};
use super::values::day;
use crate::decisions;
use crate::jobs::Context;
use crate::notify::directory::Away;
use crate::query::{self, Absence, PastAbsence};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Who is away, by address.
    #[arg(required = true)]
    address: Option<String>,
    /// The last day of it.
    #[arg(long, value_name = "DATE", value_parser = day, required = true)]
    until: Option<NaiveDate>,
    /// Who gets the mail instead; without this it goes to the next leader up.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    #[command(flatten)]
    decision: Decision,
}

impl Args {
    /// Whether its result is a list.
    pub fn lists(&self) -> bool {
        matches!(self.command, Some(Command::List { .. }))
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Who is away.
    List {
        /// Also what is over: who noted it, and who ended it.
        #[arg(long)]
        all: bool,
    },
    /// End it before its time.
    End {
        /// Who is back, by address.
        address: String,
        #[command(flatten)]
        decision: Decision,
    },
}

const AWAY: Listing<Absence> = Listing {
    none: "Nobody is away.",
    columns: &[
        column("name", |absence, _| absence.name.clone()),
        column("email", |absence, _| absence.email.clone()),
        column("until", |absence, _| absence.until.to_string()),
        column("substitute", |absence, _| {
            or_blank(absence.substitute.as_ref().and_then(|to| to.email.as_ref()))
        }),
    ],
};

const EVER: Listing<PastAbsence> = Listing {
    none: "Nobody was ever away.",
    columns: &[
        column("name", |past, _| past.absence.name.clone()),
        column("email", |past, _| past.absence.email.clone()),
        column("until", |past, _| past.absence.until.to_string()),
        column("substitute", |past, _| {
            or_blank(past.absence.substitute.as_ref().and_then(|to| to.email.as_ref()))
        }),
        column("noted", |past, here| here.minute(past.noted_at)),
        column("by", |past, _| or_blank(past.absence.by.as_ref())),
        column("ended", |past, here| or_blank(past.ended_at.map(|at| here.minute(at)))),
        column("ended by", |past, _| or_blank(past.ended_by.as_ref())),
    ],
};

pub async fn run(context: Context, args: Args, output: &Output) -> anyhow::Result<Exit> {
    match args.command {
        Some(Command::List { all: false }) => {
            return listings::show(&context, output, &AWAY, query::absences).await;
        }
        Some(Command::List { all: true }) => {
            return listings::show(&context, output, &EVER, query::all_absences).await;
        }
        Some(Command::End { address, decision }) => {
            let ended = decisions::return_early(&context, address, decision.by()?).await?;
            let text = format!(
                "{} was away until {}, and gets mail again.",
                plain(&ended.name),
                ended.until
            );
            output.one(&ended, &text)?;
        }
        None => {
            let (Some(address), Some(until)) = (args.address, args.until) else {
                return Err(UsageError("give an address and --until".to_owned()).into());
            };
            let (away, by) = (Away { until, to: args.to }, args.decision.by()?);
            let noted = decisions::away(&context, address, away, by).await?;
            let goes = match &noted.substitute {
                Some(to) => format!("{} gets it", plain(&to.name)),
                None => "the next leader up gets it".to_owned(),
            };
            let text = format!(
                "Nothing goes to {} until the end of {}; {goes}.",
                plain(&noted.name),
                noted.until
            );
            output.one(&noted, &text)?;
        }
    }
    Ok(Exit::Done)
}
