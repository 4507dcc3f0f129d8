//! Mails as `.eml` files, for `mail.mode = "preview"`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::jobs::Error;
use crate::model::OutboxMail;

/// Writes a mail as `.eml`, whole or not at all. Nothing of its name comes from
/// KITOS.
pub(super) fn write(folder: &Path, mail: &OutboxMail, mime: &[u8]) -> Result<(), Error> {
    let path = path(folder, mail);
    whole(folder, &path, mime).map_err(|source| Error::Preview { path, source })
}

/// Where a mail's preview lies, once it was written.
pub(in crate::jobs) fn path(folder: &Path, mail: &OutboxMail) -> PathBuf {
    let day = mail.created_at.format("%Y-%m-%d");
    folder.join(format!("{day}-{:05}-{}.eml", mail.id, mail.kind.as_str()))
}

fn whole(folder: &Path, path: &Path, mime: &[u8]) -> io::Result<()> {
    // Previews hold names: they are for their owner alone.
    if !folder.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let partial = path.with_extension("eml.partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    file.write_all(mime)?;
    file.sync_all()?;
    fs::rename(&partial, path)
}
