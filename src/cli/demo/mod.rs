//! `demo`: the whole program at work, with nothing to configure. The stand-in
//! plays KITOS on loopback, eight weeks pass in some seconds, and every mail lies
//! in a folder afterwards.

mod baseline;
mod people;
mod serve;
mod story;

use std::io::{IsTerminal, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::args::Demo;
use super::exit::Exit;
use super::output::{UsageError, plain, save};
use crate::config::{self, Environment};
use crate::jobs::{Clock, Context, Rhythm, run_due};
use crate::model::{JobKind, JobOutcome, JobRun};
use crate::text::runs::in_english;
use crate::time::civil;
use kitos_standin::{CVR, EMAIL, MAIL_DOMAIN, MUNICIPALITY, PASSWORD, Standin, World};
use story::Story;

/// How many systems the municipality has.
const SYSTEMS: usize = 120;
const SEED: u64 = 2026;
/// Every job that the daemon would run on a day runs at one of these times.
const TIMES: [NaiveTime; 3] = [time(5, 0), time(7, 0), time(8, 30)];

const fn time(hour: u32, minute: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

pub async fn run(command: &Demo) -> anyhow::Result<Exit> {
    let folder = folder(command.keep.as_deref())?;
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
    let zone = chrono_tz::Europe::Copenhagen;
    let mut world = World::generate_at(SEED, SYSTEMS, at(start, TIMES[0], zone));
    let mut story = Story::default();
    std::fs::write(folder.join("leaders.csv"), story::leaders_file(&world))?;
    story.before(&mut world);
    let standin = Standin::start(world).await.context("starting the stand-in for KITOS")?;
    let mut context = install(&folder, &standin.url(), command)?;

    say(&format!(
        "{MUNICIPALITY} has {SYSTEMS} systems in KITOS, here played by a stand-in on {}.\n\
         Eight weeks pass; each day kitos-sync does what it would do as a service.\n",
        standin.url()
    ))?;
    for number in 0..=story::DAYS {
        let day = start + Days::new(number);
        let entered = people::entered(number, &context).await?;
        let told = standin.edit(|world| {
            world.now = at(day, TIMES[0], zone);
            let mut told = story.day(number, world);
            told.extend(entered.iter().map(|(usage, owner)| story::enter(world, *usage, *owner)));
            told
        });
        for line in &told {
            say(&format!("{} {}", bold(&day.format("%a %d %b").to_string()), plain(line)))?;
        }
        for time in TIMES {
            context.clock = Clock::At(at(day, time, zone));
            let runs = run_due(&context, Rhythm::Once).await?;
            for run in runs.iter().filter(|run| is_news(run, number == 0 || !told.is_empty())) {
                say(&format!("           {}: {}", run.job.as_str(), plain(&in_english(&run.did))))?;
            }
        }
        for line in people::day(number, &context).await? {
            say(&format!("{} {}", bold(&day.format("%a %d %b").to_string()), plain(&line)))?;
        }
    }
    drop(standin);
    let mails = count_mails(&context.config.preview_dir())?;
    say(&tour(&folder, mails))?;
    if let Some(port) = command.serve {
        let address = serve::address(port).await?;
        say(&format!(
            "\nThe page is at http://{address}/ until you press Ctrl-C; links to answer by, in the \
             mails, work as long."
        ))?;
        serve::serve(context, address).await?;
    }
    Ok(Exit::Done)
}

/// Days on which nothing happens are not worth a line, but a fault always is.
fn is_news(run: &JobRun, eventful: bool) -> bool {
    run.outcome != JobOutcome::Done || (eventful && run.job == JobKind::Sync)
}

fn at(day: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    civil::instant(day.and_time(time), zone)
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

fn bold(text: &str) -> String {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// A new folder, so that a demo never meets the database of another.
fn folder(keep: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = match keep {
        Some(folder) => folder.to_owned(),
        None => std::env::temp_dir().join(format!("kitos-sync-demo-{}", std::process::id())),
    };
    let what = || format!("making the demo's directory {}", folder.display());
    std::fs::create_dir_all(&folder).with_context(what)?;
    // It gets a configuration and permissions of the demo's: never someone's own.
    if std::fs::read_dir(&folder).with_context(what)?.next().is_some() {
        return Err(UsageError(format!(
            "{} is not empty, and the demo overwrites nothing. Give --keep a new directory",
            folder.display()
        ))
        .into());
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).with_context(what)?;
    std::fs::canonicalize(&folder).with_context(what)
}

/// Writes the configuration that an administrator would, and loads it.
fn install(folder: &Path, url: &str, command: &Demo) -> anyhow::Result<Context> {
    let mut password = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(folder.join("kitos-password"))?;
    writeln!(password, "{PASSWORD}")?;
    let path = folder.join("config.toml");
    // The links in the mails lead to the page that is served at the end.
    let web = command.serve.map_or_else(String::new, |port| {
        format!(
            "\n[web]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n"
        )
    });
    let shown = |name: &str| format!("{:?}", folder.join(name).display().to_string());
    let text = format!(
        "# Written by `kitos-sync demo`. With it every command that reads works on the\n\
         # demo's database; the stand-in for KITOS is gone.\n\
         [kitos]\n\
         url = \"{url}\"\n\
         email = \"{EMAIL}\"\n\
         password_file = {}\n\
         organization = \"{CVR}\"\n\n\
         [database]\n\
         path = {}\n\n\
         [policy]\n\
         staff_units = [\"Økonomi og Digitalisering\"]\n\
         leaders_file = {}\n\n\
         [policy.rules.manager-missing]\n\
         enabled = true\n\n\
         [policy.rules.contact-missing]\n\
         enabled = true\n\n\
         [mail]\n\
         from = \"IT og Digitalisering <it@{MAIL_DOMAIN}>\"\n\
         it = [\"it@{MAIL_DOMAIN}\"]\n\
         allowed_domains = [\"{MAIL_DOMAIN}\"]\n\
         language = \"{}\"\n\
         preview_dir = {}\n{web}",
        shown("kitos-password"),
        shown("kitos-sync.db"),
        shown("leaders.csv"),
        command.language.as_str(),
        shown("mails"),
    );
    save(&path, text.as_bytes())?;
    let environment = Environment::default();
    let config = config::load(&path, &environment)?;
    Ok(Context::new(config, path, environment))
}

/// How many mails lie in the folder.
fn count_mails(folder: &Path) -> anyhow::Result<usize> {
    let mut mails = 0;
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        mails += usize::from(entry?.path().extension().is_some_and(|ending| ending == "eml"));
    }
    Ok(mails)
}

fn tour(folder: &Path, mails: usize) -> String {
    let folder = folder.display();
    format!(
        "\n{mails} mails were written, none was sent. They lie in {folder}/mails,\n\
         as .eml for a mail program and as .html for a browser.\n\n\
         What to look at next:\n  \
         all mails, by day     {folder}/mails/index.html\n  \
         the last digest       {folder}/mails/2026-03-02-*-digest.html\n  \
         how it stands         kitos-sync --config {folder}/config.toml status\n  \
         what is wrong         kitos-sync --config {folder}/config.toml findings\n  \
         what happened         kitos-sync --config {folder}/config.toml changes --since 2026-02-01\n  \
         one system's life     kitos-sync --config {folder}/config.toml system Borgerbooking\n  \
         the mails             kitos-sync --config {folder}/config.toml mail list --all\n  \
         what people answered  kitos-sync --config {folder}/config.toml answers\n  \
         how the review goes   kitos-sync --config {folder}/config.toml review status\n  \
         for the auditor       kitos-sync --config {folder}/config.toml --at 2026-03-02T12:00:00Z report --output {folder}/report.html\n\n\
         For your own municipality: README.md, \"Configuration in five steps\"."
    )
}
