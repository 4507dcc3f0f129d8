//! Part of the build script (`build.rs`): what this machine lets the tests do. A test that
//! needs what is not there is counted as ignored, with the reason, never as passed. It can
//! only be found out before the tests are built: Rust's harness knows no test that
//! skips itself.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// Tells the compiler what is missing, as `without_…`.
pub fn tell_which_tests_run() {
    println!("cargo::rerun-if-changed=tests/support/machine.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    // Debian's list of what is installed: something may have come since.
    let installed = Path::new("/var/lib/dpkg/status");
    if installed.exists() {
        println!("cargo::rerun-if-changed={}", installed.display());
    }
    let root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
    // .ci/run puts it there; what is not there cannot be watched for.
    let axe = Path::new("target/axe/node_modules/axe-core/axe.min.js");
    if axe.exists() {
        println!("cargo::rerun-if-changed={}", axe.display());
    }
    let postfix = Path::new("/usr/lib/postfix/sbin/master").exists();
    for (name, there) in [
        ("strace", works("strace", &["-qq", "-o", "/dev/null", "true"])),
        ("faketime", works("faketime", &["2026-01-01 12:00:00", "true"])),
        // What mounting takes, and nothing is mounted by it.
        ("mount", root && works("unshare", &["--mount", "true"])),
        ("postfix", root && postfix),
        ("chromium", works("chromium", &["--version"]) && works("chromedriver", &["--version"])),
        ("axe", axe.exists()),
        ("nginx", works("nginx", &["-v"])),
        ("root", root),
    ] {
        println!("cargo::rustc-check-cfg=cfg(without_{name})");
        if !there {
            println!("cargo::rustc-cfg=without_{name}");
        }
    }
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|done| done.status.success())
}
