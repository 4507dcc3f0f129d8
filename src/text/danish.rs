//! The rules of Danish: the order of names, the genitive, dates and numbers. It knows words but
//! no sentences: those stand in `src/text/*.toml`.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

mod collation;

pub use collation::{Place, compare, place};

const WEEKDAYS: [&str; 7] =
    ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];

const MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
];

/// "mandag den 2. marts 2026"
pub fn long_date(day: NaiveDate) -> String {
    format!("{}den {}", weekday(day), date(day))
}

/// "2. marts 2026"
pub fn date(day: NaiveDate) -> String {
    format!("{} {}", day_and_month(day), day.year())
}

/// "mandag den 2. marts", where the year is plain.
pub fn weekday_and_day(day: NaiveDate) -> String {
    format!("{}den {}", weekday(day), day_and_month(day))
}

/// "mandag 2. marts", where there is less room.
pub fn brief_weekday(day: NaiveDate) -> String {
    format!("{}{}", weekday(day), day_and_month(day))
}

/// "2/3", where there is little room.
pub fn short_date(day: NaiveDate) -> String {
    format!("{}/{}", day.day(), day.month())
}

/// "kl. 05.04"
pub fn clock(time: NaiveTime) -> String {
    format!("kl. {:02}.{:02}", time.hour(), time.minute())
}

fn weekday(day: NaiveDate) -> String {
    let index = day.weekday().num_days_from_monday() as usize;
    WEEKDAYS.get(index).map(|name| format!("{name} ")).unwrap_or_default()
}

/// "5. januar"
pub fn day_and_month(day: NaiveDate) -> String {
    let month = MONTHS.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{}. {month}", day.day())
}

/// A whole number with a point between the thousands: "12.345".
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

/// A number in letters up to twelve, as Danes write it in running text.
pub fn in_letters(value: i64) -> String {
    const LETTERS: [&str; 13] = [
        "nul", "én", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve",
        "tolv",
    ];
    let letters = usize::try_from(value).ok().and_then(|index| LETTERS.get(index));
    letters.map_or_else(|| number(value), |letters| (*letters).to_owned())
}

/// The number with its noun: "1 system", "2 systemer", "0 systemer".
pub fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// `part` of `whole` in whole percent. Only all is 100, and only none is 0, so
/// that no rounding hides the last one. `None` when there is nothing to share.
pub fn percent(part: u32, whole: u32) -> Option<u32> {
    if whole == 0 {
        return None;
    }
    let (part, whole) = (u64::from(part.min(whole)), u64::from(whole));
    let rounded = (part * 100 + whole / 2) / whole;
    let honest = match rounded {
        0 if part > 0 => 1,
        100 if part < whole => 99,
        rounded => rounded,
    };
    u32::try_from(honest).ok()
}

/// How long ago, in the largest unit that still tells something: "i dag",
/// "1 dag", "13 dage", "8 uger", "7 måneder", "2 år".
pub fn duration(days: i64) -> String {
    match days {
        ..=0 => "mindre end et døgn".to_owned(),
        1..=27 => counted(days, "dag", "dage"),
        28..=181 => counted(days / 7, "uge", "uger"),
        182..=729 => counted(days * 12 / 365, "måned", "måneder"),
        _ => counted(days / 365, "år", "år"),
    }
}

/// The genitive: "Randers Kommunes", "Aarhus'", "KL's".
pub fn genitive(name: &str) -> String {
    let name = name.trim_end();
    let last_word = name.rsplit(char::is_whitespace).next().unwrap_or_default();
    let Some(last) = name.chars().next_back() else { return String::new() };
    // An abbreviation that is spelled out, or a number, takes an apostrophe.
    let spelled_out = last_word.chars().count() > 1
        && last_word.chars().all(|c| c.is_uppercase() || c.is_numeric());
    if matches!(last, 's' | 'S' | 'x' | 'X' | 'z' | 'Z') && !spelled_out {
        format!("{name}'")
    } else if spelled_out || !last.is_alphabetic() {
        format!("{name}'s")
    } else {
        format!("{name}s")
    }
}

/// "A", "A og B", "A, B og C".
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} og {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn dates_and_times_are_written_as_danes_write_them() {
        assert_eq!(long_date(day("2026-03-02")), "mandag den 2. marts 2026");
        assert_eq!(long_date(day("2028-02-29")), "tirsdag den 29. februar 2028");
        assert_eq!(long_date(day("2026-12-31")), "torsdag den 31. december 2026");
        assert_eq!(long_date(day("2026-02-28")), "lørdag den 28. februar 2026");
        assert_eq!(weekday_and_day(day("2026-03-01")), "søndag den 1. marts");
        assert_eq!(date(day("2026-05-10")), "10. maj 2026");
        assert_eq!(short_date(day("2026-12-09")), "9/12");
        for (time, expected) in
            [("05:04:59", "kl. 05.04"), ("00:00:00", "kl. 00.00"), ("23:59:00", "kl. 23.59")]
        {
            assert_eq!(clock(time.parse().unwrap()), expected);
        }
    }

    #[test]
    fn numbers_have_points_and_nouns_their_number() {
        for (value, expected) in [
            (0, "0 systemer"),
            (1, "1 system"),
            (2, "2 systemer"),
            (21, "21 systemer"),
            (999, "999 systemer"),
            (1_000, "1.000 systemer"),
            (1_234_567, "1.234.567 systemer"),
            (-1_000, "-1.000 systemer"),
        ] {
            assert_eq!(counted(value, "system", "systemer"), expected);
        }
        assert_eq!(number(i64::MIN), "-9.223.372.036.854.775.808");
    }

    #[test]
    fn no_rounding_hides_the_last_one() {
        for (part, whole, expected) in [
            (0, 0, None),
            (0, 3, Some(0)),
            (1, 1_000, Some(1)),
            (1, 3, Some(33)),
            (2, 3, Some(67)),
            (577, 612, Some(94)),
            (999, 1_000, Some(99)),
            (1_000, 1_000, Some(100)),
            (5, 3, Some(100)),
            (u32::MAX, u32::MAX, Some(100)),
        ] {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn a_duration_is_told_in_the_unit_that_a_reader_would_use() {
        for (days, expected) in [
            (-1, "mindre end et døgn"),
            (0, "mindre end et døgn"),
            (1, "1 dag"),
            (2, "2 dage"),
            (27, "27 dage"),
            (28, "4 uger"),
            (181, "25 uger"),
            (182, "5 måneder"),
            (366, "12 måneder"),
            (729, "23 måneder"),
            (730, "2 år"),
        ] {
            assert_eq!(duration(days), expected, "{days}");
        }
    }

    #[test]
    fn the_genitive_of_names() {
        for (name, expected) in [
            ("Randers Kommune", "Randers Kommunes"),
            ("Aarhus", "Aarhus'"),
            ("Max", "Max'"),
            ("Schultz", "Schultz'"),
            ("KL", "KL's"),
            ("Dansk IT", "Dansk IT's"),
            ("DSB", "DSB's"),
            ("BBS", "BBS's"),
            ("Skole 3", "Skole 3's"),
            ("Ø", "Øs"),
            ("Kommune (test)", "Kommune (test)'s"),
            ("Favrskov Kommune ", "Favrskov Kommunes"),
            ("", ""),
        ] {
            assert_eq!(genitive(name), expected);
        }
    }

    #[test]
    fn lists_end_with_og() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["A"]), "A");
        assert_eq!(list(&["A", "B"]), "A og B");
        assert_eq!(list(&["A", "B", "C"]), "A, B og C");
    }
}
