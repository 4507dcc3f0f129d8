//! `digest`: what the weekly mail would say now, and with `--send` its queueing.

use serde::Serialize;

use super::args::Digest;
use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context, DigestReport};
use crate::text::runs::in_english;

/// `digest` in JSON.
#[derive(Debug, Serialize)]
struct DigestJson<'a> {
    #[serde(flatten)]
    report: &'a DigestReport,
    detail: &'a str,
}

pub async fn run(context: Context, command: &Digest, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::run(&context, jobs::Digest { send: command.send }).await?;
    let detail = &in_english(&report.did);
    let text = format!(
        "To: {}\nSubject: {}\n\n{}\n({detail})",
        report.to.join(", "),
        report.subject,
        report.text.trim_end()
    );
    output.one(&DigestJson { report: &report, detail }, &text)?;
    Ok(Exit::Done)
}
