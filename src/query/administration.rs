//! One administration (forvaltning): its systems, their owners, and what is wrong, by
//! the same count as the digest's table.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::finding::{self, Finding};
use super::moment::Moment;
use super::systems::{self, System};
use super::view::View;
use crate::store::open_findings;
use crate::text::danish;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Administration {
    /// `None` stands for systems without a responsible unit.
    pub name: Option<String>,
    /// Those that the policy covers …
    pub systems: usize,
    /// … and those of them without an owner.
    pub without_owner: usize,
    /// Findings that are open and not waived.
    pub open: usize,
    /// By name; also those out of scope of which something is wrong.
    pub rows: Vec<AdministrationRow>,
}

/// A system of the administration and what is wrong with it.
#[derive(Debug, Clone, Serialize)]
pub struct AdministrationRow {
    pub system: System,
    pub findings: Vec<Finding>,
}

/// The names of all administrations that are responsible for a system.
pub fn administrations(moment: &Moment<'_>) -> Result<Vec<String>, Error> {
    let view = View::load(moment)?;
    let mut names: Vec<String> = view
        .snapshot
        .usages
        .values()
        .filter_map(|usage| view.snapshot.administration(usage.responsible_unit?))
        .map(|unit| unit.name.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.sort_by_cached_key(|name| danish::place(name));
    Ok(names)
}

/// The administration of that name; `None` asks for systems without one.
///
/// # Errors
/// When no system belongs to it, or the database fails.
pub fn administration(moment: &Moment<'_>, name: Option<&str>) -> Result<Administration, Error> {
    let view = View::load(moment)?;
    let mut of_usage: BTreeMap<Uuid, Vec<Finding>> = BTreeMap::new();
    for finding in open_findings(moment.connection)? {
        if !view.waivers.contains_key(&finding.id) {
            let answer = finding::answer(&finding, &view, None);
            of_usage.entry(finding.usage).or_default().push(answer);
        }
    }
    let mut answer = Administration {
        name: name.map(str::to_owned),
        systems: 0,
        without_owner: 0,
        open: 0,
        rows: Vec::new(),
    };
    for usage in view.snapshot.usages.values() {
        let unit = usage.responsible_unit.and_then(|unit| view.snapshot.administration(unit));
        if unit.map(|unit| unit.name.as_str()) != name {
            continue;
        }
        let system = systems::answer(usage, &view);
        let findings = of_usage.remove(&usage.uuid).unwrap_or_default();
        answer.open += findings.len();
        if system.in_scope {
            answer.systems += 1;
            answer.without_owner += usize::from(system.owners.is_empty());
        }
        if system.in_scope || !findings.is_empty() {
            answer.rows.push(AdministrationRow { system, findings });
        }
    }
    if let (Some(name), true) = (name, answer.rows.is_empty()) {
        return Err(Error::NoAdministration(name.to_owned()));
    }
    answer.rows.sort_by_cached_key(|row| danish::place(&row.system.system_name));
    Ok(answer)
}
