//! The two locks: who holds them is told, and death lets go.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use kitos_sync::store::{Lock, LockError};

use super::child::{child, child_database};
use super::folder;

#[test]
#[ignore = "the child of a_lock_goes_when_its_process_dies"]
fn child_holds_both_locks() {
    let path = child_database();
    let _daemon = Lock::daemon(&path).expect("the daemon's lock");
    let _job = Lock::job(&path, "sync", Duration::ZERO).expect("the job lock");
    println!("\nheld");
    // Until it is killed, or its parent is gone.
    let _ = std::io::stdin().lines().next();
}

fn holder_of_both(path: &Path) -> Child {
    let mut child = child("022", "program::store::locks::child_holds_both_locks", path)
        .spawn()
        .expect("a child");
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let held = out.lines().map_while(Result::ok).any(|line| line == "held");
    assert!(held, "the child could not take the locks");
    child
}

#[test]
fn a_lock_goes_when_its_process_dies() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let mut child = holder_of_both(&path);
    let refused = [
        (Lock::daemon(&path), "the daemon's lock", "run"),
        (Lock::job(&path, "digest", Duration::ZERO), "the job lock", "sync"),
    ];
    for (lock, what, who) in refused {
        let error = lock.expect_err("held by the child");
        assert!(matches!(error, LockError::Held { .. }), "{error}");
        let expected = format!(
            "{what} is held by process {} (kitos-sync {who}). \
             Wait until it is done, or stop it, and try again",
            child.id()
        );
        assert_eq!(error.to_string(), expected);
    }
    child.kill().expect("a kill");
    child.wait().expect("its end");
    Lock::daemon(&path).expect("the daemon's lock is free");
    Lock::job(&path, "digest", Duration::ZERO).expect("the job lock is free");
}

#[test]
fn the_two_locks_are_apart_and_end_with_their_holders() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let daemon = Lock::daemon(&path).expect("the daemon's lock");
    let job = Lock::job(&path, "sync", Duration::ZERO).expect("free while the daemon idles");
    Lock::daemon(&path).expect_err("one daemon");
    // A job by hand waits for the one under way.
    let waiting = std::thread::spawn({
        let path = path.clone();
        move || Lock::job(&path, "digest", Duration::from_secs(60)).map(drop)
    });
    drop(job);
    waiting.join().expect("a thread").expect("its turn");
    drop(daemon);
    Lock::daemon(&path).expect("free again");
}

#[test]
fn two_paths_to_one_database_are_one_lock() {
    let folder = folder();
    let (path, link) = (folder.path().join("k.db"), folder.path().join("link.db"));
    std::fs::write(&path, "").expect("a file");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    let _daemon = Lock::daemon(&path).expect("the daemon's lock");
    let error = Lock::daemon(&link).expect_err("it is the same database");
    assert!(matches!(error, LockError::Held { .. }), "{error}");
}
