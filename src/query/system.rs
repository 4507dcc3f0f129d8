//! Everything known about one system: its life, and what was said of it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::changes::{self, Change};
use super::error::Error;
use super::find::find;
use super::finding::{self, Advice, Finding, Suggestion, suggested_owners};
use super::moment::Moment;
use super::surroundings::{Surroundings, surroundings};
use super::systems::{self, System};
use super::view::View;
use crate::model::{MailKind, MailState, OutboxMail, StateOfUse, Waiver};
use crate::register::timeline::spans;
use crate::store::{
    ChangeFilter, FindingFilter, OwnershipsOf, list_changes, list_waivers, mails_about,
    monitoring_since, ownerships, select_findings, usage_versions,
};

/// Everything about one system.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemLife {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    /// `None` when KITOS no longer has it.
    pub current: Option<System>,
    /// Who could own it, where nobody does.
    pub suggestions: Vec<Suggestion>,
    pub ownerships: Vec<RoleSpan>,
    pub states: Vec<StateSpan>,
    pub findings: Vec<Finding>,
    /// Exceptions from its findings, over ones included.
    pub waivers: Vec<Waiver>,
    pub changes: Vec<Change>,
    /// The mails to people that tell of it; they may be about other systems, too.
    pub mails: Vec<SystemMail>,
    /// What it stands among now; nothing when KITOS no longer has it.
    #[serde(skip)]
    pub surroundings: Surroundings,
    /// Why no leader is suggested, where the leaders file cannot be used.
    #[serde(skip)]
    pub no_leaders: Option<String>,
}

/// A state of use, from when to when.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateSpan {
    pub state: StateOfUse,
    pub from: NaiveDate,
    /// It was so when monitoring began; the true beginning is unknown.
    pub since_baseline: bool,
    /// The first day on which it was so no more.
    pub to: Option<NaiveDate>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemMail {
    pub id: i64,
    pub kind: MailKind,
    pub to: Vec<String>,
    pub subject: String,
    pub state: MailState,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

impl From<OutboxMail> for SystemMail {
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
pub struct RoleSpan {
    pub person: String,
    pub role: String,
    /// Whether the role counts as owner.
    pub owner: bool,
    pub from: NaiveDate,
    /// It was so when monitoring began; the true beginning is unknown.
    pub since_baseline: bool,
    pub to: Option<NaiveDate>,
    /// The person had left the organisation when it ended or, while it lasts, has now.
    pub departed: bool,
}

/// `system`: a uuid, or part of a name.
///
/// # Errors
/// When none or several are meant, or the database fails.
pub fn system(moment: &Moment<'_>, system: &str) -> Result<SystemLife, Error> {
    let connection = moment.connection;
    let view = View::load(moment)?;
    let usage = find(&view, system)?;
    let advice = Advice::load(moment, Some(usage))?;
    let view = &view;
    let suggestions = advice.suggestions(view);
    let current = view.snapshot.usages.get(&usage);
    let suggested = current
        .filter(|usage| view.policy.in_scope(&view.snapshot, usage, view.today))
        .map(|usage| suggested_owners(usage, view, &suggestions))
        .unwrap_or_default();
    let of_usage = FindingFilter {
        usage: Some(usage),
        open: true,
        resolved: true,
        ..FindingFilter::default()
    };
    let found = select_findings(connection, &of_usage)?;
    let of_usage = ChangeFilter { usage: Some(usage), ..ChangeFilter::default() };
    let changes = list_changes(connection, &of_usage)?;
    let mails = mails_about(connection, usage)?;
    Ok(SystemLife {
        system_usage_uuid: usage,
        system_name: view.system_name(usage),
        current: current.map(|usage| systems::answer(usage, view)),
        surroundings: current.map(|usage| surroundings(view, usage)).unwrap_or_default(),
        suggestions: suggested,
        ownerships: roles(view, usage)?,
        states: states(view, usage)?,
        findings: found
            .iter()
            .map(|finding| finding::answer(finding, view, Some((&advice, &suggestions))))
            .collect(),
        waivers: list_waivers(connection, Some(usage))?,
        changes: changes.into_iter().map(|row| changes::answer(row, view)).collect(),
        mails: mails.into_iter().map(SystemMail::from).collect(),
        no_leaders: advice.no_leaders.clone(),
    })
}

/// Who had which role on it: owners first.
fn roles(view: &View<'_>, usage: Uuid) -> Result<Vec<RoleSpan>, Error> {
    let mut roles: Vec<RoleSpan> = ownerships(view.moment.connection, OwnershipsOf::Usage(usage))?
        .into_iter()
        .map(|o| RoleSpan {
            person: view.person_name(o.person),
            role: view.name(o.role).unwrap_or_default(),
            owner: view.policy.owner_roles.contains(&o.role),
            from: view.moment.day(o.from),
            since_baseline: o.since_baseline,
            to: o.to.map(|to| view.moment.day(to)),
            departed: o.departed || (o.to.is_none() && !view.snapshot.is_member(o.person)),
        })
        .collect();
    roles.sort_by_key(|o| (!o.owner, o.from));
    Ok(roles)
}

fn states(view: &View<'_>, usage: Uuid) -> Result<Vec<StateSpan>, Error> {
    let Moment { connection, .. } = view.moment;
    let baseline = monitoring_since(connection)?.map(|at| view.moment.day(at));
    let spans = spans(&usage_versions(connection, usage)?, view.today).into_iter();
    let span = spans.map(|span| StateSpan {
        state: span.state,
        from: span.from,
        since_baseline: Some(span.from) == baseline,
        to: span.to,
    });
    Ok(span.collect())
}
