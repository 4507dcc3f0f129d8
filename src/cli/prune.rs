//! `prune`: applies retention now.

use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context, Prune, Report};
use crate::text::runs::in_english;

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::run(&context, Prune).await?;
    output.one(&report, &in_english(&report.did()))?;
    Ok(Exit::Done)
}
