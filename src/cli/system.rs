//! `system`: everything known about one system.

use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::args::System;
use super::changes::{self, ChangeJson};
use super::findings::{self, FindingJson};
use super::output::{Output, Table, draw, plain};
use super::systems::{self, SystemJson};
use super::view::View;
use super::{Exit, read};
use crate::jobs::Context;
use crate::store::{ChangeFilter, FindingFilter, list_changes, ownerships, select_findings};

/// Everything about one system, in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct SystemLife {
    system_usage_uuid: Uuid,
    system_name: String,
    /// `None` when KITOS no longer has it.
    current: Option<SystemJson>,
    ownerships: Vec<OwnershipJson>,
    changes: Vec<ChangeJson>,
    findings: Vec<FindingJson>,
}

/// Who had a role on it, from when to when.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnershipJson {
    person: String,
    role: String,
    /// Whether the role counts as owner.
    owner: bool,
    from: NaiveDate,
    /// It was so when monitoring began; the true beginning is unknown.
    since_baseline: bool,
    to: Option<NaiveDate>,
    /// The person left the organisation in the same pull.
    departed: bool,
}

pub async fn run(context: Context, command: System, output: &Output) -> anyhow::Result<Exit> {
    let (now, config) = (context.now(), context.config.clone());
    let life = read(&context, move |connection| {
        let view = View::load(connection, &config, now)?;
        let usage = match view.find(&command.system) {
            Ok(usage) => usage,
            Err(error) => return Ok(Err(error)),
        };
        let role_name = |role: &Uuid| {
            view.snapshot.role_types.get(role).map_or_else(|| role.to_string(), |r| r.name.clone())
        };
        let mut roles: Vec<OwnershipJson> = ownerships(connection, Some(usage))?
            .into_iter()
            .map(|o| OwnershipJson {
                person: view.person_name(o.person),
                role: role_name(&o.role),
                owner: view.policy.owner_roles.contains(&o.role),
                from: o.from,
                since_baseline: o.since_baseline,
                to: o.to,
                departed: o.departed,
            })
            .collect();
        roles.sort_by_key(|o| (!o.owner, o.from));
        let filter = ChangeFilter { usage: Some(usage), ..ChangeFilter::default() };
        let changes = list_changes(connection, &filter)?;
        let filter = FindingFilter {
            usage: Some(usage),
            open: true,
            resolved: true,
            ..FindingFilter::default()
        };
        let found = select_findings(connection, &filter)?;
        Ok(Ok(SystemLife {
            system_usage_uuid: usage,
            system_name: view.system_name(usage),
            current: view
                .snapshot
                .usages
                .get(&usage)
                .map(|usage| systems::to_json(usage, &view, &config.kitos.url)),
            ownerships: roles,
            changes: changes.into_iter().map(|row| changes::to_json(row, &view)).collect(),
            findings: found.iter().map(|f| findings::to_json(f, &view, &config)).collect(),
        }))
    })
    .await??;
    output.one(&life, &words(&life, now))?;
    Ok(Exit::Done)
}

fn words(life: &SystemLife, now: chrono::DateTime<chrono::Utc>) -> String {
    let mut text = format!("{}\n{}\n", plain(&life.system_name), life.system_usage_uuid);
    match &life.current {
        Some(current) => {
            let _ = writeln!(
                text,
                "state {}, {}, unit {}\n{}",
                current.state.as_str(),
                if current.in_scope {
                    "covered by the policy"
                } else {
                    "not covered by the policy"
                },
                current.unit.as_deref().map_or("none".to_owned(), plain),
                current.kitos_url
            );
        }
        None => text.push_str("no longer in KITOS\n"),
    }
    let mut section = |heading: &str, table: Table, none: &str| {
        let body = if table.rows.is_empty() { none.to_owned() } else { draw(&table) };
        let _ = write!(text, "\n{heading}\n{body}\n");
    };
    let roles = Table {
        headings: vec!["role", "person", "from", "to"],
        rows: life
            .ownerships
            .iter()
            .map(|o| {
                let from = if o.since_baseline {
                    format!("before {}", o.from)
                } else {
                    o.from.to_string()
                };
                let to = match (o.to, o.departed) {
                    (None, _) => "still".to_owned(),
                    (Some(day), false) => day.to_string(),
                    (Some(day), true) => format!("{day} (left)"),
                };
                vec![o.role.clone(), o.person.clone(), from, to]
            })
            .collect(),
    };
    section("Roles", roles, "nobody has had a role");
    section("Findings", findings::table(&life.findings, now), "none");
    section("Changes", changes::table(&life.changes), "none since monitoring began");
    text
}
