//! Danish working days, computed: when an owner may hear from us. Nobody is
//! mailed on a day off, so a wrong day here is a broken promise to a reader.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use crate::time::civil;

/// When mail may reach an owner (`notify.business_days_only`, `.not_before`,
/// `.holidays`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingDays {
    /// Days without mail beyond those that the law and custom give.
    pub holidays: BTreeSet<NaiveDate>,
    /// In which dates and `not_before` are meant.
    pub zone: Tz,
    /// Not earlier than this on a working day.
    pub not_before: NaiveTime,
    /// Whether owners hear from us on working days only; if not, on all but the holidays.
    pub business_days_only: bool,
}

impl WorkingDays {
    /// Whether people are at work on `date`, whether or not they hear from us on others, too.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        let is_weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        !is_weekend && !is_danish_day_off(date) && !self.holidays.contains(&date)
    }

    /// Whether owners hear from us on `date` at all.
    pub fn is_mail_day(&self, date: NaiveDate) -> bool {
        match self.business_days_only {
            true => self.is_working_day(date),
            false => !self.holidays.contains(&date),
        }
    }

    /// The first instant from `now` on at which owners may hear from us: `now`
    /// itself on a day of mail after `not_before`, else `not_before` of the
    /// day whose turn it is.
    pub fn earliest(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        civil::local(now, self.zone)
            .date()
            .iter_days()
            .find(|date| self.is_mail_day(*date))
            // No day of mail until the end of chrono's calendar: never.
            .map_or(now, |date| civil::instant(date.and_time(self.not_before), self.zone).max(now))
    }
}

/// Public holidays by law (helligdage), and the days on which municipalities are closed by
/// custom: 5 June, 24 and 31 December (`docs/contract.md`, `notify.business_days_only`).
pub fn is_danish_day_off(date: NaiveDate) -> bool {
    if matches!((date.month(), date.day()), (1, 1) | (6, 5) | (12, 24..=26 | 31)) {
        return true;
    }
    let Some(easter) = easter_sunday(date.year()) else { return false };
    match date.signed_duration_since(easter).num_days() {
        // Skærtorsdag, langfredag, påskedag, 2. påskedag, Kristi
        // himmelfartsdag, pinsedag, 2. pinsedag.
        -3 | -2 | 0 | 1 | 39 | 49 | 50 => true,
        // Store bededag, abolished by law from 2024.
        26 => date.year() < 2024,
        _ => false,
    }
}

