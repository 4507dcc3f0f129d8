//! `digest`: what the weekly mail would say now, and with `--send` its queueing.

use super::args::Digest;
use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context};

pub async fn run(context: Context, command: &Digest, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::run(&context, jobs::Digest { send: command.send }).await?;
    let text = format!(
        "To: {}\nSubject: {}\n\n{}\n({})",
        report.to.join(", "),
        report.subject,
        report.text.trim_end(),
        report.detail
    );
    output.one(&report, &text)?;
    Ok(Exit::Done)
}
