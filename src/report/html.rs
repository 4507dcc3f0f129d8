//! The report as a page to read and to print: one file, nothing from elsewhere.

use std::collections::BTreeSet;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::cell::{Cell, Table};
use super::error::Error;
use super::seal::Report;
use super::summary::{Summary, thinned};
use super::tables::tables;
use crate::mail::escaped;
use crate::text::words::{Words, words};

#[derive(Serialize)]
struct Page {
    language: &'static str,
    title: String,
    footer: String,
    #[serde(flatten)]
    summary: Summary,
    sections: Vec<Section>,
    labels: Labels,
}

#[derive(Serialize)]
struct Labels {
    contents: String,
    sources: String,
    page: String,
    of: String,
}

#[derive(Serialize)]
struct Section {
    key: &'static str,
    title: String,
    about: String,
    /// What stands there instead of a table.
    none: String,
    headings: Vec<Heading>,
    /// The rows as HTML: of the tens of thousands of cells the engine would make values
    /// first, and words after that.
    rows: String,
    count: usize,
}

#[derive(Serialize)]
struct Heading {
    text: String,
    number: bool,
}

/// The page.
///
/// # Errors
/// Only when the program is at fault.
pub fn html(report: &Report) -> Result<String, Error> {
    let words = words(report.language);
    let mut environment = Environment::new();
    environment.set_debug(false);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("report", include_str!("templates/report.html.j2"))?;
    let label = |key: &str| words.text(&format!("report.{key}")).to_owned();
    let points = thinned(&report.data.share);
    let tables = tables(&report.data, &points, words);
    let summary = Summary::of(report, &tables);
    let page = Page {
        language: report.language.as_str(),
        title: label("title"),
        footer: in_style(&format!("{} · {}", summary.organization, summary.period)),
        summary,
        sections: tables.into_iter().map(|table| section(table, words)).collect(),
        labels: Labels {
            contents: label("contents"),
            sources: label("sources.title"),
            page: label("page"),
            of: label("of"),
        },
    };
    Ok(environment.get_template("report")?.render(Value::from(Serde(&page)))?)
}

/// Text that can stand in quotes in a style sheet.
fn in_style(text: &str) -> String {
    let is_plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '-' | '–' | '·');
    text.chars().filter(is_plain).collect()
}

fn section(table: Table<'_>, words: &Words) -> Section {
    let say = |part: &str| words.text(&format!("report.table.{}.{part}", table.key)).to_owned();
    let shown = || (0..table.columns.len()).filter(|at| !table.columns[*at].in_workbook);
    let about = table.about(words);
    let (mut rows, mut numbers) = (String::new(), BTreeSet::new());
    let (count, cells) = (table.rows.len(), table.rows);
    for cells in cells {
        rows.push_str("<tr>");
        for at in shown() {
            if cells[at].is_number() {
                numbers.insert(at);
            }
            rows.push_str(match &cells[at] {
                Cell::Number(_) => "<td class=\"n\">",
                Cell::Day(_) | Cell::Before(_) => "<td class=\"d\">",
                Cell::Text(_) | Cell::Blank => "<td>",
            });
            rows.push_str(&escaped(&cells[at].shown(words.language())));
            rows.push_str("</td>");
        }
        rows.push_str("</tr>\n");
    }
    let heading = |at: usize| Heading {
        text: words.text(&format!("report.column.{}", table.columns[at].key)).to_owned(),
        number: numbers.contains(&at),
    };
    Section {
        key: table.key,
        title: say("title"),
        about,
        none: say("none"),
        headings: shown().map(heading).collect(),
        rows,
        count,
    }
}
