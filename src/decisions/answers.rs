//! What somebody answered is recorded, and what IT makes of it. An answer changes
//! nothing in KITOS.

use std::sync::Arc;

use rusqlite::Transaction;
use uuid::Uuid;

use super::away;
use super::error::{AnswerRefusal, Error};
use super::name::named;
use super::transaction::decide;
use super::waive::grant;
use crate::jobs::Context;
use crate::model::{
    Answer, AnswerEnd, AnswerKind, AnswerState, GivenAnswer, Person, Snapshot, SystemUsage,
};
use crate::notify::directory::Away;
use crate::policy::Policy;
use crate::policy::answers::is_done;
use crate::policy::waivers::{Request, one_line};
use crate::query::{self, Moment, known_name, round_about};
use crate::store::{
    AnswerFilter, FindingFilter, bindings, close_answer, finding_by_id, insert_answer,
    list_answers, select_findings,
};
use crate::text::addresses::folded;

/// What somebody says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Confirmed,
    NewOwner(Uuid),
    NotUsed,
    RightAsItIs,
    LookedThrough,
    Away(Away),
}

impl Said {
    fn kind(&self) -> AnswerKind {
        match self {
            Self::Confirmed => AnswerKind::Confirmed,
            Self::NewOwner(_) => AnswerKind::NewOwner,
            Self::NotUsed => AnswerKind::NotUsed,
            Self::RightAsItIs => AnswerKind::RightAsItIs,
            Self::LookedThrough => AnswerKind::LookedThrough,
            Self::Away(_) => AnswerKind::Away,
        }
    }
}

/// An answer on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Whose answer it is.
    pub email: String,
    /// The systems it is about, the same of each; none where somebody is away.
    pub usages: Vec<Uuid>,
    pub said: Said,
    pub comment: Option<String>,
    /// Who enters it, where it is not the person on their own page.
    pub noted_by: Option<String>,
}

/// The register that an answer is about.
struct Now {
    snapshot: Arc<Snapshot>,
    policy: Policy,
}

impl Now {
    fn load(moment: &Moment<'_>) -> Result<Self, Error> {
        let snapshot = moment.snapshot()?;
        let bindings = bindings(moment.connection)?;
        let policy = query::resolve(moment.config, &bindings, &snapshot).policy;
        Ok(Self { snapshot, policy })
    }

    fn is_owner(&self, usage: &SystemUsage, email: &str) -> bool {
        self.policy.is_owner(&self.snapshot, usage, email)
    }

    /// The user with that address; of several, the one who owns the system.
    fn person(&self, email: &str, usage: Option<&SystemUsage>) -> Option<Uuid> {
        let has_it = |person: &&Person| {
            person.email.as_deref().is_some_and(|own| folded(own) == folded(email))
        };
        let owners = usage.map(|usage| self.snapshot.owners(usage, &self.policy.owner_roles));
        let owner = owners.into_iter().flatten().find(|owner| has_it(owner));
        owner.or_else(|| self.snapshot.members().find(has_it)).map(|person| person.uuid)
    }
}

/// Records an answer, one for each of its systems, with what follows from it at once: all of
/// them or none.
///
/// # Errors
/// [`Error::Answer`] says why not, and the database is as it was.
pub async fn answer(context: &Context, reply: Reply) -> Result<Vec<query::Answer>, Error> {
    decide(context, move |tx, moment| {
        let now = Now::load(moment)?;
        let name = known_name(moment, &reply.email)?;
        let name = name.ok_or_else(|| AnswerRefusal::UnknownPerson(reply.email.clone()))?;
        let usages: Vec<Option<Uuid>> = match &reply.said {
            Said::Away(away) => {
                let by = reply.noted_by.as_ref().unwrap_or(&name);
                let mut away = away.clone();
                if reply.noted_by.is_none() && away.to.is_none() {
                    away.to = away::noted_substitute(moment, &reply.email)?;
                }
                away::note(tx, moment, &reply.email, &away, by)?;
                vec![None]
            }
            _ if reply.usages.is_empty() => return Err(AnswerRefusal::NoSystem.into()),
            _ => reply.usages.iter().copied().map(Some).collect(),
        };
        let mut answers = Vec::with_capacity(usages.len());
        for usage in usages {
            let id = record(tx, moment, &now, given(moment, &now, (&reply, &name), usage)?)?;
            answers.push(query::answer(moment, id)?.ok_or(AnswerRefusal::Unknown(id))?);
        }
        Ok(answers)
    })
    .await
}

