//! What people do in the demo's eight weeks, beside what happens in KITOS: a leader
//! answers, an owner disagrees, IT makes an exception and starts a review.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use uuid::Uuid;

use crate::decisions::{self, Reply, Said};
use crate::jobs::Context;
use crate::model::{AnswerKind, Language, MailKind};
use crate::policy::waivers::Request;
use crate::query::{self, AnswerStates, Detail, Finding, FindingQuery, Moment, Reach, SystemQuery};

const COORDINATOR: &str = "Anne-Mette Skov";

/// What people do on a day, told in a line each.
pub async fn day(number: u64, context: &Context) -> anyhow::Result<Vec<String>> {
    let told = match number {
        18 => names_an_owner(context).await?,
        25 => disagrees(context).await?,
        32 => accepts(context).await?,
        38 => waives(context).await?,
        44 => starts_a_review(context).await?,
        46 => return confirm(context).await,
        // These wait for IT at the end.
        53 => {
            return Ok(names_an_owner(context)
                .await?
                .into_iter()
                .chain(disagrees(context).await?)
                .collect());
        }
        _ => None,
    };
    Ok(told.into_iter().collect())
}

/// What IT enters in KITOS on a day: systems, and who owns them from then on.
pub async fn entered(number: u64, context: &Context) -> anyhow::Result<Vec<(Uuid, Uuid)>> {
    if number != 24 {
        return Ok(Vec::new());
    }
    let open = context.ask(|moment| query::answers(moment, AnswerStates::Open)).await?;
    Ok(open.iter().filter_map(|answer| answer.system_usage_uuid.zip(answer.owner_uuid)).collect())
}

/// In the language of the demo's mails.
fn in_language(context: &Context, danish: &str, english: &str) -> String {
    match context.config.mail.language {
        Language::Da => danish.to_owned(),
        Language::En => english.to_owned(),
    }
}

/// What is open, with whom it is asked of.
async fn open(context: &Context) -> anyhow::Result<Vec<Finding>> {
    let query = FindingQuery { detail: Detail::Full, ..FindingQuery::default() };
    let ask = move |moment: &Moment<'_>| query::findings(moment, &query);
    Ok(context.ask(ask).await?.findings)
}

/// The address of the one person who is asked about a finding.
fn asked(finding: &Finding) -> Option<String> {
    match finding.recipient.as_ref()?.people.as_slice() {
        [one] => one.email.clone(),
        _ => None,
    }
}

/// A leader answers with a name that the mail suggested, and that is not their own.
async fn names_an_owner(context: &Context) -> anyhow::Result<Option<String>> {
    for finding in open(context).await? {
        let Some(email) = asked(&finding) else { continue };
        let mut others = finding.suggestions.iter().filter(|one| one.email != email);
        let Some(suggested) = others.next() else { continue };
        let address = suggested.email.clone();
        let owner = context.ask(move |moment| query::person_of(moment, &address)).await?;
        let said = (Said::NewOwner(owner), None);
        let answer = answer(context, email, &finding, said).await?;
        return Ok(Some(format!(
            "{} answers that {} should own {}",
            answer.person_name, suggested.name, finding.system_name
        )));
    }
    Ok(None)
}

/// An owner answers that it is right as it is.
async fn disagrees(context: &Context) -> anyhow::Result<Option<String>> {
    let found = open(context).await?;
    let crossing = found
        .iter()
        .find(|finding| finding.rule.as_str() == "cross-unit-owner" && asked(finding).is_some());
    let Some((finding, email)) = crossing.and_then(|finding| Some((finding, asked(finding)?)))
    else {
        return Ok(None);
    };
    let why = in_language(
        context,
        "de andre forvaltninger læser kun med",
        "the other administrations only read along",
    );
    let answer = answer(context, email, finding, (Said::RightAsItIs, Some(why))).await?;
    let system = &finding.system_name;
    Ok(Some(format!("{} answers that {system} is right as it is", answer.person_name)))
}

