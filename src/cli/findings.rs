//! `findings`: the drift, as it is or as it stood.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::args;
use super::output::{Output, Table};
use super::{Exit, ask, complain};
use crate::jobs::Context;
use crate::model::FindingState;
use crate::query::{self, Detail, Finding, FindingQuery, FindingStates};
use crate::time::civil::local_date;

pub async fn run(
    context: Context,
    command: args::Findings,
    output: &Output,
) -> anyhow::Result<Exit> {
    let query = FindingQuery {
        rule: command.rule,
        severity: command.severity,
        owner: command.owner,
        unit: command.unit,
        states: match command.state {
            args::FindingStates::Open => FindingStates::Open,
            args::FindingStates::Waived => FindingStates::Waived,
            args::FindingStates::Resolved => FindingStates::Resolved,
            args::FindingStates::All => FindingStates::All,
        },
        as_of: command.as_of,
        detail: if output.is_table() { Detail::Row } else { Detail::Full },
    };
    let query::Findings { mut findings, no_leaders } =
        ask(&context, move |moment| query::findings(moment, &query)).await?;
    if let Some(why) = no_leaders {
        complain(&format!("no leader is suggested: {why}"));
    }
    if !output.is_json() {
        // People read from the top.
        findings.sort_by_key(|finding| (Reverse(finding.severity), finding.opened_at, finding.id));
    }
    let table = if output.is_csv() {
        sheet(&findings, context.config.schedule.time_zone)
    } else {
        table(&findings, context.now())
    };
    output.list(&findings, &table, "No findings.")?;
    let failing = command.fail_on.is_some_and(|limit| {
        findings.iter().any(|f| f.state == FindingState::Open && f.severity >= limit)
    });
    Ok(if failing { Exit::Found } else { Exit::Done })
}

/// Findings for people.
pub fn table(findings: &[Finding], now: DateTime<Utc>) -> Table {
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
fn sheet(findings: &[Finding], zone: Tz) -> Table {
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
