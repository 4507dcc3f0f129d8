use chrono::NaiveDate;
use chrono_tz::Europe::Copenhagen;
use proptest::prelude::*;

use super::*;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn line(text: &str) -> CronLine {
    CronLine::parse(text).unwrap()
}

/// The first occurrences after `after`, as clocks in Copenhagen show them.
fn occurrences(text: &str, after: &str, count: usize) -> Vec<String> {
    let line = line(text);
    std::iter::successors(line.next_after(utc(after), Copenhagen), |previous| {
        line.next_after(*previous, Copenhagen)
    })
    .take(count)
    .map(|instant| instant.with_timezone(&Copenhagen).format("%a %d %b %H:%M %z").to_string())
    .collect()
}

#[test]
fn lines_mean_what_crontab_means() {
    for (text, after, expected) in [
        ("0 5 * * *", "2026-11-02T04:00:00Z", ["Tue 03 Nov 05:00 +0100", "Wed 04 Nov 05:00 +0100"]),
        ("0 5 * * *", "2026-11-02T03:59:59Z", ["Mon 02 Nov 05:00 +0100", "Tue 03 Nov 05:00 +0100"]),
        (
            "0  5 * *\t* ",
            "2026-11-02T04:00:00Z",
            ["Tue 03 Nov 05:00 +0100", "Wed 04 Nov 05:00 +0100"],
        ),
        (
            "0 8 * * Mon-Fri",
            "2026-11-06T07:00:00Z",
            ["Mon 09 Nov 08:00 +0100", "Tue 10 Nov 08:00 +0100"],
        ),
        (
            "0 8 * * 1-5",
            "2026-11-06T07:00:00Z",
            ["Mon 09 Nov 08:00 +0100", "Tue 10 Nov 08:00 +0100"],
        ),
        (
            "30 3 * * 0",
            "2026-11-02T00:00:00Z",
            ["Sun 08 Nov 03:30 +0100", "Sun 15 Nov 03:30 +0100"],
        ),
        (
            "30 3 * * 7",
            "2026-11-02T00:00:00Z",
            ["Sun 08 Nov 03:30 +0100", "Sun 15 Nov 03:30 +0100"],
        ),
        (
            "30 3 * * sunday",
            "2026-11-02T00:00:00Z",
            ["Sun 08 Nov 03:30 +0100", "Sun 15 Nov 03:30 +0100"],
        ),
        (
            "0 9 * * 5-7",
            "2026-11-02T00:00:00Z",
            ["Fri 06 Nov 09:00 +0100", "Sat 07 Nov 09:00 +0100"],
        ),
        (
            "0 9 * * SAT-SUN",
            "2026-11-02T00:00:00Z",
            ["Sat 07 Nov 09:00 +0100", "Sun 08 Nov 09:00 +0100"],
        ),
        (
            "0 9 * * Sun-Mon",
            "2026-11-02T09:00:00Z",
            ["Sun 08 Nov 09:00 +0100", "Mon 09 Nov 09:00 +0100"],
        ),
        (
            "0 9 * * 1,3",
            "2026-11-02T09:00:00Z",
            ["Wed 04 Nov 09:00 +0100", "Mon 09 Nov 09:00 +0100"],
        ),
        (
            "0 9 * * */3",
            "2026-11-02T09:00:00Z",
            ["Wed 04 Nov 09:00 +0100", "Sat 07 Nov 09:00 +0100"],
        ),
        (
            "0 9 * * 1-5/2",
            "2026-11-02T09:00:00Z",
            ["Wed 04 Nov 09:00 +0100", "Fri 06 Nov 09:00 +0100"],
        ),
        (
            "*/30 9-10 * * *",
            "2026-11-02T08:30:00Z",
            ["Mon 02 Nov 10:00 +0100", "Mon 02 Nov 10:30 +0100"],
        ),
        (
            "5,50 6 1 jan,JULY *",
            "2026-11-02T08:00:00Z",
            ["Fri 01 Jan 06:05 +0100", "Fri 01 Jan 06:50 +0100"],
        ),
        (
            "0 0 31 * *",
            "2026-11-02T08:00:00Z",
            ["Thu 31 Dec 00:00 +0100", "Sun 31 Jan 00:00 +0100"],
        ),
        (
            "0 0 29 2 *",
            "2026-11-02T08:00:00Z",
            ["Tue 29 Feb 00:00 +0100", "Sun 29 Feb 00:00 +0100"],
        ),
        // Day and weekday both restricted: either will do.
        (
            "0 7 1 * Mon",
            "2026-11-24T00:00:00Z",
            ["Mon 30 Nov 07:00 +0100", "Tue 01 Dec 07:00 +0100"],
        ),
        // A field that begins with `*` restricts only together with the other.
        (
            "0 7 */2 * Mon",
            "2026-11-24T00:00:00Z",
            ["Mon 07 Dec 07:00 +0100", "Mon 21 Dec 07:00 +0100"],
        ),
        // Half of this line never occurs, the other half does.
        (
            "0 7 30 2 Mon",
            "2026-11-24T00:00:00Z",
            ["Mon 01 Feb 07:00 +0100", "Mon 08 Feb 07:00 +0100"],
        ),
    ] {
        assert_eq!(occurrences(text, after, 2), expected, "{text} after {after}");
    }
}

