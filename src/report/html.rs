//! The report as a page to read and to print: one file, nothing from elsewhere.

use chrono::{Datelike, NaiveDate};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::cell::{Cell, Table};
use super::chart::chart;
use super::error::Error;
use super::front::{Figure, figures, sentences, sources};
use super::seal::Report;
use super::tables::tables;
use crate::query::SharePoint;
use crate::text::clean;
use crate::text::words::{Words, words};

/// A page's table of the share has no more rows than this; the workbook has all days.
const MOST_POINTS: usize = 30;

#[derive(Serialize)]
struct Page {
    language: &'static str,
    title: String,
    organization: String,
    unit: Option<String>,
    period: String,
    footer: String,
    figures: Vec<Figure>,
    sentences: Vec<String>,
    chart: String,
    chart_title: String,
    sections: Vec<Section>,
    sources: Vec<(String, String)>,
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
    rows: Vec<Vec<Shown>>,
    count: usize,
}

#[derive(Serialize)]
struct Heading {
    text: String,
    number: bool,
}

#[derive(Serialize)]
struct Shown {
    text: String,
    number: bool,
    date: bool,
}

/// The page.
///
/// # Errors
/// Only when the program is at fault.
pub fn html(report: &Report) -> Result<String, Error> {
    let words = words(report.language);
    let data = &report.data;
    let mut environment = Environment::new();
    environment.set_debug(false);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("report", include_str!("templates/report.html.j2"))?;
    let name = |text: &str| clean::text(text, clean::LONGEST_NAME);
    let label = |key: &str| words.text(&format!("report.{key}")).to_owned();
    let chart_title = words
        .say("report.chart", &[("from", data.period.from.into()), ("to", data.period.to.into())]);
    let period = [("from", data.period.from.into()), ("to", data.period.to.into())];
    let organization = name(&data.organization);
    let said_period = words.say("report.period", &period);
    let page = Page {
        language: report.language.as_str(),
        title: label("title"),
        footer: in_style(&format!("{organization} · {said_period}")),
        organization,
        unit: data.unit.as_deref().map(name),
        period: said_period,
        figures: figures(data, words),
        sentences: sentences(report, words),
        chart: chart(data.period, &data.share, &data.gaps, &chart_title, report.language),
        chart_title,
        sections: sections(report, words),
        sources: sources(report, words),
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

fn sections(report: &Report, words: &Words) -> Vec<Section> {
    let points = thinned(&report.data.share);
    tables(&report.data, &points, words).iter().map(|table| section(table, words)).collect()
}

fn section(table: &Table, words: &Words) -> Section {
    let say = |part: &str| words.text(&format!("report.table.{}.{part}", table.key)).to_owned();
    let shown = || (0..table.columns.len()).filter(|at| !table.columns[*at].in_workbook);
    let is_number = |at: usize| table.rows.iter().any(|row| row[at].is_number());
    let heading = |at: usize| Heading {
        text: words.text(&format!("report.column.{}", table.columns[at].key)).to_owned(),
        number: is_number(at),
    };
    let row = |cells: &Vec<Cell>| {
        let cell = |at: usize| Shown {
            text: cells[at].shown(words.language()),
            number: cells[at].is_number(),
            date: matches!(cells[at], Cell::Day(_) | Cell::Before(_)),
        };
        shown().map(cell).collect()
    };
    Section {
        key: table.key,
        title: say("title"),
        about: say("about"),
        none: say("none"),
        headings: shown().map(heading).collect(),
        rows: table.rows.iter().map(row).collect(),
        count: table.rows.len(),
    }
}

/// The last of each week or, where these are many, of each month; always the first.
fn thinned(points: &[SharePoint]) -> Vec<SharePoint> {
    let week = |day: NaiveDate| (day.iso_week().year(), day.iso_week().week());
    let month = |day: NaiveDate| (day.year(), day.month());
    let last_of = |period: &dyn Fn(NaiveDate) -> (i32, u32)| -> Vec<SharePoint> {
        let runs = points.chunk_by(|a, b| period(a.date) == period(b.date));
        let last = runs.filter_map(|run| run.last().copied());
        let first = points.first().copied();
        let mut thinned: Vec<SharePoint> = first.into_iter().chain(last).collect();
        thinned.dedup();
        thinned
    };
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let weeks = last_of(&week);
    if weeks.len() <= MOST_POINTS { weeks } else { last_of(&month) }
}
