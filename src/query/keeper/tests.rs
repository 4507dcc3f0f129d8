use super::*;
use crate::model::Language;
use crate::policy::assess::Figures;
use crate::register::diff::diff;
use crate::store::{
    Access, NewSnapshot, Store, departed_before, forget, insert_snapshot, prune_history,
    record_identities, write_delta,
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
        let mut who = store::identities(&self.connection).expect("recipients");
        who.take_in(there.iter().flat_map(|there| there.people.values()));
        let given_who = self.keeper.identities(&self.connection).expect("an answer");
        assert_eq!(given_who.as_deref(), there.as_ref().map(|_| &who));
        let roles = store::ownerships(&self.connection, OwnershipsOf::All).expect("ownerships");
        let given_roles = self.keeper.ownerships(&self.connection).expect("an answer");
        assert_eq!(given_roles.as_deref(), there.as_ref().map(|_| &roles));
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
        forget(&register.connection, &person, Language::Da).expect("forgotten");
    }
    assert!(register.name("bo").expect("a name").starts_with("Tidligere bruger"));
    register.pull(register.known.clone(), "2026-11-03T05:00:00Z");
    prune_history(&register.connection, at("2026-11-03T00:00:00Z")).expect("pruned");
    assert_eq!(register.name("løn"), None);
}

#[test]
fn a_usage_that_is_gone_has_the_name_that_it_had_last() {
    for (given, system_stays, name) in [
        (None, true, "løn"),
        (None, false, "løn"),
        (Some("  "), true, "løn"),
        (Some(" Lønsystemet "), false, "Lønsystemet"),
    ] {
        let mut register = Register::new();
        let there = løn().edit("løn", |usage| usage.local_name = given.map(str::to_owned));
        register.pull(there.clone(), "2026-11-01T05:00:00Z");
        let mut next = there;
        next.usages.clear();
        next.systems.retain(|_, _| system_stays);
        register.pull(next, "2026-11-02T05:00:00Z");
        assert_eq!(register.name("løn").as_deref(), Some(name), "{given:?} {system_stays}");
    }
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

#[test]
fn whoever_is_met_for_the_first_time_is_known_at_once() {
    let mut register = Register::new();
    register.pull(bo_owns(), "2026-11-01T05:00:00Z");
    register.snapshot();
    let mut known = store::identities(&register.connection).expect("recipients");
    known.take_in_address("lise@randers.dk");
    record_identities(&register.connection, &known).expect("recorded");
    register.snapshot();
}
