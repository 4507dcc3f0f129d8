//! `changes`: what happened, as the pulls saw it.

use chrono_tz::Tz;

use super::args;
use super::output::{Output, Table};
use super::{Exit, ask};
use crate::jobs::Context;
use crate::query::{self, Change, ChangeQuery};

pub async fn run(
    context: Context,
    command: args::Changes,
    output: &Output,
) -> anyhow::Result<Exit> {
    let query = ChangeQuery {
        since: command.since,
        until: command.until,
        kind: command.kind,
        system: command.system,
    };
    let found = ask(&context, move |moment| query::changes(moment, &query)).await?;
    output.list(&found, &table(&found, context.config.schedule.time_zone), "No changes.")?;
    Ok(Exit::Done)
}

/// Changes for people, with the time of day as their clocks show it.
pub fn table(changes: &[Change], zone: Tz) -> Table {
    let row = |change: &Change| {
        vec![
            change.detected_at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            change.kind.as_str().to_owned(),
            change.system_name.clone().unwrap_or_default(),
            change.text.clone(),
        ]
    };
    Table {
        headings: vec!["seen", "kind", "system", "what"],
        rows: changes.iter().map(row).collect(),
    }
}
