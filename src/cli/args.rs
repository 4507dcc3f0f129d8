//! What can be typed: every command with its help.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use clap::builder::PossibleValue;
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use super::decision::Decision;
use super::output::Format;
use super::values::{day, instant, time_ahead};
use super::{answers, away, listings, report, review};
use crate::model::{Language, MailKind};
use crate::text::words::words;

/// Keeps a municipality's system owners in KITOS right: pulls the register,
/// compares, judges by the municipality's policy, and mails those who can fix it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Start here:\n  kitos-sync demo     see the whole thing in some seconds, with nothing to configure\n  kitos-sync check    test configuration, KITOS and mail server before the first run\n  kitos-sync sync     read KITOS once\n\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 check or --fail-on found something,\n4 held by the guard, 5 another instance holds the lock."
)]
pub struct Args {
    /// The configuration file, /etc/kitos-sync/config.toml by default.
    #[arg(long, global = true, value_name = "FILE", env = "KITOS_SYNC_CONFIG")]
    pub config: Option<PathBuf>,
    /// Tables for people, JSON for programs, CSV for spreadsheets.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Say more on stderr; twice for debugging.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing on stderr but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Act as if it were then (RFC 3339).
    #[arg(long, global = true, hide = true, value_parser = instant)]
    pub at: Option<DateTime<Utc>>,
    /// The shape of the log on stderr.
    #[arg(long, global = true, hide = true, value_enum, env = "KITOS_SYNC_LOG_FORMAT", default_value_t = LogFormat::Auto)]
    pub log_format: LogFormat,
    #[command(subcommand)]
    pub command: Command,
}

/// `--log-format`, or `KITOS_SYNC_LOG_FORMAT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// The journal where stderr leads there, else plain text.
    Auto,
    Plain,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run as a service: all jobs on their schedules until SIGTERM or SIGINT; SIGHUP reloads the
    /// configuration.
    Run(Run),
    /// Read KITOS once, compare with last time, judge, and commit.
    Sync(Sync),
    /// Who would be reminded of what now, what is held back, and why.
    Remind(Remind),
    /// Show the weekly digest as it would be now.
    Digest(Digest),
    /// Deliver what is due in the outbox.
    Deliver,
    /// Last and next runs, last snapshot, open findings, outbox, guard.
    Status,
    #[command(flatten)]
    Listing(listings::Command),
    /// Everything known about one system.
    System(System),
    /// Except a finding from the policy until a day, with a reason.
    Waive(Waive),
    /// End a finding's exception now.
    Unwaive(Unwaive),
    /// What people answered; accept, decline, and record a reply.
    Answers(answers::Args),
    /// Nothing goes to somebody until a day; a substitute gets it.
    Away(away::Args),
    /// A round of confirmation: start it, see how it stands, close it.
    #[command(subcommand)]
    Review(review::Command),
    /// Ownership evidence for an audit period.
    Report(report::Args),
    /// The outbox, previews, and a test mail.
    #[command(subcommand)]
    Mail(Mail),
    /// The pull that the guard holds back, and the decision on it.
    #[command(subcommand)]
    Guard(Guard),
    /// Test everything that can be wrong, and say the way out.
    Check(Check),
    /// A consistent copy of the database, also while the service runs.
    Backup(Backup),
    /// Delete now what is older than [retention] says.
    Prune,
    /// Write the first configuration: asks, tries it at KITOS, and says what comes next.
    Init(Init),
    /// See it work: a built-in KITOS, eight simulated weeks, real mails in a directory.
    Demo(Demo),
    /// Completions for a shell, on stdout.
    Completions(Completions),
    /// The manual page, on stdout.
    Man(Man),
}

