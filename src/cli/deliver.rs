//! `deliver`: one pass over the outbox.

use super::exit::Exit;
use super::output::Output;
use crate::jobs::{self, Context, Deliver};
use crate::model::MailMode;
use crate::text::runs::in_english;

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::run(&context, Deliver { by_hand: true }).await?;
    let mut text = in_english(&report.delivered());
    if report.previewed > 0 && context.config.mail.mode == MailMode::Preview {
        text = format!(
            "{text}\nmail.mode is preview: they lie in {}",
            context.config.preview_dir().display()
        );
    }
    if let Some(error) = &report.server_error {
        text = format!("{text}\nThe mail server takes no mail: {error}");
    }
    output.one(&report, &text)?;
    Ok(if report.server_error.is_some() { Exit::Failed } else { Exit::Done })
}
