//! Values as they are typed, each with what may stand there in its error.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::model::{AnswerKind, ChangeKind, JobKind, Rule, Severity, StateOfUse};
use crate::policy::rules::{self, RULES};
use crate::time::civil;

/// A value of a closed set, with all of them in the error.
fn one_of<T: Copy + Into<&'static str>>(
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    all: impl IntoIterator<Item = T>,
) -> Result<T, String> {
    let names = || all.into_iter().map(Into::into).collect::<Vec<&str>>().join(", ");
    parse(text).ok_or_else(|| format!("it is one of: {}", names()))
}

pub fn rule(text: &str) -> Result<Rule, String> {
    one_of(text, rules::find, RULES.iter().map(|rule| rule.id))
}

pub fn severity(text: &str) -> Result<Severity, String> {
    one_of(text, Severity::parse, Severity::ALL.iter().copied())
}

pub fn job(text: &str) -> Result<JobKind, String> {
    one_of(text, JobKind::parse, JobKind::ALL.iter().copied())
}

pub fn kind(text: &str) -> Result<ChangeKind, String> {
    one_of(text, ChangeKind::parse, ChangeKind::ALL.iter().copied())
}

pub fn state(text: &str) -> Result<StateOfUse, String> {
    one_of(text, StateOfUse::parse, StateOfUse::ALL.iter().copied())
}

pub fn answer(text: &str) -> Result<AnswerKind, String> {
    one_of(text, AnswerKind::parse, AnswerKind::ALL.iter().copied())
}

/// An address to look for: blank is none.
pub fn address(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("write a mail address, e.g. anna@kommune.dk".to_owned()),
        address => Ok(address.to_owned()),
    }
}

pub fn day(text: &str) -> Result<NaiveDate, String> {
    civil::day(text).ok_or_else(|| "write a day as YYYY-MM-DD, e.g. 2026-12-31".to_owned())
}

/// Years, weeks or days to come, as days.
pub fn time_ahead(text: &str) -> Result<u32, String> {
    /// Two years: the people who will be asked after that are not known today.
    const MOST: u32 = 731;
    let days_of = |unit| match unit {
        'y' => 365,
        'w' => 7,
        _ => 1,
    };
    let parsed = text
        .strip_suffix(['y', 'w', 'd'])
        .zip(text.chars().last())
        .and_then(|(n, unit)| n.parse::<u32>().ok()?.checked_mul(days_of(unit)));
    parsed.filter(|days| (1..=MOST).contains(days)).ok_or_else(|| {
        "write weeks, days or years, up to two years, e.g. 26w, 90d or 1y".to_owned()
    })
}

/// An instant as `--at` takes it: one that a mail's date can hold, wherever on
/// earth it is read.
pub fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|error| format!("{error}; write e.g. 2026-03-02T07:00:00+01:00"))?
        .to_utc();
    if (1970..9999).contains(&at.year()) {
        Ok(at)
    } else {
        Err("it must lie between 1970 and 9998".to_owned())
    }
}
