//! Between SQLite's values and ours: instants as milliseconds, uuids and dates
//! as text, lists as JSON.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::Value;
use rusqlite::{ParamsFromIter, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Error;

pub fn instant(ms: i64, what: &'static str) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| Error::Value { what, value: ms.to_string() })
}

pub fn instant_at(row: &Row<'_>, column: &'static str) -> Result<DateTime<Utc>, Error> {
    instant(row.get(column)?, column)
}

pub fn maybe_instant_at(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<DateTime<Utc>>, Error> {
    row.get::<_, Option<i64>>(column)?.map(|ms| instant(ms, column)).transpose()
}

/// Text where it lies: a register is thousands of rows of it.
fn text_at<'a>(row: &'a Row<'_>, column: &'static str) -> Result<&'a str, Error> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

pub fn uuid(text: &str, what: &'static str) -> Result<Uuid, Error> {
    Uuid::parse_str(text).map_err(|_| Error::Value { what, value: text.to_owned() })
}

pub fn uuid_at(row: &Row<'_>, column: &'static str) -> Result<Uuid, Error> {
    uuid(text_at(row, column)?, column)
}

pub fn maybe_uuid_at(row: &Row<'_>, column: &'static str) -> Result<Option<Uuid>, Error> {
    row.get::<_, Option<String>>(column)?.map(|text| uuid(&text, column)).transpose()
}

pub fn maybe_date_at(row: &Row<'_>, column: &'static str) -> Result<Option<NaiveDate>, Error> {
    row.get::<_, Option<String>>(column)?.map(|text| date(&text, column)).transpose()
}

pub fn date_at(row: &Row<'_>, column: &'static str) -> Result<NaiveDate, Error> {
    date(text_at(row, column)?, column)
}

fn date(text: &str, what: &'static str) -> Result<NaiveDate, Error> {
    text.parse().map_err(|_| Error::Value { what, value: text.to_owned() })
}

/// A value of one of the model's closed sets, by its `parse`.
pub fn named<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Error> {
    let text: String = row.get(column)?;
    parse(&text).ok_or(Error::Value { what: column, value: text })
}

pub fn json_at<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<T, Error> {
    let text = text_at(row, column)?;
    let broken = |_| Error::Value { what: column, value: text.to_owned() };
    serde_json::from_str(text).map_err(broken)
}

pub fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::Value { what: "a value for JSON", value: error.to_string() })
}

/// A count as SQLite keeps it.
pub fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Reads all rows of a query with a reader that can fail in our own way.
pub fn rows<T>(
    statement: &mut rusqlite::Statement<'_>,
    params: impl rusqlite::Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    let mut cursor = statement.query(params)?;
    while let Some(row) = cursor.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// What narrows a query: only the conditions that are asked for, since SQLite
/// finds no index for one that is true of everything.
#[derive(Debug, Default)]
pub struct Conditions {
    sql: Vec<&'static str>,
    params: Vec<Value>,
}

impl Conditions {
    /// Adds `condition`, in which each `?` stands for `value`, if there is one.
    pub fn and(&mut self, condition: &'static str, value: Option<impl Into<Value>>) {
        let Some(value) = value.map(Into::into) else { return };
        let marks = condition.matches('?').count();
        self.sql.push(condition);
        self.params.extend(std::iter::repeat_n(value, marks));
    }

    /// Adds a condition without a value.
    pub fn only(&mut self, condition: &'static str) {
        self.sql.push(condition);
    }

    /// `WHERE …`, or nothing.
    pub fn sql(&self) -> String {
        if self.sql.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.sql.join(" AND "))
        }
    }

    pub fn params(self) -> ParamsFromIter<Vec<Value>> {
        rusqlite::params_from_iter(self.params)
    }
}
