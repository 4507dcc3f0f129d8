//! Ctrl-C and its like in the middle of `init`: nothing stays behind. A password
//! that was never accepted would else be taken for the right one by the next
//! `init`, and a terminal that was asked for it would go on showing nothing.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{SignalKind, signal};

use super::ask;
use crate::cli::exit::Exit;
use crate::cli::output::complain;

/// The files that are there for the test only.
#[derive(Debug, Clone, Default)]
pub struct Halfway(Arc<Mutex<Vec<PathBuf>>>);

impl Halfway {
    /// From now on a signal that ends the program takes the files with it.
    pub fn watch() -> io::Result<Self> {
        let this = Self::default();
        let mut signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
            .into_iter()
            .map(signal)
            .collect::<io::Result<Vec<_>>>()?;
        let files = this.clone();
        tokio::spawn(async move {
            let signals = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
            futures_util::future::select_all(signals).await;
            // Held until the end: nothing is kept or begun any more.
            let files = files.0.lock().unwrap_or_else(PoisonError::into_inner);
            for file in files.iter() {
                // A file that cannot be removed is left: there is nobody left to tell.
                let _ = fs::remove_file(file);
            }
            ask::show_typing();
            complain("stopped; nothing was written");
            // The question that is open waits for a line that will not come.
            std::process::exit(Exit::Failed as i32);
        });
        Ok(this)
    }

    /// Makes a file that is there for the test only.
    pub fn begin<E>(&self, file: PathBuf, make: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make()?;
        files.push(file);
        Ok(())
    }

    /// Runs the step that makes the files permanent; after it, none of them is removed.
    pub fn keep<E>(&self, keep: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keep()?;
        files.clear();
        Ok(())
    }
}
