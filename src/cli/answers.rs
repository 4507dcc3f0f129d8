//! `answers`: what people answered; accept, decline, and record what came by reply.

use chrono::NaiveDate;
use clap::Subcommand;

use super::decision::Decision;
use super::exit::Exit;
use super::output::{Output, UsageError, complain, plain};
use super::table::{Here, Listing, column, in_sheet, or_blank};
use super::values::{answer, day};
use crate::decisions::{self, Accepted, Reply, Said};
use crate::jobs::Context;
use crate::model::{AnswerKind, AnswerState};
use crate::notify::directory::Away;
use crate::query::{self, Answer, AnswerStates, Moment};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only those that IT has something to do about.
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Carry an answer out: "right as it is" becomes an exception with an end.
    Accept {
        /// The answer's id, as `answers` shows it.
        answer: i64,
        /// The last day of the exception.
        #[arg(long, value_name = "DATE", value_parser = day)]
        until: Option<NaiveDate>,
        #[command(flatten)]
        decision: Decision,
    },
    /// Decline an answer: the reminders go on.
    Decline {
        /// The answer's id, as `answers` shows it.
        answer: i64,
        /// Why; an auditor reads it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        decision: Decision,
    },
    /// Record an answer that came by reply to a mail, or by phone.
    Record(Record),
}

#[derive(Debug, clap::Args)]
struct Record {
    /// What was said: confirmed, newOwner, notUsed, rightAsItIs, lookedThrough or away.
    #[arg(value_parser = answer)]
    kind: AnswerKind,
    /// Whose answer it is, by address.
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// About which system: its uuid, or part of its name.
    #[arg(long, value_name = "SYSTEM")]
    system: Option<String>,
    /// Of newOwner: who should own, by address.
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    /// Why, in the person's own words.
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Of away: the last day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<NaiveDate>,
    /// Of away: who gets the mail instead.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    #[command(flatten)]
    decision: Decision,
}

impl Args {
    /// Whether its result is a list.
    pub fn lists(&self) -> bool {
        self.command.is_none()
    }
}

const ANSWERS: Listing<Answer> = Listing {
    none: "No answers.",
    columns: &[
        column("id", |answer, _| answer.id.to_string()),
        column("answered", |answer, here| here.minute(answer.answered_at)),
        column("person", |answer, _| answer.person_name.clone()),
        column("system", |answer, _| or_blank(answer.system_name.as_ref())),
        column("answer", |answer, _| answer.kind.as_str().to_owned()),
        column("value", |answer, _| or_blank(answer.value.as_ref())),
        column("comment", |answer, _| or_blank(answer.comment.as_ref())),
        column("state", state),
        in_sheet("noted by", |answer, _| or_blank(answer.noted_by.as_ref())),
        in_sheet("done by", |answer, _| or_blank(answer.done_by.as_ref())),
        in_sheet("url", |answer, _| or_blank(answer.kitos_url.as_ref())),
    ],
};

fn state(answer: &Answer, here: Here) -> String {
    match (answer.state, answer.paused_until) {
        (AnswerState::Open, Some(until)) => format!("open, paused until {}", here.day(until)),
        (state, _) => state.as_str().to_owned(),
    }
}

pub async fn run(context: Context, args: Args, output: &Output) -> anyhow::Result<Exit> {
    let answer = match args.command {
        None => {
            let states = if args.open { AnswerStates::Open } else { AnswerStates::All };
            let ask = move |moment: &Moment<'_>| query::answers(moment, states);
            let rows = context.ask(ask).await?;
            output.list(&ANSWERS, &rows, Here::of(&context))?;
            return Ok(Exit::Done);
        }
        Some(Command::Accept { answer, until, decision }) => {
            let Accepted { answer, waived } =
                decisions::accept_answer(&context, answer, until, decision.by()?).await?;
            if answer.kind == AnswerKind::RightAsItIs && waived == 0 {
                complain("nothing that was open then is open still: there is no exception to make");
            }
            answer
        }
        Some(Command::Decline { answer, reason, decision }) => {
            decisions::decline_answer(&context, answer, reason, decision.by()?).await?
        }
        Some(Command::Record(record)) => {
            let reply = reply(&context, record).await?;
            decisions::answer(&context, reply).await?.swap_remove(0)
        }
    };
    output.one(&answer, &told(&answer, Here::of(&context)))?;
    Ok(Exit::Done)
}

fn told(answer: &Answer, here: Here) -> String {
    let about = answer
        .system_name
        .as_deref()
        .map_or_else(String::new, |system| format!(" about {}", plain(system)));
    let what = format!("Answer {} of {}{about}", answer.id, plain(&answer.person_name));
    match answer.state {
        AnswerState::Open => {
            let until = answer.paused_until.map_or_else(String::new, |until| {
                format!("; until {} nobody is reminded of what is open there", here.day(until))
            });
            format!("{what} is open{until}. A pull that shows it done ticks it off.")
        }
        AnswerState::Done => format!("{what} is done."),
        AnswerState::Declined => format!("{what} is declined; the reminders go on."),
        AnswerState::Lapsed => format!("{what} has lapsed: the person whom it names has left."),
        AnswerState::Superseded => format!("{what} is superseded: something else holds now."),
    }
}

/// An option that the kind of answer has no use for would be dropped in silence.
fn refuse_what_is_not_taken(record: &Record) -> Result<(), UsageError> {
    let takes: &[&str] = match record.kind {
        AnswerKind::Away => &["--until", "--to", "--comment"],
        AnswerKind::NewOwner => &["--system", "--owner", "--comment"],
        AnswerKind::Confirmed
        | AnswerKind::NotUsed
        | AnswerKind::RightAsItIs
        | AnswerKind::LookedThrough => &["--system", "--comment"],
    };
    let given = [
        ("--system", record.system.is_some()),
        ("--owner", record.owner.is_some()),
        ("--until", record.until.is_some()),
        ("--to", record.to.is_some()),
    ];
    match given.into_iter().find(|(option, is_given)| *is_given && !takes.contains(option)) {
        None => Ok(()),
        Some((option, _)) => Err(UsageError(format!(
            "{} takes no {option}. Beside --from and --by it takes {}",
            record.kind.as_str(),
            takes.join(", ")
        ))),
    }
}

/// What was typed, with uuids for names.
async fn reply(context: &Context, record: Record) -> anyhow::Result<Reply> {
    refuse_what_is_not_taken(&record)?;
    let Record { kind, from, system, owner, comment, until, to, decision } = record;
    let usages = match system {
        None => Vec::new(),
        Some(system) => vec![context.ask(move |moment| query::find_now(moment, &system)).await?],
    };
    let said = match kind {
        AnswerKind::Confirmed => Said::Confirmed,
        AnswerKind::NotUsed => Said::NotUsed,
        AnswerKind::RightAsItIs => Said::RightAsItIs,
        AnswerKind::LookedThrough => Said::LookedThrough,
        AnswerKind::Away => {
            let until = until.ok_or_else(|| UsageError("away needs --until".to_owned()))?;
            Said::Away(Away { until, to })
        }
        AnswerKind::NewOwner => {
            let owner = owner.ok_or_else(|| UsageError("newOwner needs --owner".to_owned()))?;
            Said::NewOwner(context.ask(move |moment| query::person_of(moment, &owner)).await?)
        }
    };
    Ok(Reply { email: from, usages, said, comment, noted_by: Some(decision.by()?) })
}
