//! One field of a crontab line: `*`, `5`, `Mon-Fri`, `0-30/10`, `1,15`.
//!
//! The `cron` crate reads such fields too, but counts weekdays from Sunday = 1
//! and says little about what is wrong. Here they get crontab's own meaning and
//! a message that names the culprit.

use std::collections::BTreeSet;

use super::error::CronError;

/// What a field of a crontab line may hold.
pub(super) struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    /// Names of the values from `min` on; three letters are enough.
    names: &'static [&'static str],
}

pub(super) const MINUTE: Field = Field { name: "minute", min: 0, max: 59, names: &[] };
pub(super) const HOUR: Field = Field { name: "hour", min: 0, max: 23, names: &[] };
pub(super) const DAY: Field = Field { name: "day", min: 1, max: 31, names: &[] };
pub(super) const MONTH: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &[
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
};
/// 0 and 7 are Sunday, as in crontab.
pub(super) const WEEKDAY: Field = Field {
    name: "weekday",
    min: 0,
    max: 7,
    names: &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
};

impl Field {
    /// The values that `text` names; for weekdays 7 stands beside 0.
    pub(super) fn parse(&self, text: &str) -> Result<BTreeSet<u32>, CronError> {
        // A comma, dash or slash with nothing beside it.
        if text.split([',', '-', '/']).any(str::is_empty) {
            return Err(self.not_a_value(text));
        }
        let mut values = BTreeSet::new();
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, self.step(item, step)?),
                None => (item, 1),
            };
            let (first, last) = self.range(range)?;
            if item.contains('/') && range != "*" && !range.contains('-') {
                let (field, max) = (self.name, self.max);
                return Err(CronError::StepWithoutRange { field, item: item.to_owned(), max });
            }
            values.extend((first..=last).step_by(step));
        }
        Ok(values)
    }

    fn range(&self, text: &str) -> Result<(u32, u32), CronError> {
        if text == "*" {
            return Ok((self.min, self.max));
        }
        let Some((first, last)) = text.split_once('-') else {
            let value = self.value(text)?;
            return Ok((value, value));
        };
        let start = self.value(first)?;
        let end = match self.value(last)? {
            // "Sat-Sun" can only mean the Sunday after.
            0 if self.max == WEEKDAY.max && start > 0 => 7,
            end => end,
        };
        if start > end {
            return Err(CronError::Backwards {
                field: self.name,
                range: text.to_owned(),
                instead: format!("{first}-{},{}-{last}", self.max, self.min),
            });
        }
        Ok((start, end))
    }

    fn value(&self, text: &str) -> Result<u32, CronError> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return match text.parse() {
                Ok(value) if (self.min..=self.max).contains(&value) => Ok(value),
                _ => Err(self.outside(text)),
            };
        }
        let word = text.to_ascii_lowercase();
        (self.min..)
            .zip(self.names)
            .find(|(_, name)| word == **name || word == name[..3])
            .map(|(value, _)| value)
            .ok_or_else(|| self.not_a_value(text))
    }

    fn step(&self, item: &str, text: &str) -> Result<usize, CronError> {
        match text.parse::<u32>() {
            Ok(step) if (1..=self.max).contains(&step) => Ok(step as usize),
            Ok(_) => {
                Err(CronError::Step { field: self.name, item: item.to_owned(), max: self.max })
            }
            Err(_) => Err(CronError::NotAValue {
                field: self.name,
                text: item.to_owned(),
                known: format!("a step from 1 to {} after the slash", self.max),
            }),
        }
    }

    fn outside(&self, value: &str) -> CronError {
        CronError::Outside {
            field: self.name,
            value: value.to_owned(),
            min: self.min,
            max: self.max,
        }
    }

    fn not_a_value(&self, text: &str) -> CronError {
        let mut known = format!("a number from {} to {}", self.min, self.max);
        if let [first, .., last] = self.names {
            known += &format!(" or an English name from {} to {}", short(first), short(last));
        }
        CronError::NotAValue { field: self.name, text: text.to_owned(), known }
    }
}

/// "monday" → "Mon": how crontabs write a name.
fn short(name: &str) -> String {
    name[..1].to_ascii_uppercase() + &name[1..3]
}
