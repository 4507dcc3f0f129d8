//! The register as it is, read once for as long as it stays the same: reading it is most
//! of the work of most answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use uuid::Uuid;

use super::error::Error;
use crate::model::{Snapshot, SystemUsage};
use crate::register::history::LastOwner;
use crate::store::{
    RegisterMark, current_snapshot, departed_addresses, former_names, former_usage_names,
    former_usages, last_owners, person_names, register_mark,
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

/// Keeps the register from one question to the next, and of its history what every plan
/// needs. What it gives is always that of the asker's own transaction: the mark, which
/// changes with the register, is read there. Whoever needs what another is reading waits
/// for it.
#[derive(Debug, Default)]
pub struct Keeper(Mutex<Option<Kept>>);

/// What was asked for of the register with this mark.
#[derive(Debug)]
struct Kept {
    mark: RegisterMark,
    asked: Instant,
    snapshot: Option<Arc<Snapshot>>,
    names: Option<Arc<Names>>,
    former: Option<Arc<Former>>,
    departed: Option<Arc<BTreeSet<String>>>,
    /// By these owner roles.
    last_owners: Option<(BTreeSet<Uuid>, Arc<LastOwners>)>,
}

/// None of these where nothing has been read from KITOS yet.
impl Keeper {
    /// The register that `connection` sees.
    pub(super) fn snapshot(&self, connection: &Connection) -> Result<Option<Arc<Snapshot>>, Error> {
        let snapshot = self.take(connection, |kept| {
            if kept.snapshot.is_none() {
                kept.snapshot = current_snapshot(connection)?.map(Arc::new);
            }
            Ok(kept.snapshot.clone())
        });
        Ok(snapshot?.flatten())
    }

    /// The names that go with it.
    pub(super) fn names(&self, connection: &Connection) -> Result<Option<Arc<Names>>, Error> {
        let read = || {
            Ok(Names {
                people: person_names(connection)?,
                usages: former_usage_names(connection)?,
                others: former_names(connection)?,
            })
        };
        self.take(connection, |kept| part(&mut kept.names, read))
    }

    /// Usages that are gone.
    pub(super) fn former(&self, connection: &Connection) -> Result<Option<Arc<Former>>, Error> {
        self.take(connection, |kept| part(&mut kept.former, || Ok(former_usages(connection)?)))
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

    /// Lets go of what nobody has asked for in so long.
    pub fn let_go(&self, unasked_for: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| kept.asked.elapsed() >= unasked_for) {
            *kept = None;
        }
    }

    /// A part of what is kept, or begun anew where the register is another by now.
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
            former: None,
            departed: None,
            last_owners: None,
        }
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
mod tests {
    use super::*;
    use crate::policy::assess::Figures;
    use crate::register::diff::diff;
    use crate::store::{
        Access, NewSnapshot, Store, departed_before, forget, insert_snapshot, prune_history,
        write_delta,
    };
    use crate::testing::{at, bo_owns, day, id, løn, randers};

    struct Register {
        folder: tempfile::TempDir,
        connection: Connection,
        known: Snapshot,
        keeper: Keeper,
    }

    impl Register {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let connection = open(&folder);
            let (known, keeper) = (Snapshot::empty(randers().organization), Keeper::default());
            Self { folder, connection, known, keeper }
        }

        fn pull(&mut self, register: Snapshot, taken_at: &str) {
            let new = NewSnapshot {
                taken_at: at(taken_at),
                committed_at: at(taken_at),
                local_date: day(&taken_at[..10]),
                duration_ms: 1,
                requests: 2,
                bytes: 3,
                figures: Figures::default(),
            };
            let id = insert_snapshot(&self.connection, &new).expect("a row");
            let mut before = std::mem::replace(&mut self.known, register);
            if id == 1 {
                before.organization.name.clear();
            }
            let delta = diff(&before, &self.known);
            write_delta(&self.connection, id, &delta).expect("the delta");
        }

        /// What is given is what the database has.
        fn snapshot(&self) -> Option<Arc<Snapshot>> {
            let given = self.keeper.snapshot(&self.connection).expect("an answer");
            let there = current_snapshot(&self.connection).expect("the register");
            assert_eq!(given.as_deref(), there.as_ref());
            given
        }

        fn name(&self, name: &str) -> Option<String> {
            let names = self.keeper.names(&self.connection).expect("an answer").expect("names");
            names.people.get(&id(name)).or_else(|| names.usages.get(&id(name))).cloned()
        }
    }

    fn open(folder: &tempfile::TempDir) -> Connection {
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database")
    }

    #[test]
    fn it_is_read_once_for_as_long_as_it_stays_the_same() {
        let mut register = Register::new();
        assert_eq!(register.snapshot(), None);
        register.pull(bo_owns(), "2026-11-01T05:00:00Z");
        let first = register.snapshot().expect("a register");
        register.pull(bo_owns(), "2026-11-02T05:00:00Z");
        assert!(Arc::ptr_eq(&first, &register.snapshot().expect("the same")), "nothing moved");

        // Whoever began before a commit goes on as before.
        let earlier = open(&register.folder);
        earlier.execute_batch("BEGIN; SELECT * FROM snapshot").expect("a moment");
        register.pull(løn(), "2026-11-03T05:00:00Z");
        assert_eq!(*register.snapshot().expect("the next"), løn());
        let then = register.keeper.snapshot(&earlier).expect("an answer");
        assert_eq!(then, Some(first));

        let fourth = register.snapshot();
        register.keeper.let_go(Duration::from_secs(60));
        assert_eq!(fourth.as_ref().map(Arc::as_ptr), register.snapshot().as_ref().map(Arc::as_ptr));
        register.keeper.let_go(Duration::ZERO);
        assert!(register.keeper.0.lock().expect("no panic").is_none());
    }

    #[test]
    fn who_is_forgotten_and_what_is_pruned_is_gone_at_once() {
        let mut register = Register::new();
        register.pull(løn(), "2026-11-01T05:00:00Z");
        let mut next = løn();
        next.people.remove(&id("bo"));
        next.usages.clear();
        register.pull(next, "2026-11-02T05:00:00Z");
        assert_eq!(register.name("bo").as_deref(), Some("bo"));
        assert_eq!(register.name("løn").as_deref(), Some("løn"));

        let departed = departed_before(&register.connection, at("2026-12-01T05:00:00Z"));
        for person in departed.expect("one") {
            forget(&register.connection, &person).expect("forgotten");
        }
        assert!(register.name("bo").expect("a name").starts_with("Tidligere bruger"));
        register.pull(register.known.clone(), "2026-11-03T05:00:00Z");
        prune_history(&register.connection, at("2026-11-03T00:00:00Z")).expect("pruned");
        assert_eq!(register.name("løn"), None);
    }

    #[test]
    fn several_who_ask_at_once_get_the_one_that_is_read() {
        let mut register = Register::new();
        register.pull(løn(), "2026-11-01T05:00:00Z");
        let (folder, keeper) = (&register.folder, &register.keeper);
        let given: Vec<_> = std::thread::scope(|scope| {
            let ask = |_| scope.spawn(|| keeper.snapshot(&open(folder)).expect("an answer"));
            let asked: Vec<_> = (0..4).map(ask).collect();
            asked.into_iter().map(|one| one.join().expect("no panic").expect("one")).collect()
        });
        assert!(given.iter().all(|one| Arc::ptr_eq(one, &given[0])));
    }
}
