//! What the values of keys may be: numbers, durations, shares, times, names.
//! Each reader takes a [`Given`] and yields the value, or a sentence that says
//! what is wrong and what to write instead.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::{TZ_VARIANTS, Tz};
use uuid::Uuid;

use super::given::{Fault, Given};
use crate::model::LifeCycle;
use crate::text::nearest::did_you_mean;
use crate::time::schedule::CronLine;

pub(super) fn boolean(given: Given<'_>) -> Result<bool, Fault> {
    given.boolean().ok_or_else(|| "this must be true or false, without quotes.".to_owned())
}

/// A whole number from `min` to `max`.
pub(super) fn integer<T>(min: T, max: T) -> impl Fn(Given<'_>) -> Result<T, Fault>
where
    T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
{
    move |given| {
        let Some(number) = given.integer() else {
            return Err(format!(
                "this must be a whole number from {min} to {max}, without quotes."
            ));
        };
        T::try_from(number)
            .ok()
            .filter(|number| (min..=max).contains(number))
            .ok_or_else(|| format!("this must be from {min} to {max}."))
    }
}

/// Text that says something.
pub(super) fn text(given: Given<'_>) -> Result<String, Fault> {
    let text = given.text()?;
    if text.is_empty() {
        return Err("this is empty. Write something, or remove it.".to_owned());
    }
    Ok(text.into_owned())
}

/// A list of which `read` reads each entry.
pub(super) fn list<T>(
    read: impl Fn(Given<'_>) -> Result<T, Fault>,
) -> impl Fn(Given<'_>) -> Result<Vec<T>, Fault> {
    move |given| given.list(&read)
}

/// A list with at least one entry.
pub(super) fn some<T>(
    read: impl Fn(Given<'_>) -> Result<T, Fault>,
) -> impl Fn(Given<'_>) -> Result<Vec<T>, Fault> {
    move |given| match given.list(&read)? {
        list if list.is_empty() => Err("this list is empty. Name at least one.".to_owned()),
        list => Ok(list),
    }
}

/// One of `all`, each spelt by `spell`.
pub(super) fn one_of<T: Copy + 'static>(
    all: &'static [T],
    spell: fn(T) -> &'static str,
) -> impl Fn(Given<'_>) -> Result<T, Fault> {
    move |given| {
        let text = given.text()?;
        all.iter().copied().find(|value| spell(*value) == text).ok_or_else(|| {
            let names = all.iter().map(|value| spell(*value));
            let known = names.clone().collect::<Vec<_>>().join(", ");
            format!("this must be one of {known}.{}", did_you_mean(&text, names))
        })
    }
}

/// Days between mails, the last repeating. Empty: no mails.
pub(super) fn pace(given: Given<'_>) -> Result<Vec<u32>, Fault> {
    let days: Vec<u32> = list(integer(0, 365))(given)?;
    if days.iter().skip(1).any(|days| *days == 0) || days.last() == Some(&0) {
        return Err("only the first number may be 0, and the last number repeats, so it must be \
                    at least 1."
            .to_owned());
    }
    Ok(days)
}

/// A number and a unit, `s`, `m`, `h`, `d`, `w` or `y` (365 days), from `min` to
/// `max`.
pub(super) fn duration(
    min: &'static str,
    max: &'static str,
) -> impl Fn(Given<'_>) -> Result<Duration, Fault> {
    move |given| {
        let text = given.text().map_err(|_| duration_fault())?;
        let duration = parse_duration(&text)?;
        if duration < parse_duration(min)? || duration > parse_duration(max)? {
            return Err(format!("this must be from {min} to {max}."));
        }
        Ok(duration)
    }
}

fn parse_duration(text: &str) -> Result<Duration, Fault> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let seconds: u64 = match unit.trim_start() {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        "y" => 365 * 24 * 60 * 60,
        _ => return Err(duration_fault()),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
        .map(Duration::from_secs)
        .ok_or_else(duration_fault)
}

fn duration_fault() -> Fault {
    "this is not a duration. Write a number and one of s, m, h, d, w, y in quotes, \
     e.g. \"90s\", \"30m\", \"4d\"."
        .to_owned()
}

/// A share of 0–100 per cent, as its number of per cent.
pub(super) fn percentage(given: Given<'_>) -> Result<f64, Fault> {
    given
        .text()
        .ok()
        .and_then(|text| text.strip_suffix('%')?.trim_end().parse::<f64>().ok())
        .filter(|number| (0.0..=100.0).contains(number))
        .ok_or_else(|| "this must be a share from \"0%\" to \"100%\", in quotes.".to_owned())
}

/// A time of the day, `07:00`.
pub(super) fn time(given: Given<'_>) -> Result<NaiveTime, Fault> {
    let text = given.text()?;
    // An unquoted time of TOML shows with seconds.
    NaiveTime::parse_from_str(&text, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M:%S"))
        .map_err(|_| "this is not a time of the day. Write e.g. \"07:00\".".to_owned())
}

/// A date, `2026-12-28`.
pub(super) fn date(given: Given<'_>) -> Result<NaiveDate, Fault> {
    NaiveDate::from_str(&given.text()?).map_err(|_| {
        "this is not a date. Write year, month and day, e.g. \"2026-12-28\".".to_owned()
    })
}

pub(super) fn cron_line(given: Given<'_>) -> Result<CronLine, Fault> {
    CronLine::parse(&given.text()?).map_err(|error| error.to_string())
}

pub(super) fn time_zone(given: Given<'_>) -> Result<Tz, Fault> {
    let text = given.text()?;
    Tz::from_str(&text).map_err(|_| {
        let meant = did_you_mean(&text, TZ_VARIANTS.iter().map(|zone| zone.name()));
        let example = if meant.is_empty() { " Write e.g. \"Europe/Copenhagen\"." } else { "" };
        format!("this is not a time zone of the IANA database.{meant}{example}")
    })
}

/// Everything that KITOS's life cycle can be, in its spelling.
const LIFE_CYCLES: [&str; 6] =
    ["Undecided", "NotInUse", "Pilot", "PhasingIn", "Operational", "PhasingOut"];

pub(super) fn life_cycle(given: Given<'_>) -> Result<LifeCycle, Fault> {
    one_of(&LIFE_CYCLES, |name| name)(given).map(LifeCycle::from_kitos)
}

pub(super) fn uuid(given: Given<'_>) -> Result<Uuid, Fault> {
    Uuid::parse_str(&given.text()?).map_err(|_| {
        "this is not a UUID. Copy it from the address of the system's page in KITOS.".to_owned()
    })
}

/// A path that means the same wherever the program is started.
pub(super) fn path(given: Given<'_>) -> Result<PathBuf, Fault> {
    let text = text(given)?;
    if !Path::new(&text).is_absolute() {
        return Err("this must be a whole path. Begin it with a slash.".to_owned());
    }
    Ok(PathBuf::from(text))
}

/// A file for node_exporter's textfile collector. It is written anew every minute:
/// its ending is what no file of another kind has.
pub(super) fn textfile(given: Given<'_>) -> Result<PathBuf, Fault> {
    let path = path(given)?;
    if path.extension().is_none_or(|ending| ending != "prom") {
        return Err("node_exporter reads files that end in .prom and no others. \
                    Write e.g. \"/var/lib/prometheus/node-exporter/kitos-sync.prom\"."
            .to_owned());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        const DAY: u64 = 24 * 60 * 60;
        for (text, expected) in [
            ("0s", Some(0)),
            ("120s", Some(120)),
            ("30m", Some(30 * 60)),
            ("30 m", Some(30 * 60)),
            ("4d", Some(4 * DAY)),
            ("90d", Some(90 * DAY)),
            ("2w", Some(14 * DAY)),
            ("12h", Some(DAY / 2)),
            ("5y", Some(5 * 365 * DAY)),
            ("", None),
            ("30", None),
            ("m", None),
            ("-1d", None),
            ("1.5h", None),
            ("1h30m", None),
            ("1M", None),
            ("99999999999999999999s", None),
            ("9999999999999999999y", None),
        ] {
            let found = duration("0s", "200y")(Given::Text(text)).ok();
            assert_eq!(found, expected.map(Duration::from_secs), "{text:?}");
        }
        for (text, expected) in [("59s", false), ("60s", true), ("1h", true), ("3601s", false)] {
            assert_eq!(duration("1m", "1h")(Given::Text(text)).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn all_bad_entries_of_a_list_are_told_at_once() {
        let fault = list(integer(1, 53))(Given::Text("1, 60, x, 53")).expect_err("two are bad");
        assert!(fault.contains("entry 2, \"60\"") && fault.contains("entry 3, \"x\""), "{fault}");
    }

    #[test]
    fn percentages() {
        for (text, expected) in [
            ("10%", Some(10.0)),
            ("12.5 %", Some(12.5)),
            ("0%", Some(0.0)),
            ("100%", Some(100.0)),
            ("100.1%", None),
            ("-1%", None),
            ("10", None),
            ("%", None),
            ("NaN%", None),
            ("inf%", None),
        ] {
            assert_eq!(percentage(Given::Text(text)).ok(), expected, "{text}");
        }
    }

    #[test]
    fn times_and_dates() {
        for (text, expected) in
            [("07:00", true), ("23:59", true), ("24:00", false), ("7", false), ("07.00", false)]
        {
            assert_eq!(time(Given::Text(text)).is_ok(), expected, "{text}");
        }
        for (text, expected) in
            [("2026-12-28", true), ("2026-02-29", false), ("28-12-2026", false), ("", false)]
        {
            assert_eq!(date(Given::Text(text)).is_ok(), expected, "{text}");
        }
    }
}
