//! `backup`: a consistent, verified copy while everything runs.

use serde_json::json;

use super::args::Backup;
use super::output::Output;
use super::{Exit, read};
use crate::jobs::Context;
use crate::store;

pub async fn run(context: Context, command: Backup, output: &Output) -> anyhow::Result<Exit> {
    let file = command.file.clone();
    read(&context, move |connection| Ok(store::backup(connection, &file)?)).await?;
    let bytes = std::fs::metadata(&command.file)?.len();
    let text = format!("{} written and verified ({bytes} bytes)", command.file.display());
    output.one(&json!({ "file": command.file, "bytes": bytes }), &text)?;
    Ok(Exit::Done)
}
