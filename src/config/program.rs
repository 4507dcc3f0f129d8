//! Which program runs: another build might misread what this one has stored for itself.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Identifies this executable file: the number changes with every upgrade, even if the version
/// does not. `None` if it cannot be determined.
pub fn program() -> Option<u64> {
    program_in(Path::new("/proc/self/exe"))
}

/// The same of the program in `file`.
#[cfg(target_os = "linux")]
pub fn program_in(file: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    let file = std::fs::metadata(file).ok()?;
    let mut hasher = DefaultHasher::new();
    (file.dev(), file.ino(), file.len(), file.ctime(), file.ctime_nsec()).hash(&mut hasher);
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(not(target_os = "linux"))]
pub fn program_in(_: &Path) -> Option<u64> {
    None
}