#[test]
fn each_occurrence_of_both_transition_nights_is_one_instant() {
    let spring = "2026-03-28T22:00:00Z";
    let autumn = "2026-10-24T21:00:00Z";
    for (text, after, expected) in [
        // 29 March 2026: 02:00 to 03:00 does not exist.
        ("30 1 * * *", spring, ["Sun 29 Mar 01:30 +0100", "Mon 30 Mar 01:30 +0200"]),
        ("0 2 * * *", spring, ["Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:00 +0200"]),
        ("30 2 * * *", spring, ["Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:30 +0200"]),
        ("0 3 * * *", spring, ["Sun 29 Mar 03:00 +0200", "Mon 30 Mar 03:00 +0200"]),
        // Three civil times on one instant run once.
        ("0,30 2,3 * * *", spring, ["Sun 29 Mar 03:00 +0200", "Sun 29 Mar 03:30 +0200"]),
        (
            "*/30 * * * *",
            "2026-03-29T00:30:00Z",
            ["Sun 29 Mar 03:00 +0200", "Sun 29 Mar 03:30 +0200"],
        ),
        // 25 October 2026: 02:00 to 03:00 is there twice.
        ("30 1 * * *", autumn, ["Sun 25 Oct 01:30 +0200", "Mon 26 Oct 01:30 +0100"]),
        ("0 2 * * *", autumn, ["Sun 25 Oct 02:00 +0200", "Mon 26 Oct 02:00 +0100"]),
        ("30 2 * * *", autumn, ["Sun 25 Oct 02:30 +0200", "Mon 26 Oct 02:30 +0100"]),
        ("0 3 * * *", autumn, ["Sun 25 Oct 03:00 +0100", "Mon 26 Oct 03:00 +0100"]),
        (
            "*/30 * * * *",
            "2026-10-25T00:00:00Z",
            ["Sun 25 Oct 02:30 +0200", "Sun 25 Oct 03:00 +0100"],
        ),
        // Asked in the second pass: what it shows has been already.
        (
            "45 2 * * *",
            "2026-10-25T01:30:00Z",
            ["Mon 26 Oct 02:45 +0100", "Tue 27 Oct 02:45 +0100"],
        ),
    ] {
        assert_eq!(occurrences(text, after, 2), expected, "{text} after {after}");
    }
}

