//! What a report begins and ends with: what a director reads, what it holds, and how to
//! see that it is whole. The page in a browser shows no more than this.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::cell::Table;
use super::chart::chart;
use super::front::{Figure, figures, sentences, sources};
use super::seal::Report;
use super::tables::tables;
use crate::query::SharePoint;
use crate::text::clean;
use crate::text::words::words;

/// A page's table of the share has no more rows than this; the workbook has all days.
const MOST_POINTS: usize = 30;

#[derive(Debug, Serialize)]
pub struct Summary {
    pub(super) organization: String,
    unit: Option<String>,
    pub(super) period: String,
    figures: Vec<Figure>,
    sentences: Vec<String>,
    /// A drawing, as SVG.
    chart: String,
    chart_title: String,
    contents: Vec<Content>,
    sources: Vec<(String, String)>,
}

/// One table of the report.
#[derive(Debug, Serialize)]
struct Content {
    key: &'static str,
    title: String,
    about: String,
    rows: usize,
}

/// The report without its tables.
pub fn summary(report: &Report) -> Summary {
    let points = thinned(&report.data.share);
    Summary::of(report, &tables(&report.data, &points, words(report.language)))
}

impl Summary {
    pub(super) fn of(report: &Report, tables: &[Table<'_>]) -> Self {
        let words = words(report.language);
        let data = &report.data;
        let name = |text: &str| clean::text(text, clean::LONGEST_NAME);
        let key = if data.period.days == 1 { "report.day" } else { "report.period" };
        let ends = [("from", data.period.from.into()), ("to", data.period.to.into())];
        let period = words.say(key, &ends);
        let chart_title = words.say("report.chart", &[("period", period.as_str().into())]);
        let content = |table: &Table<'_>| {
            let say = |part| words.text(&format!("report.table.{}.{part}", table.key)).to_owned();
            Content {
                key: table.key,
                title: say("title"),
                about: table.about(words),
                rows: table.rows.len(),
            }
        };
        Self {
            organization: name(&data.organization),
            unit: data.unit.as_deref().map(name),
            period,
            figures: figures(data, words),
            sentences: sentences(report, words),
            chart: chart(data.period, &data.share, &data.gaps, &chart_title, report.language),
            chart_title,
            contents: tables.iter().map(content).collect(),
            sources: sources(report, words),
        }
    }
}

/// The last of each week or, where these are many, of each month; always the first.
pub(super) fn thinned(points: &[SharePoint]) -> Vec<SharePoint> {
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
