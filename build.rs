//! Found out before anything is built: which of the tests this machine can run, whether
//! its loader takes the program packed, and what the program need not bring.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "tests/support/machine.rs"]
mod machine;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    machine::tell_which_tests_run();
    pack_relocations();
    leave_out_unwinding()
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

/// The tables by which a stack is unwound are 2.4 MB of a program that a panic aborts, as
/// that of the profile `release` is. rustc leaves them out only where tests abort, too.
/// Whoever names a linker or flags of their own may have one that takes no scripts.
fn leave_out_unwinding() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let out = env::var("OUT_DIR")?;
    // PROFILE is "release" for every profile that inherits from it.
    let profile = Path::new(&out).ancestors().nth(3).and_then(Path::file_name);
    let own = |name: &str| env::var(name).is_ok_and(|value| !value.is_empty());
    if profile.is_some_and(|profile| profile == "release")
        && env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux")
        && !own("CARGO_ENCODED_RUSTFLAGS")
        && !own("RUSTC_LINKER")
    {
        let script = Path::new(&out).join("without-unwinding.ld");
        fs::write(&script, "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;")?;
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
    Ok(())
}
