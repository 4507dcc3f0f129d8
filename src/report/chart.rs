//! The share of systems with an owner over time, as a drawing. Days without a good
//! pull are a gap in the line and a grey band behind it: nothing is interpolated.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};

use super::cell::Cell;
use crate::model::Language;
use crate::query::{Gap, Period, SharePoint};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Room for the labels.
const LEFT: f64 = 66.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 30.0;

/// The drawing, as SVG; `title` says to those who hear it what it shows. Everything in
/// it is ours: figures and dates.
pub(super) fn chart(
    period: Period,
    points: &[SharePoint],
    gaps: &[Gap],
    title: &str,
    language: Language,
) -> String {
    let x = |day: NaiveDate| {
        let days = (period.days - 1).max(1) as f64;
        LEFT + (WIDTH - LEFT - RIGHT) * ((day - period.from).num_days() as f64 / days)
    };
    let y = |share: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share);
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#,
        title.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
    );
    for percent in [0, 25, 50, 75, 100] {
        let at = y(f64::from(percent) / 100.0);
        let _ = write!(
            svg,
            r#"<line class="rule" x1="{LEFT}" x2="{:.1}" y1="{at:.1}" y2="{at:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{percent} %</text>"#,
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
        );
    }
    for gap in gaps {
        let (from, to) = (x(gap.from), x(gap.to));
        let _ = write!(
            svg,
            r#"<rect class="gap" x="{:.1}" y="{TOP}" width="{:.1}" height="{:.1}"/>"#,
            from - 1.0,
            to - from + 2.0,
            HEIGHT - TOP - BOTTOM,
        );
    }
    line(&mut svg, points, gaps, &|point| (x(point.date), y(share(point))));
    for (at, anchor) in labels(period) {
        let label = Cell::Day(at).shown(language);
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{label}</text>"#,
            x(at),
            HEIGHT - 6.0,
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Broken where a gap lies between two points; a point alone is a dot.
fn line(
    svg: &mut String,
    points: &[SharePoint],
    gaps: &[Gap],
    place: &dyn Fn(&SharePoint) -> (f64, f64),
) {
    let is_joined = |a: &SharePoint, b: &SharePoint| {
        !gaps.iter().any(|gap| gap.from > a.date && gap.from < b.date)
    };
    for run in points.chunk_by(is_joined) {
        let places: Vec<String> = run
            .iter()
            .map(|point| {
                let (x, y) = place(point);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        match places.as_slice() {
            [only] => {
                let (x, y) = only.split_once(',').unwrap_or_default();
                let _ = write!(svg, r#"<circle class="dot" cx="{x}" cy="{y}" r="2.5"/>"#);
            }
            all => {
                let _ = write!(svg, r#"<polyline class="line" points="{}"/>"#, all.join(" "));
            }
        }
    }
}

fn share(point: &SharePoint) -> f64 {
    point.with_owner as f64 / point.systems.max(1) as f64
}

/// The days that are named below: no day twice.
fn labels(period: Period) -> Vec<(NaiveDate, &'static str)> {
    let mut labels = vec![(period.from, "start"), (middle(period), "middle"), (period.to, "end")];
    if period.days < 3 {
        labels.remove(1);
    }
    labels.dedup_by_key(|(day, _)| *day);
    labels
}

fn middle(period: Period) -> NaiveDate {
    let days = period.from.num_days_from_ce() + period.to.num_days_from_ce();
    NaiveDate::from_num_days_from_ce_opt(days / 2).unwrap_or(period.from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_period_names_no_day_twice() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 1, day).expect("a day");
        for (to, expected) in [(5, vec![5]), (6, vec![5, 6]), (7, vec![5, 6, 7])] {
            let period = Period {
                monitored_since: day(1),
                asked_from: None,
                from: day(5),
                to: day(to),
                days: i64::from(to) - 4,
                missing_days: 0,
            };
            let named: Vec<u32> = labels(period).iter().map(|(day, _)| day.day()).collect();
            assert_eq!(named, expected);
        }
    }
}