#[test]
fn the_latest_missed_occurrence() {
    for (text, now, not_before, expected) in [
        ("0 5 * * *", "2026-11-02T04:00:00Z", "2026-11-01T04:00:00Z", Some("2026-11-02T04:00:00Z")),
        ("0 5 * * *", "2026-11-02T03:59:59.999Z", "2026-11-01T04:00:00Z", None),
        ("0 5 * * *", "2026-11-02T03:59:59Z", "2026-11-01T03:59:59Z", Some("2026-11-01T04:00:00Z")),
        ("0 5 * * *", "2026-11-09T12:00:00Z", "2026-11-01T04:00:00Z", Some("2026-11-09T04:00:00Z")),
        ("0 5 * * *", "2026-11-02T04:00:00.5Z", "2026-11-02T04:00:00Z", None),
        (
            "0 7 * * Mon",
            "2026-11-01T12:00:00Z",
            "2026-10-01T00:00:00Z",
            Some("2026-10-26T06:00:00Z"),
        ),
        // The spring gap.
        ("30 2 * * *", "2026-03-29T00:59:59Z", "2026-03-28T12:00:00Z", None),
        (
            "30 2 * * *",
            "2026-03-29T01:00:00Z",
            "2026-03-28T12:00:00Z",
            Some("2026-03-29T01:00:00Z"),
        ),
        // The autumn fold, first and second pass.
        ("45 2 * * *", "2026-10-25T00:40:00Z", "2026-10-24T12:00:00Z", None),
        (
            "45 2 * * *",
            "2026-10-25T01:30:00Z",
            "2026-10-24T12:00:00Z",
            Some("2026-10-25T00:45:00Z"),
        ),
        ("45 2 * * *", "2026-10-25T01:50:00Z", "2026-10-25T00:45:00Z", None),
        // A clock that was set back: the record lies ahead of now.
        ("0 5 * * *", "2026-11-02T03:30:00Z", "2026-11-02T04:00:00Z", None),
    ] {
        assert_eq!(
            line(text).latest_at_or_before(utc(now), Copenhagen, utc(not_before)),
            expected.map(utc),
            "{text} in ({not_before}, {now}]"
        );
    }
}

