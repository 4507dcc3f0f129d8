//! `findings`: the drift, as it is or as it stood.

use std::cmp::Reverse;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use super::args::{FindingStates, Findings};
use super::output::{Output, Table, UsageError};
use super::view::{OwnerJson, View};
use super::{Exit, read};
use crate::config::Config;
use crate::jobs::{Context, Error};
use crate::model::{Finding, FindingState, Language, Rule, Severity, SystemUsage};
use crate::policy::catalogue;
use crate::policy::rules::def;
use crate::policy::suggestions::{Suggestion, Suggestions};
use crate::policy::waivers::state_at;
use crate::store::{FindingFilter, monitoring_since, pruned_before, select_findings};
use crate::text::links;
use crate::time::civil::local_date;

/// `contract.md`, "Finding".
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingJson {
    pub id: i64,
    pub rule: Rule,
    pub severity: Severity,
    pub state: FindingState,
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub unit: Option<String>,
    /// What the finding is about in one phrase.
    pub subject: String,
    pub owners: Vec<OwnerJson>,
    pub opened_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// The last day of the waiver that is in force.
    pub waived_until: Option<NaiveDate>,
    pub waived_reason: Option<String>,
    pub waived_by: Option<String>,
    pub last_reminded_at: Option<DateTime<Utc>>,
    pub next_mail_at: Option<DateTime<Utc>>,
    pub reminders: u32,
    pub escalated_at: Option<DateTime<Utc>>,
    pub detail: String,
    pub suggestions: Vec<SuggestionJson>,
    pub kitos_url: String,
}

/// Who could own the system, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuggestionJson {
    pub name: String,
    pub email: String,
    pub reason: String,
}

/// Why there is no answer.
enum Unknown {
    /// No pull had been made by then; the first one, if any, was then.
    NoPull(Option<DateTime<Utc>>),
    /// What stood before this instant is deleted.
    Pruned(DateTime<Utc>),
}

pub async fn run(context: Context, command: Findings, output: &Output) -> anyhow::Result<Exit> {
    let (now, config) = (context.now(), context.config.clone());
    let zone = config.schedule.time_zone;
    if let Some(day) = command.as_of.filter(|day| *day > local_date(now, zone)) {
        return Err(UsageError(format!("--as-of {day} lies ahead: nobody knows yet")).into());
    }
    let as_of = command.as_of;
    let fail_on = command.fail_on;
    let listed = read(&context, move |connection| {
        let view = match command.as_of {
            None => Some(View::load(connection, &config, now)?),
            Some(day) => View::load_on(connection, &config, day, now)?,
        };
        let Some(mut view) = view else {
            return Ok(Err(Unknown::NoPull(monitoring_since(connection)?)));
        };
        if let Some(before) = pruned_before(connection)?.filter(|before| view.at < *before) {
            return Ok(Err(Unknown::Pruned(before)));
        }
        // Advice is about today.
        let history = match command.as_of {
            None => Some(view.load_advice(connection, &config)?),
            Some(_) => None,
        };
        let advice =
            history.as_ref().map(|history| Suggestions::new(&view.snapshot, history, &view.policy));
        let found = select_findings(connection, &filter(&command, &view))?;
        Ok::<_, Error>(Ok(found
            .iter()
            .filter(|finding| wanted(&command, &view, finding))
            .map(|finding| to_json(finding, &view, &config, advice.as_ref()))
            .collect::<Vec<_>>()))
    })
    .await?;
    let mut findings = listed.map_err(|unknown| match (as_of, unknown) {
        (Some(day), Unknown::NoPull(Some(since))) => anyhow!(UsageError(format!(
            "nothing is known of {day}: the first pull was on {}",
            local_date(since, zone)
        ))),
        (Some(day), Unknown::Pruned(before)) => anyhow!(UsageError(format!(
            "{day} is known in part only: history before {before} was deleted, as \
             retention.history says. Give --as-of a day from then on",
            before = local_date(before, zone)
        ))),
        _ => anyhow!(Error::NoSnapshot),
    })?;
    if !output.is_json() {
        // People read from the top.
        findings.sort_by_key(|finding| (Reverse(finding.severity), finding.opened_at, finding.id));
    }
    let table = if output.is_csv() { sheet(&findings, zone) } else { table(&findings, now) };
    output.list(&findings, &table, "No findings.")?;
    let failing = fail_on.is_some_and(|limit| {
        findings.iter().any(|f| f.state == FindingState::Open && f.severity >= limit)
    });
    Ok(if failing { Exit::Found } else { Exit::Done })
}

fn filter(command: &Findings, view: &View) -> FindingFilter {
    FindingFilter {
        rule: command.rule,
        severity: command.severity,
        usage: None,
        // A waived finding is open to the store.
        open: command.state != FindingStates::Resolved,
        resolved: matches!(command.state, FindingStates::Resolved | FindingStates::All),
        as_of: command.as_of.map(|_| view.at),
    }
}

fn wanted(command: &Findings, view: &View, finding: &Finding) -> bool {
    let state = state_at(finding, view.waivers.get(&finding.id), view.at);
    let in_state = match command.state {
        FindingStates::Open => state == FindingState::Open,
        FindingStates::Waived => state == FindingState::Waived,
        FindingStates::Resolved => state == FindingState::Resolved,
        FindingStates::All => true,
    };
    let usage = view.usage(finding.usage);
    let owned = command
        .owner
        .as_ref()
        .is_none_or(|address| usage.is_some_and(|usage| view.is_owned_by(usage, address)));
    let in_unit = command.unit.as_ref().is_none_or(|name| {
        usage
            .and_then(|usage| view.unit_name(usage))
            .is_some_and(|unit| unit.to_lowercase().contains(&name.to_lowercase()))
    });
    in_state && owned && in_unit
}

