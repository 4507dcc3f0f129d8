//! Who is away, and who stands in.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::error::Error;
use super::leaders::{self, LeadersFile};
use super::moment::Moment;
use super::view::Owner;
use crate::notify::identity::Identities;
use crate::store::{NotedAway, all_away, identities, memberships};
use crate::text::addresses::folded;
use crate::text::danish;

/// Somebody to whom nothing goes until the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Absence {
    pub name: String,
    pub email: String,
    /// The last day of it.
    pub until: NaiveDate,
    pub substitute: Option<Owner>,
    /// Who noted it.
    pub by: Option<String>,
}

/// Who is away today, by name.
pub fn absences(moment: &Moment<'_>) -> Result<Vec<Absence>, Error> {
    let noted = in_force(moment)?;
    if noted.is_empty() {
        return Ok(Vec::new());
    }
    let people = People::of(moment)?;
    let mut all: Vec<Absence> = noted.into_iter().map(|noted| people.absence(noted)).collect();
    all.sort_by(|a, b| danish::compare(&a.name, &b.name).then_with(|| a.email.cmp(&b.email)));
    Ok(all)
}

/// An absence as it was noted, whether it still holds or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PastAbsence {
    #[serde(flatten)]
    pub absence: Absence,
    pub noted_at: DateTime<Utc>,
    /// Where it was ended before its time, or another note took its place.
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_by: Option<String>,
}

/// All that was ever noted, the latest first: who decided what, and when.
pub fn all_absences(moment: &Moment<'_>) -> Result<Vec<PastAbsence>, Error> {
    let people = People::of(moment)?;
    let past = |noted: NotedAway| PastAbsence {
        noted_at: noted.at,
        ended_at: noted.ended_at,
        ended_by: noted.ended_by.clone(),
        absence: people.absence(noted),
    };
    Ok(all_away(moment.connection)?.into_iter().rev().map(past).collect())
}

/// What is noted of the person whose address this is, if anything, also under an address
/// of theirs from before.
pub fn absence_of(moment: &Moment<'_>, address: &str) -> Result<Option<Absence>, Error> {
    let Some(away) = AwayToday::of(moment)? else { return Ok(None) };
    Ok(away.noted_of(address).map(|noted| away.people.absence(noted.clone())))
}

/// What is noted of today, and of whom.
pub(super) struct AwayToday {
    noted: Vec<NotedAway>,
    people: People,
}

impl AwayToday {
    /// `None` if nobody is away.
    pub fn of(moment: &Moment<'_>) -> Result<Option<Self>, Error> {
        let noted = in_force(moment)?;
        if noted.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { noted, people: People::of(moment)? }))
    }

    /// The last day on which the person whose address this is, or was, is away.
    pub fn until(&self, address: &str) -> Option<NaiveDate> {
        self.noted_of(address).map(|noted| noted.away.until)
    }

    fn noted_of(&self, address: &str) -> Option<&NotedAway> {
        self.noted.iter().find(|noted| self.people.are_same(&noted.address, address))
    }
}

/// What is noted of today, by address.
fn in_force(moment: &Moment<'_>) -> Result<Vec<NotedAway>, Error> {
    let mut noted = all_away(moment.connection)?;
    noted.retain(|noted| noted.holds(moment.today()));
    noted.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(noted)
}

/// Whether a user or a leader has the address.
pub fn is_known(moment: &Moment<'_>, address: &str) -> Result<bool, Error> {
    Ok(known_name(moment, address)?.is_some())
}

/// What the user or the leader with this address is called.
pub fn known_name(moment: &Moment<'_>, address: &str) -> Result<Option<String>, Error> {
    Ok(names(moment)?.remove(&folded(address)))
}

/// Who has which address, and who had it.
struct People {
    names: BTreeMap<String, String>,
    identities: Identities,
}

impl People {
    fn of(moment: &Moment<'_>) -> Result<Self, Error> {
        Ok(Self { names: names(moment)?, identities: identities(moment.connection)? })
    }

    fn are_same(&self, one: &str, other: &str) -> bool {
        let recipient = |address: &str| {
            self.identities.of_address(address).map(|id| self.identities.canonical(id))
        };
        folded(one) == folded(other)
            || recipient(one).is_some_and(|one| recipient(other) == Some(one))
    }

    fn name(&self, address: &str) -> String {
        let known = self.names.get(&folded(address));
        let theirs = || self.names.iter().find(|(other, _)| self.are_same(address, other));
        known.or_else(|| Some(theirs()?.1)).cloned().unwrap_or_default()
    }

    fn absence(&self, NotedAway { address, away, by, .. }: NotedAway) -> Absence {
        let owner = |address: String| Owner { name: self.name(&address), email: Some(address) };
        Absence {
            name: self.name(&address),
            by: Some(by),
            until: away.until,
            substitute: away.to.map(owner),
            email: address,
        }
    }
}

/// The users and the leaders, by folded address.
fn names(moment: &Moment<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut names = BTreeMap::new();
    if let LeadersFile::Read { list, .. } = leaders::read(moment.config) {
        names.extend(list.iter().map(|leader| (folded(&leader.email), leader.name.clone())));
    }
    let (users, former): (Vec<_>, Vec<_>) =
        memberships(moment.connection)?.into_iter().partition(|user| user.left.is_none());
    // The line of a leader who has left counts for nothing.
    for email in former.into_iter().filter_map(|user| user.email) {
        names.remove(&folded(&email));
    }
    names.extend(users.into_iter().filter_map(|user| Some((folded(&user.email?), user.name))));
    Ok(names)
}
