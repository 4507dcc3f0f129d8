//! The file system on which the database lies. If it is mounted read-only, messages say so:
//! then neither permissions nor free space are the problem.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
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
    let there = fs::canonicalize(there).ok()?;
    mount_of(&there, &fs::read("/proc/self/mountinfo").ok()?)
}

/// The mount point that a path lies below, by the kernel's table (proc_pid_mountinfo(5)): a
/// device says nothing, since a folder can be mounted a second time on its own disk.
fn mount_of(path: &Path, table: &[u8]) -> Option<PathBuf> {
    const MOUNT_POINT: usize = 4;
    let lines = table.split(|byte| *byte == b'\n');
    let points = lines.filter_map(|line| line.split(|byte| *byte == b' ').nth(MOUNT_POINT));
    let points = points.map(|point| PathBuf::from(OsString::from_vec(plain(point))));
    points.filter(|point| path.starts_with(point)).max_by_key(|point| point.components().count())
}

/// Blanks and the like are written as a backslash and three octal digits.
fn plain(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..3).and_then(|code| std::str::from_utf8(code).ok());
        let escaped = code.and_then(|code| u8::from_str_radix(code, 8).ok());
        match escaped.filter(|_| byte == b'\\') {
            Some(meant) => {
                plain.push(meant);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                plain.push(byte);
                rest = after;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_that_a_path_lies_below_is_the_longest() {
        let table = br"22 1 0:20 / / rw - overlay overlay rw
30 22 8:1 / /var rw - ext4 /dev/sda1 rw
31 30 8:1 /lib/kitos /var/lib/kitos\040sync ro - ext4 /dev/sda1 rw
";
        for (path, mount) in [
            ("/var/lib/kitos sync/k.db", "/var/lib/kitos sync"),
            ("/var/lib/kitos sync2/k.db", "/var"),
            ("/variety", "/"),
        ] {
            assert_eq!(mount_of(Path::new(path), table).as_deref(), Some(Path::new(mount)));
        }
    }
}
