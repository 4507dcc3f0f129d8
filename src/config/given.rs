//! A value as it was given: with its TOML type in the file, or as bare text in
//! an environment variable or a default, where the key decides what it is.

use std::borrow::Cow;

use toml::de::DeValue;

/// What is wrong with a value, and the way out, as sentences after a colon.
pub(super) type Fault = String;

#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    Toml(&'a DeValue<'a>),
    Text(&'a str),
}

impl<'a> Given<'a> {
    /// Text without blanks around it; dates and times may stand unquoted.
    pub(super) fn text(self) -> Result<Cow<'a, str>, Fault> {
        let text = match self {
            Self::Text(text) => Cow::Borrowed(text.trim()),
            Self::Toml(DeValue::String(text)) => Cow::Borrowed(text.trim()),
            Self::Toml(DeValue::Datetime(time)) => Cow::Owned(time.to_string()),
            Self::Toml(DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) => {
                return Err("this must be text. Put it in quotes.".to_owned());
            }
            Self::Toml(DeValue::Array(_)) => {
                return Err("this must be one text, not a list. Remove the brackets.".to_owned());
            }
            Self::Toml(DeValue::Table(_)) => return Err("this must be text.".to_owned()),
        };
        if text.contains(char::is_control) {
            return Err("this holds a line break or another control character. Remove it.".into());
        }
        Ok(text)
    }

    pub(super) fn integer(self) -> Option<i64> {
        match self {
            Self::Text(text) => text.trim().parse().ok(),
            Self::Toml(DeValue::Integer(number)) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok()
            }
            Self::Toml(_) => None,
        }
    }

    pub(super) fn boolean(self) -> Option<bool> {
        match self {
            Self::Text(text) => text.trim().parse().ok(),
            Self::Toml(value) => value.as_bool(),
        }
    }

    /// Each entry of a list read by `read`. Bare text is a TOML array or a list
    /// with commas.
    pub(super) fn list<T>(
        self,
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let parsed;
        let values = match self {
            Self::Text(text) if !text.trim_start().starts_with('[') => {
                let entries = text.split(',').filter(|entry| !entry.trim().is_empty());
                return all(entries.enumerate().map(|(index, entry)| {
                    read(Self::Text(entry)).map_err(in_entry(index, entry))
                }));
            }
            Self::Text(text) => {
                parsed = DeValue::parse(text.trim()).map_err(|error| {
                    format!(
                        "this is not a TOML list ({}). \
                             Write the entries with commas, without brackets and quotes.",
                        error.message()
                    )
                })?;
                parsed.get_ref()
            }
            Self::Toml(value) => value,
        };
        let Some(values) = values.as_array() else {
            return Err("this must be a list. Put brackets around it: [ … ].".to_owned());
        };
        let read = |(index, value): (usize, &toml::Spanned<DeValue<'_>>)| {
            let value = value.get_ref();
            let shown = match value {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                other => other.type_str().to_owned(),
            };
            read(Given::Toml(value)).map_err(in_entry(index, &shown))
        };
        all(values.iter().enumerate().map(read))
    }
}

/// The values, or the faults of all that are bad: a list is corrected in one go.
fn all<T>(read: impl Iterator<Item = Result<T, Fault>>) -> Result<Vec<T>, Fault> {
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(value) => values.push(value),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults.join(" ")) }
}

fn in_entry(index: usize, shown: &str) -> impl Fn(Fault) -> Fault {
    move |fault| format!("entry {}, {:?}: {fault}", index + 1, shown.trim())
}
