//! The report's tables, in the order in which they are read.

use chrono::NaiveDate;

use super::cell::{Cell, Column, Table, column, in_workbook, since};
use crate::model::{Rule, Severity};
use crate::policy::rules::{Source, def};
use crate::query::{
    Evidence, EvidenceEnding, EvidenceFinding, EvidenceMail, ReviewLine, SharePoint,
};
use crate::text::danish::percent;
use crate::text::words::Words;

const SHARE: &[Column] = &[
    column("date", 12),
    column("systems", 12),
    column("with-owner", 18),
    column("without-owner", 18),
    column("percent", 10),
];
const GAPS: &[Column] =
    &[column("from", 12), column("to", 12), column("days", 8), column("why", 50)];
const VACANCIES: &[Column] = &[
    column("system", 32),
    column("unit", 28),
    column("from", 16),
    column("to", 12),
    column("days", 8),
    column("state", 24),
];
const OPEN: &[Column] = &[
    column("system", 32),
    column("unit", 28),
    column("what", 60),
    column("severity", 12),
    column("since", 16),
    column("days", 8),
    column("why-open", 50),
];
const RULES: &[Column] = &[
    column("rule", 40),
    column("source", 40),
    column("severity", 12),
    column("grace", 10),
    column("opened", 10),
    column("resolved", 10),
    column("open", 10),
];
const OWNERSHIPS: &[Column] = &[
    column("system", 32),
    column("unit", 28),
    column("owner", 28),
    in_workbook("role", 20),
    column("from", 16),
    column("to", 12),
    column("departed", 24),
    in_workbook("system-uuid", 38),
];
const FINDINGS: &[Column] = &[
    column("number", 8),
    column("system", 32),
    in_workbook("unit", 28),
    column("rule", 36),
    in_workbook("what", 60),
    column("severity", 12),
    column("opened", 16),
    column("resolved-on", 12),
    column("days", 8),
    column("state", 24),
    column("reminders", 12),
    column("escalated", 14),
    in_workbook("system-uuid", 38),
];
const WAIVERS: &[Column] = &[
    column("number", 8),
    column("system", 32),
    column("rule", 36),
    column("reason", 60),
    column("by", 24),
    column("from", 12),
    column("until", 12),
    column("ended", 36),
];
const ANSWERS: &[Column] = &[
    column("date", 12),
    column("person", 28),
    column("system", 32),
    column("answer", 40),
    column("comment", 50),
    column("state", 24),
    column("declined-because", 40),
    column("closed", 12),
    in_workbook("noted-by", 24),
    in_workbook("closed-by", 24),
];
const REVIEW: &[Column] = &[
    column("round", 14),
    column("system", 32),
    column("unit", 28),
    column("owner", 28),
    column("answer", 40),
    column("person", 28),
    column("date", 12),
    in_workbook("comment", 50),
];
const MAILS: &[Column] = &[
    column("date", 12),
    column("kind", 32),
    column("recipient", 28),
    column("subject", 60),
    column("about", 30),
];

/// Every table, those without rows included. `points`: as many of the share as are to
/// be shown.
pub(super) fn tables<'a>(
    data: &'a Evidence,
    points: &'a [SharePoint],
    words: &'a Words,
) -> Vec<Table<'a>> {
    vec![
        share(data, points),
        gaps(data, words),
        vacancies(data, words),
        open(data, words),
        rules(data, words),
        ownerships(data, words),
        findings(data, words),
        waivers(data, words),
        review(data, words),
        answers(data, words),
        mails(data, words),
    ]
}

fn share<'a>(data: &Evidence, points: &'a [SharePoint]) -> Table<'a> {
    let row = |point: &SharePoint| {
        let (systems, owned) = (point.systems, point.with_owner);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        vec![
            point.date.into(),
            systems.into(),
            owned.into(),
            systems.saturating_sub(owned).into(),
            percent(count(owned), count(systems)).into(),
        ]
    };
    let about = if data.unit.is_some() { "share-of-unit" } else { "share" };
    Table { key: "share", about, columns: SHARE, rows: Box::new(points.iter().map(row)) }
}

