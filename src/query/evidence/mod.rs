//! What an auditor is shown for a period: who owned what, what was wrong and for how
//! long, whom that was told, and on which days nobody looked. As things stood at the
//! end of the period; nothing is interpolated and nothing is left out.
//!
//! The same period of the same database is the same data, whenever it is asked for.

mod answers;
mod findings;
mod gaps;
mod mails;
mod ownerships;
mod rules;
mod scope;
mod share;
mod vacancies;
mod waivers;

use chrono::NaiveDate;
use serde::Serialize;

use super::error::Error;
use super::moment::Moment;
use super::review::{Review, stand};
use scope::Scope;

use crate::store::reviews_in;

pub use answers::EvidenceAnswer;
pub use findings::{EvidenceEnding, EvidenceFinding};
pub use gaps::{Gap, GapWhy};
pub use mails::EvidenceMail;
pub use ownerships::EvidenceOwnership;
pub use rules::EvidenceRule;
pub(super) use scope::no_unit;
pub use scope::{EvidenceQuery, Period, unit_of};
pub use share::{SharePoint, Standing};
pub use vacancies::{Vacancies, Vacancy};
pub use waivers::EvidenceWaiver;

/// `docs/policy.md`, "Evidence".
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    pub organization: String,
    pub cvr: Option<String>,
    /// Where it was read.
    pub kitos_url: String,
    /// Only the systems of this unit and of those below it.
    pub unit: Option<String>,
    pub period: Period,
    /// Where the period has no reading: the day of the last one before it, by which the
    /// figures stand.
    pub read_on: Option<NaiveDate>,
    pub standing: Standing,
    /// Of each day with a good pull; for a unit, of the first and of the last of each week.
    pub share: Vec<SharePoint>,
    pub vacancies: Vacancies,
    pub rules: Vec<EvidenceRule>,
    /// Everything that was open on some day of the period.
    pub findings: Vec<EvidenceFinding>,
    pub ownerships: Vec<EvidenceOwnership>,
    pub waivers: Vec<EvidenceWaiver>,
    pub answers: Vec<EvidenceAnswer>,
    /// Every round of confirmation that was open in the period, as it stood at its end.
    pub reviews: Vec<Review>,
    pub mails: Vec<EvidenceMail>,
    /// Days on which the register was to be read and was not.
    pub gaps: Vec<Gap>,
}

/// The evidence for a period.
///
/// # Errors
/// When the period or the unit is invalid, nothing was read by then, or the database fails.
pub fn evidence(moment: &Moment<'_>, query: &EvidenceQuery) -> Result<Evidence, Error> {
    let scope = Scope::load(moment, query)?;
    let gaps = gaps::gaps(&scope)?;
    let findings = findings::findings(&scope)?;
    let share = share::share(&scope)?;
    let organization = &scope.view.snapshot.organization;
    Ok(Evidence {
        organization: organization.name.clone(),
        cvr: organization.cvr.clone(),
        kitos_url: moment.config.kitos.url.clone(),
        unit: scope.unit.clone(),
        period: scope.period.with_missing(gaps.iter().map(Gap::days).sum()),
        read_on: share::read_before(&scope)?,
        standing: share::standing(&scope, &findings, share.last())?,
        share,
        vacancies: vacancies::vacancies(&findings),
        rules: rules::rules(&scope, &findings),
        ownerships: ownerships::ownerships(&scope)?,
        waivers: waivers::waivers(&scope)?,
        answers: answers::answers(&scope)?,
        reviews: reviews(&scope)?,
        mails: mails::mails(&scope)?,
        findings,
        gaps,
    })
}

fn reviews(scope: &Scope<'_>) -> Result<Vec<Review>, Error> {
    let rounds = reviews_in(scope.moment().connection, scope.start..=scope.end())?;
    let of_scope = |round| Ok(stand(&scope.view, round)?.only(|usage| scope.covers(usage)));
    rounds.into_iter().map(of_scope).collect()
}
