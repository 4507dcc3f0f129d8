//! Rows 52–54: the disk is full, read-only, or the file is gone. The transaction
//! fails whole, the work goes on, and recovers by itself. (55–57 are in
//! `tests/program/store.rs`.)

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::TimeDelta;
use kitos_standin::World;
use kitos_sync::jobs::{self, Rhythm};
use tempfile::TempDir;

use crate::faults::house::House;
use crate::support::TestInstallation;

/// A small file system of its own, gone with the value.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn of(size: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mount = folder.path().join("disk");
        fs::create_dir(&mount).expect("a mount point");
        let options = format!("size={size},mode=0700");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&mount);
        let done = command.output().expect("mount runs");
        assert!(done.status.success(), "{done:?}");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn remount(&self, option: &str) {
        let options = format!("remount,{option}");
        let done = Command::new("mount").args(["-o", &options]).arg(self.path()).status();
        assert!(done.expect("mount runs").success(), "{option}");
    }

    /// Takes all free space but `left` bytes.
    fn fill(&self, left: usize) {
        let mut filler = fs::File::create(self.path().join("filler")).expect("a file");
        let block = [0; 1024];
        while filler.write_all(&block).is_ok() {}
        let full = filler.metadata().expect("its size").len();
        filler.set_len(full.saturating_sub(left as u64)).expect("a shorter file");
    }

    fn empty(&self) {
        fs::remove_file(self.path().join("filler")).expect("the filler");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a connection may be open still.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// A house with its database on `disk` that has pulled once.
async fn house_on(disk: &Disk) -> House {
    let mut house = House::new(30).await;
    let database = disk.path().join("kitos-sync.db");
    house.set(|config| config.database.path = database.clone());
    house.context.store = kitos_sync::store::Store::new(&database);
    house.sync().await.expect("the first pull");
    house
}

/// A lot happens, so that a commit needs room.
fn much_happens(house: &House) {
    house.standin.edit(|world| {
        let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).take(7).collect();
        for usage in usages {
            world.change(usage, |usage| usage.local_name = Some("x".repeat(9_000)));
        }
    });
}

#[tokio::test]
#[cfg_attr(without_mount, ignore = "no tmpfs can be mounted here: it takes root")]
async fn fault_52_disk_full_at_commit() {
    let disk = Disk::of("4m");
    // Full to the last byte, and full in the middle of what a commit writes.
    for left in [0, 8 * 1024, 48 * 1024] {
        let mut house = house_on(&disk).await;
        let (before, mails) = (house.register(), house.mails());
        much_happens(&house);
        house.wait(TimeDelta::days(1));
        disk.fill(left);
        let error = house.sync().await.expect_err("no room").to_string();
        assert!(error.contains("free space"), "{left}: {error}");
        // A round of the schedule survives it too.
        let _ = jobs::run_due(&house.context, Rhythm::Once).await;
        disk.empty();
        assert_eq!(house.register(), before, "{left}");
        assert_eq!(house.mails(), mails, "{left}");
        house.recovers().await;
        for file in ["kitos-sync.db", "kitos-sync.db-wal", "kitos-sync.db-shm"] {
            let _ = fs::remove_file(disk.path().join(file));
        }
    }
}

#[test]
fn fault_52_disk_full_under_the_log() {
    let installation = TestInstallation::new(World::generate(7, 10));
    let full = || fs::File::options().write(true).open("/dev/full").expect("the device");
    for arguments in [&["-vvv", "sync"][..], &["-vvv", "run", "--once"]] {
        let done = installation.command().args(arguments).stderr(full()).output().expect("a run");
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {done:?}");
    }
    // A result that cannot be written is a failure, and no panic.
    let done = installation.command().arg("systems").stdout(full()).output().expect("a run");
    assert_eq!(done.status.code(), Some(1), "{done:?}");
}

#[tokio::test]
#[cfg_attr(without_mount, ignore = "no tmpfs can be mounted here: it takes root")]
async fn fault_53_read_only_file() {
    let disk = Disk::of("4m");
    let mut house = house_on(&disk).await;
    let before = house.register();
    much_happens(&house);
    house.wait(TimeDelta::days(1));
    disk.remount("ro");
    let error = house.sync().await.expect_err("nothing can be written").to_string();
    assert!(error.contains(&disk.path().display().to_string()), "{error}");
    assert!(error.contains("mounted read-only"), "{error}");
    disk.remount("rw");
    assert_eq!(house.register(), before);
    house.recovers().await;
}

#[tokio::test]
async fn fault_54_file_deleted_while_running() {
    let mut house = House::new(30).await;
    house.sync().await.expect("the first pull");
    let before = house.register();
    let database = house.database();
    let aside = house.folder.path().join("aside.db");
    fs::rename(&database, &aside).expect("the file is taken away");
    house.something_happens();
    house.wait(TimeDelta::days(1));

    // A new file would be a new beginning: no history, and no word of it.
    for _ in 0..2 {
        let error = house.sync().await.expect_err("no database").to_string();
        assert!(error.contains(&database.display().to_string()), "{error}");
        assert!(error.contains("has gone") && error.contains("backup"), "{error}");
        assert!(!database.exists(), "nothing is made in its place");
    }
    // Emptied is as good as gone.
    fs::write(&database, "").expect("an empty file");
    let error = house.sync().await.expect_err("no database").to_string();
    assert!(error.contains("has gone"), "{error}");
    fs::rename(&aside, &database).expect("the file is put back");
    assert_eq!(house.register(), before);
    house.recovers().await;
    assert!(sound(&database));
}

fn sound(path: &Path) -> bool {
    let connection = rusqlite::Connection::open(path).expect("the database");
    kitos_sync::store::check_integrity(&connection, path).is_ok()
}
