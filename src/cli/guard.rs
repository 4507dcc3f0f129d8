//! `guard`: the held pull, and the decision on it.

use std::fmt::Write as _;

use serde_json::json;

use super::args::Guard;
use super::output::{Output, plain};
use super::{Exit, read, sync};
use crate::jobs::{self, Context};
use crate::model::{HeldField, HeldList, HoldReason, Snapshot};
use crate::policy::assess::figures;
use crate::query::resolve;
use crate::store::{HeldPull, current_snapshot, held_pull, recorded_roles};
use crate::time::civil::local_date;

pub async fn run(context: Context, command: Guard, output: &Output) -> anyhow::Result<Exit> {
    match command {
        Guard::Show => show(context, output).await,
        Guard::Release { id } => {
            let report = jobs::release(&context, id).await?;
            output.one(&report, &format!("Released.\n{}", sync::words(&report, false)))?;
            Ok(Exit::Done)
        }
        Guard::Discard { id } => {
            let id = jobs::discard(&context, id).await?;
            let text = format!("Pull {id} is discarded; the next pull is judged anew.");
            output.one(&json!({ "discarded": id }), &text)?;
            Ok(Exit::Done)
        }
    }
}

async fn show(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let config = context.config.clone();
    let shown = read(&context, move |connection| {
        let Some(held) = held_pull(connection)? else { return Ok(None) };
        let recorded = recorded_roles(connection)?;
        let count = |snapshot: &Snapshot| {
            let policy = resolve(&config, &recorded, snapshot).policy;
            figures(snapshot, &policy, local_date(held.taken_at, config.schedule.time_zone))
        };
        let after = count(&held.pull.snapshot);
        let before = current_snapshot(connection)?.map(|snapshot| count(&snapshot));
        Ok(Some((held, before, after)))
    })
    .await?;
    let Some((held, before, after)) = shown else {
        output.one(&json!(null), "The guard holds no pull.")?;
        return Ok(Exit::Done);
    };
    let HeldPull { id, taken_at, reasons, .. } = &held;
    let at = taken_at.with_timezone(&context.config.schedule.time_zone);
    let mut text = format!(
        "Pull {id} of {} is held back. Nothing of it is committed.\n\nWhy:\n",
        at.format("%Y-%m-%d %H:%M")
    );
    for reason in reasons {
        let _ = writeln!(text, "  - {}", describe(reason));
    }
    if let Some(before) = before {
        let _ = writeln!(
            text,
            "\nIt would change:\n  systems          {:>6} -> {}\n  in the policy    {:>6} -> {}\n  with an owner    {:>6} -> {}\n  people           {:>6} -> {}",
            before.usages,
            after.usages,
            before.in_scope,
            after.in_scope,
            before.with_owner,
            after.with_owner,
            before.people,
            after.people
        );
    }
    let _ = write!(
        text,
        "\nIf KITOS is right:   kitos-sync guard release {id}\nIf it is a mistake:  mend it in KITOS (often: the API user has lost its membership); the\n                     next pull within limits clears this by itself. Or drop it now:\n                     kitos-sync guard discard {id}\n"
    );
    output.one(&json!({ "id": id, "takenAt": taken_at, "reasons": reasons }), &text)?;
    Ok(Exit::Held)
}

/// A reason in words.
pub fn describe(reason: &HoldReason) -> String {
    let named = |samples: &[String]| {
        let names: Vec<String> = samples.iter().map(|name| plain(name)).collect();
        if names.is_empty() { String::new() } else { format!(", e.g. {}", names.join(", ")) }
    };
    match reason {
        HoldReason::OtherKitos { before, now } => format!(
            "it was read from {} (kitos.url), and all before it from {}. If these are two KITOSes \
             (test and production), keep a database for each (database.path)",
            plain(now),
            plain(before)
        ),
        HoldReason::Emptied { list, before } => {
            format!("all {before} {} are gone", list_name(*list))
        }
        HoldReason::Removed { list, removed, before, samples } => {
            format!("{removed} of {before} {} are gone{}", list_name(*list), named(samples))
        }
        HoldReason::Stripped { stripped, before, samples } => {
            format!("{stripped} of {before} systems lost their last owner{}", named(samples))
        }
        HoldReason::Changed { changed, before, samples } => {
            format!("{changed} of {before} systems changed at once{}", named(samples))
        }
        HoldReason::Blanked { list, field, blanked, before, samples } => {
            let (field, rows) = (field_name(*field), list_name(*list));
            format!("{blanked} of {before} {rows} lost their {field}{}", named(samples))
        }
        HoldReason::Moved { moved, before, samples } => format!(
            "{moved} of {before} systems were shut down, phased out or revived at once{}",
            named(samples)
        ),
        HoldReason::Assigned { assigned, before } => {
            format!("{assigned} of {before} people would become owner of a system at once")
        }
        HoldReason::OwnerRoleGone { name } => {
            format!("the role type \"{}\" that means owner is gone from KITOS", plain(name))
        }
        HoldReason::Unconfirmed { count } => {
            format!("{count} systems or people are missing: too many to ask KITOS one by one")
        }
    }
}

fn list_name(list: HeldList) -> &'static str {
    match list {
        HeldList::Usages => "systems",
        HeldList::People => "people",
        HeldList::Units => "units",
        HeldList::RoleTypes => "role types",
        HeldList::Systems => "shared systems",
        HeldList::Contracts => "contracts",
        HeldList::DataProcessing => "data-processing registrations",
    }
}

fn field_name(field: HeldField) -> &'static str {
    match field {
        HeldField::LifeCycle => "life cycle",
        HeldField::StartDate => "start date",
        HeldField::EndDate => "end date",
        HeldField::ResponsibleUnit => "responsible unit",
        HeldField::MainContract => "main contract",
        HeldField::Purpose => "purpose",
        HeldField::DataSensitivity => "kinds of data",
        HeldField::RiskAssessment => "risk assessment",
        HeldField::Email => "mail address",
        HeldField::ParentUnit => "parent unit",
    }
}
