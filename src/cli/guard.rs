//! `guard`: the held pull, and the decision on it.

use std::fmt::Write as _;

use serde_json::json;

use super::args::Guard;
use super::exit::Exit;
use super::output::{Output, plain};
use super::sync::{self, describe};
use super::table::Here;
use crate::decisions;
use crate::jobs::Context;
use crate::model::Language;
use crate::query::{self, Quarantine};
use crate::text::held::outlook as held_outlook;
use crate::text::words::words;

pub async fn run(context: Context, command: Guard, output: &Output) -> anyhow::Result<Exit> {
    match command {
        Guard::Show => {
            let held = context.ask(query::quarantine).await?;
            output.one(&held, &shown(held.as_ref(), Here::of(&context)))?;
            Ok(if held.is_some() { Exit::Held } else { Exit::Done })
        }
        Guard::Release { id, decision } => {
            let report = decisions::release(&context, id, decision.by()?).await?;
            output.one(&report, &format!("Released.\n{}", sync::words(&report)))?;
            Ok(Exit::Done)
        }
        Guard::Discard { id, decision } => {
            let id = decisions::discard(&context, id, decision.by()?).await?;
            let text = format!("Pull {id} is discarded; the next pull is judged anew.");
            output.one(&json!({ "discarded": id }), &text)?;
            Ok(Exit::Done)
        }
    }
}

fn shown(held: Option<&Quarantine>, here: Here) -> String {
    let Some(Quarantine { id, taken_at, reasons, outlook, before, after }) = held else {
        return "The guard holds no pull.".to_owned();
    };
    let mut text = format!(
        "Pull {id} of {} is held back. Nothing of it is committed.\n\nWhy:\n",
        here.minute(*taken_at)
    );
    for reason in reasons {
        let _ = writeln!(text, "  - {}", describe(reason));
    }
    text.push_str("\nWhat explains it, and what would follow:\n");
    for line in held_outlook(words(Language::En), outlook) {
        let _ = writeln!(text, "  - {}", plain(&line));
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
