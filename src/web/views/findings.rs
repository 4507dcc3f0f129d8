//! The findings: filtered, sorted, a page at a time, at an address that can be shared;
//! and the same rows as a spreadsheet.

use serde::Serialize;

use crate::model::{Rule, Severity};
use crate::policy::rules::RULES;
use crate::query::{
    self, Direction, Finding, FindingColumn, FindingOrder, FindingQuery, FindingStates, Moment,
};
use crate::time::civil;
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

const COLUMNS: [(&str, FindingColumn); 5] = [
    ("system", FindingColumn::System),
    ("rule", FindingColumn::Rule),
    ("severity", FindingColumn::Severity),
    ("unit", FindingColumn::Unit),
    ("opened", FindingColumn::Opened),
];
const STATES: [&str; 4] = ["open", "waived", "resolved", "all"];

pub fn findings(asked: &Asked, moment: &Moment<'_>) -> Result<Findings, Refused> {
    let found = query::found_findings(moment, &wanted(asked)?)?;
    let total = found.len();
    let (shown, paging) = Paging::of(asked, total);
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
        columns: COLUMNS.map(|(name, _)| column(asked, name)).into(),
        total,
        rows: found.answers(shown),
        paging,
        csv: export("csv"),
        xlsx: export("xlsx"),
    })
}

/// All rows that fit, in their order.
pub fn rows(asked: &Asked, moment: &Moment<'_>) -> Result<Vec<Finding>, Refused> {
    Ok(query::findings(moment, &wanted(asked)?)?.findings)
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
        Some(day) => Some(civil::day(day).ok_or(Refused::Malformed)?),
    };
    Ok(FindingQuery {
        rule,
        severity,
        owner: asked.get("owner").map(str::to_owned),
        unit: asked.get("unit").map(str::to_owned),
        states,
        as_of,
        system: asked.get("system").map(str::to_owned),
        order: order(asked.get("sort"))?,
        ..FindingQuery::default()
    })
}

fn order(sort: Option<&str>) -> Result<FindingOrder, Refused> {
    let Some(sort) = sort else { return Ok(FindingOrder::Worst) };
    let (name, direction) = match sort.strip_prefix('-') {
        Some(name) => (name, Direction::Falling),
        None => (sort, Direction::Rising),
    };
    let column = COLUMNS.iter().find(|(column, _)| *column == name);
    let (_, column) = column.ok_or(Refused::Malformed)?;
    Ok(FindingOrder::By(*column, direction))
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
