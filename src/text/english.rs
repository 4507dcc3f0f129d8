//! English as the mails need it: dates, numbers, the genitive. The counterpart of
//! [`crate::text::danish`]; knows words and no sentences.

use chrono::{NaiveDate, NaiveTime};

/// "Monday 2 March 2026"
pub fn long_date(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

/// "2 March 2026"
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// "Monday 2 March", where the year is plain.
pub fn weekday_and_day(day: NaiveDate) -> String {
    day.format("%A %-d %B").to_string()
}

/// "5 January"
pub fn day_and_month(day: NaiveDate) -> String {
    day.format("%-d %B").to_string()
}

/// "2/3", where there is little room: day and month, as in Denmark.
pub fn short_date(day: NaiveDate) -> String {
    day.format("%-d/%-m").to_string()
}

/// "at 05:04"
pub fn clock(time: NaiveTime) -> String {
    time.format("at %H:%M").to_string()
}

/// A whole number with a comma between the thousands: "12,345".
pub fn number(value: i64) -> String {
    crate::text::danish::number(value).replace('.', ",")
}

/// A number in letters up to twelve.
pub fn in_letters(value: i64) -> String {
    const LETTERS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let letters = usize::try_from(value).ok().and_then(|index| LETTERS.get(index));
    letters.map_or_else(|| number(value), |letters| (*letters).to_owned())
}

/// The number with its noun: "1 system", "2 systems", "0 systems".
pub fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// How long, in the largest unit that still tells something.
pub fn duration(days: i64) -> String {
    match days {
        ..=0 => "less than a day".to_owned(),
        1..=27 => counted(days, "day", "days"),
        28..=181 => counted(days / 7, "week", "weeks"),
        182..=729 => counted(days * 12 / 365, "month", "months"),
        _ => counted(days / 365, "year", "years"),
    }
}

/// "Randers Kommune's", "Aarhus's".
pub fn genitive(name: &str) -> String {
    match name.trim_end() {
        "" => String::new(),
        name => format!("{name}'s"),
    }
}

/// "A", "A and B", "A, B and C".
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_numbers_and_names_are_english() {
        let day: NaiveDate = "2026-03-02".parse().unwrap();
        assert_eq!(long_date(day), "Monday 2 March 2026");
        assert_eq!(date(day), "2 March 2026");
        assert_eq!(weekday_and_day(day), "Monday 2 March");
        assert_eq!(short_date(day), "2/3");
        assert_eq!(clock("05:04:59".parse().unwrap()), "at 05:04");
        assert_eq!(number(-1_234_567), "-1,234,567");
        assert_eq!(counted(1, "system", "systems"), "1 system");
        assert_eq!(counted(1_000, "system", "systems"), "1,000 systems");
        assert_eq!(genitive("Aarhus "), "Aarhus's");
        assert_eq!(genitive(""), "");
        assert_eq!(list(&["A", "B", "C"]), "A, B and C");
        for (days, expected) in [
            (0, "less than a day"),
            (1, "1 day"),
            (28, "4 weeks"),
            (366, "12 months"),
            (730, "2 years"),
        ] {
            assert_eq!(duration(days), expected);
        }
    }
}
