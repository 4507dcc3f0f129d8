//! `prune`: applies retention now.

use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context, Prune, Report};

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::run(&context, Prune).await?;
    output.one(&report, &report.detail())?;
    Ok(Exit::Done)
}
