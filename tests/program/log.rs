//! How much an operator has to read: the lines that a day writes into the log. The
//! program is run as the daemon runs its rounds, every few minutes.

use chrono::{DateTime, TimeDelta, Utc};
use kitos_standin::{Effect, Fault, World};

use crate::support::TestInstallation;

const MONDAY: &str = "2026-03-02T00:00:00+01:00";

fn installation() -> TestInstallation {
    let installation = TestInstallation::new(World::generate_at(7, 30, instant(MONDAY)));
    // On a Monday, so that each job has its turn.
    installation.configure("[schedule]\nprune = '30 3 * * *'\n");
    assert_eq!(installation.run_at("2026-03-01T05:00:00+01:00", &["run", "--once"]).code, 0);
    installation
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The lines that `run --once` logs when it is run every `minutes` of a day.
fn day(installation: &TestInstallation, start: &str, minutes: i64) -> Vec<String> {
    let rounds = 24 * 60 / minutes;
    let at = |round| (instant(start) + TimeDelta::minutes(round * minutes)).to_rfc3339();
    (0..rounds)
        .flat_map(|round| {
            let run = installation.run_at(&at(round), &["run", "--once"]);
            run.stderr.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_normal_day_is_under_twenty_lines() {
    let installation = installation();
    installation.standin().edit(|world| {
        world.acquire("Nyt system", None);
    });
    let lines = day(&installation, MONDAY, 20);
    let log = lines.join("\n");
    assert!(lines.len() < 20, "{} lines:\n{log}", lines.len());
    for job in ["sync", "remind", "digest", "deliver", "prune"] {
        assert!(log.contains(&format!("{job} done")), "{job}:\n{log}");
    }
}

#[test]
fn a_day_without_kitos_is_under_forty_lines_one_for_each_try() {
    let installation = installation();
    // It asks to be tried again at once: what is tried within a try costs no time here.
    let away = Effect::retry_after(503, "0");
    installation.standin().fault(Fault::new("/api/authorize/GetToken", away).always());
    for (start, incident) in [(MONDAY, true), ("2026-03-03T00:00:00+01:00", false)] {
        let lines = day(&installation, start, 15);
        let log = lines.join("\n");
        assert!(lines.len() < 40, "{} lines:\n{log}", lines.len());
        // At 05:00, and at the round after a quarter, an hour and four hours.
        let tries: Vec<_> = lines.iter().filter(|line| line.contains("sync failed")).collect();
        assert_eq!(tries.len(), 4, "{tries:#?}");
        for (tried, next) in tries.iter().zip(["05:15", "06:30", "10:45", "05:00"]) {
            assert!(tried.contains(&format!(" {next}\"")), "the next one is at {next}: {tried}");
        }
        assert!(!log.contains("trying again"), "{log}");
        // The data are old from 17:00 on the first day.
        assert_eq!(log.contains("an incident has begun"), incident, "{log}");
    }
}
