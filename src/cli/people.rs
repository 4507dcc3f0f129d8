//! `people`: the organisation's users, or those who left.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::args::People;
use super::output::{Output, Table};
use super::view::View;
use super::{Exit, read};
use crate::jobs::Context;
use crate::store::{Membership, memberships};
use crate::text::danish;

/// A person in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct PersonJson {
    uuid: Uuid,
    name: String,
    email: Option<String>,
    /// `None` for someone whom only an assignment names.
    member_since: Option<NaiveDate>,
    /// A user already when monitoring began; the true beginning is unknown.
    since_baseline: bool,
    left_on: Option<NaiveDate>,
    roles: Vec<RoleJson>,
    systems_owned: usize,
}

/// A role that KITOS names the person in now.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleJson {
    role: String,
    system_usage_uuid: Uuid,
    system_name: String,
}

pub async fn run(context: Context, command: People, output: &Output) -> anyhow::Result<Exit> {
    let (now, config) = (context.now(), context.config.clone());
    let people = read(&context, move |connection| {
        let view = View::load(connection, &config, now)?;
        Ok(list(&view, memberships(connection)?, command.departed))
    })
    .await?;
    let empty = if command.departed { "Nobody has left." } else { "No people." };
    output.list(&people, &table(&people, command.departed), empty)?;
    Ok(Exit::Done)
}

/// Whoever is here, or whoever is not, by name.
fn list(view: &View, memberships: Vec<Membership>, departed: bool) -> Vec<PersonJson> {
    let mut roles = roles_by_person(view);
    let seen: BTreeSet<Uuid> = memberships.iter().map(|member| member.person).collect();
    // Named by an assignment, and no user since monitoring began.
    let strangers = view.snapshot.people.values().filter(|person| !seen.contains(&person.uuid));
    let mut people: Vec<PersonJson> = memberships
        .into_iter()
        .map(|member| PersonJson {
            uuid: member.person,
            name: member.name,
            email: member.email,
            member_since: Some(member.since),
            since_baseline: member.since_baseline,
            left_on: member.left,
            roles: Vec::new(),
            systems_owned: 0,
        })
        .filter(|person| person.left_on.is_some() == departed)
        .chain(strangers.filter(|_| departed).map(|person| PersonJson {
            uuid: person.uuid,
            name: person.name.clone(),
            email: person.email.clone(),
            member_since: None,
            since_baseline: false,
            left_on: None,
            roles: Vec::new(),
            systems_owned: 0,
        }))
        .collect();
    for person in &mut people {
        (person.systems_owned, person.roles) = roles.remove(&person.uuid).unwrap_or_default();
    }
    people.sort_by(|a, b| danish::compare(&a.name, &b.name).then_with(|| a.uuid.cmp(&b.uuid)));
    people
}

/// How many systems each person owns, and every role.
fn roles_by_person(view: &View) -> BTreeMap<Uuid, (usize, Vec<RoleJson>)> {
    let mut roles: BTreeMap<Uuid, (usize, Vec<RoleJson>)> = BTreeMap::new();
    for usage in view.snapshot.usages.values() {
        for owner in usage.holders(&view.policy.owner_roles) {
            roles.entry(owner).or_default().0 += 1;
        }
        for assignment in &usage.roles {
            let role = view.snapshot.role_types.get(&assignment.role);
            roles.entry(assignment.person).or_default().1.push(RoleJson {
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

fn table(people: &[PersonJson], departed: bool) -> Table {
    let mut headings = vec!["name", "email", "owns", "roles", "member since"];
    if departed {
        headings.push("left");
    }
    let row = |person: &PersonJson| {
        let since = match (person.member_since, person.since_baseline) {
            (None, _) => "never a user".to_owned(),
            (Some(day), true) => format!("before {day}"),
            (Some(day), false) => day.to_string(),
        };
        let mut row = vec![
            person.name.clone(),
            person.email.clone().unwrap_or_default(),
            person.systems_owned.to_string(),
            counted(&person.roles),
            since,
        ];
        if departed {
            row.push(person.left_on.map(|day| day.to_string()).unwrap_or_default());
        }
        row
    };
    Table { headings, rows: people.iter().map(row).collect() }
}

/// "2 Systemejer, 1 Kontaktperson".
fn counted(roles: &[RoleJson]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for RoleJson { role, .. } in roles {
        match counts.last_mut() {
            Some((last, count)) if last == role => *count += 1,
            _ => counts.push((role, 1)),
        }
    }
    let counts: Vec<String> =
        counts.iter().map(|(role, count)| format!("{count} {role}")).collect();
    counts.join(", ")
}
