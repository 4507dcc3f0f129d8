//! The organisation's users, or those who left.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::away::AwayToday;
use super::error::Error;
use super::moment::Moment;
use super::view::View;
use crate::store::{Membership, memberships};
use crate::text::addresses::folded;
use crate::text::danish;

/// Who is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Here,
    Departed,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub uuid: Uuid,
    pub name: String,
    pub email: Option<String>,
    /// `None` for someone whom only an assignment names.
    pub member_since: Option<NaiveDate>,
    /// A user already when monitoring began; the true beginning is unknown.
    pub since_baseline: bool,
    pub left_on: Option<NaiveDate>,
    /// The last day on which nothing goes to them.
    pub away_until: Option<NaiveDate>,
    pub roles: Vec<PersonRole>,
    pub systems_owned: usize,
}

/// A role that KITOS names the person in now.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonRole {
    pub role: String,
    pub system_usage_uuid: Uuid,
    pub system_name: String,
}

/// The organisation's users, or those who have left with what still names them; by
/// name.
pub fn people(moment: &Moment<'_>, presence: Presence) -> Result<Vec<Person>, Error> {
    let view = View::load(moment)?;
    let mut people = list(&view, memberships(moment.connection)?, (presence, None));
    let away = AwayToday::of(moment)?;
    for person in &mut people {
        let noted = away.as_ref().zip(person.email.as_deref());
        person.away_until = noted.and_then(|(away, email)| away.until(email));
    }
    Ok(people)
}

/// The people who are here or those who are not, by name; or only one of them.
pub(super) fn list(
    view: &View<'_>,
    memberships: Vec<Membership>,
    (presence, only): (Presence, Option<Uuid>),
) -> Vec<Person> {
    let departed = presence == Presence::Departed;
    let is_wanted = |person: Uuid| only.is_none_or(|only| only == person);
    let mut roles = roles_by_person(view, &is_wanted);
    let seen: BTreeSet<Uuid> = memberships.iter().map(|member| member.person).collect();
    // Named by an assignment, and no user since monitoring began.
    let strangers = view.snapshot.people.values().filter(|person| !seen.contains(&person.uuid));
    let mut people: Vec<Person> = memberships
        .into_iter()
        .filter(|member| is_wanted(member.person))
        .map(|member| Person {
            uuid: member.person,
            name: member.name,
            email: member.email,
            member_since: Some(member.since),
            since_baseline: member.since_baseline,
            left_on: member.left,
            away_until: None,
            roles: Vec::new(),
            systems_owned: 0,
        })
        .filter(|person| person.left_on.is_some() == departed)
        .chain(strangers.filter(|person| departed && is_wanted(person.uuid)).map(|person| Person {
            uuid: person.uuid,
            name: person.name.clone(),
            email: person.email.clone(),
            member_since: None,
            since_baseline: false,
            left_on: None,
            away_until: None,
            roles: Vec::new(),
            systems_owned: 0,
        }))
        .collect();
    for person in &mut people {
        (person.systems_owned, person.roles) = roles.remove(&person.uuid).unwrap_or_default();
    }
    people.sort_by_cached_key(|person| (danish::place(&person.name), person.uuid));
    people
}

/// How many systems each person owns, and every role.
fn roles_by_person(
    view: &View<'_>,
    is_wanted: &impl Fn(Uuid) -> bool,
) -> BTreeMap<Uuid, (usize, Vec<PersonRole>)> {
    let mut roles: BTreeMap<Uuid, (usize, Vec<PersonRole>)> = BTreeMap::new();
    for usage in view.snapshot.usages.values() {
        let owners = usage.holders(&view.policy.owner_roles).into_iter();
        for owner in owners.filter(|owner| is_wanted(*owner)) {
            roles.entry(owner).or_default().0 += 1;
        }
        for assignment in usage.roles.iter().filter(|held| is_wanted(held.person)) {
            let role = view.snapshot.role_types.get(&assignment.role);
            roles.entry(assignment.person).or_default().1.push(PersonRole {
                role: role.map_or_else(|| assignment.role.to_string(), |role| role.name.clone()),
                system_usage_uuid: usage.uuid,
                system_name: view.snapshot.usage_name(usage).to_owned(),
            });
        }
    }
    for (_, roles) in roles.values_mut() {
        roles.sort_by(|a, b| {
            danish::compare(&a.role, &b.role)
                .then_with(|| danish::compare(&a.system_name, &b.system_name))
        });
    }
    roles
}

/// The user with that address.
///
/// # Errors
/// When nobody has it.
pub fn person_of(moment: &Moment<'_>, address: &str) -> Result<Uuid, Error> {
    let users = memberships(moment.connection)?.into_iter().filter(|user| user.left.is_none());
    let is_theirs =
        |user: &Membership| user.email.as_deref().is_some_and(|e| folded(e) == folded(address));
    let mut found = users.filter(is_theirs);
    found.next().map(|user| user.person).ok_or_else(|| Error::NoAddress(address.to_owned()))
}
