//! `units`: the organisation as a tree, with what each unit answers for.

use super::output::{Output, Table};
use super::{Exit, ask};
use crate::jobs::Context;
use crate::query::{self, Unit};

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let units = ask(&context, query::units).await?;
    output.list(&units, &table(&units, output.is_csv()), "No units.")?;
    Ok(Exit::Done)
}

/// Indented for people; for a spreadsheet with the level in a column of its own.
fn table(units: &[Unit], sheet: bool) -> Table {
    let mut headings = vec!["unit", "systems", "owners", "open findings", "uuid"];
    if sheet {
        headings.push("level");
    }
    let row = |unit: &Unit| {
        let name = unit.name.as_deref().unwrap_or("(no unit)");
        let indent = if sheet { 0 } else { unit.depth };
        let mut row = vec![
            // A table takes blanks at the beginning of a cell away.
            format!("{}{name}", "\u{a0}\u{a0}".repeat(indent)),
            unit.systems.to_string(),
            unit.owners.to_string(),
            unit.open_findings.to_string(),
            unit.uuid.map(|uuid| uuid.to_string()).unwrap_or_default(),
        ];
        if sheet {
            row.push(unit.depth.to_string());
        }
        row
    };
    Table { headings, rows: units.iter().map(row).collect() }
}
