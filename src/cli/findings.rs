//! `findings`: the drift.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::args::{FindingStates, Findings};
use super::output::{Output, Table};
use super::view::{OwnerJson, View};
use super::{Exit, read};
use crate::config::Config;
use crate::core::civil;
use crate::core::links;
use crate::core::policy::catalogue;
use crate::jobs::{Context, Error};
use crate::model::{Finding, FindingState, Language, Rule, Severity};
use crate::store::{FindingFilter, select_findings};

/// Whatever is later is this; the calendar's own end is no date to count with.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

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
    pub waived_until: Option<DateTime<Utc>>,
    pub waived_reason: Option<String>,
    pub last_reminded_at: Option<DateTime<Utc>>,
    pub next_mail_at: Option<DateTime<Utc>>,
    pub reminders: u32,
    pub escalated_at: Option<DateTime<Utc>>,
    pub detail: String,
    pub suggestions: Vec<OwnerJson>,
    pub kitos_url: String,
}

pub async fn run(context: Context, command: Findings, output: &Output) -> anyhow::Result<Exit> {
    let (now, config) = (context.now(), context.config.clone());
    let fail_on = command.fail_on;
    let seen_from = command.as_of.map_or(now, |day| end_of(day, &config).min(now));
    let findings = read(&context, move |connection| {
        let view = View::load(connection, &config, now)?;
        let filter = filter(&command, &config);
        let mut found = select_findings(connection, &filter)?;
        if filter.as_of.is_some() {
            // As it stood then: what was listed was open, whatever came later.
            found.iter_mut().for_each(|finding| finding.resolved_at = None);
        }
        Ok::<_, Error>(
            found
                .iter()
                .filter(|finding| wanted(&command, &view, finding))
                .map(|finding| to_json(finding, &view, &config))
                .collect::<Vec<_>>(),
        )
    })
    .await?;
    output.list(
        &findings,
        &table(&findings, seen_from),
        "No findings: every system follows the policy.",
    )?;
    let failing = fail_on.is_some_and(|limit| {
        findings.iter().any(|f| f.state == FindingState::Open && f.severity >= limit)
    });
    Ok(if failing { Exit::Found } else { Exit::Done })
}

fn filter(command: &Findings, config: &Config) -> FindingFilter {
    FindingFilter {
        rule: command.rule,
        severity: command.severity,
        usage: None,
        open: matches!(command.state, FindingStates::Open | FindingStates::All),
        resolved: matches!(command.state, FindingStates::Resolved | FindingStates::All),
        as_of: command.as_of.map(|day| end_of(day, config)),
    }
}

/// The last instant of a day in the configured zone.
fn end_of(day: NaiveDate, config: &Config) -> DateTime<Utc> {
    // Nothing stood before there were dates like these, nor does after them.
    let day = day.clamp(NaiveDate::default(), LAST_DAY);
    let midnight = (day + Days::new(1)).and_time(NaiveTime::MIN);
    civil::instant(midnight, config.schedule.time_zone) - TimeDelta::milliseconds(1)
}

fn wanted(command: &Findings, view: &View, finding: &Finding) -> bool {
    let usage = view.snapshot.usages.get(&finding.usage);
    let owned = command
        .owner
        .as_ref()
        .is_none_or(|address| usage.is_some_and(|usage| view.is_owned_by(usage, address)));
    let in_unit = command.unit.as_ref().is_none_or(|name| {
        usage
            .and_then(|usage| view.unit_name(usage))
            .is_some_and(|unit| unit.to_lowercase().contains(&name.to_lowercase()))
    });
    owned && in_unit
}

/// A finding as programs read it.
pub fn to_json(finding: &Finding, view: &View, config: &Config) -> FindingJson {
    let usage = view.snapshot.usages.get(&finding.usage);
    let lines: Vec<String> =
        finding.faults.iter().map(|fault| view.word(Language::En, fault, finding.rule)).collect();
    FindingJson {
        id: finding.id,
        rule: finding.rule,
        severity: finding.severity,
        state: match finding.resolved_at {
            None => FindingState::Open,
            Some(_) => FindingState::Resolved,
        },
        system_usage_uuid: finding.usage,
        system_name: view.system_name(finding.usage),
        unit: usage.and_then(|usage| view.unit_name(usage)),
        subject: catalogue::entry(finding.rule).english.to_owned(),
        owners: usage.map(|usage| view.owners(usage)).unwrap_or_default(),
        opened_at: finding.opened_at,
        resolved_at: finding.resolved_at,
        waived_until: None,
        waived_reason: None,
        last_reminded_at: None,
        next_mail_at: None,
        reminders: 0,
        escalated_at: None,
        detail: lines.join("\n"),
        suggestions: Vec::new(),
        kitos_url: links::page(
            &config.kitos.url,
            finding.usage,
            catalogue::entry(finding.rule).tab,
        ),
    }
}

/// Findings for people.
pub fn table(findings: &[FindingJson], now: DateTime<Utc>) -> Table {
    Table {
        headings: vec!["id", "severity", "rule", "system", "unit", "age", "state", "detail"],
        rows: findings
            .iter()
            .map(|finding| {
                let until = finding.resolved_at.unwrap_or(now);
                vec![
                    finding.id.to_string(),
                    finding.severity.as_str().to_owned(),
                    finding.rule.as_str().to_owned(),
                    finding.system_name.clone(),
                    finding.unit.clone().unwrap_or_default(),
                    format!("{} d", (until - finding.opened_at).num_days()),
                    finding.state.as_str().to_owned(),
                    finding.detail.clone(),
                ]
            })
            .collect(),
    }
}
