//! `system`: everything known about one system.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::args::System;
use super::changes::CHANGES;
use super::exit::Exit;
use super::findings::FINDINGS;
use super::output::{Output, complain, draw, plain};
use super::table::{Here, Listing, Medium, column, or_blank};
use crate::jobs::Context;
use crate::model::Waiver;
use crate::query::{self, RoleSpan, StateSpan, Suggestion, SystemLife, SystemMail};

pub async fn run(context: Context, command: System, output: &Output) -> anyhow::Result<Exit> {
    let life = context.ask(move |moment| query::system(moment, &command.system)).await?;
    if let Some(why) = &life.no_leaders {
        complain(&format!("no leader is suggested: {why}"));
    }
    output.one(&life, &words(&life, Here::of(&context)))?;
    Ok(Exit::Done)
}

fn words(life: &SystemLife, here: Here) -> String {
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
    let mut section = |heading: &str, table: String| {
        let _ = write!(text, "\n{heading}\n{table}\n");
    };
    section("Roles", drawn(&ROLES, &life.ownerships, here));
    section("States", drawn(&STATES, &life.states, here));
    section("Findings", drawn(&FINDINGS, &life.findings, here));
    if !life.waivers.is_empty() {
        section("Waivers", drawn(&WAIVERS, &life.waivers, here));
    }
    section("Changes", drawn(&CHANGES, &life.changes, here));
    section("Mails that tell of it", drawn(&MAILS, &life.mails, here));
    text
}

fn drawn<T>(listing: &Listing<T>, rows: &[T], here: Here) -> String {
    if rows.is_empty() {
        return listing.none.to_owned();
    }
    draw(&listing.table(rows, Medium::Screen, here))
}

const ROLES: Listing<RoleSpan> = Listing {
    none: "Nobody has had a role.",
    columns: &[
        column("role", |span, _| span.role.clone()),
        column("person", |span, _| span.person.clone()),
        column("from", |span, _| beginning(span.from, span.since_baseline)),
        column("to", |span, _| match (span.to, span.departed) {
            (None, false) => "still".to_owned(),
            (None, true) => "still (left)".to_owned(),
            (Some(day), false) => day.to_string(),
            (Some(day), true) => format!("{day} (left)"),
        }),
    ],
};

const STATES: Listing<StateSpan> = Listing {
    none: "Never seen.",
    columns: &[
        column("state", |span, _| span.state.as_str().to_owned()),
        column("from", |span, _| beginning(span.from, span.since_baseline)),
        column("to", |span, _| span.to.map_or_else(|| "still".to_owned(), |day| day.to_string())),
    ],
};

const WAIVERS: Listing<Waiver> = Listing {
    none: "None.",
    columns: &[
        column("finding", |waiver, _| waiver.finding.to_string()),
        column("made", |waiver, here| here.day(waiver.created_at)),
        column("until", |waiver, _| waiver.until.to_string()),
        column("by", |waiver, _| waiver.by.clone()),
        column("reason", |waiver, _| waiver.reason.clone()),
        column("ended", |waiver, _| {
            or_blank(waiver.ended.as_ref().map(|end| format!("{} by {}", end.how.as_str(), end.by)))
        }),
    ],
};

const MAILS: Listing<SystemMail> = Listing {
    none: "None.",
    columns: &[
        column("id", |mail, _| mail.id.to_string()),
        column("made", |mail, here| here.minute(mail.created_at)),
        column("kind", |mail, _| mail.kind.as_str().to_owned()),
        column("state", |mail, _| mail.state.as_str().to_owned()),
        column("to", |mail, _| mail.to.join(", ")),
        column("subject", |mail, _| mail.subject.clone()),
    ],
};

/// A first day, as far as it is known.
fn beginning(from: NaiveDate, since_baseline: bool) -> String {
    if since_baseline { format!("before {from}") } else { from.to_string() }
}
