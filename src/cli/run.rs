//! `run`: the daemon, or once through everything that is due.

use super::Exit;
use super::args::Run;
use super::output::{Output, Table};
use crate::daemon;
use crate::jobs::{Context, Rhythm, run_due};
use crate::model::{JobOutcome, JobRun};
use crate::store::Lock;

pub async fn run(context: Context, command: &Run, output: &Output) -> anyhow::Result<Exit> {
    if !command.once {
        daemon::run(context).await?;
        return Ok(Exit::Done);
    }
    let _lock = Lock::daemon(context.store.path())?;
    let runs = run_due(&context, Rhythm::Once).await?;
    if output.is_json() {
        for run in &runs {
            output.json_line(run)?;
        }
    } else {
        let rows = runs
            .iter()
            .map(|run| {
                vec![
                    run.job.as_str().to_owned(),
                    run.outcome.as_str().to_owned(),
                    format!("{} ms", run.duration_ms),
                    run.detail.clone(),
                ]
            })
            .collect();
        let table = Table { headings: vec!["job", "outcome", "took", "detail"], rows };
        output.list(&runs, &table, "nothing was due")?;
    }
    Ok(worst(&runs))
}

fn worst(runs: &[JobRun]) -> Exit {
    let any = |outcome| runs.iter().any(|run| run.outcome == outcome);
    if any(JobOutcome::Failed) {
        Exit::Failed
    } else if any(JobOutcome::Held) {
        Exit::Held
    } else {
        Exit::Done
    }
}
