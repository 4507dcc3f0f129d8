//! Two things are found out before anything is built: which of the tests this machine can
//! run, and whether its loader takes the program packed.

use std::env;
use std::process::Command;

#[path = "tests/support/machine.rs"]
mod machine;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    machine::tell_which_tests_run();
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
