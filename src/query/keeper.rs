//! The register as it is, read once for as long as it stays the same: reading it is most
//! of the work of most answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use uuid::Uuid;

use super::error::Error;
use crate::model::{Snapshot, SystemUsage};
use crate::notify::identity::Identities;
use crate::register::history::LastOwner;
use crate::store::{
    self, Ownership, OwnershipsOf, RegisterMark, current_snapshot, departed_addresses,
    former_names, former_usages, last_owners, last_system_name, person_names, register_mark,
};

/// Names of what the register of today need not hold.
#[derive(Debug)]
pub struct Names {
    /// Everyone ever seen and not forgotten.
    pub people: BTreeMap<Uuid, String>,
    /// Usages that KITOS no longer has.
    pub usages: BTreeMap<Uuid, String>,
    /// Units, role types and shared systems that KITOS no longer has.
    pub others: BTreeMap<Uuid, String>,
}

/// Usages that KITOS no longer has, as they were last, without roles.
pub(super) type Former = BTreeMap<Uuid, SystemUsage>;
/// Who owned each usage last, of those that lost an owner.
pub(super) type LastOwners = BTreeMap<Uuid, LastOwner>;

/// Caches the register between queries. The cache is used only if its mark equals the mark read
/// in the caller's own transaction. Concurrent callers wait for one load.
#[derive(Debug, Default)]
pub struct Keeper(Mutex<Option<Kept>>);

/// The parts loaded so far for the register with this mark.
#[derive(Debug)]
struct Kept {
    mark: RegisterMark,
    asked: Instant,
    snapshot: Option<Arc<Snapshot>>,
    names: Option<Arc<Names>>,
    identities: Option<Arc<Identities>>,
    ownerships: Option<Arc<Vec<Ownership>>>,
    former: Option<Arc<Former>>,
    departed: Option<Arc<BTreeSet<String>>>,
    /// By these owner roles.
    last_owners: Option<(BTreeSet<Uuid>, Arc<LastOwners>)>,
}

/// Before the first pull there is nothing to return.
impl Keeper {
    /// The register that `connection` sees.
    pub(super) fn snapshot(&self, connection: &Connection) -> Result<Option<Arc<Snapshot>>, Error> {
        Ok(self.take(connection, |kept| kept.snapshot(connection))?.flatten())
    }

    /// Who is who among its users, and among all who were ever told anything.
    pub(super) fn identities(
        &self,
        connection: &Connection,
    ) -> Result<Option<Arc<Identities>>, Error> {
        self.take(connection, |kept| {
            let snapshot = kept.snapshot(connection)?;
            let people = snapshot.iter().flat_map(|snapshot| snapshot.people.values());
            part(&mut kept.identities, || Ok(store::identities_with(connection, people)?))
        })
    }

    /// Who had which role when, oldest first.
    pub(super) fn ownerships(
        &self,
        connection: &Connection,
    ) -> Result<Option<Arc<Vec<Ownership>>>, Error> {
        self.take(connection, |kept| {
            let read = || Ok(store::ownerships(connection, OwnershipsOf::All)?);
            part(&mut kept.ownerships, read)
        })
    }

    /// The names that go with it.
    pub(super) fn names(&self, connection: &Connection) -> Result<Option<Arc<Names>>, Error> {
        self.take(connection, |kept| {
            let former = kept.former(connection)?;
            part(&mut kept.names, || {
                let name = |usage: &SystemUsage| match usage.given_name() {
                    Some(given) => Ok(given.to_owned()),
                    None => last_system_name(connection, usage.system),
                };
                let usages = former.iter().map(|(uuid, usage)| Ok((*uuid, name(usage)?)));
                Ok(Names {
                    people: person_names(connection)?,
                    usages: usages.collect::<Result<_, Error>>()?,
                    others: former_names(connection)?,
                })
            })
        })
    }

    /// Usages that are gone.
    pub(super) fn former(&self, connection: &Connection) -> Result<Option<Arc<Former>>, Error> {
        self.take(connection, |kept| kept.former(connection))
    }

    /// Addresses of people who left.
    pub(super) fn departed(
        &self,
        connection: &Connection,
    ) -> Result<Option<Arc<BTreeSet<String>>>, Error> {
        self.take(connection, |kept| {
            part(&mut kept.departed, || Ok(departed_addresses(connection)?))
        })
    }

    /// Who owned last in one of these roles.
    pub(super) fn last_owners(
        &self,
        connection: &Connection,
        owner_roles: &BTreeSet<Uuid>,
    ) -> Result<Option<Arc<LastOwners>>, Error> {
        self.take(connection, |kept| {
            if let Some((roles, last)) = &kept.last_owners
                && roles == owner_roles
            {
                return Ok(Arc::clone(last));
            }
            let last = Arc::new(last_owners(connection, owner_roles)?);
            kept.last_owners = Some((owner_roles.clone(), Arc::clone(&last)));
            Ok(last)
        })
    }

    /// Frees the cache if nobody has used it for this long.
    pub fn let_go(&self, unasked_for: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| kept.asked.elapsed() >= unasked_for) {
            *kept = None;
        }
    }

    /// Reads a part of the cache; starts a new one if the register has changed.
    fn take<T>(
        &self,
        connection: &Connection,
        take: impl FnOnce(&mut Kept) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mark) = register_mark(connection)? else { return Ok(None) };
        if place.as_ref().is_some_and(|kept| kept.mark != mark) {
            *place = None;
        }
        let kept = place.get_or_insert_with(|| Kept::new(mark));
        kept.asked = Instant::now();
        take(kept).map(Some)
    }
}

impl Kept {
    fn new(mark: RegisterMark) -> Self {
        Self {
            mark,
            asked: Instant::now(),
            snapshot: None,
            names: None,
            identities: None,
            ownerships: None,
            former: None,
            departed: None,
            last_owners: None,
        }
    }

    fn snapshot(&mut self, connection: &Connection) -> Result<Option<Arc<Snapshot>>, Error> {
        if self.snapshot.is_none() {
            self.snapshot = current_snapshot(connection)?.map(Arc::new);
        }
        Ok(self.snapshot.clone())
    }

    fn former(&mut self, connection: &Connection) -> Result<Arc<Former>, Error> {
        part(&mut self.former, || Ok(former_usages(connection)?))
    }
}

/// What is kept, or is read now.
fn part<T>(
    kept: &mut Option<Arc<T>>,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<Arc<T>, Error> {
    if let Some(part) = kept {
        return Ok(Arc::clone(part));
    }
    let part = Arc::new(read()?);
    *kept = Some(Arc::clone(&part));
    Ok(part)
}

#[cfg(test)]
mod tests;
