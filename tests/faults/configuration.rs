//! Rows 61–64: a configuration that is wrong is told whole, with exit code 2,
//! before anything else is done.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kitos_standin::World;

use crate::support::TestInstallation;

/// What the program says about this addition to a good configuration.
fn refused(more: &str) -> String {
    let installation = TestInstallation::new(World::generate(7, 1));
    installation.configure(more);
    for command in ["sync", "run", "status", "check"] {
        let run = installation.run(&[command]);
        assert_eq!(run.code, 2, "{command}: {run:#?}");
    }
    assert!(!installation.database().exists());
    assert_eq!(installation.standin().requests(), []);
    installation.run(&["sync"]).stderr
}

#[test]
fn fault_61_an_unknown_key() {
    let told = refused("[kitos2]\nx = 1\n[notify]\nremind_evry = [1]");
    assert!(told.contains("kitos2"), "{told}");
    assert!(told.contains("remind_evry") && told.contains("remind_every"), "both: {told}");
}

#[test]
fn fault_62_a_value_of_the_wrong_type() {
    let told = refused("[web]\nlisten = 8470\n[guard]\nmax_removed = 'ten'");
    assert!(told.contains("web.listen") && told.contains("guard.max_removed"), "both: {told}");
}

#[test]
fn fault_63_a_wrong_cron_line() {
    let told = refused("[schedule]\nsync = '0 25 * * *'\ndigest = 'weekly'");
    assert!(told.contains("schedule.sync") && told.contains("schedule.digest"), "both: {told}");
}

#[test]
fn fault_64_a_secret_in_the_file() {
    let told = refused("[mail.smtp]\npassword = 'hunter2'");
    assert!(told.contains("mail.smtp.password"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn fault_64_a_secret_that_others_can_read() {
    let installation = TestInstallation::new(World::generate(7, 1));
    let password = installation.path("password");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).expect("a chmod");
    let run = installation.run(&["sync"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains(&password.display().to_string()), "{run:#?}");
    assert!(run.stderr.contains("chmod"), "{run:#?}");
    assert_eq!(installation.standin().requests(), []);
}
