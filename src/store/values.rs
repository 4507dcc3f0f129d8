//! Between SQLite's values and ours: instants as milliseconds, uuids and dates
//! as text, lists as JSON.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::{FromSql, Value};
use rusqlite::{ParamsFromIter, Statement};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Error;
use crate::text::clean;

/// A row of a query. Its columns are known by name, which is looked up among the names of
/// the query: asking SQLite for them, for each cell, takes longer than to read it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    cells: &'a rusqlite::Row<'a>,
    columns: &'a [String],
}

impl<'a> Row<'a> {
    pub fn get<T: FromSql>(&self, column: &str) -> rusqlite::Result<T> {
        self.cells.get(self.position(column)?)
    }

    /// Text where it lies: a register is thousands of rows of it.
    fn text(&self, column: &str) -> Result<&'a str, Error> {
        let cell = self.cells.get_ref(self.position(column)?)?;
        Ok(cell.as_str().map_err(rusqlite::Error::from)?)
    }

    fn position(&self, column: &str) -> rusqlite::Result<usize> {
        let position = self.columns.iter().position(|name| name == column);
        position.ok_or_else(|| rusqlite::Error::InvalidColumnName(column.to_owned()))
    }
}

pub fn instant(ms: i64, what: &'static str) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| odd(&ms.to_string(), what))
}

pub fn instant_at(row: &Row<'_>, column: &'static str) -> Result<DateTime<Utc>, Error> {
    instant(row.get(column)?, column)
}

pub fn maybe_instant_at(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<DateTime<Utc>>, Error> {
    row.get::<Option<i64>>(column)?.map(|ms| instant(ms, column)).transpose()
}

pub fn uuid(text: &str, what: &'static str) -> Result<Uuid, Error> {
    Uuid::parse_str(text).map_err(|_| odd(text, what))
}

pub fn uuid_at(row: &Row<'_>, column: &'static str) -> Result<Uuid, Error> {
    uuid(row.text(column)?, column)
}

pub fn maybe_uuid_at(row: &Row<'_>, column: &'static str) -> Result<Option<Uuid>, Error> {
    row.get::<Option<String>>(column)?.map(|text| uuid(&text, column)).transpose()
}

pub fn maybe_date_at(row: &Row<'_>, column: &'static str) -> Result<Option<NaiveDate>, Error> {
    row.get::<Option<String>>(column)?.map(|text| date(&text, column)).transpose()
}

pub fn date_at(row: &Row<'_>, column: &'static str) -> Result<NaiveDate, Error> {
    date(row.text(column)?, column)
}

fn date(text: &str, what: &'static str) -> Result<NaiveDate, Error> {
    text.parse().map_err(|_| odd(text, what))
}

/// A value of one of the model's closed sets, by its `parse`.
pub fn named<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Error> {
    let text = row.text(column)?;
    parse(text).ok_or_else(|| odd(text, column))
}

pub fn json_at<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<T, Error> {
    json(row.text(column)?, column)
}

pub fn maybe_json_at<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, Error> {
    row.get::<Option<String>>(column)?.map(|text| json(&text, column)).transpose()
}

fn json<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, Error> {
    // Nothing of it is quoted, nor what serde says of it: lists hold people's addresses.
    serde_json::from_str(text)
        .map_err(|_| Error::Value { what, value: "JSON of another shape".to_owned() })
}

/// A value that is none of ours, as far as a message may quote it.
fn odd(text: &str, what: &'static str) -> Error {
    const LONGEST: usize = 80;
    Error::Value { what, value: format!("{:?}", clean::text(text, LONGEST)) }
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
    statement: &mut Statement<'_>,
    params: impl rusqlite::Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = Vec::new();
    let mut cursor = statement.query(params)?;
    while let Some(cells) = cursor.next()? {
        found.push(read(&Row { cells, columns: &columns })?);
    }
    Ok(found)
}

/// The conditions of a query. Only those asked for are in it, since SQLite uses no index for a
/// condition that is always true.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_quotes_no_list_and_little_of_anything_else() {
        let addresses = r#"["bo@kommune.dk", 7]"#;
        let error = json::<Vec<String>>(addresses, "recipients").expect_err("no list").to_string();
        assert!(error.contains("recipients") && !error.contains("bo@"), "{error}");
        let long = "x".repeat(10_000);
        let error = uuid(&long, "usage").expect_err("no uuid").to_string();
        assert!(error.contains("xxx") && error.len() < 300, "{error}");
    }
}
