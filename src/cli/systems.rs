//! `systems`: what is cached, with owners.

use super::args::Systems;
use super::output::{Output, Table};
use super::{Exit, ask};
use crate::jobs::Context;
use crate::query::{self, SystemQuery};

pub async fn run(context: Context, command: Systems, output: &Output) -> anyhow::Result<Exit> {
    let query = SystemQuery { state: command.state, owner: command.owner };
    let systems = ask(&context, move |moment| query::systems(moment, &query)).await?;
    let table = Table {
        headings: vec!["system", "state", "unit", "owners", "uuid"],
        rows: systems
            .iter()
            .map(|system| {
                let owners: Vec<&str> =
                    system.owners.iter().map(|owner| owner.name.as_str()).collect();
                vec![
                    system.system_name.clone(),
                    system.state.as_str().to_owned(),
                    system.unit.clone().unwrap_or_default(),
                    owners.join(", "),
                    system.system_usage_uuid.to_string(),
                ]
            })
            .collect(),
    };
    output.list(&systems, &table, "No systems.")?;
    Ok(Exit::Done)
}
