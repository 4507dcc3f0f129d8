//! The file system on which the database lies. If it is mounted read-only, messages say so:
//! then neither permissions nor free space are the problem.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

/// The mount point above `path`, if nothing can be written below it.
pub(super) fn read_only_mount(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|ancestor| ancestor.exists())?;
    let mount_flags = statvfs(there).ok()?.f_flag;
    if !mount_flags.contains(StatVfsMountFlags::RDONLY) {
        return None;
    }
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    let here = device(there);
    there.ancestors().take_while(|above| device(above) == here).last().map(Path::to_owned)
}