/// Easter Sunday of a Gregorian year, by the anonymous computus (Meeus).
/// `None` outside chrono's calendar.
fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, rest) = (year.div_euclid(100), year.rem_euclid(100));
    let lunar_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - lunar_correction + 15).rem_euclid(30);
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    // Days after 22 March, the earliest Easter there is.
    let days = epact + weekday - 7 * late;
    NaiveDate::from_ymd_opt(year, 3, 22)?.checked_add_days(Days::new(u64::try_from(days).ok()?))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Copenhagen;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn working_days() -> WorkingDays {
        WorkingDays {
            holidays: BTreeSet::from([date("2026-10-16")]),
            zone: Copenhagen,
            not_before: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
            business_days_only: true,
        }
    }

    #[test]
    fn easter_is_when_the_church_keeps_it() {
        for easter in [
            "1818-03-22", // the earliest there is
            "1943-04-25", // the latest there is
            "1954-04-18",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2029-04-01",
            "2030-04-21",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2100-03-28",
        ] {
            let easter = date(easter);
            assert_eq!(easter_sunday(easter.year()), Some(easter));
        }
    }

    #[test]
    fn the_danish_days_off_of_2026_are_these() {
        let off: Vec<String> = date("2026-01-01")
            .iter_days()
            .take_while(|day| day.year() == 2026)
            .filter(|day| is_danish_day_off(*day))
            .map(|day| day.to_string())
            .collect();
        assert_eq!(
            off,
            [
                "2026-01-01",
                "2026-04-02",
                "2026-04-03",
                "2026-04-05",
                "2026-04-06",
                "2026-05-14",
                "2026-05-24",
                "2026-05-25",
                "2026-06-05",
                "2026-12-24",
                "2026-12-25",
                "2026-12-26",
                "2026-12-31",
            ]
        );
    }

    #[test]
    fn owners_hear_on_working_days_only() {
        for (day, expected, why) in [
            ("2026-11-02", true, "an ordinary Monday"),
            ("2026-10-31", false, "a Saturday"),
            ("2026-11-01", false, "a Sunday"),
            ("2026-10-16", false, "the municipality's own day off"),
            ("2026-05-15", true, "the Friday after Kristi himmelfart is no holiday by law"),
            ("2026-05-01", true, "1 May is a working day"),
            ("2026-05-26", true, "the Tuesday after pinse"),
            ("2023-05-05", false, "the last store bededag"),
            ("2024-04-26", true, "store bededag is a working day since 2024"),
            ("2025-06-05", false, "grundlovsdag"),
            ("2027-12-31", false, "nytårsaftensdag"),
            ("2027-12-30", true, "the day before"),
        ] {
            let every_day = WorkingDays { business_days_only: false, ..working_days() };
            for days in [&working_days(), &every_day] {
                assert_eq!(days.is_working_day(date(day)), expected, "{day}: {why}");
            }
            assert_eq!(working_days().is_mail_day(date(day)), expected, "{day}: {why}");
            let is_own = why == "the municipality's own day off";
            assert_eq!(every_day.is_mail_day(date(day)), !is_own, "{day}: every other day counts");
        }
    }

    #[test]
    fn the_earliest_moment() {
        for (now, expected, why) in [
            ("2026-11-02T10:00:00+01:00", "2026-11-02T10:00:00+01:00", "in the working day"),
            ("2026-11-02T07:00:00+01:00", "2026-11-02T07:00:00+01:00", "at not_before"),
            ("2026-11-02T06:59:59+01:00", "2026-11-02T07:00:00+01:00", "just before it"),
            ("2026-11-02T23:59:59+01:00", "2026-11-02T23:59:59+01:00", "late is not too early"),
            ("2026-10-30T23:30:00Z", "2026-11-02T07:00:00+01:00", "Friday in UTC, Saturday here"),
            ("2026-10-31T12:00:00+01:00", "2026-11-02T07:00:00+01:00", "over the weekend"),
            ("2026-10-15T03:00:00+02:00", "2026-10-15T07:00:00+02:00", "summer time"),
            ("2026-10-16T09:00:00+02:00", "2026-10-19T07:00:00+02:00", "own day off, then weekend"),
            ("2026-10-24T09:00:00+02:00", "2026-10-26T07:00:00+01:00", "over the autumn change"),
            ("2026-04-01T23:59:00+02:00", "2026-04-01T23:59:00+02:00", "the day before Easter"),
            ("2026-04-02T00:00:00+02:00", "2026-04-07T07:00:00+02:00", "over Easter"),
            ("2026-12-24T08:00:00+01:00", "2026-12-28T07:00:00+01:00", "over Christmas"),
            ("2026-12-31T08:00:00+01:00", "2027-01-04T07:00:00+01:00", "over New Year"),
        ] {
            let now = now.parse::<DateTime<Utc>>().unwrap();
            let expected = expected.parse::<DateTime<Utc>>().unwrap();
            assert_eq!(working_days().earliest(now), expected, "{now}: {why}");
        }
    }

    #[test]
    fn a_repeated_hour_moves_nobody_back_in_time() {
        let nights = WorkingDays {
            business_days_only: false,
            not_before: NaiveTime::from_hms_opt(2, 45, 0).unwrap(),
            ..working_days()
        };
        // 02:30 for the second time: 02:45 has been, for the first time.
        let now = "2026-10-25T02:30:00+01:00".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(nights.earliest(now), now);
    }
}