fn gaps<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.gaps.iter().map(move |gap| {
        let why = format!("report.gap.{}", gap.why.as_str());
        vec![gap.from.into(), gap.to.into(), gap.days().into(), words.text(&why).into()]
    });
    Table { key: "gaps", about: "gaps", columns: GAPS, rows: Box::new(rows) }
}

fn vacancies<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.vacancies.all.iter().map(move |vacancy| {
        vec![
            (&vacancy.system_name).into(),
            vacancy.unit.as_ref().into(),
            since(vacancy.from, vacancy.since_baseline),
            vacancy.to.into(),
            vacancy.days.into(),
            state(vacancy.ending, words),
        ]
    });
    Table { key: "vacancies", about: "vacancies", columns: VACANCIES, rows: Box::new(rows) }
}

fn state(ending: EvidenceEnding, words: &Words) -> Cell {
    words.text(&format!("report.state.{}", ending.as_str())).into()
}

fn open<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let mut lasting: Vec<&EvidenceFinding> =
        data.findings.iter().filter(|finding| finding.ending.lasts()).collect();
    lasting.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.opened));
    let rows = lasting.into_iter().map(move |finding| {
        vec![
            (&finding.system_name).into(),
            finding.unit.as_ref().into(),
            (&finding.detail).into(),
            severity(finding.severity, words),
            since(finding.opened, finding.since_baseline),
            finding.days.into(),
            (&why_open(finding, words)).into(),
        ]
    });
    Table { key: "open", about: "open", columns: OPEN, rows: Box::new(rows) }
}

/// Why a finding is still open, as far as the program knows.
fn why_open(finding: &EvidenceFinding, words: &Words) -> String {
    let say = |key: &str, day| {
        let args = [("day", day), ("n", finding.reminders.into())];
        words.say(&format!("report.open.{key}"), &args)
    };
    if let Some(until) = finding.waived_until {
        return say("waived", until.into());
    }
    match (finding.leader_asked, finding.escalated, finding.last_reminded) {
        (Some(on), _, _) => say("escalated", on.into()),
        (None, Some(on), _) => say("passed-on", on.into()),
        (None, None, Some(on)) => say("reminded", on.into()),
        (None, None, None) => words.text("report.open.not-told").to_owned(),
    }
}

fn severity(severity: Severity, words: &Words) -> Cell {
    words.text(&format!("severity.{}", severity.as_str())).into()
}

fn rule(rule: Rule, words: &Words) -> Cell {
    words.text(&format!("rule.{}.name", rule.as_str())).into()
}

fn rules<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.rules.iter().map(move |line| {
        let severity = match line.enabled {
            true => severity(line.severity, words),
            false => words.text("report.rule-off").into(),
        };
        let sources: Vec<String> =
            def(line.rule).sources.iter().map(|of| source(*of, words)).collect();
        vec![
            rule(line.rule, words),
            (&sources.join("; ")).into(),
            severity,
            line.grace.into(),
            line.opened.into(),
            line.resolved.into(),
            line.open.into(),
        ]
    });
    Table { key: "rules", about: "rules", columns: RULES, rows: Box::new(rows) }
}

/// "ISO 27001:2022, 5.9"
fn source(source: Source, words: &Words) -> String {
    let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>();
    match source {
        Source::Iso27001 { now, .. } => format!("ISO 27001:2022, {now}"),
        Source::Gdpr(articles) => {
            words.say("report.source.gdpr", &[("articles", list(articles).into())])
        }
        Source::Guideline(points) => {
            words.say("report.source.guideline", &[("points", list(points).into())])
        }
    }
}

fn ownerships<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.ownerships.iter().map(move |line| {
        vec![
            (&line.system_name).into(),
            line.unit.as_ref().into(),
            (&line.person).into(),
            (&line.role).into(),
            since(line.from, line.since_baseline),
            line.to.into(),
            if line.departed { words.text("report.departed").into() } else { Cell::Blank },
            (&line.system_usage_uuid.to_string()).into(),
        ]
    });
    Table { key: "ownerships", about: "ownerships", columns: OWNERSHIPS, rows: Box::new(rows) }
}

