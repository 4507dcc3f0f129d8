//! Mails as `.eml` files, for `mail.mode = "preview"`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::jobs::Error;
use crate::model::OutboxMail;

/// Writes a mail as `.eml`, whole or not at all. Nothing of its name comes from
/// KITOS.
pub(super) fn write(folder: &Path, mail: &OutboxMail, mime: &[u8]) -> Result<(), Error> {
    let day = mail.created_at.format("%Y-%m-%d");
    let path = folder.join(format!("{day}-{:05}-{}.eml", mail.id, mail.kind.as_str()));
    whole(folder, &path, mime).map_err(|source| Error::Preview { path, source })
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
