//! Who can be written to: people and leaders with an address that mail may
//! reach. Nobody who departed, and no address outside the allowed domains, is
//! ever a reader.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::model::{Person, Snapshot, Unreachable};
use crate::notify::notices::Audience;
use crate::policy::leaders::Leader;
use crate::text::addresses::{folded, reachability};

/// Someone who can be written to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    /// The KITOS user's uuid, else the folded address: what was told is noted
    /// under it.
    pub id: String,
    pub person: Option<Uuid>,
    pub name: String,
    pub address: String,
}

/// What decides whether someone can be written to.
#[derive(Debug, Clone, Copy)]
pub struct Contacts<'a> {
    pub snapshot: &'a Snapshot,
    pub audience: &'a Audience,
    /// Addresses (folded) that the mail server refused for good.
    pub refused: &'a BTreeSet<String>,
}

impl Contacts<'_> {
    /// The person as a reader; `None` for someone who has left.
    ///
    /// # Errors
    /// Why mail cannot reach someone who is here.
    pub fn person(&self, person: &Person) -> Option<Result<Reader, Unreachable>> {
        if !person.member {
            return None;
        }
        let reader = |address: &str| Reader {
            id: person.uuid.to_string(),
            person: Some(person.uuid),
            name: person.name.clone(),
            address: address.to_owned(),
        };
        Some(self.reachable(person.email.as_deref()).map(reader))
    }

    /// A line of the leaders file, who may be a KITOS user or not.
    ///
    /// # Errors
    /// Why mail cannot reach the leader.
    pub fn leader(&self, leader: &Leader) -> Result<Reader, Unreachable> {
        let wanted = folded(&leader.email);
        let same = |person: &&Person| {
            person.member && person.email.as_deref().is_some_and(|email| folded(email) == wanted)
        };
        if let Some(user) = self.snapshot.people.values().find(same).and_then(|p| self.person(p)) {
            return user;
        }
        let address = self.reachable(Some(&leader.email))?;
        Ok(Reader {
            id: folded(address),
            person: None,
            name: leader.name.clone(),
            address: address.to_owned(),
        })
    }

    fn reachable<'b>(&self, email: Option<&'b str>) -> Result<&'b str, Unreachable> {
        let address = reachability(email, &self.audience.allowed_domains)?;
        if self.refused.contains(&folded(address)) {
            return Err(Unreachable::Refused);
        }
        Ok(address)
    }
}