/// A finding as programs read it, as it stands at the view's instant. Without
/// `advice` nobody is suggested.
pub fn to_json(
    finding: &Finding,
    view: &View,
    config: &Config,
    advice: Option<&Suggestions<'_>>,
) -> FindingJson {
    let usage = view.usage(finding.usage);
    let waiver = view.waivers.get(&finding.id);
    let state = state_at(finding, waiver, view.at);
    let waiver = waiver.filter(|_| state == FindingState::Waived);
    let lines: Vec<String> =
        finding.faults.iter().map(|fault| view.word(fault, finding.rule)).collect();
    let rule = def(finding.rule);
    let suggested = match (usage, advice) {
        (Some(usage), Some(advice)) if rule.suggests_owner && state != FindingState::Resolved => {
            suggestions(usage, view, advice)
        }
        _ => Vec::new(),
    };
    let told = view.told.get(&finding.id).copied().unwrap_or_default();
    FindingJson {
        id: finding.id,
        rule: finding.rule,
        severity: finding.severity,
        state,
        system_usage_uuid: finding.usage,
        system_name: view.system_name(finding.usage),
        unit: usage.and_then(|usage| view.unit_name(usage)),
        subject: catalogue::entry(finding.rule).english.to_owned(),
        owners: usage.map(|usage| view.owners(usage)).unwrap_or_default(),
        opened_at: finding.opened_at,
        resolved_at: finding.resolved_at.filter(|_| state == FindingState::Resolved),
        waived_until: waiver.map(|waiver| waiver.until),
        waived_reason: waiver.map(|waiver| waiver.reason.clone()),
        waived_by: waiver.map(|waiver| waiver.by.clone()),
        last_reminded_at: told.last_reminded_at,
        next_mail_at: view.next_mails.get(&finding.id).copied(),
        reminders: told.reminders,
        escalated_at: told.escalated_at,
        detail: lines.join("\n"),
        suggestions: suggested,
        kitos_url: links::page(&config.kitos.url, finding.usage, rule.tab),
    }
}

/// Who could own a system that nobody owns.
pub fn suggestions(
    usage: &SystemUsage,
    view: &View,
    advice: &Suggestions<'_>,
) -> Vec<SuggestionJson> {
    let worded = |person: Suggestion| SuggestionJson {
        reason: view.reason(Language::En, &person.reason),
        name: person.name,
        email: person.email,
    };
    advice.of(usage).into_iter().map(worded).collect()
}

/// Findings for people.
pub fn table(findings: &[FindingJson], now: DateTime<Utc>) -> Table {
    Table {
        headings: vec!["id", "severity", "rule", "system", "unit", "age", "state", "detail"],
        rows: findings
            .iter()
            .map(|finding| {
                let until = finding.resolved_at.unwrap_or(now);
                let state = match &finding.waived_until {
                    Some(until) => format!("waived until {until}"),
                    None => finding.state.as_str().to_owned(),
                };
                let detail = match &finding.waived_reason {
                    Some(reason) => format!("{}\nwaived: {reason}", finding.detail),
                    None => finding.detail.clone(),
                };
                vec![
                    finding.id.to_string(),
                    finding.severity.as_str().to_owned(),
                    finding.rule.as_str().to_owned(),
                    finding.system_name.clone(),
                    finding.unit.clone().unwrap_or_default(),
                    format!("{} d", (until - finding.opened_at).num_days()),
                    state,
                    detail,
                ]
            })
            .collect(),
    }
}

/// Findings for a spreadsheet: all that a person could sort by.
fn sheet(findings: &[FindingJson], zone: Tz) -> Table {
    let day = |at: DateTime<Utc>| local_date(at, zone).to_string();
    Table {
        headings: vec![
            "id",
            "severity",
            "rule",
            "subject",
            "system",
            "unit",
            "owners",
            "state",
            "opened",
            "resolved",
            "waived until",
            "waived by",
            "waiver's reason",
            "detail",
            "suggestions",
            "url",
        ],
        rows: findings
            .iter()
            .map(|finding| {
                let owners: Vec<&str> = finding.owners.iter().map(|o| o.name.as_str()).collect();
                let suggestions: Vec<String> = finding
                    .suggestions
                    .iter()
                    .map(|s| format!("{}: {}", s.name, s.reason))
                    .collect();
                vec![
                    finding.id.to_string(),
                    finding.severity.as_str().to_owned(),
                    finding.rule.as_str().to_owned(),
                    finding.subject.clone(),
                    finding.system_name.clone(),
                    finding.unit.clone().unwrap_or_default(),
                    owners.join(", "),
                    finding.state.as_str().to_owned(),
                    day(finding.opened_at),
                    finding.resolved_at.map(day).unwrap_or_default(),
                    finding.waived_until.map(|until| until.to_string()).unwrap_or_default(),
                    finding.waived_by.clone().unwrap_or_default(),
                    finding.waived_reason.clone().unwrap_or_default(),
                    finding.detail.clone(),
                    suggestions.join("; "),
                    finding.kitos_url.clone(),
                ]
            })
            .collect(),
    }
}
