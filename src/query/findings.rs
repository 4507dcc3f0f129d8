//! The drift: what is wrong with which system, as it is or as it stood.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::inputs::Inputs;
use super::leaders::{self, LeadersFile};
use super::moment::Moment;
use super::view::{Owner, View};
use crate::model::{self, FindingState, Rule, Severity, SystemUsage};
use crate::notify::ledger::NotifiedOf;
use crate::notify::recipients::{Destination, OnlyIt, Route, route};
use crate::notify::{self, draft};
use crate::policy::rules::def;
use crate::policy::suggestions::Suggestions;
use crate::policy::waivers::state_at;
use crate::register::history::History;
use crate::store::{
    FindingFilter, finding_by_id, monitoring_since, open_findings, pruned_before, select_findings,
    waivers_in_force,
};
use crate::text::{danish, links};

/// `docs/contract.md`, "Finding".
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub id: i64,
    pub rule: Rule,
    pub severity: Severity,
    pub state: FindingState,
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub unit: Option<String>,
    /// What the finding is about in one phrase.
    pub subject: String,
    pub owners: Vec<Owner>,
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
    /// Whom mail about it goes to; `None` where nothing is said of mails.
    pub recipient: Option<Recipient>,
    pub detail: String,
    pub suggestions: Vec<Suggestion>,
    pub kitos_url: String,
}

/// Whom mail about a finding goes to, and who was passed over before them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    /// Several for the owners of one system; none where it is IT's.
    pub people: Vec<Owner>,
    /// Who is away, where these stand in.
    pub on_behalf_of: Vec<String>,
    /// Why it is IT's, if it is.
    pub only_it: Option<OnlyIt>,
    pub passed_over: Vec<PassedOver>,
}

/// Someone whose turn it would have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    pub name: String,
    pub why: &'static str,
}

impl From<&draft::PassedOver> for PassedOver {
    fn from(passed: &draft::PassedOver) -> Self {
        Self { name: passed.name.clone(), why: passed.why.as_str() }
    }
}

impl From<&Route> for Recipient {
    fn from(route: &Route) -> Self {
        let people = route.recipients().iter().map(|recipient| Owner {
            name: recipient.name.clone(),
            email: Some(recipient.address.clone()),
        });
        let passed = route.passed_over.iter().map(PassedOver::from);
        let away = route.recipients().iter().filter_map(|to| to.on_behalf_of.clone());
        Self {
            people: people.collect(),
            on_behalf_of: away.collect(),
            only_it: match route.to {
                Destination::It(because) => Some(because),
                Destination::People { .. } => None,
            },
            passed_over: passed.collect(),
        }
    }
}

/// Who could own the system, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    pub name: String,
    pub email: String,
    pub reason: String,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Rising,
    Falling,
}

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
    /// What stands in a table: nothing of mails, and nobody is suggested.
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

/// What today's full answer needs beside the register.
#[derive(Debug)]
pub(super) struct Advice {
    history: History,
    told: BTreeMap<i64, NotifiedOf>,
    next_mails: BTreeMap<i64, DateTime<Utc>>,
    routes: BTreeMap<i64, Route>,
    pub no_leaders: Option<String>,
}

/// How many findings are waived.
pub fn waived(moment: &Moment<'_>) -> Result<usize, Error> {
    Ok(waivers_in_force(moment.connection, moment.now)?.len())
}

/// One finding, as a row.
///
/// # Errors
/// When there is none of that id, or the database fails.
pub fn finding(moment: &Moment<'_>, id: i64) -> Result<Finding, Error> {
    let view = View::load(moment)?;
    let finding = finding_by_id(moment.connection, id)?.ok_or(Error::NoFinding(id))?;
    Ok(answer(&finding, &view, None))
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
/// When nothing is known of the day that was asked for, or the database fails.
pub fn findings(moment: &Moment<'_>, query: &FindingQuery) -> Result<Findings, Error> {
    let found = found_findings(moment, query)?;
    let findings = found.answers(0..found.len());
    Ok(Findings { findings, no_leaders: found.advice.and_then(|advice| advice.no_leaders) })
}

/// The same, of which a part is to be shown.
///
/// # Errors
/// As [`findings`].
pub fn found_findings<'a>(
    moment: &Moment<'a>,
    query: &FindingQuery,
) -> Result<FoundFindings<'a>, Error> {
    let mut view = match query.as_of {
        None => View::load(moment)?,
        Some(day) => known_on(moment, day)?,
    };
    let advice = match (query.as_of, query.detail) {
        (None, Detail::Full) => Some(Advice::load(&mut view, None)?),
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
    rows.sort_by_key(|finding| (Reverse(finding.severity), finding.opened_at, finding.id));
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
        usage
            .and_then(|usage| view.unit_name(usage))
            .is_some_and(|unit| unit.to_lowercase().contains(&name.to_lowercase()))
    });
    let named = query
        .system
        .as_ref()
        .is_none_or(|text| view.system_name(finding.usage).to_lowercase().contains(text.as_str()));
    in_state && owned && in_unit && named
}

