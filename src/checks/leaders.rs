//! `check --leaders FILE`: how a leaders file would do, before it is used.

use std::path::PathBuf;

use super::line::{Line, fault, note, ok};
use crate::jobs::Context;
use crate::policy::coverage::Lost;
use crate::query::{Fit, LeadersTrial, read_trial, try_leaders};

/// Names that are told; a list of more is read in the file itself.
const NAMED: usize = 10;
/// Cells that are told, one line each.
const CELLS: usize = 30;

const FILE: &str = "leaders file";

pub async fn check(context: &Context, path: PathBuf) -> Vec<Line> {
    let (file, trial) = match read_trial(&path) {
        Ok(read) => read,
        Err(why) => return vec![fault(FILE, why)],
    };
    // Without a database the file can be judged by itself.
    if !context.store.path().exists() {
        return lines(&trial);
    }
    match context.ask(move |moment| try_leaders(moment, &file, trial)).await {
        Ok(trial) => lines(&trial),
        Err(error) => vec![fault("database", error.to_string())],
    }
}

fn lines(trial: &LeadersTrial) -> Vec<Line> {
    let mut lines = vec![ok(FILE, format!("{} people", trial.leaders))];
    let hints = trial.hints.iter().take(CELLS);
    lines.extend(hints.map(|hint| note("to correct", hint.to_string())));
    if trial.hints.len() > CELLS {
        lines.push(note("to correct", format!("and {} more", trial.hints.len() - CELLS)));
    }
    match &trial.fit {
        None => lines.push(note(
            "owners",
            "nothing was read from KITOS yet; after the first `kitos-sync sync` this says more",
        )),
        Some(fit) => lines.extend([owners(fit), units(fit)]),
    }
    lines
}

fn owners(fit: &Fit) -> Line {
    let (known, owners) = (fit.coverage.known, fit.coverage.owners);
    let detail =
        format!("{known} of the {owners} owners are in it{}", missing(&fit.unknown_owners));
    match fit.lost {
        Some(lost) => {
            let of = match lost {
                Lost::Leaders => "people",
                Lost::Owners => "owners",
            };
            fault(
                "owners",
                format!(
                    "{detail}. It has a fifth fewer {of} than the file that is used now: the rules that need it would stand still. If that is right, use it with `kitos-sync sync --accept-leaders`"
                ),
            )
        }
        None if fit.unknown_owners.is_empty() => ok("owners", detail),
        None => note("owners", detail),
    }
}

fn units(fit: &Fit) -> Line {
    let led = fit.units - fit.units_without_leader.len();
    let detail = format!(
        "{led} of the {} units that are responsible for systems have a leader in it, of their own or above{}",
        fit.units,
        missing(&fit.units_without_leader)
    );
    let line = if fit.units_without_leader.is_empty() { ok } else { note };
    line("units", detail)
}

fn missing(names: &[String]) -> String {
    match names.len() {
        0 => String::new(),
        few if few <= NAMED => format!("; not: {}", names.join(", ")),
        many => format!("; not: {} and {} more", names[..NAMED].join(", "), many - NAMED),
    }
}
