//! IT's own tasks: findings with nobody left to ask, and people who cannot be reached. They
//! stand in the digest, with what has to be corrected.

use chrono::NaiveDate;

use super::draft::{PassedOver, Recipient};
use super::items::{Item, Party, Situation, parties, set_aside};
use super::recipients::{Destination, OnlyIt, Route, next_up, route};
use crate::model::Finding;

/// A finding that IT must see to.
#[derive(Debug, Clone, PartialEq)]
pub struct ItsTask {
    pub finding: Finding,
    pub why: ItsWhy,
    /// Who was passed over before it came to IT.
    pub passed_over: Vec<PassedOver>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItsWhy {
    /// It comes to nobody else.
    Only(OnlyIt),
    /// These people did not act, and nobody is above them. It was promised for that day.
    NoAnswer { asked: Vec<Recipient>, since: NaiveDate },
}

/// Whom each open finding is for.
pub fn routes<'a>(situation: &Situation<'a>) -> Vec<(&'a Finding, Route)> {
    let open = situation.open.iter();
    open.map(|finding| (finding, route(situation.directory, finding))).collect()
}

/// Everything that IT has to do today, oldest first. `routes`: of the open findings.
pub fn its_tasks(situation: &Situation<'_>, routes: &[(&Finding, Route)]) -> Vec<ItsTask> {
    // Only findings already mailed can be unanswered.
    let told = |finding: &&Finding| situation.ledger.has_told_of(finding.id);
    let told: Vec<Finding> = situation.open.iter().filter(told).cloned().collect();
    let parties = parties(&Situation { open: &told, ..*situation }, &mut Vec::new());
    let unanswered = parties.values().flat_map(|party| {
        let asked = party.items.iter().filter_map(|item| no_answer(situation, party, item));
        asked.collect::<Vec<_>>()
    });
    let is_open = |finding: &Finding| set_aside(situation, finding).is_none();
    let only = routes.iter().filter(|(finding, _)| is_open(finding)).filter_map(|one| {
        let (finding, Route { to: Destination::It(because), passed_over, .. }) = one else {
            return None;
        };
        let (finding, passed_over) = ((*finding).clone(), passed_over.clone());
        Some(ItsTask { finding, why: ItsWhy::Only(*because), passed_over })
    });
    let mut tasks: Vec<ItsTask> = only.chain(unanswered).collect();
    tasks.sort_by_key(|task| (task.finding.opened_at, task.finding.id));
    tasks
}

fn no_answer(situation: &Situation<'_>, party: &Party<'_>, item: &Item<'_>) -> Option<ItsTask> {
    let today = situation.today();
    let promise = item.promise(today).filter(|promise| promise.on <= today);
    let promised_to_it = promise.filter(|promise| promise.to.is_none()).map(|promise| promise.on);
    let passed_on = item.passed_on();
    // Search for the next person only where IT may have to act: that is for few of thousands.
    passed_on.or(promised_to_it)?;
    let next = next_up(situation.directory, item.finding, item.route.as_ref()?);
    let noted = passed_on.filter(|_| next.recipients().is_empty());
    let since = noted.or(promised_to_it)?;
    Some(ItsTask {
        finding: item.finding.clone(),
        why: ItsWhy::NoAnswer { asked: party.members.clone(), since },
        passed_over: next.passed_over,
    })
}
