//! A person's own page: what is theirs, what is missing, and a form to answer with. To
//! look changes nothing, however often a mail scanner does.

use serde::Serialize;
use uuid::Uuid;

use crate::query::{self, Moment, Personal, PossibleOwner};
use crate::web::asked::Asked;
use crate::web::refused::Refused;

/// Nobody chooses from more names than this.
const MOST: usize = 12;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    person: Personal,
    /// What was searched for.
    search: String,
    owners: Vec<PossibleOwner>,
    /// The systems that are ticked.
    chosen: Vec<Uuid>,
    owns_some: bool,
    /// What was chosen and written before, where the form is shown again.
    answer: Option<String>,
    until: Option<String>,
    comment: Option<String>,
    today: String,
}

pub fn reply(asked: &Asked, moment: &Moment<'_>) -> Result<Reply, Refused> {
    let person = query::personal(moment, asked.part("token"))?;
    let search = asked.typed("name").unwrap_or_default().to_owned();
    let owners = match search.is_empty() {
        true => Vec::new(),
        false => query::possible_owners(moment, &search, MOST)?,
    };
    // Ticked before the search, or the only one there is.
    let chosen = match person.systems.as_slice() {
        [only] => vec![only.system_usage_uuid],
        _ => {
            let ticked = asked.fields("system").chain(asked.all("system"));
            ticked.filter_map(|uuid| uuid.parse().ok()).collect()
        }
    };
    let typed = |name| asked.field(name).map(str::to_owned);
    Ok(Reply {
        owns_some: person.systems.iter().any(|system| system.is_owner),
        answer: typed("answer"),
        until: typed("until"),
        comment: typed("comment"),
        person,
        search,
        owners,
        chosen,
        today: moment.today().to_string(),
    })
}
