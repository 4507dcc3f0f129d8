//! `system`: everything known about one system.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::args::System;
use super::output::{Output, Table, draw, plain};
use super::{Exit, ask, changes, complain, findings};
use crate::jobs::Context;
use crate::model::Waiver;
use crate::query::{self, RoleSpan, StateSpan, Suggestion, SystemLife, SystemMail};

pub async fn run(context: Context, command: System, output: &Output) -> anyhow::Result<Exit> {
    let life = ask(&context, move |moment| query::system(moment, &command.system)).await?;
    if let Some(why) = &life.no_leaders {
        complain(&format!("no leader is suggested: {why}"));
    }
    output.one(&life, &words(&life, context.now(), context.config.schedule.time_zone))?;
    Ok(Exit::Done)
}

fn words(life: &SystemLife, now: DateTime<Utc>, zone: Tz) -> String {
    let mut text = format!("{}\n{}\n", plain(&life.system_name), life.system_usage_uuid);
    match &life.current {
        Some(current) => {
            let _ = writeln!(
                text,
                "state {}, {}, unit {}\n{}",
                current.state.as_str(),
                if current.in_scope {
                    "covered by the policy"
                } else {
                    "not covered by the policy"
                },
                current.unit.as_deref().map_or("none".to_owned(), plain),
                current.kitos_url
            );
        }
        None => text.push_str("no longer in KITOS\n"),
    }
    if !life.suggestions.is_empty() {
        text.push_str("\nNobody owns it. Who could:\n");
    }
    for Suggestion { name, email, reason } in &life.suggestions {
        let _ = writeln!(text, "  {} <{}>: {}", plain(name), plain(email), plain(reason));
    }
    let mut section = |heading: &str, table: Table, none: &str| {
        let body = if table.rows.is_empty() { none.to_owned() } else { draw(&table) };
        let _ = write!(text, "\n{heading}\n{body}\n");
    };
    section("Roles", roles(&life.ownerships), "nobody has had a role");
    section("States", states(&life.states), "never seen");
    section("Findings", findings::table(&life.findings, now), "none");
    if !life.waivers.is_empty() {
        section("Waivers", waivers(&life.waivers, zone), "none");
    }
    section("Changes", changes::table(&life.changes, zone), "none since monitoring began");
    section("Mails to its owners", mails(&life.mails, zone), "none");
    text
}

fn roles(ownerships: &[RoleSpan]) -> Table {
    let row = |o: &RoleSpan| {
        let from = beginning(o.from, o.since_baseline);
        let to = match (o.to, o.departed) {
            (None, _) => "still".to_owned(),
            (Some(day), false) => day.to_string(),
            (Some(day), true) => format!("{day} (left)"),
        };
        vec![o.role.clone(), o.person.clone(), from, to]
    };
    Table {
        headings: vec!["role", "person", "from", "to"],
        rows: ownerships.iter().map(row).collect(),
    }
}

/// A first day, as far as it is known.
fn beginning(from: NaiveDate, since_baseline: bool) -> String {
    if since_baseline { format!("before {from}") } else { from.to_string() }
}

fn states(states: &[StateSpan]) -> Table {
    let row = |state: &StateSpan| {
        let to = state.to.map_or_else(|| "still".to_owned(), |day| day.to_string());
        vec![state.state.as_str().to_owned(), beginning(state.from, state.since_baseline), to]
    };
    Table { headings: vec!["state", "from", "to"], rows: states.iter().map(row).collect() }
}

fn waivers(waivers: &[Waiver], zone: Tz) -> Table {
    let row = |waiver: &Waiver| {
        let ended = waiver.ended.as_ref().map(|end| format!("{} by {}", end.how.as_str(), end.by));
        vec![
            waiver.finding.to_string(),
            waiver.created_at.with_timezone(&zone).format("%Y-%m-%d").to_string(),
            waiver.until.to_string(),
            waiver.by.clone(),
            waiver.reason.clone(),
            ended.unwrap_or_default(),
        ]
    };
    Table {
        headings: vec!["finding", "made", "until", "by", "reason", "ended"],
        rows: waivers.iter().map(row).collect(),
    }
}

fn mails(mails: &[SystemMail], zone: Tz) -> Table {
    let row = |mail: &SystemMail| {
        vec![
            mail.id.to_string(),
            mail.created_at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            mail.kind.as_str().to_owned(),
            mail.state.as_str().to_owned(),
            mail.to.join(", "),
            mail.subject.clone(),
        ]
    };
    Table {
        headings: vec!["id", "made", "kind", "state", "to", "subject"],
        rows: mails.iter().map(row).collect(),
    }
}
