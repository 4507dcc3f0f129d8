//! Reading a list that the configuration names: the leaders, the departures.

use std::path::Path;

/// A name of some other file must not take the machine's memory.
const LARGEST: u64 = 16 << 20;

/// The file's bytes.
///
/// # Errors
/// Why it cannot be read, for a message that names the file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
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
