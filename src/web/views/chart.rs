//! The share over time as SVG: the template draws what is reckoned here. Weeks without
//! a pull are gaps, never a line.

use chrono::Datelike;
use serde::Serialize;

use crate::model::Language;
use crate::query::{Moment, Week};
use crate::text::danish::percent;
use crate::text::words::words;

/// The drawing's own measures; it is as wide as its page.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;
/// So much room take the date at either end and half a month's label, with a gap, where
/// letters are largest: on a phone.
const END: f64 = 132.0;
const MONTH: f64 = 40.0;

#[derive(Serialize)]
pub struct Chart {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    /// Pieces of line, each without a gap.
    lines: Vec<String>,
    areas: Vec<String>,
    dot: Option<(f64, f64)>,
    grid: Vec<Tick>,
    /// The first day and the last; the months between them.
    ends: [String; 2],
    months: Vec<Tick>,
    rows: Vec<Row>,
}

/// A line of the grid with its label.
#[derive(Serialize)]
struct Tick {
    at: f64,
    label: String,
}

/// A row of the table behind the chart.
#[derive(Serialize)]
struct Row {
    on: String,
    percent: Option<u32>,
    with: Option<u32>,
    whole: Option<u32>,
}

/// Nothing for fewer than two weeks.
pub fn chart(weeks: &[Week], moment: &Moment<'_>) -> Option<Chart> {
    let rows: Vec<Row> = weeks.iter().map(row).collect();
    let lowest = rows.iter().filter_map(|row| row.percent).min()?;
    if rows.iter().filter(|row| row.percent.is_some()).count() < 2 {
        return None;
    }
    // From a round figure below the lowest, so that a movement can be seen.
    let from = f64::from(lowest.saturating_sub(5) / 10 * 10).min(90.0);
    let inner = HEIGHT - TOP - BOTTOM;
    let y = |percent: f64| round(TOP + inner * (100.0 - percent) / (100.0 - from));
    let step = (WIDTH - LEFT - RIGHT) / (rows.len() - 1).max(1) as f64;
    let x = |index: usize| round(LEFT + step * index as f64);
    let points: Vec<Option<(f64, f64)>> = (rows.iter().enumerate())
        .map(|(index, row)| Some((x(index), y(f64::from(row.percent?)))))
        .collect();
    let pieces: Vec<Vec<(f64, f64)>> = points
        .split(Option::is_none)
        .map(|piece| piece.iter().copied().flatten().collect::<Vec<_>>())
        .filter(|piece| !piece.is_empty())
        .collect();
    let base = y(from);
    let ticks = (0..=2).map(|part| from + (100.0 - from) * f64::from(part) / 2.0);
    Some(Chart {
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        right: WIDTH - RIGHT,
        lines: pieces.iter().map(|piece| path(piece)).collect(),
        areas: pieces.iter().filter_map(|piece| area(piece, base)).collect(),
        dot: points.last().copied().flatten(),
        grid: ticks.map(|at| Tick { at: y(at), label: format!("{at:.0} %") }).collect(),
        ends: [weeks.first()?, weeks.last()?].map(|week| week.on.to_string()),
        months: months(weeks, &x, moment.language),
        rows: rows.into_iter().rev().collect(),
    })
}

fn row(week: &Week) -> Row {
    let share = week.share;
    Row {
        on: week.on.to_string(),
        percent: share.and_then(|share| percent(share.with_owner, share.in_scope)),
        with: share.map(|share| share.with_owner),
        whole: share.map(|share| share.in_scope),
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        path.push_str(&format!("{}{x} {y}", if index == 0 { "M" } else { "L" }));
    }
    // A single week would be no line at all.
    if let [(x, y)] = points {
        path.push_str(&format!("L{} {y}", x + 2.0));
    }
    path
}

fn area(points: &[(f64, f64)], base: f64) -> Option<String> {
    let ((first, _), (last, _)) = (points.first()?, points.last()?);
    Some(format!("{}L{last} {base}L{first} {base}Z", path(points)))
}

/// The first week of each third month, or of each while there are few.
fn months(weeks: &[Week], x: &dyn Fn(usize) -> f64, language: Language) -> Vec<Tick> {
    let every = if weeks.len() > 20 { 3 } else { 1 };
    let mut ticks: Vec<Tick> = Vec::new();
    let mut before = None;
    for (index, week) in weeks.iter().enumerate() {
        let month = (week.on.year(), week.on.month());
        let is_first = before.is_some_and(|before| before != month);
        before = Some(month);
        let after = ticks.last().map_or(LEFT + END, |tick| tick.at + MONTH);
        let has_room = x(index) > after + MONTH && x(index) < WIDTH - RIGHT - END - MONTH;
        if is_first && has_room && week.on.month0() % every == 0 {
            let label = words(language).say("page.chart.month", &[("on", week.on.into())]);
            ticks.push(Tick { at: x(index), label });
        }
    }
    ticks
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_ends_a_line() {
        assert_eq!(path(&[(1.0, 2.0), (3.0, 4.5)]), "M1 2L3 4.5");
        assert_eq!(path(&[(1.0, 2.0)]), "M1 2L3 2");
        assert_eq!(area(&[(1.0, 2.0), (3.0, 4.0)], 9.0).as_deref(), Some("M1 2L3 4L3 9L1 9Z"));
        assert_eq!(area(&[], 9.0), None);
    }

    #[test]
    fn the_months_leave_room_for_each_other_and_for_the_ends() {
        let mut most = 0;
        for count in 2..=53 {
            let on = |n: u64| chrono::NaiveDate::MIN + chrono::Days::new(7 * n);
            let weeks: Vec<Week> = (0..count).map(|n| Week { on: on(n), share: None }).collect();
            let step = (WIDTH - LEFT - RIGHT) / (count - 1) as f64;
            let ticks = months(&weeks, &|index| LEFT + step * index as f64, Language::Da);
            // Where each begins and ends, the two dates included.
            let mut places = vec![(LEFT, LEFT + END)];
            places.extend(ticks.iter().map(|tick| (tick.at - MONTH, tick.at + MONTH)));
            places.push((WIDTH - RIGHT - END, WIDTH - RIGHT));
            let apart = places.windows(2).all(|two| two[0].1 <= two[1].0);
            assert!(apart, "{count} weeks: {places:?}");
            most = most.max(ticks.len());
        }
        assert!(most > 1, "at most {most}");
    }
}
