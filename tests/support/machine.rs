//! The build script: what this machine lets the tests do, and the linker. A test that
//! needs what is not there is counted as ignored, with the reason, never as passed. It can
//! only be found out before the tests are built: Rust's harness knows no test that
//! skips itself.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

fn main() {
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
    pack_relocations();
}

/// What is told of 80,000 addresses that the loader adjusts at each start takes 2 MB one
/// by one, and 30 kB packed. A C library before glibc 2.36 does not know that form, and a
/// program built for another machine may meet one.
fn pack_relocations() {
    let here = env::var("HOST").is_ok_and(|host| env::var("TARGET") == Ok(host));
    let version = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let version = version.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
    let minor = version.ok().and_then(|told| told.trim().strip_prefix("glibc 2.")?.parse().ok());
    if here && minor.is_some_and(|minor: u32| minor >= 36) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|done| done.status.success())
}
