//! Rows 58–60: the clock jumps. An occurrence runs at most once, whatever it does.

use std::process::Command;

use kitos_standin::World;
use kitos_sync::model::JobKind;
use kitos_sync::time::schedule::CronLine;

use crate::faults::house::{House, run_behind};
use crate::support::TestInstallation;

/// At each of these instants, in order, what `run --once` does: the scheduled
/// times that it served for `job`.
async fn served(job: JobKind, instants: &[&str]) -> Vec<Vec<String>> {
    let mut house = House::new(10).await;
    house.at("2026-03-01T12:00:00Z".parse().expect("an instant"));
    house.run_due().await;
    let mut served = Vec::new();
    for instant in instants {
        house.at(instant.parse().expect("an instant"));
        let mut runs = house.run_due().await;
        runs.retain(|run| run.job == job);
        served.push(
            runs.iter()
                .filter_map(|run| run.scheduled_for)
                .map(|at| at.format("%m-%dT%H:%MZ").to_string())
                .collect(),
        );
    }
    served
}

#[tokio::test]
async fn fault_58_clock_back_an_hour() {
    // Due at 05:00 in Denmark.
    let instants = ["2026-03-03T04:00:30Z", "2026-03-03T03:00:30Z", "2026-03-03T04:00:00Z"];
    let ran = served(JobKind::Sync, &instants).await;
    assert_eq!(ran, [&["03-03T04:00Z"][..], &[], &[]]);
    let later = ["2026-03-03T04:00:30Z", "2026-03-03T03:00:30Z", "2026-03-04T04:00:00Z"];
    let ran = served(JobKind::Sync, &later).await;
    assert_eq!(ran[2], ["03-04T04:00Z"], "the next one is not lost");
}

/// A clock that ran ahead for twelve days left a run of each of them.
#[tokio::test]
async fn a_clock_that_was_ahead_for_days_and_is_put_right_stops_nothing() {
    let day = |number: u32| format!("2026-03-{number:02}T04:10:00Z");
    let instants: Vec<String> = (3..15).chain(4..8).map(day).collect();
    let instants: Vec<&str> = instants.iter().map(String::as_str).collect();
    let ran = served(JobKind::Sync, &instants).await;
    // At once, and then as ever.
    let expected = [["03-04T04:10Z"], ["03-05T04:00Z"], ["03-06T04:00Z"], ["03-07T04:00Z"]];
    assert_eq!(ran[12..], expected);
}

#[tokio::test]
async fn fault_59_clock_forward_a_month() {
    let instants = ["2026-03-03T04:00:00Z", "2026-04-03T09:00:00Z", "2026-04-03T09:01:00Z"];
    let ran = served(JobKind::Sync, &instants).await;
    assert_eq!(ran, [&["03-03T04:00Z"][..], &["04-03T03:00Z"], &[]], "once, the latest");
    let ran = served(JobKind::Digest, &instants).await;
    assert_eq!(ran, [&["03-02T06:00Z"][..], &["03-30T05:00Z"], &[]], "once, the latest");
}

fn at_half_past_two() -> CronLine {
    CronLine::parse("30 2 * * *").expect("a cron line")
}

/// The jobs' own schedules keep away from both nights; these do not.
#[tokio::test]
async fn fault_60_both_dst_nights() {
    for (from, until, expected) in [
        // 02:30 does not exist: 03:00 summer time is the first instant after it.
        ("2026-03-28T20:00:00Z", "2026-03-29T08:00:00Z", "03-29T01:00Z"),
        // 02:30 exists twice: the first counts.
        ("2026-10-24T20:00:00Z", "2026-10-25T08:00:00Z", "10-25T00:30Z"),
    ] {
        let mut house = House::new(5).await;
        house.set(|config| config.schedule.sync = at_half_past_two());
        house.at(from.parse().expect("an instant"));
        house.run_due().await;
        let until: chrono::DateTime<chrono::Utc> = until.parse().expect("an instant");
        let mut ran = Vec::new();
        while house.context.now() < until {
            house.wait(chrono::TimeDelta::minutes(10));
            let runs = house.run_due().await;
            ran.extend(runs.iter().filter(|run| run.job == JobKind::Sync).map(|run| {
                run.scheduled_for.expect("on schedule").format("%m-%dT%H:%MZ").to_string()
            }));
        }
        assert_eq!(ran, [expected]);
    }
}

/// The machine's own clock, not `--at`: what ran before runs once, and what was
/// missed runs once.
#[test]
#[cfg_attr(without_faketime, ignore = "needs faketime: apt-get install faketime")]
fn fault_59_under_another_machine_clock() {
    let installation = TestInstallation::new(World::generate(7, 10));
    let mut syncs = Vec::new();
    for at in ["2026-03-02 12:00:00", "2026-04-02 12:00:00", "2026-04-02 11:00:00"] {
        let mut program = installation.command();
        let mut command = Command::new("faketime");
        command.arg(at).env("TZ", "UTC");
        run_behind(&mut command, program.args(["--format", "json", "run", "--once"]));
        let done = command.output().expect("faketime runs");
        let text = String::from_utf8(done.stdout).expect("text");
        assert!(done.status.success(), "{at}: {text}{}", String::from_utf8_lossy(&done.stderr));
        syncs.push(text.lines().filter(|line| line.contains(r#""job":"sync""#)).count());
    }
    assert_eq!(syncs, [1, 1, 0]);
}
