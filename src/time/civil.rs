//! From civil time (what a clock on the wall shows) to instants. The one place
//! that knows what a time means that a change of the clocks skips or repeats;
//! it must never yield two instants for one civil time, nor none.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// The instant at which a clock in `zone` shows `civil`.
///
/// A time that the clocks skip in spring means the first instant after the
/// gap; a time that they show twice in autumn means the first of the two
/// (`docs/reliability.md` R14). Later civil times never give earlier instants.
pub fn instant(civil: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    zone.from_local_datetime(&civil)
        .earliest()
        .or_else(|| GapInfo::new(&civil, &zone)?.end)
        // Only outside the years that the time zone database knows.
        .map_or_else(|| civil.and_utc(), |time| time.to_utc())
}

/// What a clock in `zone` shows at `instant`.
pub fn local(instant: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    instant.with_timezone(&zone).naive_local()
}

/// The first instant of `day` in `zone`.
pub fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    instant(day.and_time(NaiveTime::MIN), zone)
}

/// The first instant after `day` in `zone`.
pub fn end_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    // There is no day after the last one that chrono knows.
    start_of(day.succ_opt().unwrap_or(day), zone)
}

/// The day of an instant in a zone.
pub fn local_date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// A day that a person can mean, as `YYYY-MM-DD`; with four digits of a year, days sort as
/// text.
pub fn day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    (1..=9999).contains(&day.year()).then_some(day)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Australia::Lord_Howe;
    use chrono_tz::Europe::Copenhagen;
    use chrono_tz::Pacific::Apia;

    use super::*;

    #[test]
    fn each_civil_time_is_one_instant() {
        for (zone, civil, expected, why) in [
            (Copenhagen, "2026-01-15T05:00:00", "2026-01-15T04:00:00Z", "winter"),
            (Copenhagen, "2026-07-15T05:00:00", "2026-07-15T03:00:00Z", "summer"),
            (Copenhagen, "2026-03-29T01:59:00", "2026-03-29T00:59:00Z", "before the gap"),
            (Copenhagen, "2026-03-29T02:00:00", "2026-03-29T01:00:00Z", "start of the gap"),
            (Copenhagen, "2026-03-29T02:59:00", "2026-03-29T01:00:00Z", "end of the gap"),
            (Copenhagen, "2026-03-29T03:00:00", "2026-03-29T01:00:00Z", "after the gap"),
            (Copenhagen, "2026-10-25T01:59:00", "2026-10-24T23:59:00Z", "before the fold"),
            (Copenhagen, "2026-10-25T02:00:00", "2026-10-25T00:00:00Z", "first of two"),
            (Copenhagen, "2026-10-25T02:59:00", "2026-10-25T00:59:00Z", "first of two"),
            (Copenhagen, "2026-10-25T03:00:00", "2026-10-25T02:00:00Z", "after the fold"),
            (Lord_Howe, "2026-10-04T02:10:00", "2026-10-03T15:30:00Z", "gap of half an hour"),
            (Apia, "2011-12-30T12:00:00", "2011-12-30T10:00:00Z", "a day that never was"),
        ] {
            let civil: NaiveDateTime = civil.parse().unwrap();
            assert_eq!(instant(civil, zone), expected.parse::<DateTime<Utc>>().unwrap(), "{why}");
        }
    }
}
