//! The drift: what is wrong with which system, as it is or as it stood.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;

use super::error::Error;
use super::evidence::no_unit;
use super::finding::{Advice, Finding, answer};
use super::moment::Moment;
use super::view::View;
use crate::model::{self, FindingState, Rule, Severity};
use crate::policy::waivers::state_at;
use crate::store::{
    FindingFilter, monitoring_since, open_findings, pruned_before, select_findings,
    waivers_in_force,
};
use crate::text::danish;
use crate::text::names::holds;

/// What to list; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingQuery {
    pub rule: Option<Rule>,
    pub severity: Option<Severity>,
    /// Only systems of the owner with this address.
    pub owner: Option<String>,
    /// Only systems whose responsible unit's name holds this text.
    pub unit: Option<String>,
    /// Only systems whose own name holds this, which is in lower case.
    pub system: Option<String>,
    pub states: FindingStates,
    /// As it stood at the end of that day. Nothing is advised then: advice is about
    /// today.
    pub as_of: Option<NaiveDate>,
    pub detail: Detail,
    pub order: FindingOrder,
}

/// In which order findings are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FindingOrder {
    /// The oldest first.
    #[default]
    Opened,
    /// The most severe first, then the oldest: people read from the top.
    Worst,
    /// By a column; where that says the same, as above.
    By(FindingColumn, Direction),
}

/// What a list can be put in order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingColumn {
    System,
    Rule,
    Severity,
    Unit,
    Opened,
}

/// From the least to the most, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Rising,
    Falling,
}

/// Findings in which state are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FindingStates {
    #[default]
    Open,
    Waived,
    Resolved,
    All,
}

/// How much is said of each finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Enough for a table: no suggested owners, nothing about mails.
    #[default]
    Row,
    Full,
}

/// The findings that were asked for.
#[derive(Debug, Clone)]
pub struct Findings {
    pub findings: Vec<Finding>,
    /// Why no leader is suggested, where the leaders file cannot be used.
    pub no_leaders: Option<String>,
}

impl Findings {
    /// Whether one that is open is as severe as `limit`, or more.
    pub fn has_open(&self, limit: Severity) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.state == FindingState::Open && finding.severity >= limit)
    }
}

/// What a person knows a finding by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingLabel {
    pub rule: Rule,
    pub system_name: String,
}

/// The labels of the open findings.
pub fn labels(moment: &Moment<'_>) -> Result<BTreeMap<i64, FindingLabel>, Error> {
    let view = View::load(moment)?;
    let open = open_findings(moment.connection)?.into_iter();
    let label = |finding: model::Finding| {
        let system_name = view.system_name(finding.usage);
        (finding.id, FindingLabel { rule: finding.rule, system_name })
    };
    Ok(open.map(label).collect())
}

/// How many findings are waived.
pub fn waived(moment: &Moment<'_>) -> Result<usize, Error> {
    Ok(waivers_in_force(moment.connection, moment.now)?.len())
}

/// The findings that fit, in their order, of which nothing is said yet: of thousands a
/// page shows fifty.
#[derive(Debug)]
pub struct FoundFindings<'a> {
    view: View<'a>,
    advice: Option<Advice>,
    rows: Vec<model::Finding>,
}

/// The findings that fit.
///
/// # Errors
/// When nothing is known of the day that was asked for, the unit or the owner is unknown, or
/// the database fails.
pub fn findings(moment: &Moment<'_>, query: &FindingQuery) -> Result<Findings, Error> {
    let found = found_findings(moment, query)?;
    known_names(query, &found.view)?;
    let findings = found.answers(0..found.len());
    Ok(Findings { findings, no_leaders: found.advice.and_then(|advice| advice.no_leaders) })
}

/// The same, of which a part is to be shown.
///
/// # Errors
/// When nothing is known of the day that was asked for, or the database fails. A name that
/// is unknown finds nothing: a page shows what was typed.
pub fn found_findings<'a>(
    moment: &Moment<'a>,
    query: &FindingQuery,
) -> Result<FoundFindings<'a>, Error> {
    let view = match query.as_of {
        None => View::load(moment)?,
        Some(day) => known_on(moment, day)?,
    };
    let advice = match (query.as_of, query.detail) {
        (None, Detail::Full) => Some(Advice::load(moment, None)?),
        _ => None,
    };
    let filter = FindingFilter {
        rule: query.rule,
        severity: query.severity,
        // A waived finding is open to the store.
        open: query.states != FindingStates::Resolved,
        resolved: matches!(query.states, FindingStates::Resolved | FindingStates::All),
        as_of: query.as_of.map(|_| view.at),
        ..FindingFilter::default()
    };
    let mut rows = select_findings(moment.connection, &filter)?;
    rows.retain(|finding| is_wanted(query, &view, finding));
    put_in_order(&mut rows, query.order, &view);
    Ok(FoundFindings { view, advice, rows })
}

