//! The two locks of `docs/architecture.md`: `run` holds the daemon's, each job holds the
//! job's while it works. The kernel lets go of both when a process dies.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::mounts::read_only_mount;
use super::private;

/// A held lock; dropping it lets go.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{what} is held by {holder}. Wait until it is done, or stop it, and try again")]
    Held { what: &'static str, holder: String },
    #[error("cannot lock {}: {source}. Check that the directory of database.path exists and is writable", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("cannot lock {}: it lies on a file system that is mounted read-only, {}. Mount it writable again (mount -o remount,rw {}); after a fault of the disk the system does this by itself (dmesg says why)", path.display(), mount.display(), mount.display())]
    ReadOnly { path: PathBuf, mount: PathBuf },
}

impl Lock {
    /// The lock of the one daemon per database; does not wait.
    pub fn daemon(database: &Path) -> Result<Self, LockError> {
        Self::acquire(database, "daemon", "the daemon's lock", "run", Duration::ZERO)
    }

    /// The lock of the job under way; waits up to `patience`.
    pub fn job(database: &Path, job: &str, patience: Duration) -> Result<Self, LockError> {
        Self::acquire(database, "job", "the job lock", job, patience)
    }

    fn acquire(
        database: &Path,
        name: &str,
        what: &'static str,
        who: &str,
        patience: Duration,
    ) -> Result<Self, LockError> {
        // Two paths to one file must not be two locks.
        let real = database.canonicalize();
        let mut path = real.as_deref().unwrap_or(database).as_os_str().to_owned();
        path.push(format!(".{name}.lock"));
        let path = PathBuf::from(path);
        let error = |source| match read_only_mount(&path) {
            Some(mount) => LockError::ReadOnly { path: path.clone(), mount },
            None => LockError::File { path: path.clone(), source },
        };
        private::make_folder_of(&path).map_err(error)?;
        let mut file = private::open(&path).map_err(error)?;
        private::give_to_the_service(&path).map_err(error)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(error(source)),
                Err(TryLockError::WouldBlock) if started.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Only for the message: an unreadable holder is unknown.
                    let _ = file.read_to_string(&mut holder);
                    let holder = match holder.trim() {
                        "" => "another process".to_owned(),
                        known => known.to_owned(),
                    };
                    return Err(LockError::Held { what, holder });
                }
            }
        }
        // Only for the message to another process that finds the lock taken: on a full disk it
        // is held all the same.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "process {} (kitos-sync {who})", std::process::id()));
        Ok(Self { _file: file })
    }
}
