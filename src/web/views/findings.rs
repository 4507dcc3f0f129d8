//! The findings: filtered, sorted, a page at a time, at an address that can be shared;
//! and the same rows as a spreadsheet.

use std::cmp::Ordering;

use chrono::NaiveDate;
use serde::Serialize;

use crate::model::{Rule, Severity};
use crate::policy::rules::RULES;
use crate::query::{self, Finding, FindingOrder, FindingQuery, FindingStates, Moment};
use crate::text::danish;
use crate::web::asked::Asked;
use crate::web::paging::Paging;
use crate::web::refused::Refused;

#[derive(Serialize)]
pub struct Findings {
    filter: Filter,
    /// What can be chosen.
    rules: Vec<Rule>,
    severities: [Severity; 4],
    states: [&'static str; 4],
    columns: Vec<Column>,
    total: usize,
    rows: Vec<Finding>,
    paging: Paging,
    csv: String,
    xlsx: String,
}

/// What was asked for, to be shown in the form again.
#[derive(Serialize)]
struct Filter {
    rule: Option<String>,
    severity: Option<String>,
    state: String,
    unit: Option<String>,
    owner: Option<String>,
    system: Option<String>,
    on: Option<String>,
    sort: String,
    /// Whether anything narrows the list.
    any: bool,
}

/// A heading that sorts.
#[derive(Serialize)]
struct Column {
    name: &'static str,
    url: String,
    /// `ascending` or `descending`, where the list is sorted by it.
    sorted: Option<&'static str>,
}

const COLUMNS: [&str; 5] = ["system", "rule", "severity", "unit", "opened"];
const STATES: [&str; 4] = ["open", "waived", "resolved", "all"];

pub fn findings(asked: &Asked, moment: &Moment<'_>) -> Result<Findings, Refused> {
    let rows = rows(asked, moment)?;
    let total = rows.len();
    let (rows, paging) = Paging::cut(asked, rows);
    let own = |name: &'static str| asked.get(name).map(str::to_owned);
    let narrow = ["rule", "severity", "state", "unit", "owner", "system", "on"];
    let export = |ending: &str| {
        let all = Asked { path: format!("/findings.{ending}"), ..asked.clone() };
        all.with(&[("page", ""), ("done", "")])
    };
    Ok(Findings {
        filter: Filter {
            rule: own("rule"),
            severity: own("severity"),
            state: own("state").unwrap_or_else(|| "open".to_owned()),
            unit: own("unit"),
            owner: own("owner"),
            system: own("system"),
            on: own("on"),
            sort: own("sort").unwrap_or_default(),
            any: narrow.iter().any(|name| asked.get(name).is_some()),
        },
        rules: RULES.iter().map(|rule| rule.id).collect(),
        severities: [Severity::High, Severity::Medium, Severity::Low, Severity::Info],
        states: STATES,
        columns: COLUMNS.map(|name| column(asked, name)).into(),
        total,
        rows,
        paging,
        csv: export("csv"),
        xlsx: export("xlsx"),
    })
}

/// All rows that fit, in their order.
pub fn rows(asked: &Asked, moment: &Moment<'_>) -> Result<Vec<Finding>, Refused> {
    let found = query::findings(moment, &wanted(asked)?)?.findings;
    let system = asked.get("system").map(str::to_lowercase);
    let fits = |finding: &Finding| {
        system.as_ref().is_none_or(|text| finding.system_name.to_lowercase().contains(text))
    };
    let mut rows: Vec<Finding> = found.into_iter().filter(fits).collect();
    if let Some(sort) = asked.get("sort") {
        let (name, reverse) = match sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (sort, false),
        };
        let by = order(name).ok_or(Refused::Malformed)?;
        rows.sort_by(|a, b| if reverse { by(b, a) } else { by(a, b) });
    }
    Ok(rows)
}

fn wanted(asked: &Asked) -> Result<FindingQuery, Refused> {
    let rule = match asked.get("rule") {
        None => None,
        Some(name) => {
            let rule = RULES.iter().map(|rule| rule.id).find(|rule| rule.as_str() == name);
            Some(rule.ok_or(Refused::Malformed)?)
        }
    };
    let severity = match asked.get("severity") {
        None => None,
        Some(name) => Some(Severity::parse(name).ok_or(Refused::Malformed)?),
    };
    let states = match asked.get("state").unwrap_or("open") {
        "open" => FindingStates::Open,
        "waived" => FindingStates::Waived,
        "resolved" => FindingStates::Resolved,
        "all" => FindingStates::All,
        _ => return Err(Refused::Malformed),
    };
    let as_of = match asked.get("on") {
        None => None,
        Some(day) => Some(day.parse::<NaiveDate>().map_err(|_| Refused::Malformed)?),
    };
    Ok(FindingQuery {
        rule,
        severity,
        owner: asked.get("owner").map(str::to_owned),
        unit: asked.get("unit").map(str::to_owned),
        states,
        as_of,
        order: FindingOrder::Worst,
        ..FindingQuery::default()
    })
}

fn order(name: &str) -> Option<fn(&Finding, &Finding) -> Ordering> {
    Some(match name {
        "system" => |a, b| danish::compare(&a.system_name, &b.system_name),
        "rule" => |a, b| danish::compare(&a.subject, &b.subject),
        "severity" => |a, b| a.severity.cmp(&b.severity),
        "unit" => |a, b| {
            let name = |finding: &Finding| finding.unit.clone().unwrap_or_default();
            danish::compare(&name(a), &name(b))
        },
        "opened" => |a, b| a.opened_at.cmp(&b.opened_at),
        _ => return None,
    })
}

/// Asked for again, it turns round.
fn column(asked: &Asked, name: &'static str) -> Column {
    let sort = asked.get("sort").unwrap_or_default();
    let falling = format!("-{name}");
    let sorted = match sort {
        sort if sort == name => Some("ascending"),
        sort if sort == falling => Some("descending"),
        _ => None,
    };
    let next = if sorted == Some("ascending") { falling.as_str() } else { name };
    Column { name, url: asked.with(&[("sort", next), ("page", ""), ("done", "")]), sorted }
}
