//! `changes`: what happened, as the pulls saw it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::args::Changes;
use super::output::{Output, Table, UsageError};
use super::view::View;
use super::{Exit, read};
use crate::jobs::Context;
use crate::model::ChangeKind;
use crate::store::{ChangeFilter, ChangeRow, list_changes};

/// `contract.md`, "Change".
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeJson {
    pub snapshot_id: i64,
    pub detected_at: DateTime<Utc>,
    pub kind: ChangeKind,
    pub system_usage_uuid: Option<Uuid>,
    pub system_name: Option<String>,
    pub before: Value,
    pub after: Value,
    /// The person, role type or unit, by name where one is known.
    pub subject: Option<String>,
}

pub async fn run(context: Context, command: Changes, output: &Output) -> anyhow::Result<Exit> {
    if let (Some(since), Some(until)) = (command.since, command.until)
        && since > until
    {
        let why = format!("--since {since} is later than --until {until}: nothing lies between");
        return Err(UsageError(why).into());
    }
    let (now, config) = (context.now(), context.config.clone());
    let found = read(&context, move |connection| {
        let view = View::load(connection, &config, now)?;
        let usage = match command.system.as_deref().map(|text| view.find(text)).transpose() {
            Ok(usage) => usage,
            Err(error) => return Ok(Err(error)),
        };
        let filter =
            ChangeFilter { since: command.since, until: command.until, kind: command.kind, usage };
        let rows = list_changes(connection, &filter)?;
        Ok(Ok(rows.into_iter().map(|row| to_json(row, &view)).collect::<Vec<_>>()))
    })
    .await??;
    let zone = context.config.schedule.time_zone;
    output.list(&found, &table(&found, zone), "No changes.")?;
    Ok(Exit::Done)
}

/// A change as programs read it, with names for uuids.
pub fn to_json(row: ChangeRow, view: &View) -> ChangeJson {
    let change = row.change;
    let (before, after) = change.sides();
    let subject = change.subject().map(|uuid| {
        let unit = view.snapshot.units.get(&uuid).map(|unit| unit.name.clone());
        let role = view.snapshot.role_types.get(&uuid).map(|role| role.name.clone());
        view.names.get(&uuid).cloned().or(unit).or(role).unwrap_or_else(|| uuid.to_string())
    });
    ChangeJson {
        snapshot_id: row.snapshot_id,
        detected_at: row.detected_at,
        kind: change.kind(),
        system_usage_uuid: change.usage(),
        system_name: change.usage().map(|usage| view.system_name(usage)),
        before,
        after,
        subject,
    }
}

/// Changes for people, with the time of day as their clocks show it.
pub fn table(changes: &[ChangeJson], zone: Tz) -> Table {
    Table {
        headings: vec!["seen", "kind", "system", "who or what", "before", "after"],
        rows: changes
            .iter()
            .map(|change| {
                vec![
                    change.detected_at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
                    change.kind.as_str().to_owned(),
                    change.system_name.clone().unwrap_or_default(),
                    change.subject.clone().unwrap_or_default(),
                    short(&change.before),
                    short(&change.after),
                ]
            })
            .collect(),
    }
}

/// The one value that says most of a change's side.
fn short(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) if fields.contains_key("state") => {
            fields["state"].as_str().unwrap_or_default().to_owned()
        }
        // The person stands in a column of its own.
        Value::Object(fields) if fields.contains_key("person") => String::new(),
        other => other.to_string(),
    }
}
