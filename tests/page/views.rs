//! What the views show: the same figures as digest and command line, in both languages,
//! with headers that keep them to themselves.

use chrono::Utc;
use kitos_standin::World;
use serde_json::Value;

use crate::page::site::{LOGIN, OPERATOR, Site};
use crate::support::{eventually, files, http};

#[test]
fn every_view_is_there_in_both_languages_and_kept_to_itself() {
    let site = Site::start();
    for path in site.views() {
        let danish = site.get(&path);
        assert_eq!(danish.status, 200, "{path}: {danish:?}");
        assert!(danish.text().contains("<html lang=\"da\">"), "{path}");
        let policy = danish.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{path}: {policy}");
        assert_eq!(danish.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(danish.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(danish.header("cache-control"), "no-store", "{path}");
        for inline in ["<script", "<style", " style=", " onclick", "javascript:"] {
            assert!(!danish.text().contains(inline), "{path}: {inline}");
        }
        let headers = [("X-User", OPERATOR), ("Cookie", "a=b; language=en")];
        let english = http::get(site.port, &path, &headers).text();
        assert!(english.contains("<html lang=\"en\">"), "{path}");
    }
    // The whole report has its own style, and nothing else.
    let report = site.get("/report.html");
    let policy = report.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"), "{policy}");
    assert_eq!(report.header("x-frame-options"), "DENY");
    let switched = site.get("/findings?sort=unit&language=en");
    assert!(switched.header("set-cookie").starts_with("language=en;"), "{switched:?}");
    assert!(switched.text().contains("<html lang=\"en\">"));
}

#[test]
fn a_system_says_whom_mail_goes_to_and_who_was_passed_over() {
    let site = Site::start();
    let listed = site.installation.ok(&["findings", "--format", "json"]);
    let findings: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let of_one = |finding: &&Value| {
        finding["recipient"]["people"].as_array().is_some_and(|people| people.len() == 1)
    };
    let finding = findings.iter().find(of_one).expect("a finding of one owner");
    let [name, email] = ["name", "email"].map(|key| {
        finding["recipient"]["people"][0][key].as_str().expect("a known person").to_owned()
    });
    let path = format!("/systems/{}", finding["systemUsageUuid"].as_str().unwrap());
    let passed = format!("{name} (fraværende uden stedfortræder)");
    assert!(!site.page(&path).contains(&passed));
    site.installation.ok(&["away", &email, "--until", "2099-01-01"]);
    assert!(site.page(&path).contains(&passed), "{}", site.page(&path));
}

#[test]
fn what_was_done_is_told_in_the_words_of_the_page() {
    let mut world = World::generate_at(7, 60, Utc::now());
    let (usage, role) = (world.our_usages().next().unwrap().uuid, world.role("Systemejer"));
    let owners: Vec<_> = world.our_users().map(|user| user.uuid).take(2).collect();
    world.set_life_cycle(usage, Some("Operational"));
    world.remove_owners(usage);
    for owner in owners {
        world.assign(usage, role.unwrap(), owner);
    }
    let site = Site::of(world, LOGIN);
    let system = site.page(&format!("/systems/{}", usage));
    assert_eq!(system.matches("der må kun være én").count(), 1, "{system}");
    assert!(system.contains(" står begge som systemejer"), "{system}");

    let runs = site.page("/runs");
    assert!(runs.contains("60 systemer og "), "{runs}");
    assert!(!runs.contains("systems and"), "{runs}");
    let english = site.page("/runs?language=en");
    assert!(english.contains("60 systems and "), "{english}");

    let written = "SELECT count(*) FROM outbox WHERE state = 'previewed'";
    eventually("the mail is written", || site.count(written) > 0);
    let mail = site.page(&format!("/outbox/{}", site.count("SELECT max(id) FROM outbox")));
    assert!(mail.contains("Skrevet i en fil"), "{mail}");
    assert!(!mail.contains("Sendt<") && !mail.contains("Forsøg"), "{mail}");
    let folder = site.installation.previews();
    let files = files(&folder);
    let named = files.iter().find(|file| mail.contains(&format!("<dd>{}</dd>", file.display())));
    assert!(named.is_some(), "{files:?} {mail}");
}

#[test]
fn the_health_is_what_a_monitor_asks_for() {
    let site = Site::start();
    let well = http::get(site.port, "/healthz", &[]);
    let said: Value = serde_json::from_slice(&well.body).unwrap();
    assert_eq!((well.status, &said["status"]), (200, &"ok".into()), "{said}");
    assert!(said["lastPullAt"].is_string(), "{said}");

    site.installation
        .open()
        .execute(
            "INSERT INTO incident (kind, opened_at, seen_at, facts)
             VALUES ('mail-down', 0, 0, '[{\"fact\":\"error\",\"value\":\"Åse\"}]')",
            [],
        )
        .unwrap();
    let ill = http::get(site.port, "/healthz", &[]);
    let said: Value = serde_json::from_slice(&ill.body).unwrap();
    assert_eq!((ill.status, &said["reasons"][0]["kind"]), (503, &"mail-down".into()), "{said}");
    assert!(!ill.text().contains("Åse"), "{said}");

    let metrics = http::get(site.port, "/metrics", &[]);
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    assert!(metrics.text().ends_with("# EOF\n"));
    assert!(metrics.text().contains("kitos_sync_incident_open{kind=\"mail-down\"} 1\n"));
    assert!(!metrics.text().contains('@'), "{}", metrics.text());
}

#[test]
fn the_health_is_json_also_where_the_database_cannot_be_asked() {
    let site = Site::start();
    let database = site.installation.database();
    std::fs::rename(&database, site.installation.path("gone.db")).unwrap();
    let ill = http::get(site.port, "/healthz", &[]);
    let said: Value = serde_json::from_slice(&ill.body).unwrap();
    assert_eq!((ill.status, &said["reasons"][0]["kind"]), (503, &"database".into()), "{said}");
    std::fs::rename(site.installation.path("gone.db"), &database).unwrap();
}

#[test]
fn a_held_pull_is_explained_where_it_is_decided_on() {
    let site = Site::start();
    site.installation.standin().edit(|world| {
        world.usages.iter_mut().for_each(|usage| usage.roles.clear());
    });
    let held = site.installation.run(&["sync"]);
    assert_eq!(held.code, 4, "{held:#?}");
    let shown = site.installation.run(&["guard", "show"]).stdout;
    let (_, follows) = shown.split_once("what would follow:\n").expect("a heading");
    let follows: Vec<&str> = follows.lines().map_while(|line| line.strip_prefix("  - ")).collect();
    assert!(follows.len() > 1, "{shown}");
    for path in ["/guard?language=en", "/guard/release?language=en"] {
        let page = site.page(path).replace("&#x27;", "'").replace("&#39;", "'");
        for line in &follows {
            assert!(page.contains(line), "{line}: {page}");
        }
    }
}
