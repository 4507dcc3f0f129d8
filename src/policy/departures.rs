//! People who leave, and when, if the municipality knows that before KITOS does. After the last
//! day, if they still have roles, they count as gone although KITOS still has the user: another
//! owner is asked for without waiting for a clean-up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::sheet::{BadCell, Column, EMAIL, WrongHeader, read, shown};
use crate::model::Snapshot;
use crate::text::addresses::{folded, is_address};

/// The columns; their order is free.
pub const COLUMNS: [Column; 2] = [
    EMAIL,
    Column { name: "last_day", also: &["sidste dag", "sidste arbejdsdag", "fratrædelsesdato"] },
];

/// How the list may write a day.
const DATES: [&str; 4] = ["%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y"];

/// The list: last days by folded address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Departures {
    last_days: BTreeMap<String, NaiveDate>,
}

impl Departures {
    /// Reads the file's bytes; what could not be read stands beside the rest.
    ///
    /// # Errors
    /// [`WrongHeader`] when the columns are not there.
    pub fn parse(bytes: &[u8]) -> Result<(Self, Vec<BadCell>), WrongHeader> {
        let (mut departures, mut bad) = (Self::default(), Vec::new());
        for row in read(bytes, &COLUMNS)? {
            let [email, last_day] = &row.cells[..] else { continue };
            let mut refuse = |why: String| bad.push(BadCell { line: row.line, why });
            if !is_address(email) {
                refuse(format!("email {} is no mail address", shown(email)));
            } else if let Some(day) = date(last_day) {
                let known = departures.last_days.entry(folded(email)).or_insert(day);
                if *known != day {
                    refuse(format!(
                        "last_day {day} differs from the {known} further up; the first counts"
                    ));
                }
            } else {
                let wanted = "write it like 2026-03-31 or 31-03-2026";
                refuse(format!("last_day {} is no date; {wanted}", shown(last_day)));
            }
        }
        Ok((departures, bad))
    }

    /// The last days by folded address.
    pub fn last_days(&self) -> &BTreeMap<String, NaiveDate> {
        &self.last_days
    }

    pub fn len(&self) -> usize {
        self.last_days.len()
    }

    pub fn is_empty(&self) -> bool {
        self.last_days.is_empty()
    }

    /// Those whose last day has passed, though KITOS has them as users in some role.
    pub fn overdue(&self, snapshot: &Snapshot, today: NaiveDate) -> BTreeSet<Uuid> {
        let has_left = |address: &str| {
            self.last_days.get(&folded(address)).is_some_and(|last_day| *last_day < today)
        };
        with_roles(snapshot)
            .into_iter()
            .filter_map(|person| snapshot.people.get(&person))
            .filter(|person| person.member && person.email.as_deref().is_some_and(has_left))
            .map(|person| person.uuid)
            .collect()
    }
}

/// Everybody in some role.
pub fn with_roles(snapshot: &Snapshot) -> BTreeSet<Uuid> {
    let roles = snapshot.usages.values().flat_map(|usage| &usage.roles);
    roles.map(|assignment| assignment.person).collect()
}

/// As if KITOS had taken these users out of the organisation and left their roles.
pub fn count_as_departed(snapshot: &mut Snapshot, people: &BTreeSet<Uuid>) {
    for uuid in people {
        if let Some(person) = snapshot.people.get_mut(uuid) {
            person.member = false;
        }
    }
}

/// A day as people write it; a time behind it, which spreadsheets add, says nothing.
fn date(text: &str) -> Option<NaiveDate> {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    let plausible = |date: &NaiveDate| (1900..2200).contains(&chrono::Datelike::year(date));
    DATES.iter().find_map(|format| NaiveDate::parse_from_str(day, format).ok()).filter(plausible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bo_owns, day, id};

    #[test]
    fn days_are_read_as_people_write_them() {
        let bytes = "sep=;\r\nE-mail;Sidste dag\r\na@k.dk;2026-03-31\r\nB@k.dk;31-03-2026\r\n\
                     c@k.dk;31.3.2026\r\nd@k.dk;31/03/2026\r\ne@k.dk;2026-03-31 00:00:00\r\n";
        let (departures, bad) = Departures::parse(bytes.as_bytes()).expect("a header");
        assert_eq!(bad, []);
        let expected =
            ["a", "b", "c", "d", "e"].map(|who| (format!("{who}@k.dk"), day("2026-03-31")));
        assert_eq!(*departures.last_days(), expected.into());
    }

    #[test]
    fn a_cell_that_cannot_be_read_is_named_with_the_files_own_line() {
        let bytes = "email,last_day\n\na@k.dk,snart\nx,2026-03-31\na@k.dk,31-03-26\nb@k.dk,\n\
                     c@k.dk,2026-03-31\nc@k.dk,2026-04-30\n";
        let (departures, bad) = Departures::parse(bytes.as_bytes()).expect("a header");
        assert_eq!(departures.len(), 1);
        let told: Vec<String> =
            bad.iter().map(|bad| format!("{}: {}", bad.line, bad.why)).collect();
        let no_date = "is no date; write it like 2026-03-31 or 31-03-2026";
        assert_eq!(
            told,
            [
                format!("3: last_day \"snart\" {no_date}"),
                "4: email \"x\" is no mail address".to_owned(),
                format!("5: last_day \"31-03-26\" {no_date}"),
                format!("6: last_day \"\" {no_date}"),
                "8: last_day 2026-04-30 differs from the 2026-03-31 further up; the first counts"
                    .to_owned(),
            ]
        );
    }

    #[test]
    fn whose_day_has_passed_counts_as_gone_while_a_role_is_theirs() {
        let file = "email;last_day\nBO@randers.dk;2026-11-09\nida@randers.dk;2026-11-09\n";
        let (departures, _) = Departures::parse(file.as_bytes()).expect("a header");
        let overdue = |today| departures.overdue(&bo_owns(), day(today));
        assert_eq!(overdue("2026-11-09"), [].into(), "on the last day");
        assert_eq!(overdue("2026-11-10"), [id("bo")].into(), "ida has no role");
        let mut snapshot = bo_owns();
        count_as_departed(&mut snapshot, &overdue("2026-11-10"));
        let mut gone = bo_owns();
        gone.people.get_mut(&id("bo")).expect("bo").member = false;
        assert_eq!(snapshot, gone);
        assert_eq!(departures.overdue(&snapshot, day("2026-11-11")), [].into());
    }
}
