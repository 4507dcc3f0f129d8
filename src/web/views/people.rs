//! The people, and what one of them owns and was told.

use serde::Serialize;

use crate::query::{self, Answer, Moment, Person, PersonLife, Presence};
use crate::text::names::holds;
use crate::web::asked::Asked;
use crate::web::paging::Paging;
use crate::web::refused::Refused;

#[derive(Serialize)]
pub struct People {
    name: Option<String>,
    departed: bool,
    owners: bool,
    total: usize,
    rows: Vec<Person>,
    paging: Paging,
}

pub fn people(asked: &Asked, moment: &Moment<'_>) -> Result<People, Refused> {
    let departed = asked.get("departed").is_some();
    let owners = asked.get("owners").is_some();
    let name = asked.get("name");
    let wanted = |person: &Person| {
        let named = name.is_none_or(|name| {
            holds(&person.name, name) || person.email.as_deref().is_some_and(|to| holds(to, name))
        });
        named && (!owners || person.systems_owned > 0)
    };
    let presence = if departed { Presence::Departed } else { Presence::Here };
    let rows: Vec<Person> = query::people(moment, presence)?.into_iter().filter(wanted).collect();
    let total = rows.len();
    let (rows, paging) = Paging::cut(asked, rows);
    let name = asked.get("name").map(str::to_owned);
    Ok(People { name, departed, owners, total, rows, paging })
}

#[derive(Serialize)]
pub struct OnePerson {
    #[serde(flatten)]
    life: PersonLife,
    answers: Vec<Answer>,
}

pub fn person(asked: &Asked, moment: &Moment<'_>) -> Result<OnePerson, Refused> {
    let uuid = asked.part("uuid").parse().map_err(|_| Refused::NotFound)?;
    let life = query::person(moment, uuid)?;
    let mut answers = match &life.person.email {
        Some(email) => query::answers_from(moment, email)?,
        None => Vec::new(),
    };
    answers.reverse();
    Ok(OnePerson { life, answers })
}
