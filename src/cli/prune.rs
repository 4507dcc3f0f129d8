//! `prune`: applies retention now.

use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context};

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::prune(&context, None).await?;
    output.one(&report, &report.summary())?;
    Ok(Exit::Done)
}
