//! What is filled in for a placeholder, and the forms that it can take.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use crate::model::Language;
use crate::text::{clean, danish, english};

/// Name and value of each placeholder.
pub type Args<'a> = [(&'a str, Arg)];

/// A value for a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// Not known: prints as nothing, and `{x?known|unknown}` says "unknown".
    Nothing,
    Text(String),
    Number(i64),
    Date(NaiveDate),
    /// In the configured zone.
    Moment(NaiveDateTime),
    List(Vec<String>),
}

/// How a value is written: `{day:weekday}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// "2. marts 2026"
    Date,
    /// "fredag den 13. februar"
    Weekday,
    /// "fredag den 13. februar 2026"
    Long,
    /// "5. januar"
    Day,
    /// "2/3"
    Short,
    /// "fredag 13. februar", for a subject
    Brief,
    /// "kl. 05.04"
    Clock,
    /// "mandag den 2. marts kl. 05.04"
    Moment,
    /// "13 dage", of a number of days
    Duration,
    /// "Randers Kommunes"
    Genitive,
    /// "syv": a number in letters up to twelve
    Letters,
    /// A capital letter at the beginning
    Capital,
}

impl Form {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Self::Date,
            "weekday" => Self::Weekday,
            "long" => Self::Long,
            "day" => Self::Day,
            "short" => Self::Short,
            "brief" => Self::Brief,
            "clock" => Self::Clock,
            "moment" => Self::Moment,
            "duration" => Self::Duration,
            "genitive" => Self::Genitive,
            "letters" => Self::Letters,
            "capital" => Self::Capital,
            _ => return None,
        })
    }
}

impl Arg {
    /// Which words of `{x?…}` apply.
    pub(super) fn count(&self) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Text(text) => i64::from(!text.is_empty()),
            Self::Number(number) => *number,
            Self::Date(_) | Self::Moment(_) => 1,
            Self::List(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        }
    }

    /// The value as an item of a list.
    pub fn to_text(&self, language: Language) -> String {
        self.print(Form::Plain, language)
    }

    pub(super) fn print(&self, form: Form, language: Language) -> String {
        let text = match self {
            Self::Nothing => String::new(),
            Self::Text(text) => match time(text, form) {
                Some(value) => value.print(form, language),
                None => harmless(text),
            },
            Self::Number(number) => print_number(*number, form, language),
            Self::Date(day) => print_date(*day, form, language),
            Self::Moment(moment) => print_moment(*moment, form, language),
            // A list counts as the number of its items.
            Self::List(_) if form == Form::Letters => print_number(self.count(), form, language),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| harmless(item)).collect();
                match language {
                    Language::Da => danish::list(&items),
                    Language::En => english::list(&items),
                }
            }
        };
        match (form, language) {
            (Form::Genitive, Language::Da) => danish::genitive(&text),
            (Form::Genitive, Language::En) => english::genitive(&text),
            (Form::Capital, _) => capital(&text),
            _ => text,
        }
    }
}

/// Text from elsewhere is one line of sensible length wherever it is said.
fn harmless(text: &str) -> String {
    clean::text(text, clean::LONGEST_SENTENCE)
}

/// Templates hold dates and instants as text.
fn time(text: &str, form: Form) -> Option<Arg> {
    match form {
        Form::Date | Form::Weekday | Form::Long | Form::Day | Form::Short | Form::Brief => {
            text.parse().ok().map(Arg::Date)
        }
        Form::Clock | Form::Moment => {
            let instant: DateTime<FixedOffset> = text.parse().ok()?;
            Some(Arg::Moment(instant.naive_local()))
        }
        _ => None,
    }
}

fn print_date(day: NaiveDate, form: Form, language: Language) -> String {
    match (form, language) {
        (Form::Weekday, Language::Da) => danish::weekday_and_day(day),
        (Form::Weekday, Language::En) => english::weekday_and_day(day),
        (Form::Brief, Language::Da) => danish::brief_weekday(day),
        (Form::Brief, Language::En) => english::weekday_and_day(day),
        (Form::Long, Language::Da) => danish::long_date(day),
        (Form::Long, Language::En) => english::long_date(day),
        (Form::Day, Language::Da) => danish::day_and_month(day),
        (Form::Day, Language::En) => english::day_and_month(day),
        (Form::Short, Language::Da) => danish::short_date(day),
        (Form::Short, Language::En) => english::short_date(day),
        (_, Language::Da) => danish::date(day),
        (_, Language::En) => english::date(day),
    }
}

fn print_moment(local: NaiveDateTime, form: Form, language: Language) -> String {
    let clock = match language {
        Language::Da => danish::clock(local.time()),
        Language::En => english::clock(local.time()),
    };
    match form {
        Form::Clock => clock,
        Form::Plain | Form::Moment => {
            format!("{} {clock}", print_date(local.date(), Form::Weekday, language))
        }
        form => print_date(local.date(), form, language),
    }
}

fn print_number(number: i64, form: Form, language: Language) -> String {
    match (form, language) {
        (Form::Duration, Language::Da) => danish::duration(number),
        (Form::Duration, Language::En) => english::duration(number),
        (Form::Letters, Language::Da) => danish::in_letters(number),
        (Form::Letters, Language::En) => english::in_letters(number),
        (_, Language::Da) => danish::number(number),
        (_, Language::En) => english::number(number),
    }
}

/// The text with a capital letter at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest.by_ref()).collect()
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// `{x?true|false}`
impl From<bool> for Arg {
    fn from(holds: bool) -> Self {
        if holds { Self::Number(1) } else { Self::Nothing }
    }
}

impl From<NaiveDate> for Arg {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<DateTime<Tz>> for Arg {
    fn from(moment: DateTime<Tz>) -> Self {
        Self::Moment(moment.naive_local())
    }
}

impl From<Vec<String>> for Arg {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

impl<T: Into<Self>> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Arg {
            fn from(number: $number) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    )*};
}

from_numbers!(i64, u32, usize);