impl Command {
    /// Whether its result is a list, which CSV can hold.
    pub fn lists(&self) -> bool {
        match self {
            Self::Run(run) => run.once,
            Self::Listing(_) => true,
            Self::Answers(answers) => answers.lists(),
            Self::Away(away) => away.lists(),
            Self::Review(review) => matches!(review, review::Command::Status),
            Self::Check(_) => true,
            Self::Mail(mail) => matches!(mail, Mail::List { .. }),
            _ => false,
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Run {
    /// Run every job that is due, once, and exit.
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, clap::Args)]
pub struct Sync {
    /// Show what would change; write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Trust a leaders file that has lost a fifth of its lines.
    #[arg(long)]
    pub accept_leaders: bool,
}

#[derive(Debug, clap::Args)]
pub struct Check {
    /// Only this: how a leaders file would do, before it is used.
    #[arg(long, value_name = "FILE")]
    pub leaders: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Remind {
    /// Put the mails into the outbox.
    #[arg(long, conflicts_with = "forecast")]
    pub send: bool,
    /// How many mails so much time would bring, e.g. 26w, if mail.mode were send and
    /// nothing changed in KITOS.
    #[arg(long, value_name = "TIME", value_parser = time_ahead)]
    pub forecast: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub struct Digest {
    /// Put it into the outbox. Once a day at most.
    #[arg(long)]
    pub send: bool,
}

#[derive(Debug, clap::Args)]
pub struct System {
    /// Its uuid, or part of its name.
    pub system: String,
}

#[derive(Debug, clap::Args)]
pub struct Waive {
    /// The finding's id, as `findings` shows it.
    pub finding: i64,
    /// The last day on which it may stand (YYYY-MM-DD).
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub until: NaiveDate,
    /// Why it may stand; an auditor reads it.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub decision: Decision,
}

#[derive(Debug, clap::Args)]
pub struct Unwaive {
    /// The finding's id, as `findings --state waived` shows it.
    pub finding: i64,
    #[command(flatten)]
    pub decision: Decision,
}

#[derive(Debug, Subcommand)]
pub enum Mail {
    /// The outbox, newest first.
    List {
        /// Also mails older than 30 days.
        #[arg(long)]
        all: bool,
    },
    /// One mail with its text.
    Show {
        /// The mail's id, as `mail list` shows it.
        mail: i64,
    },
    /// Render a mail from real data; queues nothing.
    Preview {
        /// Which kind of mail.
        kind: MailKind,
        /// Write it as .eml (or .html, by the ending) instead of showing the text.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Let a mail that waits or was given up go out with the next delivery.
    Retry {
        /// The mail's id, as `mail list` shows it.
        mail: i64,
        #[command(flatten)]
        decision: Decision,
    },
    /// Withdraw a mail that has not gone out.
    Cancel {
        /// The mail's id, as `mail list` shows it.
        mail: i64,
        #[command(flatten)]
        decision: Decision,
    },
    /// Send a test mail, by way of the outbox and mail.mode.
    Test {
        /// To whom.
        address: String,
    },
}

impl ValueEnum for MailKind {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let key = format!("mail.kind.{}", self.as_str());
        let help = words(Language::En).text(&key).to_owned();
        Some(PossibleValue::new(self.as_str()).help(help))
    }
}

impl ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

#[derive(Debug, Subcommand)]
pub enum Guard {
    /// What the held pull would do, and why it is held.
    Show,
    /// Commit exactly the held pull.
    Release {
        /// The pull that `guard show` named; refused when another is held by now.
        id: Option<i64>,
        #[command(flatten)]
        decision: Decision,
    },
    /// Drop the held pull; the next one is judged anew.
    Discard {
        /// The pull that `guard show` named; refused when another is held by now.
        id: Option<i64>,
        #[command(flatten)]
        decision: Decision,
    },
}

#[derive(Debug, clap::Args)]
pub struct Backup {
    /// Where to; must not exist yet.
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Write everything there instead of into a new temporary directory.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// At the end, serve the page on this machine until Ctrl-C; 8470 unless another port
    /// is given.
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "8470")]
    pub serve: Option<u16>,
    /// The language of mails and page.
    #[arg(long, value_enum, default_value = "da")]
    pub language: Language,
}

#[derive(Debug, clap::Args)]
pub struct Init {
    /// The mail address of the API user.
    #[arg(long, value_name = "MAIL")]
    pub email: Option<String>,
    /// The municipality's CVR number, or its UUID in KITOS.
    #[arg(long, value_name = "CVR")]
    pub organization: Option<String>,
    /// The sender that readers see: "Name <address>".
    #[arg(long, value_name = "MAILBOX")]
    pub from: Option<String>,
    /// Who gets the digest; several with commas.
    #[arg(long, value_name = "MAIL")]
    pub it: Option<String>,
    /// The mail server.
    #[arg(long, value_name = "HOST")]
    pub smtp_host: Option<String>,
    /// Another KITOS than https://kitos.dk.
    #[arg(long)]
    pub url: Option<String>,
    /// Where the database is to lie; beside the configuration if that is not in /etc.
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Read the API user's password from stdin.
    #[arg(long)]
    pub password_stdin: bool,
    /// Write it without trying it at KITOS.
    #[arg(long)]
    pub untested: bool,
}

#[derive(Debug, clap::Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
pub struct Man {
    /// Write one page a command there instead.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
