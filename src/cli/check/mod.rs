//! `check`: everything that can be wrong, each with its verdict and the way out.
//! Sends no mail, and changes nothing but that a pause after a refused login ends
//! when KITOS takes the login.

mod kitos;
mod local;
mod mail;
mod policy;

use std::io::IsTerminal;

use serde::Serialize;

pub(super) use local::began_anew;

use super::exit::Exit;
use super::output::{Output, plain};
use crate::config::Problem;
use crate::jobs::Context;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Ok,
    /// Works, and is worth knowing.
    Note,
    Fault,
}

/// One thing that was tested.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub what: &'static str,
    pub verdict: Verdict,
    pub detail: String,
}

fn ok(what: &'static str, detail: impl Into<String>) -> Line {
    Line { what, verdict: Verdict::Ok, detail: detail.into() }
}

fn note(what: &'static str, detail: impl Into<String>) -> Line {
    Line { what, verdict: Verdict::Note, detail: detail.into() }
}

fn fault(what: &'static str, detail: impl Into<String>) -> Line {
    Line { what, verdict: Verdict::Fault, detail: detail.into() }
}

/// `warnings`: what the configuration said although it is valid.
pub async fn run(context: Context, warnings: &[Problem], output: &Output) -> anyhow::Result<Exit> {
    let mut lines = vec![configuration(&context, warnings)];
    lines.extend(kitos::check(&context).await);
    lines.extend(mail::check(&context).await);
    lines.extend(local::database(&context).await);
    lines.extend(local::lately(&context).await);
    lines.extend(policy::check(&context).await);
    lines.extend(local::files(&context));
    lines.extend(local::schedule(&context).await);
    lines.extend(mail::next_week(&context).await);
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text: Vec<String> = lines.iter().map(|line| words(line, colour)).collect();
    output.one(&lines, &text.join("\n"))?;
    let faulty = lines.iter().any(|line| line.verdict == Verdict::Fault);
    Ok(if faulty { Exit::Found } else { Exit::Done })
}

/// The part that `init` tries before it writes anything.
pub(super) async fn way_to_kitos(context: &Context) -> Vec<Line> {
    kitos::check(context).await
}

fn configuration(context: &Context, warnings: &[Problem]) -> Line {
    let file = context.config_file.display();
    match warnings.len() {
        0 => ok("configuration", format!("{file}: every value is valid")),
        1 => note("configuration", format!("{file}: {}", warnings[0])),
        more => note("configuration", format!("{file}: {} (and {} more)", warnings[0], more - 1)),
    }
}

pub(super) fn words(line: &Line, colour: bool) -> String {
    let (name, code) = match line.verdict {
        Verdict::Ok => ("ok", 32),
        Verdict::Note => ("note", 33),
        Verdict::Fault => ("FAULT", 31),
    };
    let verdict = format!("{name:<5}");
    let verdict = if colour { format!("\u{1b}[{code}m{verdict}\u{1b}[0m") } else { verdict };
    // Errors are long, and their end is the way out: nothing is cut.
    let detail: Vec<String> = line.detail.lines().map(plain_whole).collect();
    format!("{verdict}  {:<14} {}", line.what, detail.join(" "))
}

fn plain_whole(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(200).map(|part| plain(&part.iter().collect::<String>())).collect()
}
