//! `backup`: a consistent, verified copy while everything runs.

use super::args::Backup;
use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context};

pub async fn run(context: Context, command: Backup, output: &Output) -> anyhow::Result<Exit> {
    let made = jobs::backup(&context, &command.file).await?;
    let text = format!("{} written and verified ({} bytes)", made.file.display(), made.bytes);
    output.one(&made, &text)?;
    Ok(Exit::Done)
}