fn findings<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.findings.iter().map(move |finding| {
        vec![
            finding.id.into(),
            (&finding.system_name).into(),
            finding.unit.as_ref().into(),
            rule(finding.rule, words),
            (&finding.detail).into(),
            severity(finding.severity, words),
            since(finding.opened, finding.since_baseline),
            finding.resolved.into(),
            finding.days.into(),
            state(finding.ending, words),
            finding.reminders.into(),
            finding.escalated.into(),
            (&finding.system_usage_uuid.to_string()).into(),
        ]
    });
    Table { key: "findings", about: "findings", columns: FINDINGS, rows: Box::new(rows) }
}

fn waivers<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.waivers.iter().map(move |waiver| {
        let ended = waiver.ended.zip(waiver.ended_how).map(|(day, how)| {
            let key = format!("report.waiver.{}", how.as_str());
            words.say(&key, &[("day", day.into()), ("by", waiver.ended_by.clone().into())])
        });
        vec![
            waiver.finding_id.into(),
            (&waiver.system_name).into(),
            rule(waiver.rule, words),
            (&waiver.reason).into(),
            (&waiver.by).into(),
            waiver.from.into(),
            waiver.until.into(),
            ended.as_ref().into(),
        ]
    });
    Table { key: "waivers", about: "waivers", columns: WAIVERS, rows: Box::new(rows) }
}

fn review<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let lines: Vec<(NaiveDate, &ReviewLine)> = data
        .reviews
        .iter()
        .flat_map(|review| review.lines.iter().map(|line| (review.started_on, line)))
        .collect();
    let rows = lines.into_iter().map(move |(round, line)| {
        let said = match line.kind {
            Some(kind) => format!("report.answer.{}", kind.as_str()),
            None => "report.unanswered".to_owned(),
        };
        let who = line.answered_by.as_ref().map(|name| match line.by_owner {
            true => name.clone(),
            false => words.say("report.not-owner", &[("name", name.as_str().into())]),
        });
        vec![
            round.into(),
            (&line.system_name).into(),
            line.unit.as_ref().into(),
            (&line.owners.join(", ")).into(),
            (&words.say(&said, &[("value", line.value.clone().into())])).into(),
            who.as_ref().into(),
            line.answered_on.into(),
            line.comment.as_ref().into(),
        ]
    });
    Table { key: "review", about: "review", columns: REVIEW, rows: Box::new(rows) }
}

fn answers<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.answers.iter().map(move |answer| {
        let said = format!("report.answer.{}", answer.kind.as_str());
        let outcome = format!("report.answer-outcome.{}", answer.outcome.as_str());
        vec![
            answer.date.into(),
            (&answer.person).into(),
            answer.system_name.as_ref().into(),
            (&words.say(&said, &[("value", answer.value.clone().into())])).into(),
            answer.comment.as_ref().into(),
            words.text(&outcome).into(),
            answer.declined_because.as_ref().into(),
            answer.closed.into(),
            answer.noted_by.as_ref().into(),
            answer.closed_by.as_ref().into(),
        ]
    });
    Table { key: "answers", about: "answers", columns: ANSWERS, rows: Box::new(rows) }
}

fn kind_of(mail: &EvidenceMail) -> &'static str {
    if mail.is_copy { "copy" } else { mail.kind.as_str() }
}

fn mails<'a>(data: &'a Evidence, words: &'a Words) -> Table<'a> {
    let rows = data.mails.iter().map(move |mail| {
        let about: Vec<String> = mail.findings.iter().map(i64::to_string).collect();
        vec![
            mail.date.into(),
            words.text(&format!("report.mail.{}", kind_of(mail))).into(),
            (&mail.to).into(),
            (&mail.subject).into(),
            (&about.join(", ")).into(),
        ]
    });
    Table { key: "mails", about: "mails", columns: MAILS, rows: Box::new(rows) }
}
