use chrono_tz::Europe::Copenhagen;

use super::*;
use crate::testing::{at, id};

/// Mondays, 2 November 2026 among them, are written in Danish winter time.
fn verdict(line: &str, delay: i64, past: Past, start: Option<&str>, now: &str) -> Due {
    let line = CronLine::parse(line).expect("a line");
    due((&line, Copenhagen), TimeDelta::minutes(delay), &past, start.map(at), at(now))
}

fn ran(latest: &str) -> Past {
    Past { latest: Some(at(latest)), ..Past::default() }
}

fn now(scheduled_for: &str, why: Why) -> Due {
    Due::Now { scheduled_for: at(scheduled_for), why }
}

fn later(instant: &str) -> Due {
    Due::At(Some(at(instant)))
}

const DAILY: &str = "0 5 * * *";
const WEEKLY: &str = "0 7 * * Mon";

#[test]
fn a_job_that_never_ran() {
    let morning = "2026-11-03T10:00:00Z";
    assert_eq!(verdict(DAILY, 0, Past::default(), None, morning), now(morning, Why::First));
    let start = Some("2026-11-01T12:00:00Z");
    for (why, instant, expected) in [
        ("before its first time", "2026-11-02T05:59:59Z", later("2026-11-02T06:00:00Z")),
        ("at its first time", "2026-11-02T06:00:00Z", now("2026-11-02T06:00:00Z", Why::Scheduled)),
        (
            "after it, as a catch-up",
            "2026-11-05T12:00:00Z",
            now("2026-11-02T06:00:00Z", Why::Scheduled),
        ),
    ] {
        assert_eq!(verdict(WEEKLY, 0, Past::default(), start, instant), expected, "{why}");
    }
}

#[test]
fn a_job_runs_once_for_each_occurrence() {
    let ran_at_five = "2026-11-02T04:00:00Z";
    for (why, latest, instant, expected) in [
        ("done for today", ran_at_five, "2026-11-02T12:00:00Z", later("2026-11-03T04:00:00Z")),
        ("a second before", ran_at_five, "2026-11-03T03:59:59Z", later("2026-11-03T04:00:00Z")),
        (
            "on time",
            ran_at_five,
            "2026-11-03T04:00:00Z",
            now("2026-11-03T04:00:00Z", Why::Scheduled),
        ),
        (
            "a month of downtime is one run, of the latest occurrence",
            ran_at_five,
            "2026-12-04T12:00:00Z",
            now("2026-12-04T04:00:00Z", Why::Scheduled),
        ),
        (
            "by hand, earlier the same day: the schedule still counts",
            "2026-11-03T03:00:00Z",
            "2026-11-03T04:00:00Z",
            now("2026-11-03T04:00:00Z", Why::Scheduled),
        ),
        (
            "a clock set back runs nothing twice",
            "2026-11-03T04:00:10Z",
            "2026-11-03T03:30:00Z",
            later("2026-11-04T04:00:00Z"),
        ),
        (
            "nor when it comes to that time again",
            "2026-11-03T04:00:10Z",
            "2026-11-03T04:00:05Z",
            later("2026-11-04T04:00:00Z"),
        ),
        (
            "the night of the spring change",
            "2026-03-28T04:00:00Z",
            "2026-03-29T03:00:00Z",
            now("2026-03-29T03:00:00Z", Why::Scheduled),
        ),
    ] {
        assert_eq!(verdict(DAILY, 0, ran(latest), None, instant), expected, "{why}");
    }
}

#[test]
fn the_installations_delay_moves_the_run_and_not_the_occurrence() {
    let yesterday = "2026-11-02T04:10:00Z";
    for (why, latest, instant, expected) in [
        ("in the delay", yesterday, "2026-11-03T04:09:59Z", later("2026-11-03T04:10:00Z")),
        (
            "after it",
            yesterday,
            "2026-11-03T04:10:00Z",
            now("2026-11-03T04:00:00Z", Why::Scheduled),
        ),
        (
            "by hand within the delay: that was today's",
            "2026-11-03T04:03:00Z",
            "2026-11-03T04:10:00Z",
            later("2026-11-04T04:10:00Z"),
        ),
    ] {
        assert_eq!(verdict(DAILY, 10, ran(latest), None, instant), expected, "{why}");
    }
}

#[test]
fn a_failure_is_tried_again_after_15_minutes_1_hour_4_hours_and_then_on_schedule() {
    let failed = |failures| Past {
        latest: Some(at("2026-11-02T04:00:00Z")),
        failures,
        failed_at: Some(at("2026-11-02T04:01:00Z")),
    };
    let schedule = later("2026-11-03T04:00:00Z");
    for (failures, instant, expected) in [
        (0, "2026-11-02T23:00:00Z", schedule),
        (1, "2026-11-02T04:15:59Z", later("2026-11-02T04:16:00Z")),
        (1, "2026-11-02T04:16:00Z", now("2026-11-02T04:16:00Z", Why::Retry)),
        (1, "2026-11-02T20:00:00Z", now("2026-11-02T20:00:00Z", Why::Retry)),
        (2, "2026-11-02T05:00:59Z", later("2026-11-02T05:01:00Z")),
        (2, "2026-11-02T05:01:00Z", now("2026-11-02T05:01:00Z", Why::Retry)),
        (3, "2026-11-02T08:00:59Z", later("2026-11-02T08:01:00Z")),
        (3, "2026-11-02T08:01:00Z", now("2026-11-02T08:01:00Z", Why::Retry)),
        (4, "2026-11-02T23:00:00Z", schedule),
        (400, "2026-11-02T23:00:00Z", schedule),
        // The schedule goes before a retry, and counts as its occurrence.
        (1, "2026-11-03T04:00:00Z", now("2026-11-03T04:00:00Z", Why::Scheduled)),
    ] {
        let verdict = verdict(DAILY, 0, failed(failures), None, instant);
        assert_eq!(verdict, expected, "{failures} failures, {instant}");
    }
    // Whichever comes first is told: here the schedule.
    let hourly = verdict("0 * * * *", 0, failed(3), None, "2026-11-02T04:30:00Z");
    assert_eq!(hourly, later("2026-11-02T05:00:00Z"));
}

#[test]
fn the_delay_is_the_installations_own_and_below_the_jitter() {
    let ten_minutes = Duration::from_secs(600);
    let delays: Vec<TimeDelta> =
        (0..98).map(|n| installation_delay(id(&n.to_string()), ten_minutes)).collect();
    assert!(delays.iter().all(|d| (0..600).contains(&d.num_seconds())));
    let different: std::collections::BTreeSet<_> = delays.iter().collect();
    assert!(different.len() > 80, "98 municipalities are spread: {}", different.len());
    assert_eq!(installation_delay(id("5"), ten_minutes), delays[5], "the same every day");
    for none in [Duration::ZERO, Duration::from_secs(1), Duration::from_millis(900)] {
        assert_eq!(installation_delay(id("x"), none), TimeDelta::zero());
    }
    for n in 0..98 {
        let delay = installation_delay(id(&n.to_string()), Duration::MAX);
        assert!((TimeDelta::zero()..TimeDelta::days(1)).contains(&delay), "{delay}");
    }
}
