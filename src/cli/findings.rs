//! `findings`: the drift, as it is or as it stood.

use chrono::NaiveDate;
use clap::ValueEnum;

use super::exit::Exit;
use super::output::{Output, complain};
use super::table::{Here, Listing, column, in_sheet, on_screen, or_blank};
use super::values::{day, rule, severity};
use crate::jobs::Context;
use crate::model::{Rule, Severity};
use crate::query::{self, Detail, Finding, FindingOrder, FindingQuery, FindingStates};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this rule, e.g. owner-missing.
    #[arg(long, value_parser = rule)]
    rule: Option<Rule>,
    /// Only this severity: info, low, medium or high.
    #[arg(long, value_parser = severity)]
    severity: Option<Severity>,
    /// Only systems of the owner with this address (with --as-of: who owned them then).
    #[arg(long, value_name = "MAIL")]
    owner: Option<String>,
    /// Only systems whose responsible unit's name holds this text.
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
    #[arg(long, value_enum, default_value_t = State::Open)]
    state: State,
    /// As it stood at the end of that day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    as_of: Option<NaiveDate>,
    /// Exit with 3 if a listed finding has this severity or a higher one.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    fail_on: Option<Severity>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Open,
    Waived,
    Resolved,
    All,
}

pub const FINDINGS: Listing<Finding> = Listing {
    none: "No findings.",
    columns: &[
        column("id", |finding, _| finding.id.to_string()),
        column("severity", |finding, _| finding.severity.as_str().to_owned()),
        column("rule", |finding, _| finding.rule.as_str().to_owned()),
        in_sheet("subject", |finding, _| finding.subject.clone()),
        column("system", |finding, _| finding.system_name.clone()),
        column("unit", |finding, _| or_blank(finding.unit.as_ref())),
        in_sheet("owners", |finding, _| owners(finding)),
        on_screen("age", age),
        on_screen("state", |finding, _| match finding.waived_until {
            Some(until) => format!("waived until {until}"),
            None => state(finding).to_owned(),
        }),
        in_sheet("state", |finding, _| state(finding).to_owned()),
        in_sheet("opened", |finding, here| here.day(finding.opened_at)),
        in_sheet("resolved", |finding, here| or_blank(finding.resolved_at.map(|at| here.day(at)))),
        in_sheet("waived until", |finding, _| or_blank(finding.waived_until)),
        in_sheet("waived by", |finding, _| or_blank(finding.waived_by.as_ref())),
        in_sheet("waiver's reason", |finding, _| or_blank(finding.waived_reason.as_ref())),
        on_screen("detail", |finding, _| match &finding.waived_reason {
            Some(reason) => format!("{}\nwaived: {reason}", finding.detail),
            None => finding.detail.clone(),
        }),
        in_sheet("detail", |finding, _| finding.detail.clone()),
        in_sheet("suggestions", |finding, _| suggestions(finding)),
        in_sheet("url", |finding, _| finding.kitos_url.clone()),
    ],
};

pub async fn run(context: Context, args: Args, output: &Output) -> anyhow::Result<Exit> {
    let query = FindingQuery {
        rule: args.rule,
        severity: args.severity,
        owner: args.owner,
        unit: args.unit,
        system: None,
        states: match args.state {
            State::Open => FindingStates::Open,
            State::Waived => FindingStates::Waived,
            State::Resolved => FindingStates::Resolved,
            State::All => FindingStates::All,
        },
        as_of: args.as_of,
        detail: if output.is_table() { Detail::Row } else { Detail::Full },
        order: if output.is_json() { FindingOrder::Opened } else { FindingOrder::Worst },
    };
    let found = context.ask(move |moment| query::findings(moment, &query)).await?;
    if let Some(why) = &found.no_leaders {
        complain(&format!("no leader is suggested: {why}"));
    }
    let here = Here::of(&context);
    let here = args.as_of.map_or(here, |day| here.at_end_of(day));
    output.list(&FINDINGS, &found.findings, here)?;
    let failing = args.fail_on.is_some_and(|limit| found.has_open(limit));
    Ok(if failing { Exit::Found } else { Exit::Done })
}

/// A finding that went because the policy changed was put right by nobody.
fn state(finding: &Finding) -> &'static str {
    if finding.lapsed == Some(true) { "lapsed" } else { finding.state.as_str() }
}

fn age(finding: &Finding, here: Here) -> String {
    let until = finding.resolved_at.unwrap_or(here.now);
    format!("{} d", (until - finding.opened_at).num_days())
}

fn owners(finding: &Finding) -> String {
    let names: Vec<&str> = finding.owners.iter().map(|owner| owner.name.as_str()).collect();
    names.join(", ")
}

fn suggestions(finding: &Finding) -> String {
    let suggested = finding.suggestions.iter();
    suggested.map(|s| format!("{}: {}", s.name, s.reason)).collect::<Vec<_>>().join("; ")
}
