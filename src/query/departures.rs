//! Reading the list of those who leave, and how it fits what KITOS has.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::error::Error;
use super::list_file::ListFile;
use super::moment::Moment;
use crate::config::Config;
use crate::model::Snapshot;
use crate::policy::departures::{Departures, with_roles};
use crate::store::memberships;
use crate::text::addresses::folded;

pub type DeparturesFile = ListFile<Departures>;

/// Reads the file that `policy.departures_file` names.
pub fn read(config: &Config) -> DeparturesFile {
    match &config.policy.departures_file {
        None => DeparturesFile::None,
        Some(path) => DeparturesFile::read("policy.departures_file", path, Departures::parse),
    }
}

impl DeparturesFile {
    /// Who counts as gone in a new pull. If the file cannot be read, everyone whom `before`
    /// knew to be gone stays gone.
    pub fn gone(
        &self,
        (snapshot, today): (&Snapshot, NaiveDate),
        before: Option<&Snapshot>,
    ) -> BTreeSet<Uuid> {
        match self {
            Self::None => BTreeSet::new(),
            Self::Read { list, .. } => list.overdue(snapshot, today),
            Self::Broken(_) => {
                let was_gone = |uuid: &Uuid| {
                    let known = before.and_then(|before| before.people.get(uuid));
                    known.is_some_and(|person| !person.member)
                };
                with_roles(snapshot).into_iter().filter(was_gone).collect()
            }
        }
    }
}

/// How the list fits what KITOS has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departing {
    /// Whom KITOS has or had as users.
    pub users: usize,
    /// Those of them in some role.
    pub with_roles: usize,
    /// Whose last day has passed while they were in some role.
    pub overdue: usize,
}

/// Looks the list up in KITOS; `None` before the first pull.
pub fn departing(moment: &Moment<'_>, list: &Departures) -> Result<Option<Departing>, Error> {
    let Some(snapshot) = moment.maybe_snapshot()? else { return Ok(None) };
    let today = moment.today();
    let last_day = |email: &Option<String>| {
        email.as_deref().and_then(|email| list.last_days().get(&folded(email)))
    };
    // Those who count as gone have their address in the memberships alone.
    let listed: Vec<(Uuid, NaiveDate)> = memberships(moment.connection)?
        .into_iter()
        .filter_map(|member| Some((member.person, *last_day(&member.email)?)))
        .collect();
    let in_roles = with_roles(&snapshot);
    let held = listed.iter().filter(|(person, _)| in_roles.contains(person));
    let overdue = held.clone().filter(|(_, last_day)| *last_day < today);
    let (users, with_roles, overdue) = (listed.len(), held.clone().count(), overdue.count());
    Ok(Some(Departing { users, with_roles, overdue }))
}
