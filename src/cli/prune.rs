//! `prune`: applies retention now.

use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context, Prune, Report};
use crate::model::Language;
use crate::text::runs::line;
use crate::text::words::words;

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::run(&context, Prune).await?;
    output.one(&report, &line(words(Language::En), &report.did()))?;
    Ok(Exit::Done)
}
