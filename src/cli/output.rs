//! Tables for people, JSON for programs, CSV for spreadsheets. Data from KITOS is shown as
//! plain text: no control character reaches a terminal, no formula a spreadsheet
//! (`docs/reliability.md` R20).

use std::io::Write;
use std::path::Path;

use anyhow::anyhow;
use clap::ValueEnum;
use comfy_table::{ContentArrangement, LineStyle, TableStyle};
use serde::Serialize;

use super::table::{Here, Listing, Medium, Table};
use crate::text::{clean, spreadsheet};

/// `--format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
}

/// Something that the caller asked for cannot be done with what was typed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl UsageError {
    pub fn no_list() -> Self {
        Self("this command has no list to write as CSV. Use --format json".to_owned())
    }
}

/// Where and how results are written.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Writes a list.
    pub fn list<T: Serialize>(
        &self,
        listing: &Listing<T>,
        rows: &[T],
        here: Here,
    ) -> anyhow::Result<()> {
        match self.format {
            Format::Json => self.json(&rows),
            Format::Csv => csv(&listing.table(rows, Medium::Spreadsheet, here)),
            Format::Table if rows.is_empty() => print(&format!("{}\n", listing.none)),
            Format::Table => {
                print(&format!("{}\n", draw(&listing.table(rows, Medium::Screen, here))))
            }
        }
    }

    /// Writes one result: JSON for programs, `text` for people.
    pub fn one<T: Serialize>(&self, item: &T, text: &str) -> anyhow::Result<()> {
        match self.format {
            Format::Json => self.json(item),
            Format::Csv => Err(UsageError::no_list().into()),
            Format::Table => print(&format!("{}\n", text.trim_end())),
        }
    }

    /// Whether a person reads the result.
    pub fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Whether a spreadsheet reads the result.
    pub fn is_csv(&self) -> bool {
        self.format == Format::Csv
    }

    /// Whether a program reads the result.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// One object on a line of its own.
    pub fn json_line<T: Serialize>(&self, item: &T) -> anyhow::Result<()> {
        print(&format!("{}\n", serde_json::to_string(item)?))
    }

    fn json<T: Serialize>(&self, item: &T) -> anyhow::Result<()> {
        print(&format!("{}\n", serde_json::to_string_pretty(item)?))
    }
}

/// Writes to stdout. A reader that went away (`| head`) is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| anyhow!("cannot write to stdout: {error}")),
    }
}

/// Writes to stderr. Does not panic if nobody reads it, as `eprintln` would. What was typed may
/// stand in it: it steers no terminal.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "kitos-sync: {}", harmless(text));
}

/// Without control characters other than line breaks, and each line cut where no sentence is
/// that long.
fn harmless(text: &str) -> String {
    /// R20.
    const LONGEST: usize = 1_500;
    let shown = text.chars().filter(|c| !clean::is_invisible(*c));
    let shown = shown.map(|c| if c.is_control() && c != '\n' { ' ' } else { c });
    let mut lines: Vec<String> = shown.collect::<String>().split('\n').map(str::to_owned).collect();
    for line in &mut lines {
        if line.chars().count() > LONGEST {
            *line = line.chars().take(LONGEST - 1).chain(['…']).collect();
        }
    }
    lines.join("\n")
}

/// Writes a file that was asked for.
pub fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).map_err(|error| {
        let path = path.display();
        anyhow!("cannot write {path}: {error}. Check that its folder is there and that you may write to it")
    })
}

/// A table as wide as the terminal.
pub fn draw(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    drawn.load_style(TableStyle::new().header_separator(rule));
    drawn.set_content_arrangement(ContentArrangement::Dynamic);
    let width = terminal_size::terminal_size_of(std::io::stdout());
    drawn.set_width(width.map_or(160, |(width, _)| width.0));
    drawn.set_header(table.headings.iter().map(|h| h.to_uppercase()));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|text| cell(text)));
    }
    drawn.to_string()
}

/// As a Danish spreadsheet opens it.
fn csv(table: &Table) -> anyhow::Result<()> {
    let rows = table.rows.iter().map(|row| row.iter().map(|text| cell(text)).collect());
    print(&String::from_utf8(spreadsheet::csv(&table.headings, rows)?)?)
}

/// Text on one line, without control characters and bidirectional overrides, cut
/// at a sensible length.
pub fn plain(text: &str) -> String {
    cell(text).replace('\n', " ")
}

/// The same with its line breaks: in a table they cannot leave their column.
fn cell(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut clean: String = text
        .chars()
        .filter(|c| !clean::is_invisible(*c))
        .map(|c| match c {
            '\n' => '\n',
            '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .take(LONGEST + 1)
        .collect();
    if clean.chars().count() > LONGEST {
        clean = clean.chars().take(LONGEST - 1).chain(['…']).collect();
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_steers_no_terminal() {
        assert_eq!(harmless("no \u{1b}[31mred\nnext\u{202e}"), "no  [31mred\nnext");
        assert_eq!(harmless(&"x".repeat(9_000)).chars().count(), 1_500);
    }

    #[test]
    fn hostile_text_is_only_text() {
        for (raw, shown) in [
            ("Ørsted", "Ørsted"),
            ("a\u{1b}[31mred", "a [31mred"),
            ("abc\u{202e}gpj.exe", "abcgpj.exe"),
            ("a\r\nb", "a  b"),
            ("a\u{2028}b\u{61c}", "a b"),
            ("\u{0}", " "),
        ] {
            assert_eq!(plain(raw), shown);
        }
        assert_eq!(plain(&"x".repeat(10_000)).chars().count(), 300);
        assert!(plain(&"x".repeat(301)).ends_with('…'));
        assert!(!plain(&"x".repeat(300)).ends_with('…'));
    }
}