/// Writes an answer in the place of an earlier one. What is so already is done.
fn record(
    tx: &Transaction<'_>,
    moment: &Moment<'_>,
    now: &Now,
    given: GivenAnswer,
) -> Result<i64, Error> {
    supersede(tx, &given)?;
    let waits = Answer { id: 0, given, state: AnswerState::Open, closed: None };
    let state = match is_done(&waits, &now.snapshot, &now.policy, moment.today()) {
        true => AnswerState::Done,
        false => AnswerState::Open,
    };
    Ok(insert_answer(tx, &waits.given, state)?)
}

/// An answer that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    pub answer: query::Answer,
    /// The findings that were excepted.
    pub waived: usize,
}

/// Carries an answer out: "right as it is" becomes an exception that ends; any other is
/// noted as done.
///
/// # Errors
/// [`Error::Answer`] or [`Error::Waiver`] says why not.
pub async fn accept_answer(
    context: &Context,
    id: i64,
    until: Option<chrono::NaiveDate>,
    by: String,
) -> Result<Accepted, Error> {
    let accepted = decide(context, move |tx, moment| {
        let mut waived = 0;
        let answer = open_answer(tx, id)?;
        if answer.given.kind == AnswerKind::RightAsItIs {
            let until = until.ok_or(AnswerRefusal::NoEnd(id))?;
            let today = moment.today();
            if until < today {
                return Err(AnswerRefusal::Over { answer: id, until, today }.into());
            }
            let said = answer.given.comment.clone().unwrap_or_default();
            let reason = format!("{said} ({})", answer.given.name);
            for finding in &answer.given.findings {
                let finding = finding_by_id(tx, *finding)?;
                let open = finding.filter(|finding| finding.resolved_at.is_none());
                let request = Request { until, reason: reason.clone(), by: by.clone() };
                if let Some(finding) = open {
                    grant(tx, &finding, &request, moment)?;
                    waived += 1;
                }
            }
        }
        let end = AnswerEnd { at: moment.now, by: Some(named(&by)), why: None };
        close(tx, id, AnswerState::Done, end)?;
        Ok(query::answer(moment, id)?.map(|answer| Accepted { answer, waived }))
    });
    accepted.await?.ok_or_else(|| AnswerRefusal::Unknown(id).into())
}

/// Declines an answer, with the reason: the reminders go on.
///
/// # Errors
/// [`Error::Answer`] says why not.
pub async fn decline_answer(
    context: &Context,
    id: i64,
    why: String,
    by: String,
) -> Result<query::Answer, Error> {
    decided(context, move |tx, moment| {
        open_answer(tx, id)?;
        let why = one_line(&why).ok_or(AnswerRefusal::NoReason(id))?;
        let end = AnswerEnd { at: moment.now, by: Some(named(&by)), why: Some(why) };
        close(tx, id, AnswerState::Declined, end)
    })
    .await
}

/// Makes the decision; the answer as it is after it.
async fn decided(
    context: &Context,
    decision: impl FnOnce(&Transaction<'_>, &Moment<'_>) -> Result<i64, Error> + Send + 'static,
) -> Result<query::Answer, Error> {
    let answer = decide(context, move |tx, moment| {
        let id = decision(tx, moment)?;
        Ok((id, query::answer(moment, id)?))
    });
    let (id, answer) = answer.await?;
    answer.ok_or_else(|| AnswerRefusal::Unknown(id).into())
}

fn close(tx: &Transaction<'_>, id: i64, state: AnswerState, end: AnswerEnd) -> Result<i64, Error> {
    close_answer(tx, id, state, &end)?;
    Ok(id)
}

