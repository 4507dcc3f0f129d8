//! `check`: everything that can be wrong, each with its verdict and the way out.

use std::io::IsTerminal;

use super::args::Check;
use super::exit::Exit;
use super::output::{Output, plain};
use super::table::{Here, Listing, column};
use crate::checks::{self, Line, Verdict};
use crate::jobs::Context;

const LINES: Listing<Line> = Listing {
    none: "",
    columns: &[
        column("verdict", |line, _| line.verdict.as_str().to_owned()),
        column("what", |line, _| line.what.to_owned()),
        column("detail", |line, _| line.detail.clone()),
    ],
};

pub async fn run(args: Check, context: Context, output: &Output) -> anyhow::Result<Exit> {
    let lines = match args.leaders {
        Some(file) => checks::leaders_file(&context, file).await,
        None => checks::all(&context).await,
    };
    let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let ink = if is_coloured { Ink::Coloured } else { Ink::Plain };
    if output.is_csv() {
        output.list(&LINES, &lines, Here::of(&context))?;
    } else {
        let text: Vec<String> = lines.iter().map(|line| words(line, ink)).collect();
        output.one(&lines, &text.join("\n"))?;
    }
    let faulty = lines.iter().any(|line| line.verdict == Verdict::Fault);
    Ok(if faulty { Exit::Found } else { Exit::Done })
}

/// How verdicts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Plain,
    Coloured,
}

pub fn words(line: &Line, ink: Ink) -> String {
    let code = match line.verdict {
        Verdict::Ok => 32,
        Verdict::Note => 33,
        Verdict::Fault => 31,
    };
    let verdict = format!("{:<5}", line.verdict.as_str());
    let verdict = match ink {
        Ink::Plain => verdict,
        Ink::Coloured => format!("\u{1b}[{code}m{verdict}\u{1b}[0m"),
    };
    // Errors are long, and their end is the way out: nothing is cut.
    let detail: Vec<String> = line.detail.lines().map(plain_whole).collect();
    format!("{verdict}  {:<14} {}", line.what, detail.join(" "))
}

fn plain_whole(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(200).map(|part| plain(&part.iter().collect::<String>())).collect()
}
