//! What the templates see: the letter's own fields, cleaned, and the figures
//! that are reckoned from them, so that text and HTML cannot differ.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::config;
use crate::model::{Digest, Escalation, FindingLine, Letter, MailMode, Reminder, TrendPoint};
use crate::text::clean;
use crate::text::danish::percent;

/// Everything that a template of `letter` may name.
pub(super) fn context(
    letter: &Letter,
    to: &[String],
    config: &config::Mail,
) -> Result<Value, serde_json::Error> {
    let own = match letter {
        Letter::Digest(digest) => of_digest(digest)?,
        Letter::Reminder(reminder) => of_reminder(reminder)?,
        Letter::Escalation(escalation) => of_escalation(escalation)?,
        Letter::Notice(_) | Letter::Alert(_) | Letter::Test { .. } => Value::Null,
    };
    let sender = config.from.name.clone().unwrap_or_else(|| config.from.email.to_string());
    let mut context = json!({
        "letter": own,
        "mode": config.mode.as_str(),
        "redirected": (config.mode == MailMode::Redirect).then_some(to),
        "redirect_to": config.redirect_to,
        "sender": sender,
        "reply_to": config.reply_to.as_ref().map(|reply_to| reply_to.email.to_string()),
        "footer": config.footer,
        "subject": null,
    });
    clean::tree(&mut context);
    Ok(context)
}

/// The same with the subject, which the HTML's title repeats.
pub(super) fn with_subject(mut context: Value, subject: &str) -> Value {
    context["subject"] = json!(subject);
    context
}

fn of_digest(digest: &Digest) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(digest)?;
    let (part, whole) = (digest.with_owner, digest.in_scope);
    let happened = digest.opened.len()
        + digest.resolved.len()
        + digest.escalated.len()
        + digest.acquired.len()
        + digest.phasing_out.len()
        + digest.decommissioned.len()
        + usize::from(digest.lapsed > 0);
    value["percent"] = json!(percent(part, whole));
    value["missing"] = json!(whole.saturating_sub(part));
    value["trend"] = digest.trend.iter().map(of_point).collect();
    // Without a new reading there is nothing to compare.
    let movement = if digest.nothing_read { Value::Null } else { movement(&digest.trend) };
    value["movement"] = movement;
    value["happened"] = json!(happened);
    value["groups"] = groups(&digest.open)?;
    Ok(value)
}

fn of_point(point: &TrendPoint) -> Value {
    json!({
        "date": point.date,
        "with_owner": point.with_owner,
        "missing": point.in_scope.saturating_sub(point.with_owner),
        "percent": percent(point.with_owner, point.in_scope),
    })
}

/// From the first week that the trend shows to the last; `null` when there is
/// nothing to compare.
fn movement(trend: &[TrendPoint]) -> Value {
    let (Some(first), Some(last)) = (trend.first(), trend.last()) else { return Value::Null };
    let share = |point: &TrendPoint| percent(point.with_owner, point.in_scope).map(i64::from);
    let weeks = (last.date - first.date).num_weeks();
    match (share(first), share(last)) {
        (Some(before), Some(now)) if weeks > 0 => {
            json!({ "points": now - before, "weeks": weeks })
        }
        _ => Value::Null,
    }
}

/// So many open findings of an administration stand in the digest itself, the most
/// severe and oldest first; the spreadsheet has them all. A mail of some hundred
/// lines is cut by mail programs, and read by nobody.
const MOST_LINES: usize = 15;

/// Lines under their administration, in the order in which they come.
fn groups(open: &[FindingLine]) -> Result<Value, serde_json::Error> {
    open.chunk_by(|a, b| a.administration == b.administration)
        .map(|lines| {
            let administration = lines.first().and_then(|line| line.administration.as_ref());
            let shown = lines.get(..MOST_LINES).unwrap_or(lines);
            Ok(json!({
                "administration": administration,
                "count": lines.len(),
                "lines": serde_json::to_value(shown)?,
                "more": lines.len() - shown.len(),
            }))
        })
        .collect()
}

/// Lines under the capacity in which the reader is told of them, in the order of
/// the first of each.
fn of_reminder(reminder: &Reminder) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(reminder)?;
    let mut capacities: Vec<_> = reminder.lines.iter().map(|line| line.capacity).collect();
    let mut seen = BTreeSet::new();
    capacities.retain(|capacity| seen.insert(*capacity));
    value["systems"] = json!(systems(reminder.lines.iter().map(|line| &line.finding)));
    value["groups"] = capacities
        .into_iter()
        .map(|capacity| {
            let lines: Vec<_> =
                reminder.lines.iter().filter(|line| line.capacity == capacity).collect();
            Ok(json!({
                "capacity": capacity,
                "systems": systems(lines.iter().map(|line| &line.finding)),
                "lines": serde_json::to_value(lines)?,
            }))
        })
        .collect::<Result<Value, serde_json::Error>>()?;
    Ok(value)
}

fn of_escalation(escalation: &Escalation) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(escalation)?;
    let mut people: Vec<&str> = escalation.lines.iter().map(|line| line.asked.as_str()).collect();
    people.dedup();
    value["people"] = json!(people);
    value["systems"] = json!(systems(escalation.lines.iter().map(|line| &line.finding)));
    Ok(value)
}

/// How many systems the lines are about.
fn systems<'a>(lines: impl Iterator<Item = &'a FindingLine>) -> usize {
    lines.map(|line| line.system.as_str()).collect::<BTreeSet<_>>().len()
}
