//! `system`: everything known about one system.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use super::args::System;
use super::changes::{self, ChangeJson};
use super::findings::{self, FindingJson, SuggestionJson};
use super::output::{Output, Table, draw, plain};
use super::systems::{self, SystemJson};
use super::view::View;
use super::{Exit, read};
use crate::jobs::Context;
use crate::model::{MailKind, MailState, OutboxMail, StateOfUse, Waiver};
use crate::policy::suggestions::Suggestions;
use crate::register::timeline::spans;
use crate::store::{
    ChangeFilter, FindingFilter, list_changes, list_waivers, mails_to_holders, monitoring_since,
    ownerships, select_findings, usage_versions,
};
use crate::time::civil::local_date;

/// Everything about one system, in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct SystemLife {
    system_usage_uuid: Uuid,
    system_name: String,
    /// `None` when KITOS no longer has it.
    current: Option<SystemJson>,
    /// Who could own it, where nobody does.
    suggestions: Vec<SuggestionJson>,
    ownerships: Vec<OwnershipJson>,
    states: Vec<StateJson>,
    findings: Vec<FindingJson>,
    /// Exceptions from its findings, over ones included.
    waivers: Vec<Waiver>,
    changes: Vec<ChangeJson>,
    /// Reminders, notices and escalations to those who owned it at the time; they
    /// may be about other systems, too.
    mails: Vec<MailJson>,
}

/// A state of use, from when to when.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct StateJson {
    state: StateOfUse,
    from: NaiveDate,
    /// It was so when monitoring began; the true beginning is unknown.
    since_baseline: bool,
    /// The first day on which it was so no more.
    to: Option<NaiveDate>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct MailJson {
    id: i64,
    kind: MailKind,
    to: Vec<String>,
    subject: String,
    state: MailState,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
}

impl From<OutboxMail> for MailJson {
    fn from(mail: OutboxMail) -> Self {
        Self {
            id: mail.id,
            kind: mail.kind,
            to: mail.to,
            subject: mail.subject,
            state: mail.state,
            created_at: mail.created_at,
            sent_at: mail.sent_at,
        }
    }
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
        let mut view = View::load(connection, &config, now)?;
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
        let history = view.load_advice(connection, &config)?;
        let view = &view;
        let advice = Suggestions::new(&view.snapshot, &history, &view.policy);
        let current = view.snapshot.usages.get(&usage);
        let suggestions = current
            .filter(|usage| view.policy.in_scope(&view.snapshot, usage, view.today))
            .map(|usage| findings::suggestions(usage, view, &advice))
            .unwrap_or_default();
        let zone = config.schedule.time_zone;
        let baseline = monitoring_since(connection)?.map(|at| local_date(at, zone));
        let states =
            spans(&usage_versions(connection, usage)?, view.today).into_iter().map(|span| {
                StateJson {
                    state: span.state,
                    from: span.from,
                    since_baseline: Some(span.from) == baseline,
                    to: span.to,
                }
            });
        let mails = mails_to_holders(connection, usage, &view.policy.owner_roles)?;
        Ok(Ok(SystemLife {
            system_usage_uuid: usage,
            system_name: view.system_name(usage),
            current: current.map(|usage| systems::to_json(usage, view, &config.kitos.url)),
            suggestions,
            ownerships: roles,
            states: states.collect(),
            findings: found
                .iter()
                .map(|finding| findings::to_json(finding, view, &config, Some(&advice)))
                .collect(),
            waivers: list_waivers(connection, Some(usage))?,
            changes: changes.into_iter().map(|row| changes::to_json(row, view)).collect(),
            mails: mails.into_iter().map(MailJson::from).collect(),
        }))
    })
    .await??;
    output.one(&life, &words(&life, now, context.config.schedule.time_zone))?;
    Ok(Exit::Done)
}

fn words(life: &SystemLife, now: DateTime<Utc>, zone: Tz) -> String {
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
    if !life.suggestions.is_empty() {
        text.push_str("\nNobody owns it. Who could:\n");
    }
    for SuggestionJson { name, email, reason } in &life.suggestions {
        let _ = writeln!(text, "  {} <{}>: {}", plain(name), plain(email), plain(reason));
    }
    let mut section = |heading: &str, table: Table, none: &str| {
        let body = if table.rows.is_empty() { none.to_owned() } else { draw(&table) };
        let _ = write!(text, "\n{heading}\n{body}\n");
    };
    section("Roles", roles(&life.ownerships), "nobody has had a role");
    section("States", states(&life.states), "never seen");
    section("Findings", findings::table(&life.findings, now), "none");
    if !life.waivers.is_empty() {
        section("Waivers", waivers(&life.waivers, zone), "none");
    }
    section("Changes", changes::table(&life.changes, zone), "none since monitoring began");
    section("Mails to its owners", mails(&life.mails, zone), "none");
    text
}

fn roles(ownerships: &[OwnershipJson]) -> Table {
    let row = |o: &OwnershipJson| {
        let from = beginning(o.from, o.since_baseline);
        let to = match (o.to, o.departed) {
            (None, _) => "still".to_owned(),
            (Some(day), false) => day.to_string(),
            (Some(day), true) => format!("{day} (left)"),
        };
        vec![o.role.clone(), o.person.clone(), from, to]
    };
    Table {
        headings: vec!["role", "person", "from", "to"],
        rows: ownerships.iter().map(row).collect(),
    }
}

/// A first day, as far as it is known.
fn beginning(from: NaiveDate, since_baseline: bool) -> String {
    if since_baseline { format!("before {from}") } else { from.to_string() }
}

fn states(states: &[StateJson]) -> Table {
    let row = |state: &StateJson| {
        let to = state.to.map_or_else(|| "still".to_owned(), |day| day.to_string());
        vec![state.state.as_str().to_owned(), beginning(state.from, state.since_baseline), to]
    };
    Table { headings: vec!["state", "from", "to"], rows: states.iter().map(row).collect() }
}

fn waivers(waivers: &[Waiver], zone: Tz) -> Table {
    let row = |waiver: &Waiver| {
        let ended = waiver.ended.as_ref().map(|end| format!("{} by {}", end.how.as_str(), end.by));
        vec![
            waiver.finding.to_string(),
            waiver.created_at.with_timezone(&zone).format("%Y-%m-%d").to_string(),
            waiver.until.to_string(),
            waiver.by.clone(),
            waiver.reason.clone(),
            ended.unwrap_or_default(),
        ]
    };
    Table {
        headings: vec!["finding", "made", "until", "by", "reason", "ended"],
        rows: waivers.iter().map(row).collect(),
    }
}

fn mails(mails: &[MailJson], zone: Tz) -> Table {
    let row = |mail: &MailJson| {
        vec![
            mail.id.to_string(),
            mail.created_at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            mail.kind.as_str().to_owned(),
            mail.state.as_str().to_owned(),
            mail.to.join(", "),
            mail.subject.clone(),
        ]
    };
    Table {
        headings: vec!["id", "made", "kind", "state", "to", "subject"],
        rows: mails.iter().map(row).collect(),
    }
}
