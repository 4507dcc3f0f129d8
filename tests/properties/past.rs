//! The register as it stood on any day is what the last pull of that day saw, for
//! any sequence of pulls.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use kitos_sync::model::Snapshot;
use kitos_sync::policy::Policy;
use kitos_sync::store;
use proptest::prelude::*;

use crate::support::database::{Database, Past};
use crate::support::explore::cases;
use crate::support::generate::{first_day, sequence};

/// Who was named, and who of them was a user: names themselves are today's.
fn people(snapshot: &Snapshot) -> Vec<(uuid::Uuid, bool)> {
    snapshot.people.values().map(|person| (person.uuid, person.member)).collect()
}

fn end_of(day: NaiveDate) -> DateTime<Utc> {
    (day + Days::new(1)).and_time(NaiveTime::MIN).and_utc()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_past_day_is_what_its_last_pull_saw(pulls in sequence()) {
        let mut database = Database::new();
        let mut seen_on: BTreeMap<NaiveDate, &Snapshot> = BTreeMap::new();
        for seen in &pulls {
            database.commit(seen, &Policy::default());
            seen_on.insert(seen.today, &seen.snapshot);
        }
        let last = *seen_on.keys().last().expect("a pull");
        let mut day = first_day() - Days::new(1);
        while day <= last + Days::new(1) {
            let told = store::snapshot_at(&database.connection, end_of(day)).expect("an answer");
            let expected = seen_on.range(..=day).next_back().map(|(_, snapshot)| *snapshot);
            prop_assert_eq!(told.as_ref().map(Past::of), expected.map(Past::of), "on {}", day);
            prop_assert_eq!(told.as_ref().map(people), expected.map(people), "on {}", day);
            day = day + Days::new(1);
        }
        // The newest one is the present, names and all.
        let now = store::current_snapshot(&database.connection).expect("a snapshot");
        let told = store::snapshot_at(&database.connection, end_of(last)).expect("an answer");
        prop_assert_eq!(now, told);
    }
}
