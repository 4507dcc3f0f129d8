//! `guard`: the held pull, and the decision on it.

use std::fmt::Write as _;

use serde_json::json;

use super::args::Guard;
use super::exit::Exit;
use super::output::{Output, plain};
use super::sync;
use super::table::Here;
use crate::decisions;
use crate::jobs::Context;
use crate::model::{HeldField, HeldList, HoldReason};
use crate::query::{self, Held};

pub async fn run(context: Context, command: Guard, output: &Output) -> anyhow::Result<Exit> {
    match command {
        Guard::Show => {
            let held = context.ask(query::held).await?;
            output.one(&held, &words(held.as_ref(), Here::of(&context)))?;
            Ok(if held.is_some() { Exit::Held } else { Exit::Done })
        }
        Guard::Release { id, decision } => {
            let report = decisions::release(&context, id, decision.by()).await?;
            output.one(&report, &format!("Released.\n{}", sync::words(&report, false)))?;
            Ok(Exit::Done)
        }
        Guard::Discard { id, decision } => {
            let id = decisions::discard(&context, id, decision.by()).await?;
            let text = format!("Pull {id} is discarded; the next pull is judged anew.");
            output.one(&json!({ "discarded": id }), &text)?;
            Ok(Exit::Done)
        }
    }
}

fn words(held: Option<&Held>, here: Here) -> String {
    let Some(Held { id, taken_at, reasons, before, after }) = held else {
        return "The guard holds no pull.".to_owned();
    };
    let mut text = format!(
        "Pull {id} of {} is held back. Nothing of it is committed.\n\nWhy:\n",
        here.minute(*taken_at)
    );
    for reason in reasons {
        let _ = writeln!(text, "  - {}", describe(reason));
    }
    if let Some(before) = before {
        text.push_str("\nIt would change:\n");
        for (what, before, after) in [
            ("systems", before.usages, after.usages),
            ("in the policy", before.in_scope, after.in_scope),
            ("with an owner", before.with_owner, after.with_owner),
            ("people", before.people, after.people),
        ] {
            let _ = writeln!(text, "  {what:<15}  {before:>6} -> {after}");
        }
    }
    let _ = write!(
        text,
        "\nIf KITOS is right:   kitos-sync guard release {id}\nIf it is a mistake:  correct it in KITOS (often: the API user has lost its membership); the\n                     next pull within limits clears this by itself. Or drop it now:\n                     kitos-sync guard discard {id}\n"
    );
    text
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
