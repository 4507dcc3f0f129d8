//! The register is kept while the page is asked for, and no answer is older than the
//! database.

use kitos_standin::Departure;
use rusqlite::backup::Progress;

use crate::page::site::Site;

const NAME: &str = "Kirstine Zachariasen";

#[test]
fn what_a_pull_or_forgetting_or_a_backup_brings_shows_at_once() {
    let site = Site::start();
    let has = |path: &str, text: &str| site.page(path).contains(text);
    let sync = || site.installation.ok(&["sync"]);
    assert!(!has("/people?name=Kirstine", NAME) && !has("/report.html", NAME));

    let person = site.installation.standin().edit(|world| {
        let person = world.join("Kirstine", "Zachariasen", "kirstine@kommune.example");
        world.acquire("Nyt system", Some(person));
        person
    });
    assert!(!has("/people?name=Kirstine", NAME), "KITOS was not read since");
    sync();
    assert!(has("/report.html", NAME), "who owned what");
    assert!(has("/people?name=Kirstine", NAME));
    assert!(has("/systems?name=Nyt", NAME), "{}", site.page("/systems?name=Nyt"));

    site.installation.standin().edit(|world| world.leave(person, Departure::LosesRoles));
    sync();
    assert!(!has("/systems?name=Nyt", NAME));
    assert!(has("/people?departed=1&name=Kirstine", NAME));
    let backup = site.installation.path("before.db");
    site.installation.ok(&["backup", backup.to_str().expect("a path")]);
    let changes = format!("/people/{person}");
    assert!(has(&changes, NAME));

    let pruned = site.installation.run_at("2030-01-01T09:00:00+01:00", &["prune"]);
    assert_eq!(pruned.code, 0, "{pruned:?}");
    assert!(!has("/people?departed=1", NAME));
    assert!(!has(&changes, NAME) && has(&changes, "Tidligere bruger"));

    // Into the file that is in use, as a copy to its place would be.
    let mut database = site.installation.open();
    database.restore("main", backup, None::<fn(Progress)>).expect("a restored backup");
    drop(database);
    assert!(has("/people?departed=1", NAME));
    assert!(has(&changes, NAME));
}
