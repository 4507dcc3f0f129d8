//! `systems`: what is cached, with owners.

use serde::Serialize;
use uuid::Uuid;

use super::args::Systems;
use super::output::{Output, Table};
use super::view::{OwnerJson, View};
use super::{Exit, read};
use crate::jobs::Context;
use crate::model::{StateOfUse, SystemUsage};
use crate::text::danish;
use crate::text::links::{self, Tab};

/// A system in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemJson {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub state: StateOfUse,
    /// Whether the policy covers it.
    pub in_scope: bool,
    pub unit: Option<String>,
    pub owners: Vec<OwnerJson>,
    pub valid_from: Option<chrono::NaiveDate>,
    pub valid_to: Option<chrono::NaiveDate>,
    pub kitos_url: String,
}

pub async fn run(context: Context, command: Systems, output: &Output) -> anyhow::Result<Exit> {
    let (now, config) = (context.now(), context.config.clone());
    let systems = read(&context, move |connection| {
        let view = View::load(connection, &config, now)?;
        let mut systems: Vec<SystemJson> = view
            .snapshot
            .usages
            .values()
            .filter(|usage| command.state.is_none_or(|state| usage.state(view.today) == state))
            .filter(|usage| command.owner.as_ref().is_none_or(|o| view.is_owned_by(usage, o)))
            .map(|usage| to_json(usage, &view, &config.kitos.url))
            .collect();
        systems.sort_by(|a, b| danish::compare(&a.system_name, &b.system_name));
        Ok(systems)
    })
    .await?;
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

/// A system as programs read it.
pub fn to_json(usage: &SystemUsage, view: &View, kitos_url: &str) -> SystemJson {
    SystemJson {
        system_usage_uuid: usage.uuid,
        system_name: view.snapshot.usage_name(usage).to_owned(),
        state: usage.state(view.today),
        in_scope: view.policy.in_scope(&view.snapshot, usage, view.today),
        unit: view.unit_name(usage),
        owners: view.owners(usage),
        valid_from: usage.valid_from,
        valid_to: usage.valid_to,
        kitos_url: links::page(kitos_url, usage.uuid, Tab::Front),
    }
}
