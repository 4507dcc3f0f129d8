//! `people`: the organisation's users, or those who left.

use super::args::People;
use super::output::{Output, Table};
use super::{Exit, ask};
use crate::jobs::Context;
use crate::query::{self, Person, PersonRole, Presence};

pub async fn run(context: Context, command: People, output: &Output) -> anyhow::Result<Exit> {
    let presence = if command.departed { Presence::Departed } else { Presence::Here };
    let people = ask(&context, move |moment| query::people(moment, presence)).await?;
    let empty = if command.departed { "Nobody has left." } else { "No people." };
    output.list(&people, &table(&people, command.departed), empty)?;
    Ok(Exit::Done)
}

fn table(people: &[Person], departed: bool) -> Table {
    let mut headings = vec!["name", "email", "owns", "roles", "member since"];
    if departed {
        headings.push("left");
    }
    let row = |person: &Person| {
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
fn counted(roles: &[PersonRole]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for PersonRole { role, .. } in roles {
        match counts.last_mut() {
            Some((last, count)) if last == role => *count += 1,
            _ => counts.push((role, 1)),
        }
    }
    let counts: Vec<String> =
        counts.iter().map(|(role, count)| format!("{count} {role}")).collect();
    counts.join(", ")
}
