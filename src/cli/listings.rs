//! The listings: each is a question, its columns, and what can be typed to narrow it.
//! A new one is a variant, an arm and a `Listing` here, and a file in `query`.

use clap::Subcommand;
use serde::Serialize;

use super::exit::Exit;
use super::output::Output;
use super::table::{Column, Here, Listing, column, in_sheet, on_screen, or_blank};
use super::values::{address, job, state};
use super::{changes, findings};
use crate::jobs::Context;
use crate::model::{JobKind, StateOfUse};
use crate::query::{
    self, Incident, Moment, Person, PersonRole, Presence, Run, System, SystemQuery, Unit,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What is wrong: systems that do not follow the policy.
    Findings(findings::Args),
    /// What happened in KITOS, as the pulls saw it.
    Changes(changes::Args),
    /// The systems that are cached, with their owners.
    Systems {
        /// Only systems in this state: inUse, pilot, phasingIn, phasingOut or decommissioned.
        #[arg(long, value_parser = state)]
        state: Option<StateOfUse>,
        /// Only systems of the owner with this address.
        #[arg(long, value_name = "MAIL", value_parser = address)]
        owner: Option<String>,
    },
    /// The organisation's users, with their roles and systems.
    People {
        /// Those who have left instead, with what still names them.
        #[arg(long)]
        departed: bool,
    },
    /// The organisation's units, with their systems and open findings.
    Units,
    /// What the jobs did lately, newest first.
    Runs {
        /// Only this job: sync, remind, digest, deliver or prune.
        #[arg(long, value_parser = job)]
        job: Option<JobKind>,
    },
    /// What was or is wrong with the program's own work, newest first.
    Incidents,
}

impl Command {
    pub async fn run(self, context: Context, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Findings(args) => findings::run(context, args, output).await,
            Self::Changes(args) => changes::run(context, args, output).await,
            Self::Systems { state, owner } => {
                let query = SystemQuery { state, owner };
                let systems = move |moment: &Moment<'_>| query::systems(moment, &query);
                show(&context, output, &SYSTEMS, systems).await
            }
            Self::People { departed: false } => {
                let here = |moment: &Moment<'_>| query::people(moment, Presence::Here);
                show(&context, output, &PEOPLE, here).await
            }
            Self::People { departed: true } => {
                let departed = |moment: &Moment<'_>| query::people(moment, Presence::Departed);
                show(&context, output, &DEPARTED, departed).await
            }
            Self::Units => show(&context, output, &UNITS, query::units).await,
            Self::Runs { job } => {
                let runs = move |moment: &Moment<'_>| query::runs(moment, job);
                show(&context, output, &RUNS, runs).await
            }
            Self::Incidents => show(&context, output, &INCIDENTS, query::incidents).await,
        }
    }
}

/// Asks and shows.
pub async fn show<T: Serialize + Send + 'static>(
    context: &Context,
    output: &Output,
    listing: &Listing<T>,
    question: impl FnOnce(&Moment<'_>) -> Result<Vec<T>, query::Error> + Send + 'static,
) -> anyhow::Result<Exit> {
    let rows = context.ask(question).await?;
    output.list(listing, &rows, Here::of(context))?;
    Ok(Exit::Done)
}

const SYSTEMS: Listing<System> = Listing {
    none: "No systems.",
    columns: &[
        column("system", |system, _| system.system_name.clone()),
        column("state", |system, _| system.state.as_str().to_owned()),
        column("unit", |system, _| or_blank(system.unit.as_ref())),
        column("owners", |system, _| {
            let names: Vec<&str> = system.owners.iter().map(|owner| owner.name.as_str()).collect();
            names.join(", ")
        }),
        column("uuid", |system, _| system.system_usage_uuid.to_string()),
    ],
};

const NAME: Column<Person> = column("name", |person, _| person.name.clone());
const EMAIL: Column<Person> = column("email", |person, _| or_blank(person.email.as_ref()));
const OWNS: Column<Person> = column("owns", |person, _| person.systems_owned.to_string());
const ROLES: Column<Person> = column("roles", |person, _| counted(&person.roles));
const SINCE: Column<Person> =
    column("member since", |person, _| match (person.member_since, person.since_baseline) {
        (None, _) => "never a user".to_owned(),
        (Some(day), true) => format!("before {day}"),
        (Some(day), false) => day.to_string(),
    });
const AWAY: Column<Person> = column("away until", |person, _| or_blank(person.away_until));
const LEFT: Column<Person> = column("left", |person, _| or_blank(person.left_on));

const PEOPLE: Listing<Person> =
    Listing { none: "No people.", columns: &[NAME, EMAIL, OWNS, ROLES, SINCE, AWAY] };

const DEPARTED: Listing<Person> =
    Listing { none: "Nobody has left.", columns: &[NAME, EMAIL, OWNS, ROLES, SINCE, LEFT] };

const UNITS: Listing<Unit> = Listing {
    none: "No units.",
    columns: &[
        // A table takes blanks at the beginning of a cell away.
        on_screen("unit", |unit, _| "\u{a0}\u{a0}".repeat(unit.depth) + unit_name(unit)),
        in_sheet("unit", |unit, _| unit_name(unit).to_owned()),
        column("systems", |unit, _| unit.systems.to_string()),
        column("owners", |unit, _| unit.owners.to_string()),
        column("open findings", |unit, _| unit.open_findings.to_string()),
        column("uuid", |unit, _| or_blank(unit.uuid)),
        in_sheet("level", |unit, _| unit.depth.to_string()),
    ],
};

const RUNS: Listing<Run> = Listing {
    none: "No job has run.",
    columns: &[
        column("started", |run, here| here.minute(run.started_at)),
        column("job", |run, _| run.job.as_str().to_owned()),
        column("outcome", |run, _| run.outcome.as_str().to_owned()),
        column("took", |run, _| format!("{} ms", run.duration_ms)),
        column("detail", |run, _| run.detail.clone()),
    ],
};

const INCIDENTS: Listing<Incident> = Listing {
    none: "There was no incident.",
    columns: &[
        column("kind", |incident, _| incident.kind.as_str().to_owned()),
        column("opened", |incident, here| here.minute(incident.opened_at)),
        column("closed", |incident, here| match incident.closed_at {
            Some(at) => here.minute(at),
            None => "still open".to_owned(),
        }),
        column("detail", |incident, _| incident.detail.clone()),
    ],
};

fn unit_name(unit: &Unit) -> &str {
    unit.name.as_deref().unwrap_or("(no unit)")
}

/// "2 Systemejer, 1 Kontaktperson".
fn counted(roles: &[PersonRole]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for PersonRole { role, .. } in roles {
        match counts.last_mut() {
            Some((last, count)) if last == role => *count += 1,
            _ => counts.push((role, 1)),
        }
    }
    let counts: Vec<String> =
        counts.iter().map(|(role, count)| format!("{count} {role}")).collect();
    counts.join(", ")
}
