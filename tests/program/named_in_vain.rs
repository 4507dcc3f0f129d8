//! What the policy's configuration names that KITOS does not have: `check` says it.

use std::fs;

use kitos_standin::World;
use serde_json::Value;

use crate::support::TestInstallation;

const BEFORE: &str = "2026-01-05T06:00:00Z";
const AFTER: &str = "2026-02-02T06:00:00Z";

fn sync(installation: &TestInstallation, at: &str) {
    let run = installation.run_at(at, &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn check_tells_what_the_policy_names_in_vain_and_status_where_that_stands() {
    let installation = TestInstallation::new(World::generate(5, 12));
    let leaders = installation.path("ledere.csv");
    fs::write(
        &leaders,
        "email;name;level;unit;manager_email\n\
         lise@andetsteds.example;Lise;leeder;Løn;\n\
         ikke en adresse;Bo;leder;Løn;\n",
    )
    .expect("a file");
    let name = installation.standin().edit(|world| {
        world.acquire("Testsystem", None);
        world.our_units().next().expect("a unit").name.clone()
    });
    let configure = |more: &str| {
        installation.configure(&format!(
            "[policy]\nmanager_roles = ['Systemforvalter', 'Sistemansvarlig']\n\
             contact_roles = ['Kontaktperson']\n{more}\n\
             leaders_file = '{}'\n[policy.exclude]\nnames = ['test*', 'findes ikke*']\n",
            leaders.display()
        ));
    };
    configure(&format!("staff_units = ['{name}x', '{name}']"));

    // Before the first pull the leaders file is all that is known.
    let run = installation.run_at(BEFORE, &["check"]);
    assert!(run.stdout.contains("cannot be read: line 3: "), "{}", run.stdout);
    assert!(!run.stdout.contains("findes ikke"), "{}", run.stdout);

    sync(&installation, BEFORE);
    let expected = [
        format!("policy.staff_units: KITOS has no unit \"{name}x\"; the nearest is \"{name}\""),
        "policy.exclude.names: \"findes ikke*\" fits no system".to_owned(),
        "policy.exclude leaves out one system".to_owned(),
        "the leaders file has the addresses of 0 of the ".to_owned(),
        "the leaders file names units, and KITOS has those of 0 of the 1 leaders; it has no \"Løn\""
            .to_owned(),
        "the leaders file has nobody of a level that policy.rules.owner-level.levels lists, but e.g. \"leeder\""
            .to_owned(),
    ];
    assert_eq!(named_in_vain(&installation, BEFORE).len(), expected.len());
    // Roles and cells have lines of their own.
    let all = installation.run_at(BEFORE, &["check"]).stdout;
    for part in ["no role type \"Sistemansvarlig\"", "line 3: email \"ikke en adresse\""] {
        assert_eq!(all.matches(part).count(), 1, "{part}: {all}");
    }
    for (hint, expected) in named_in_vain(&installation, BEFORE).iter().zip(&expected) {
        assert!(hint.starts_with(expected), "{hint} {expected}");
    }
    let status = installation.run_at(BEFORE, &["status"]).stdout;
    assert!(status.contains("names in vain: `kitos-sync check`"), "{status}");

    // A role that KITOS renames was matched before, and is no news.
    installation.standin().edit(|world| {
        let role = world.role("Kontaktperson").expect("the role");
        world.rename_role_type(role, "Noget helt andet");
    });
    sync(&installation, AFTER);
    let hints = named_in_vain(&installation, AFTER);
    assert!(!hints.iter().any(|hint| hint.contains("policy.contact_roles")), "{hints:#?}");
}

/// What `check` says of the policy.
fn named_in_vain(installation: &TestInstallation, at: &str) -> Vec<String> {
    let run = installation.run_at(at, &["--format", "json", "check"]);
    let lines: Vec<Value> = serde_json::from_str(&run.stdout).expect("JSON");
    let of_policy = lines.iter().filter(|line| line["what"] == "policy");
    of_policy.map(|line| line["detail"].as_str().expect("text").to_owned()).collect()
}
