//! What a digest is made from, and what several of its parts ask of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::data::{Health, Progress, Share};
use crate::model::{Answer, Change, ChangeKind, Ending, Finding, SuggestionLine, TrendPoint};
use crate::notify::Situation;
use crate::notify::leavers::LeaverCase;
use crate::notify::lines::Lines;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::text::danish;

/// What a digest is made from.
#[derive(Debug)]
pub struct Material<'a> {
    pub situation: &'a Situation<'a>,
    pub lines: Lines<'a>,
    /// Who could own a usage, in words, for the spreadsheet; `None` where there is none.
    pub suggestions: Option<&'a BTreeMap<Uuid, Vec<SuggestionLine>>>,
    pub date: NaiveDate,
    /// When the last digest in this mail mode was made.
    pub since: Option<DateTime<Utc>>,
    /// What has ended since the last digest, in the order in which it opened.
    pub ended: &'a [Finding],
    /// Changes since the last digest, each with its day.
    pub changes: &'a [(NaiveDate, Change)],
    /// What the last digest counted: of the pull that was known when it was made. One that
    /// was released later is news, though it is of an earlier day.
    pub before: Option<Share>,
    /// Figures of the snapshots of the last twelve weeks, oldest first.
    pub figures: &'a [TrendPoint],
    /// The findings that were excepted when the last digest was made.
    pub waived_then: &'a BTreeSet<i64>,
    /// Exceptions that end soon, or ended since the last digest.
    pub waivers: &'a [EndingWaiver],
    /// What people answered and IT has not carried out.
    pub answers: &'a [Answer],
    /// Who left, and whose systems are not all handed on.
    pub leavers: &'a [LeaverCase],
    pub round: Option<Progress>,
    pub health: Health,
}

/// An exception from the policy that ends, or has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingWaiver {
    pub finding: Finding,
    /// Its last day.
    pub until: NaiveDate,
    pub over: bool,
}

impl Material<'_> {
    /// Everything open that is not waived.
    pub(super) fn open(&self) -> impl Iterator<Item = &Finding> {
        self.situation.open.iter().filter(|finding| !self.is_waived(finding))
    }

    /// Everything open that is.
    pub(super) fn excepted(&self) -> impl Iterator<Item = &Finding> {
        self.situation.open.iter().filter(|finding| self.is_waived(finding))
    }

    pub(super) fn is_waived(&self, finding: &Finding) -> bool {
        let Situation { waivers, now, .. } = *self.situation;
        waivers.get(&finding.id).is_some_and(|until| *until > now)
    }

    /// Opened since the last digest; the first would say everything twice.
    pub(super) fn opened(&self) -> impl Iterator<Item = &Finding> {
        self.open().filter(|finding| self.is_new(finding))
    }

    /// Those that are waived already included.
    pub(super) fn all_opened(&self) -> impl Iterator<Item = &Finding> {
        self.situation.open.iter().filter(|finding| self.is_new(finding))
    }

    /// Whether it was there at the last digest, waived or not.
    pub(super) fn is_old(&self, finding: &Finding) -> bool {
        let is_older = |since| finding.since_baseline || finding.opened_at <= since;
        self.since.is_some_and(is_older)
    }

    /// Whether the last digest counted it. What opened and ended since was in neither.
    pub(super) fn was_open(&self, finding: &Finding) -> bool {
        self.is_old(finding) && !self.waived_then.contains(&finding.id)
    }

    /// What the last digest counted and has ended since, with how it did.
    pub(super) fn ended(&self) -> impl Iterator<Item = (&Finding, Ending)> {
        let ended = self.ended.iter().filter(|finding| self.was_open(finding));
        ended.filter_map(|finding| Some((finding, finding.ending?)))
    }

    /// What the last digest counted, and an exception covers now.
    pub(super) fn excepted_since(&self) -> impl Iterator<Item = &Finding> {
        self.excepted().filter(|finding| self.was_open(finding))
    }

    /// What an exception covered at the last digest, and counts again.
    pub(super) fn counts_again(&self) -> impl Iterator<Item = &Finding> {
        self.open().filter(|finding| self.waived_then.contains(&finding.id))
    }

    fn is_new(&self, finding: &Finding) -> bool {
        !finding.since_baseline && self.since.is_some_and(|since| finding.opened_at > since)
    }

    pub(super) fn system(&self, finding: &Finding) -> String {
        self.lines.system(finding.usage)
    }

    /// Whom the finding's system has as owner today.
    pub(super) fn owner(&self, finding: &Finding) -> Option<String> {
        let snapshot = self.lines.snapshot;
        let usage = snapshot.usages.get(&finding.usage)?;
        let policy = self.situation.directory.policy();
        Some(snapshot.owners(usage, &policy.owner_roles).first()?.name.clone())
    }

    /// Who took the ownership along when they left: it was since the last digest, and nobody
    /// owns the system now.
    pub(super) fn leaver(&self, finding: &Finding) -> Option<Uuid> {
        let person = finding.faults.first().and_then(|fault| fault.person("departed"))?;
        (nobody_owns(&finding.faults) && self.left_on(person).is_some()).then_some(person)
    }

    /// The day on which a pull since the last digest saw that somebody had left.
    pub(super) fn left_on(&self, who: Uuid) -> Option<NaiveDate> {
        self.changes.iter().rev().find_map(|(day, change)| match change {
            Change::PersonLeft { person, .. } if *person == who => Some(*day),
            _ => None,
        })
    }

    /// The systems to which it happened since the last digest.
    pub(super) fn happened_to(&self, kind: ChangeKind) -> BTreeSet<Uuid> {
        let of_kind = |(_, change): &&(NaiveDate, Change)| change.kind() == kind;
        self.changes.iter().filter(of_kind).filter_map(|(_, change)| change.usage()).collect()
    }

    /// The responsible unit of these findings' systems, where they have one in common.
    pub(super) fn common_unit(&self, findings: &[&Finding]) -> Option<String> {
        let of = |finding: &&Finding| self.unit(finding);
        let unit = findings.first().and_then(of)?;
        findings.iter().all(|finding| of(finding).as_ref() == Some(&unit)).then_some(unit)
    }

    pub(super) fn unit(&self, finding: &Finding) -> Option<String> {
        let snapshot = self.lines.snapshot;
        let unit = snapshot.usages.get(&finding.usage)?.responsible_unit?;
        Some(snapshot.units.get(&unit)?.name.clone())
    }
}

/// The systems of these findings, each once, by name. Two of one name are two.
pub(super) fn names<'a>(
    material: &Material<'_>,
    findings: impl Iterator<Item = &'a Finding>,
) -> Vec<String> {
    let systems: BTreeSet<Uuid> = findings.map(|finding| finding.usage).collect();
    let mut names: Vec<String> =
        systems.into_iter().map(|usage| material.lines.system(usage)).collect();
    names.sort_by_cached_key(|name| danish::place(name));
    names
}

/// By name; those without one last.
pub(super) fn by_administration(name: Option<&str>) -> (bool, danish::Place) {
    (name.is_none(), danish::place(name.unwrap_or_default()))
}

pub(super) fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
