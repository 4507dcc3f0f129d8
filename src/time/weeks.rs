//! Rows of days, by week.

use chrono::{NaiveDate, TimeDelta};

/// The last `weeks` weeks that end on the weekday of `today`, oldest first: the last day of
/// each with the last row that is dated in it. `rows` are in order of their days. A week
/// without a row has none: a gap is no value.
pub fn weekly<T>(
    rows: &[T],
    dated: impl Fn(&T) -> NaiveDate,
    today: NaiveDate,
    weeks: i64,
) -> Vec<(NaiveDate, Option<&T>)> {
    let week = |back: i64| {
        let ends = today - TimeDelta::weeks(back);
        let begins = ends - TimeDelta::weeks(1);
        let last = rows.iter().rev().find(|row| dated(row) <= ends);
        (ends, last.filter(|row| dated(row) > begins))
    };
    (0..weeks).rev().map(week).collect()
}

#[cfg(test)]
mod tests {
    use super::weekly;
    use crate::testing::day;

    #[test]
    fn each_week_has_its_last_row_or_none() {
        let rows = [
            ("2026-08-24", 1), // the week before the first
            ("2026-08-25", 2),
            ("2026-08-31", 3), // the last day of the first week
            ("2026-09-08", 4), // the first day of the third; the second has none
            ("2026-09-14", 5),
            ("2026-09-14", 6), // two on one day: the later
            ("2026-09-15", 7), // after today
        ];
        let weeks = weekly(&rows, |(date, _)| day(date), day("2026-09-14"), 3);
        let found: Vec<_> =
            weeks.iter().map(|(ends, row)| (ends.to_string(), row.map(|row| row.1))).collect();
        let expected = [("2026-08-31", Some(3)), ("2026-09-07", None), ("2026-09-14", Some(6))];
        assert_eq!(found, expected.map(|(ends, row)| (ends.to_owned(), row)));
        assert_eq!(weekly(&rows[..0], |(date, _)| day(date), day("2026-09-14"), 1).len(), 1);
    }
}
