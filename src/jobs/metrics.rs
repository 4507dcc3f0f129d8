//! `metrics.textfile`: the numbers for node_exporter's textfile collector.

mod page;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::PoisonError;
use std::time::{Instant, SystemTime};

use tracing::{debug, warn};

use super::context::Context;
use crate::query;

pub use page::render;

/// Writes `metrics.textfile`, if there is to be one. A file that cannot be
/// written is a line in the log: no job depends on it.
pub(super) async fn write_metrics(context: &Context) {
    let Some(path) = context.config.metrics.textfile.clone() else { return };
    let shown = path.display().to_string();
    let written =
        context.ask(move |moment| Ok(replace(&path, &render(&query::metrics(moment)?)))).await;
    let mut complaint = context.metrics.lock().unwrap_or_else(PoisonError::into_inner);
    match written {
        Ok(Ok(())) => drop(complaint.over()),
        Ok(Err(error)) if complaint.is_news(&error.to_string(), Instant::now()) => {
            warn!(%error, file = shown, "metrics.textfile cannot be written; check that its folder exists and is writable for the service (its mode, and ReadWritePaths= in the unit)");
        }
        Ok(Err(_)) => {}
        Err(error) => debug!(%error, "no metrics: the database cannot be read"),
    }
}

/// Updates the date of `metrics.textfile` to show that its numbers still hold. If that cannot
/// be done, writes it again.
pub(super) async fn freshen(context: &Context) {
    let Some(path) = &context.config.metrics.textfile else { return };
    let said = fs::OpenOptions::new().write(true).open(path).and_then(|file| {
        if file.metadata()?.is_file() { file.set_modified(SystemTime::now()) } else { Ok(()) }
    });
    if said.is_err() {
        write_metrics(context).await;
    }
}

/// Puts the new file in the place of the old one at once: node_exporter reads
/// whenever it likes, and as another user.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A rename would put the text in the place of a device: /dev/null has been named.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("there is something that is not a regular file"));
    }
    // It reads only what ends in .prom.
    let partial = path.with_extension("partial");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .open(&partial)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    fs::rename(&partial, path)
}