impl Advice {
    /// Takes the leaders into the view's policy. A leaders file that cannot be used
    /// means no leaders, and a reason. `only`: the one system whose findings are shown.
    pub fn load(view: &mut View<'_>, only: Option<Uuid>) -> Result<Self, Error> {
        let moment = view.moment;
        let leaders = leaders::read(moment.config);
        view.policy.leaders = leaders.placed(&view.snapshot);
        let no_leaders = match leaders {
            LeadersFile::Broken(why) => Some(why),
            LeadersFile::None | LeadersFile::Read { .. } => None,
        };
        let inputs = Inputs::load(&moment)?;
        let directory = inputs.directory();
        let told = |id| (id, inputs.ledger().notified_of(id));
        let is_shown = |finding: &&model::Finding| only.is_none_or(|only| only == finding.usage);
        let open = inputs.open().iter().filter(is_shown);
        Ok(Self {
            history: inputs.history()?,
            told: inputs.ledger().findings().map(told).collect(),
            next_mails: notify::next_mail_at(&notify::plan(&inputs.situation(&directory))),
            routes: open.map(|finding| (finding.id, route(&directory, finding))).collect(),
            no_leaders,
        })
    }

    pub fn suggestions<'a>(&'a self, view: &'a View<'_>) -> Suggestions<'a> {
        Suggestions::new(&view.snapshot, &self.history, &view.policy)
    }
}

/// A finding as it stands at the view's instant. Without `advice` nobody is
/// suggested, and nothing is said of mails.
pub(super) fn answer(
    finding: &model::Finding,
    view: &View<'_>,
    advice: Option<(&Advice, &Suggestions<'_>)>,
) -> Finding {
    let usage = view.usage(finding.usage);
    let waiver = view.waivers.get(&finding.id);
    let state = state_at(finding, waiver, view.at);
    let waiver = waiver.filter(|_| state == FindingState::Waived);
    let rule = def(finding.rule);
    let suggested = match (usage, advice) {
        (Some(usage), Some((_, suggestions)))
            if rule.suggests_owner && state != FindingState::Resolved =>
        {
            suggested_owners(usage, view, suggestions)
        }
        _ => Vec::new(),
    };
    let route = advice.and_then(|(advice, _)| advice.routes.get(&finding.id));
    let told = advice.and_then(|(advice, _)| advice.told.get(&finding.id));
    let told = told.copied().unwrap_or_default();
    Finding {
        id: finding.id,
        rule: finding.rule,
        severity: finding.severity,
        state,
        system_usage_uuid: finding.usage,
        system_name: view.system_name(finding.usage),
        unit: usage.and_then(|usage| view.unit_name(usage)),
        subject: view.rule_name(finding.rule),
        owners: usage.map(|usage| view.owners(usage)).unwrap_or_default(),
        opened_at: finding.opened_at,
        resolved_at: finding.resolved_at.filter(|_| state == FindingState::Resolved),
        waived_until: waiver.map(|waiver| waiver.until),
        waived_reason: waiver.map(|waiver| waiver.reason.clone()),
        waived_by: waiver.map(|waiver| waiver.by.clone()),
        last_reminded_at: told.last_reminded_at,
        next_mail_at: advice.and_then(|(advice, _)| advice.next_mails.get(&finding.id).copied()),
        reminders: told.reminders,
        escalated_at: told.escalated_at,
        recipient: route.map(Recipient::from),
        detail: view.details(&finding.faults).join("\n"),
        suggestions: suggested,
        kitos_url: links::page(
            &view.moment.config.kitos.ui_url(),
            view.snapshot.kitos_uuid(finding.usage),
            rule.tab,
        ),
    }
}

/// Who could own a system that nobody owns.
pub(super) fn suggested_owners(
    usage: &SystemUsage,
    view: &View<'_>,
    suggestions: &Suggestions<'_>,
) -> Vec<Suggestion> {
    let suggested = suggestions.of(usage).into_iter();
    suggested
        .map(|person| Suggestion {
            reason: view.reason(&person.reason),
            name: person.name,
            email: person.email,
        })
        .collect()
}