async fn answer(
    context: &Context,
    email: String,
    finding: &Finding,
    (said, comment): (Said, Option<String>),
) -> anyhow::Result<query::Answer> {
    let usages = vec![finding.system_usage_uuid];
    let reply = Reply { email, usages, said, comment, noted_by: Some(COORDINATOR.to_owned()) };
    Ok(decisions::answer(context, reply).await?.swap_remove(0))
}

/// IT agrees with those who say that it is right as it is, for a year.
async fn accepts(context: &Context) -> anyhow::Result<Option<String>> {
    let open = context.ask(|moment| query::answers(moment, AnswerStates::Open)).await?;
    let Some(answer) = open.iter().find(|answer| answer.kind == AnswerKind::RightAsItIs) else {
        return Ok(None);
    };
    let until = context.now().date_naive() + Days::new(365);
    decisions::accept_answer(context, answer.id, Some(until), COORDINATOR.to_owned()).await?;
    Ok(Some(format!("IT accepts what {} answered, until {until}", answer.person_name)))
}

/// IT excepts one of the findings of which there are most.
async fn waives(context: &Context) -> anyhow::Result<Option<String>> {
    let found = open(context).await?;
    let mut rules: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in &found {
        rules.entry(finding.rule).or_default().push(finding);
    }
    let Some(finding) = rules.values().max_by_key(|all| all.len()).and_then(|all| all.last())
    else {
        return Ok(None);
    };
    let until = context.now().date_naive() + Days::new(60);
    let reason = in_language(context, "afventer udbud i foråret", "awaits a tender in the spring");
    let request = Request { until, reason, by: COORDINATOR.to_owned() };
    decisions::waive(context, finding.id, request).await?;
    let rule = finding.rule.as_str();
    Ok(Some(format!("IT excepts {} from {rule} until {until}", finding.system_name)))
}

async fn starts_a_review(context: &Context) -> anyhow::Result<Option<String>> {
    // A Friday.
    let due = context.now().date_naive() + Days::new(37);
    let review = decisions::start_review(context, due, None, COORDINATOR.to_owned()).await?;
    Ok(Some(format!("IT starts a review of {} systems, to be answered by {due}", review.systems)))
}

/// The owners of some systems confirm them, each on their own page, after they were asked.
/// Those that nobody has looked at for long stay so, to be seen at the end.
async fn confirm(context: &Context) -> anyhow::Result<Vec<String>> {
    const EVERY: usize = 3;
    let mails = context.ask(|moment| query::mails(moment, Reach::Recent)).await?;
    let letters = mails.iter().filter(|mail| mail.kind == MailKind::Review);
    let asked: BTreeSet<&String> = letters.flat_map(|mail| &mail.to).collect();
    let ask = |moment: &Moment<'_>| query::systems(moment, &SystemQuery::default());
    let systems = context.ask(ask).await?;
    let found = open(context).await?;
    let stale = found.iter().filter(|finding| finding.rule.as_str() == "registration-stale");
    let stale: BTreeSet<_> = stale.map(|finding| finding.system_usage_uuid).collect();
    let mut confirmed = 0;
    let answered = systems.iter().filter_map(|system| {
        let email = system.owners.first()?.email.clone()?;
        let is_open = system.in_scope && !stale.contains(&system.system_usage_uuid);
        (is_open && asked.contains(&email)).then_some((system, email))
    });
    // All but every third.
    let answered = answered.enumerate().filter(|(place, _)| place % EVERY != 0);
    for (_, (system, email)) in answered {
        let usages = vec![system.system_usage_uuid];
        let reply = Reply { email, usages, said: Said::Confirmed, comment: None, noted_by: None };
        decisions::answer(context, reply).await?;
        confirmed += 1;
    }
    Ok(vec![format!("the owners of {confirmed} systems confirm that they are right")])
}
