//! `run`: the daemon, or once through everything that is due.

use super::args::Run;
use super::exit::Exit;
use super::output::Output;
use super::table::{Here, Listing, column};
use crate::daemon;
use crate::jobs::{Context, Rhythm, run_due};
use crate::model::{JobOutcome, Language};
use crate::query::Run as Told;
use crate::store::Lock;

const RUN_ONCE: Listing<Told> = Listing {
    none: "nothing was due",
    columns: &[
        column("job", |run, _| run.job.as_str().to_owned()),
        column("outcome", |run, _| run.outcome.as_str().to_owned()),
        column("took", |run, _| format!("{} ms", run.duration_ms)),
        column("detail", |run, _| run.detail.clone()),
    ],
};

pub async fn run(context: Context, command: &Run, output: &Output) -> anyhow::Result<Exit> {
    if !command.once {
        daemon::run(context).await?;
        return Ok(Exit::Done);
    }
    let _lock = Lock::daemon(context.store.path())?;
    let runs = run_due(&context, Rhythm::Once).await?;
    let runs: Vec<Told> = runs.iter().map(|run| Told::told(run, Language::En)).collect();
    if output.is_json() {
        for run in &runs {
            output.json_line(run)?;
        }
    } else {
        output.list(&RUN_ONCE, &runs, Here::of(&context))?;
    }
    Ok(worst(&runs))
}

fn worst(runs: &[Told]) -> Exit {
    let any = |outcome| runs.iter().any(|run| run.outcome == outcome);
    if any(JobOutcome::Failed) {
        Exit::Failed
    } else if any(JobOutcome::Held) {
        Exit::Held
    } else {
        Exit::Done
    }
}
