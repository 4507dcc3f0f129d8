//! This test program as another process: what a umask or a sudden death does
//! can only be seen from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a child finds its database; set by [`child`] alone.
const CHILD_DATABASE: &str = "KITOS_SYNC_TEST_DATABASE";

/// This test program again, as another process that runs one of the ignored
/// tests below on `database`, with `umask`.
pub fn child(umask: &str, test: &str, database: &Path) -> Command {
    let me = std::env::current_exe().expect("this program");
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(me)
        .args(["--exact", test, "--ignored", "--nocapture", "--quiet"])
        .env(CHILD_DATABASE, database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

pub fn child_database() -> PathBuf {
    std::env::var_os(CHILD_DATABASE).expect("started by another test").into()
}
