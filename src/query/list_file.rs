//! Reading a list that the configuration names: the leaders, the departures.

use std::fmt::Display;
use std::path::Path;

use crate::policy::sheet::BadCell;

/// A name of some other file must not take the machine's memory.
const LARGEST: u64 = 16 << 20;

/// The file as it was found.
#[derive(Debug, Clone, PartialEq)]
pub enum ListFile<T> {
    /// The configuration names none.
    None,
    Read {
        list: T,
        bad: Vec<BadCell>,
    },
    /// It cannot be used, for this reason.
    Broken(String),
}

impl<T> ListFile<T> {
    /// Reads `path` with `parse`. `what` names it in messages.
    pub(super) fn read<E: Display>(
        what: &str,
        path: &Path,
        parse: impl FnOnce(&[u8]) -> Result<(T, Vec<BadCell>), E>,
    ) -> Self {
        let parsed = bytes(path).and_then(|bytes| parse(&bytes).map_err(|error| error.to_string()));
        match parsed {
            Ok((list, bad)) => Self::Read { list, bad },
            Err(why) => Self::Broken(format!("{what} {}: {why}", path.display())),
        }
    }
}

/// The file's bytes, or why it cannot be read.
fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    // A pipe would be waited for.
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if found.len() > LARGEST {
        return Err("it is larger than 16 MiB: no such list is".to_owned());
    }
    std::fs::read(path).map_err(|error| error.to_string())
}
