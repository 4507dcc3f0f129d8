//! One finding as it stands: what is wrong, who is told of it, who could own the system.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::inputs::Inputs;
use super::moment::Moment;
use super::view::{Owner, View};
use crate::model::{self, Ending, FindingState, Rule, Severity, SystemUsage};
use crate::notify::ledger::NotifiedOf;
use crate::notify::recipients::{Destination, OnlyIt, Route, route};
use crate::notify::{self, draft};
use crate::policy::Policy;
use crate::policy::rules::def;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::policy::suggestions::Suggestions;
use crate::policy::waivers::state_at;
use crate::register::changes::Dated;
use crate::register::history::History;
use crate::store::finding_by_id;
use crate::text::links::tabs_in;
use crate::text::words::words;

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
    /// Whether it went because the policy changed; `None` while it is there.
    pub lapsed: Option<bool>,
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

/// What today's full answer needs beside the register.
#[derive(Debug)]
pub(super) struct Advice {
    /// With the leaders.
    policy: Policy,
    history: History,
    told: BTreeMap<i64, NotifiedOf>,
    next_mails: BTreeMap<i64, DateTime<Utc>>,
    routes: BTreeMap<i64, Route>,
    /// Why the leaders are unknown, if their file cannot be used.
    pub no_leaders: Option<String>,
}

impl Advice {
    /// `only`: the one system whose findings are shown.
    pub fn load(moment: &Moment<'_>, only: Option<Uuid>) -> Result<Self, Error> {
        let inputs = Inputs::load(moment)?;
        let directory = inputs.directory();
        let told = |id| (id, inputs.ledger().notified_of(id));
        let is_shown = |finding: &&model::Finding| only.is_none_or(|only| only == finding.usage);
        let open: Vec<_> = inputs.open().iter().filter(is_shown).collect();
        // The plan is for all, since so many mails go out at once: it costs the most.
        let next_mails = if open.is_empty() {
            BTreeMap::new()
        } else {
            notify::next_mail_at(&notify::plan(&inputs.situation(&directory)))
        };
        let routes = open.iter().map(|finding| (finding.id, route(&directory, finding)));
        Ok(Self {
            policy: inputs.policy().clone(),
            history: inputs.history()?,
            told: inputs.ledger().findings().map(told).collect(),
            next_mails,
            routes: routes.collect(),
            no_leaders: inputs.no_leaders().map(str::to_owned),
        })
    }

    pub fn suggestions<'a>(&'a self, view: &'a View<'_>) -> Suggestions<'a> {
        let at = Dated { snapshot: &view.snapshot, today: view.today };
        Suggestions::new(at, &self.history, &self.policy)
    }
}

/// One finding, as a row.
///
/// # Errors
/// When there is no finding with that id, or the database fails.
pub fn finding(moment: &Moment<'_>, id: i64) -> Result<Finding, Error> {
    let view = View::load(moment)?;
    let finding = finding_by_id(moment.connection, id)?.ok_or(Error::NoFinding(id))?;
    Ok(answer(&finding, &view, None))
}

/// A finding as it stands at the view's instant. Without `advice`, no owners are suggested and
/// nothing is said about mails.
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
            if nobody_owns(&finding.faults) && state != FindingState::Resolved =>
        {
            suggested_owners(usage, view, suggestions)
        }
        _ => Vec::new(),
    };
    let route = advice.and_then(|(advice, _)| advice.routes.get(&finding.id));
    let told = advice.and_then(|(advice, _)| advice.told.get(&finding.id));
    let told = told.copied().unwrap_or_default();
    let detail = view.details(&finding.faults).join("\n");
    let named = tabs_in(&detail, words(view.moment.language));
    let tab = named.first().copied().unwrap_or(rule.tab);
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
        lapsed: match state {
            FindingState::Resolved => finding.ending.map(|ending| ending == Ending::Lapsed),
            FindingState::Open | FindingState::Waived => None,
        },
        waived_until: waiver.map(|waiver| waiver.until),
        waived_reason: waiver.map(|waiver| waiver.reason.clone()),
        waived_by: waiver.map(|waiver| waiver.by.clone()),
        last_reminded_at: told.last_reminded_at,
        next_mail_at: advice.and_then(|(advice, _)| advice.next_mails.get(&finding.id).copied()),
        reminders: told.reminders,
        escalated_at: told.escalated_at,
        recipient: route.map(Recipient::from),
        detail,
        suggestions: suggested,
        kitos_url: view.kitos_url(finding.usage, tab),
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