#[test]
fn a_wrong_line_is_told_what_to_write() {
    let messages: Vec<String> = [
        "",
        "0 5 * *",
        "0 0 5 * * *",
        "@daily",
        "0 25 * * *",
        "60 5 * * *",
        "0 5 0 * *",
        "0 5 * 13 *",
        "0 5 * * 8",
        "0 5 * * man-fre",
        "0 5 * * Fri-Mon",
        "0 22-2 * * *",
        "5-a 5 * * *",
        "a 5 * * *",
        "-5 5 * * *",
        "1, 5 * * *",
        "*/0 5 * * *",
        "*/90 5 * * *",
        "*/x 5 * * *",
        "5/15 * * * *",
        "0 5 L * *",
        "0 5 ? * Mon",
        "0 5 * * Mon#1",
        "99999999999 5 * * *",
        "0 5 30 2 *",
        "0 5 31 4,6,9,11 *",
    ]
    .into_iter()
    .map(|text| format!("{text:?}\n    {}", CronLine::parse(text).unwrap_err()))
    .collect();
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_line_shows_as_it_was_written() {
    assert_eq!(line(" 0  8 * * Mon-Fri ").to_string(), "0 8 * * Mon-Fri");
    assert_eq!(format!("{:?}", line("0 5 * * *")), "CronLine(\"0 5 * * *\")");
    assert_eq!(line("0 5 * * *"), line("0 5 * *  *"));
    assert_ne!(line("0 5 * * *"), line("0 6 * * *"));
}

/// A field together with the values that it means.
#[derive(Debug, Clone)]
struct Known {
    text: String,
    values: BTreeSet<u32>,
}

fn known(min: u32, max: u32) -> impl Strategy<Value = Known> {
    prop_oneof![
        3 => Just(Known { text: "*".to_owned(), values: (min..=max).collect() }),
        2 => (2..=max).prop_map(move |step| Known {
            text: format!("*/{step}"),
            values: (min..=max).step_by(step as usize).collect(),
        }),
        3 => prop::collection::btree_set(min..=max, 1..4).prop_map(|values| Known {
            text: list(&values),
            values,
        }),
        2 => (min..=max, min..=max, 1..=max).prop_map(|(a, b, step)| Known {
            text: format!("{}-{}/{step}", a.min(b), a.max(b)),
            values: (a.min(b)..=a.max(b)).step_by(step as usize).collect(),
        }),
    ]
}

const ZONES: [Tz; 6] = [
    Tz::Europe__Copenhagen,
    Tz::UTC,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::America__St_Johns,
    Tz::Asia__Kathmandu,
];

proptest! {
    /// Days around a random one, and around both transitions, against a count
    /// of every single minute.
    #[test]
    fn occurrences_are_those_that_a_minute_by_minute_search_finds(
        minute in known(0, 59),
        hour in known(0, 23),
        day in known(1, 31),
        weekday in known(0, 7),
        date in prop_oneof![
            Just(NaiveDate::from_ymd_opt(2026, 3, 28).unwrap()),
            Just(NaiveDate::from_ymd_opt(2026, 10, 24).unwrap()),
            (0_u64..365).prop_map(|days| {
                NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(days)
            }),
        ],
    ) {
        use chrono::{Datelike, Timelike};
        let text = format!("{} {} {} * {}", minute.text, hour.text, day.text, weekday.text);
        let line = line(&text);
        let matches = |civil: &NaiveDateTime| {
            let on_day = day.values.contains(&civil.day());
            let number = civil.weekday().num_days_from_sunday();
            let on_weekday = weekday.values.contains(&number)
                || number == 0 && weekday.values.contains(&7);
            let both = day.text.starts_with('*') || weekday.text.starts_with('*');
            minute.values.contains(&civil.minute())
                && hour.values.contains(&civil.hour())
                && if both { on_day && on_weekday } else { on_day || on_weekday }
        };
        let midnight = date.and_time(chrono::NaiveTime::MIN);
        let start = civil::instant(midnight, Copenhagen);
        let expected: BTreeSet<DateTime<Utc>> = (1..3 * 24 * 60)
            .map(|minutes| midnight + TimeDelta::minutes(minutes))
            .filter(matches)
            .map(|civil| civil::instant(civil, Copenhagen))
            .collect();
        let end = civil::instant(midnight + TimeDelta::days(3), Copenhagen);

        let found: Vec<DateTime<Utc>> =
            std::iter::successors(line.next_after(start, Copenhagen), |previous| {
                line.next_after(*previous, Copenhagen)
            })
            .take_while(|instant| *instant < end)
            .collect();
        prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{}", text);
    }

    /// Over a year and in many zones: occurrences only go forward, and asking
    /// back from any moment between two gives the first of them.
    #[test]
    fn next_and_latest_agree(
        minute in known(0, 59),
        hour in known(0, 23),
        day in known(1, 31),
        month in known(1, 12),
        weekday in known(0, 7),
        zone in prop::sample::select(&ZONES[..]),
        offset in 0_i64..365 * 24 * 60 * 60,
        fractions in prop::collection::vec(0.0..1.0_f64, 30),
    ) {
        let text = [&minute, &hour, &day, &month, &weekday].map(|field| &*field.text).join(" ");
        // Not every random line has a day to run on.
        let Ok(line) = CronLine::parse(&text) else { return Ok(()) };
        let start = utc("2026-01-01T00:00:00Z");
        let mut here = start + TimeDelta::seconds(offset);
        prop_assert!(
            line.latest_at_or_before(here, zone, start).is_none_or(|latest| latest <= here)
        );
        for fraction in fractions {
            let Some(next) = line.next_after(here, zone) else { break };
            prop_assert!(next > here);
            prop_assert_eq!(line.latest_at_or_before(next, zone, here), Some(next));
            let just_before = next - TimeDelta::nanoseconds(1);
            prop_assert_eq!(line.latest_at_or_before(just_before, zone, here), None);

            let Some(after) = line.next_after(next, zone) else { break };
            prop_assert!(after > next);
            let seconds = (after - next).num_seconds() - 1;
            let between = next + TimeDelta::seconds((seconds as f64 * fraction) as i64);
            prop_assert_eq!(line.latest_at_or_before(between, zone, here), Some(next));
            prop_assert_eq!(line.next_after(between, zone), Some(after));
            here = next;
        }
    }
}
