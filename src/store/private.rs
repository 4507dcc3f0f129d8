//! Files and folders that only their owner can read (`docs/reliability.md` R10),
//! whatever the umask says: the register holds names and addresses of people.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes the folder of `file` where it is missing, open to its owner alone
/// whatever the umask. One that is there stays as the operator made it.
pub fn make_folder_of(file: &Path) -> io::Result<()> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    if folder.try_exists()? {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Opens or makes a file that only its owner can read, whatever the umask.
pub fn open(file: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(file)?;
    // A device would be closed to everybody else on the machine.
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Makes a new private file in the place of a leftover. Follows no link that
/// somebody else may have laid there.
pub fn make_anew(file: &Path) -> io::Result<File> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(file)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Takes from others what they may do with a file.
pub fn close_to_others(file: &Path) -> io::Result<()> {
    if fs::metadata(file)?.permissions().mode() & 0o777 == 0o600 {
        return Ok(());
    }
    fs::set_permissions(file, Permissions::from_mode(0o600))
}

/// Files that root creates in the service's folder, by a command typed by hand, are given to
/// the service: it could not open them otherwise.
pub fn give_to_the_service(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::metadata(folder.unwrap_or(Path::new(".")))?;
    let file = fs::metadata(path)?;
    if file.uid() == 0 && folder.uid() != 0 {
        std::os::unix::fs::chown(path, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{Access, Lock, Store};

    #[test]
    fn what_is_no_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("k.db");
        let socket = std::os::unix::net::UnixDatagram::bind(&path).expect("a socket");
        fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("a chmod");
        for access in [Access::Create, Access::Existing] {
            let error = Store::new(&path).open(access).expect_err("no database").to_string();
            assert!(error.contains("not a regular file"), "{error}");
        }
        let mode = fs::metadata(&path).expect("the socket").permissions().mode() & 0o777;
        assert_eq!(mode, 0o666);
        drop(socket);
    }

    #[test]
    fn a_file_made_anew_follows_no_link() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (theirs, link) = (folder.path().join("theirs"), folder.path().join("link"));
        fs::write(&theirs, "theirs").expect("a file");
        std::os::unix::fs::symlink(&theirs, &link).expect("a link");
        make_anew(&link).expect("a file of its own");
        assert_eq!(fs::read_to_string(&theirs).expect("their file"), "theirs");
        assert!(fs::symlink_metadata(&link).expect("ours").is_file());
    }

    #[test]
    #[cfg_attr(without_root, ignore = "only root can give files away")]
    fn what_root_makes_in_the_folder_of_another_belongs_to_that_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::chown(folder.path(), Some(61_184), Some(61_184)).expect("given away");
        let path = folder.path().join("k.db");
        Store::new(&path).open(Access::Create).expect("a database");
        let _lock = Lock::job(&path, "sync", Duration::ZERO).expect("a lock");
        for name in ["k.db", "k.db.job.lock"] {
            let file = fs::metadata(folder.path().join(name)).expect(name);
            assert_eq!((file.uid(), file.gid()), (61_184, 61_184), "{name}");
        }
    }
}
