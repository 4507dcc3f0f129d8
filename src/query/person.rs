//! One person: what they own and do, what they owned, and what they were told.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::away::{Absence, absence_of};
use super::error::Error;
use super::moment::Moment;
use super::people::{self, Person, Presence};
use super::system::SystemMail;
use super::view::View;
use crate::store::{OwnershipsOf, mails_to, memberships, ownerships};

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonLife {
    pub person: Person,
    /// Every system on which the person has or had a role, the latest first.
    pub spans: Vec<PersonSpan>,
    pub mails: Vec<SystemMail>,
    pub absence: Option<Absence>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonSpan {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub role: String,
    /// Whether the role counts as owner.
    pub owner: bool,
    pub from: NaiveDate,
    /// It was so when monitoring began; the true beginning is unknown.
    pub since_baseline: bool,
    pub to: Option<NaiveDate>,
}

/// # Errors
/// When nobody has that uuid, or the database fails.
pub fn person(moment: &Moment<'_>, uuid: Uuid) -> Result<PersonLife, Error> {
    let view = View::load(moment)?;
    let memberships = memberships(moment.connection)?;
    let find = |presence| people::list(&view, memberships.clone(), (presence, Some(uuid))).pop();
    let person = find(Presence::Here).or_else(|| find(Presence::Departed));
    let person = person.ok_or(Error::NoPerson(uuid))?;
    let mut spans: Vec<PersonSpan> = ownerships(moment.connection, OwnershipsOf::Person(uuid))?
        .into_iter()
        .map(|span| PersonSpan {
            system_usage_uuid: span.usage,
            system_name: view.system_name(span.usage),
            role: view.name(span.role).unwrap_or_default(),
            owner: view.policy.owner_roles.contains(&span.role),
            from: moment.day(span.from),
            since_baseline: span.since_baseline,
            to: span.to.map(|to| moment.day(to)),
        })
        .collect();
    spans.sort_by_key(|span| (span.to.is_some(), std::cmp::Reverse(span.from), !span.owner));
    let mails = mails_to(moment.connection, uuid)?.into_iter().map(SystemMail::from).collect();
    let absence = match &person.email {
        Some(email) => absence_of(moment, email)?,
        None => None,
    };
    Ok(PersonLife { person, spans, mails, absence })
}