fn open_answer(tx: &Transaction<'_>, id: i64) -> Result<Answer, Error> {
    let filter = AnswerFilter { id: Some(id), ..AnswerFilter::default() };
    let answer = list_answers(tx, filter)?.pop().ok_or(AnswerRefusal::Unknown(id))?;
    match answer.state {
        AnswerState::Open => Ok(answer),
        AnswerState::Done
        | AnswerState::Declined
        | AnswerState::Superseded
        | AnswerState::Lapsed => Err(AnswerRefusal::NotOpen(id).into()),
    }
}

/// The answer as it is kept, if it can be given.
fn given(
    moment: &Moment<'_>,
    now: &Now,
    (reply, name): (&Reply, &str),
    usage: Option<Uuid>,
) -> Result<GivenAnswer, Error> {
    let usage = match usage {
        Some(usage) => Some(now.snapshot.usages.get(&usage).ok_or(query::Error::NoSystem(usage))?),
        None => None,
    };
    let comment = reply.comment.as_deref().and_then(one_line);
    if let Some(usage) = usage {
        check(reply, usage, now, comment.as_deref())?;
    }
    let (owner, until) = match &reply.said {
        Said::NewOwner(owner) => (Some(*owner), None),
        Said::Away(away) => (None, Some(away.until)),
        _ => (None, None),
    };
    let filter = FindingFilter {
        usage: usage.map(|usage| usage.uuid),
        open: true,
        ..FindingFilter::default()
    };
    let findings = match usage {
        Some(_) => select_findings(moment.connection, &filter)?,
        None => Vec::new(),
    };
    Ok(GivenAnswer {
        name: name.to_owned(),
        email: folded(&reply.email),
        person: now.person(&reply.email, usage),
        review: match usage {
            Some(usage) => round_about(moment, (&now.snapshot, &now.policy), usage)?,
            None => None,
        },
        usage: usage.map(|usage| usage.uuid),
        as_owner: usage.is_some_and(|usage| now.is_owner(usage, &reply.email)),
        kind: reply.said.kind(),
        owner,
        until,
        comment,
        findings: findings.into_iter().map(|finding| finding.id).collect(),
        at: moment.now,
        day: moment.today(),
        noted_by: reply.noted_by.as_deref().and_then(one_line),
    })
}

/// Refuses answers that cannot be right, such as a confirmation by someone who is not the owner.
fn check(
    reply: &Reply,
    usage: &SystemUsage,
    now: &Now,
    comment: Option<&str>,
) -> Result<(), AnswerRefusal> {
    let snapshot = &now.snapshot;
    let system = || snapshot.usage_name(usage).to_owned();
    match &reply.said {
        Said::Confirmed => {
            let is_owner = now.is_owner(usage, &reply.email);
            let refusal = || AnswerRefusal::NotOwner(reply.email.clone(), system());
            is_owner.then_some(()).ok_or_else(refusal)
        }
        Said::NewOwner(owner) => {
            snapshot.is_member(*owner).then_some(()).ok_or(AnswerRefusal::OwnerGone(*owner))
        }
        Said::RightAsItIs => comment.map(|_| ()).ok_or_else(|| AnswerRefusal::NotSaidWhy(system())),
        Said::NotUsed | Said::LookedThrough | Said::Away(_) => Ok(()),
    }
}

/// Who answers again means the new answer.
fn supersede(tx: &Transaction<'_>, given: &GivenAnswer) -> Result<(), Error> {
    let filter = AnswerFilter {
        state: Some(AnswerState::Open),
        usage: given.usage,
        ..AnswerFilter::default()
    };
    for earlier in list_answers(tx, filter)? {
        if given.usage.is_some() && earlier.given.is_by_whom(given) {
            let by = Some(given.noted_by.clone().unwrap_or_else(|| given.name.clone()));
            let end = AnswerEnd { at: given.at, by, why: None };
            close_answer(tx, earlier.id, AnswerState::Superseded, &end)?;
        }
    }
    Ok(())
}
