//! What people answered.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{
    Conditions, Row, date_at, instant_at, json_at, maybe_date_at, maybe_instant_at, maybe_uuid_at,
    named, rows, to_json, uuid_at,
};
use crate::model::{Answer, AnswerEnd, AnswerState, GivenAnswer};

/// Which answers to list; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerFilter {
    pub id: Option<i64>,
    pub state: Option<AnswerState>,
    pub usage: Option<Uuid>,
    /// Whose they are, folded.
    pub email: Option<String>,
}

pub fn insert_answer(
    connection: &Connection,
    given: &GivenAnswer,
    state: AnswerState,
) -> Result<i64, Error> {
    let done_at = (state != AnswerState::Open).then(|| given.at.timestamp_millis());
    connection
        .prepare(
            "INSERT INTO answer (name, email, usage, kind, owner, until, comment, findings, at, day,
                                 noted_by, state, closed_at, as_owner, person, review)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute((
            &given.name,
            &given.email,
            given.usage.map(|uuid| uuid.to_string()),
            given.kind.as_str(),
            given.owner.map(|uuid| uuid.to_string()),
            given.until.map(|day| day.to_string()),
            &given.comment,
            to_json(&given.findings)?,
            given.at.timestamp_millis(),
            given.day.to_string(),
            &given.noted_by,
            state.as_str(),
            done_at,
            given.as_owner,
            given.person.map(|uuid| uuid.to_string()),
            given.review,
        ))?;
    Ok(connection.last_insert_rowid())
}

/// The answers that fit, oldest first.
pub fn list_answers(connection: &Connection, filter: AnswerFilter) -> Result<Vec<Answer>, Error> {
    let mut wanted = Conditions::default();
    wanted.and("id = ?", filter.id);
    wanted.and("state = ?", filter.state.map(|state| state.as_str().to_owned()));
    wanted.and("usage = ?", filter.usage.map(|usage| usage.to_string()));
    wanted.and("email = ?", filter.email);
    let sql = format!("SELECT * FROM answer {} ORDER BY id", wanted.sql());
    rows(&mut connection.prepare(&sql)?, wanted.params(), read)
}

/// Closes an open answer.
pub fn close_answer(
    connection: &Connection,
    id: i64,
    state: AnswerState,
    end: &AnswerEnd,
) -> Result<(), Error> {
    connection.execute(
        "UPDATE answer SET state = ?2, closed_at = ?3, closed_by = ?4, why = ?5
         WHERE id = ?1 AND state = 'open'",
        (id, state.as_str(), end.at.timestamp_millis(), &end.by, &end.why),
    )?;
    Ok(())
}

/// The last day on which somebody said of a system that they have looked at it and it
/// is right.
pub fn looked_through(connection: &Connection) -> Result<BTreeMap<Uuid, NaiveDate>, Error> {
    let mut statement = connection.prepare(
        "SELECT usage, max(day) AS day FROM answer
         WHERE kind IN ('confirmed', 'lookedThrough') AND usage IS NOT NULL GROUP BY usage",
    )?;
    let found = rows(&mut statement, [], |row| Ok((uuid_at(row, "usage")?, date_at(row, "day")?)))?;
    Ok(found.into_iter().collect())
}

/// Forgets answers that were closed before.
pub fn prune_answers(connection: &Connection, before: DateTime<Utc>) -> Result<usize, Error> {
    Ok(connection.execute(
        "DELETE FROM answer WHERE state <> 'open' AND closed_at < ?1",
        [before.timestamp_millis()],
    )?)
}

fn read(row: &Row<'_>) -> Result<Answer, Error> {
    let closed = match maybe_instant_at(row, "closed_at")? {
        None => None,
        Some(at) => Some(AnswerEnd { at, by: row.get("closed_by")?, why: row.get("why")? }),
    };
    Ok(Answer {
        id: row.get("id")?,
        given: GivenAnswer {
            name: row.get("name")?,
            email: row.get("email")?,
            person: maybe_uuid_at(row, "person")?,
            review: row.get("review")?,
            usage: maybe_uuid_at(row, "usage")?,
            as_owner: row.get("as_owner")?,
            kind: named(row, "kind", |text| text.parse().ok())?,
            owner: maybe_uuid_at(row, "owner")?,
            until: maybe_date_at(row, "until")?,
            comment: row.get("comment")?,
            findings: json_at(row, "findings")?,
            at: instant_at(row, "at")?,
            day: date_at(row, "day")?,
            noted_by: row.get("noted_by")?,
        },
        state: named(row, "state", |text| text.parse().ok())?,
        closed,
    })
}