/// Refuses a slip: "no findings" would read as good news, to a monitor above all.
fn known_names(query: &FindingQuery, view: &View<'_>) -> Result<(), Error> {
    query.owner.as_deref().map(|owner| view.someone_has(owner)).transpose()?;
    let Some(text) = &query.unit else { return Ok(()) };
    let snapshot = &view.snapshot;
    match snapshot.units.values().any(|unit| holds(&unit.name, text)) {
        true => Ok(()),
        false => Err(no_unit(text, snapshot)),
    }
}

impl FoundFindings<'_> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Those at these places.
    pub fn answers(&self, places: Range<usize>) -> Vec<Finding> {
        let suggestions = self.advice.as_ref().map(|advice| advice.suggestions(&self.view));
        let advice = self.advice.as_ref().zip(suggestions.as_ref());
        let rows = self.rows.get(places).unwrap_or_default();
        rows.iter().map(|finding| answer(finding, &self.view, advice)).collect()
    }
}

fn put_in_order(rows: &mut [model::Finding], order: FindingOrder, view: &View<'_>) {
    if order == FindingOrder::Opened {
        return;
    }
    rows.sort_by_key(model::Finding::urgency);
    let FindingOrder::By(column, direction) = order else { return };
    match column {
        FindingColumn::System => {
            sort(rows, direction, |one| danish::place(&view.system_name(one.usage)));
        }
        FindingColumn::Rule => {
            sort(rows, direction, |one| danish::place(&view.rule_name(one.rule)))
        }
        FindingColumn::Severity => sort(rows, direction, |one| one.severity),
        FindingColumn::Unit => sort(rows, direction, |one| {
            let unit = view.usage(one.usage).and_then(|usage| view.unit_name(usage));
            danish::place(&unit.unwrap_or_default())
        }),
        FindingColumn::Opened => sort(rows, direction, |one| one.opened_at),
    }
}

/// What stands in the same place stays in its order.
fn sort<K: Ord>(
    rows: &mut [model::Finding],
    direction: Direction,
    key: impl Fn(&model::Finding) -> K,
) {
    match direction {
        Direction::Rising => rows.sort_by_cached_key(key),
        Direction::Falling => rows.sort_by_cached_key(|finding| Reverse(key(finding))),
    }
}

/// The register of an earlier day, of which all is known still.
fn known_on<'a>(moment: &Moment<'a>, day: NaiveDate) -> Result<View<'a>, Error> {
    if day > moment.today() {
        return Err(Error::Ahead(day));
    }
    let Some(view) = View::load_on(moment, day)? else {
        let since = monitoring_since(moment.connection)?.ok_or(Error::NoSnapshot)?;
        return Err(Error::BeforeMonitoring { day, since: moment.day(since) });
    };
    match pruned_before(moment.connection)?.filter(|before| view.at < *before) {
        Some(before) => Err(Error::Pruned { day, before: moment.day(before) }),
        None => Ok(view),
    }
}

fn is_wanted(query: &FindingQuery, view: &View<'_>, finding: &model::Finding) -> bool {
    let state = state_at(finding, view.waivers.get(&finding.id), view.at);
    let in_state = match query.states {
        FindingStates::Open => state == FindingState::Open,
        FindingStates::Waived => state == FindingState::Waived,
        FindingStates::Resolved => state == FindingState::Resolved,
        FindingStates::All => true,
    };
    let usage = view.usage(finding.usage);
    let owned = query
        .owner
        .as_ref()
        .is_none_or(|address| usage.is_some_and(|usage| view.is_owned_by(usage, address)));
    let in_unit = query.unit.as_ref().is_none_or(|name| {
        usage.and_then(|usage| view.unit_name(usage)).is_some_and(|unit| holds(&unit, name))
    });
    let named =
        query.system.as_ref().is_none_or(|text| holds(&view.system_name(finding.usage), text));
    in_state && owned && in_unit && named
}
