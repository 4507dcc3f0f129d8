//! `remind`: who would be told of what now, what is held back and why, and with
//! `--send` the queueing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::args::Remind;
use super::output::{Output, Table, draw, plain};
use super::{Exit, read};
use crate::jobs::{self, Context, RemindReport};
use crate::model::{MailKind, Rule, Unreachable};
use crate::notify::{Held, OnlyIt, Outlook, Why};
use crate::query::{Moment, View};
use crate::store::{FindingFilter, select_findings};

/// How far ahead it is said what will go out.
pub(super) const AHEAD: u32 = 7;

/// `remind` in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RemindJson<'a> {
    #[serde(flatten)]
    report: &'a RemindReport,
    next_week: Vec<RunAhead>,
}

/// One run of the days to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunAhead {
    pub at: DateTime<Utc>,
    pub reminders: usize,
    pub escalations: usize,
}

impl From<&Outlook> for RunAhead {
    fn from(run: &Outlook) -> Self {
        let count = |kind| run.mails.iter().filter(|planned| planned.mail.kind == kind).count();
        Self {
            at: run.at,
            reminders: count(MailKind::Reminder),
            escalations: count(MailKind::Escalation),
        }
    }
}

pub async fn run(context: Context, command: &Remind, output: &Output) -> anyhow::Result<Exit> {
    let report = jobs::run(&context, jobs::Remind { send: command.send }).await?;
    let (now, config) = (context.now(), context.config.clone());
    let zone = config.schedule.time_zone;
    let (next_week, findings) = read(&context, move |connection| {
        let outlook = jobs::outlook(connection, &config, now, config.mail.mode, AHEAD)?;
        let view = View::load(&Moment { connection, config: &config, now })?;
        let open = FindingFilter { open: true, ..FindingFilter::default() };
        let findings: BTreeMap<i64, (Rule, String)> = select_findings(connection, &open)?
            .iter()
            .map(|finding| (finding.id, (finding.rule, view.system_name(finding.usage))))
            .collect();
        Ok((outlook.iter().map(RunAhead::from).collect::<Vec<_>>(), findings))
    })
    .await?;
    let mut text = format!("{}\n", report.detail);
    for mail in &report.mails {
        text.push_str(&format!(
            "\n{} to {}, {}\n  {}\n  findings: {}\n",
            mail.kind.as_str(),
            mail.to.join(", "),
            match mail.mail_id {
                Some(id) => format!("mail {id}, not before {}", local(mail.not_before, zone)),
                None => format!("not before {}", local(mail.not_before, zone)),
            },
            plain(&mail.subject),
            mail.findings.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
        ));
    }
    text.push_str(&format!("\n{}\n", ahead(&next_week, zone)));
    if !report.held.is_empty() {
        text.push_str("\nHeld back\n");
        text.push_str(&draw(&held_table(&report.held, &findings, zone)));
    }
    output.one(&RemindJson { report: &report, next_week }, text.trim_end())?;
    Ok(Exit::Done)
}

fn held_table(held: &[Held], findings: &BTreeMap<i64, (Rule, String)>, zone: Tz) -> Table {
    let row = |held: &Held| {
        let (rule, system) = findings
            .get(&held.finding)
            .map(|(rule, system)| (rule.as_str(), system.clone()))
            .unwrap_or_default();
        vec![
            held.finding.to_string(),
            rule.to_owned(),
            system,
            held.reader.clone().unwrap_or_else(|| "-".to_owned()),
            match held.kind {
                MailKind::Escalation => format!("escalation: {}", why(&held.why)),
                _ => why(&held.why),
            },
            held.next.map_or("-".to_owned(), |at| local(at, zone)),
        ]
    };
    Table {
        headings: vec!["finding", "rule", "system", "reader", "why", "next"],
        rows: held.iter().map(row).collect(),
    }
}

/// What the next week brings, in a sentence or some lines.
pub fn ahead(runs: &[RunAhead], zone: Tz) -> String {
    if runs.is_empty() {
        return format!("In the next {AHEAD} days: no reminders and no escalations.");
    }
    let reminders: usize = runs.iter().map(|run| run.reminders).sum();
    let escalations: usize = runs.iter().map(|run| run.escalations).sum();
    let mut text =
        format!("In the next {AHEAD} days, if nothing changes: {}", told(reminders, escalations));
    for run in runs {
        text.push_str(&format!(
            "\n  {}  {}",
            local(run.at, zone),
            told(run.reminders, run.escalations)
        ));
    }
    text
}

fn told(reminders: usize, escalations: usize) -> String {
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    format!("{}, {}", counted(reminders, "reminder"), counted(escalations, "escalation"))
}

/// A reason in words.
fn why(why: &Why) -> String {
    match why {
        Why::Grace => "in its grace".to_owned(),
        Why::PolicyChange => {
            "opened by a change of the policy; the digest tells it first".to_owned()
        }
        Why::NotDue => "told; the next reminder is not due".to_owned(),
        Why::ToldRecently => "told something within 7 days".to_owned(),
        Why::DayOff => "today is a day off".to_owned(),
        Why::QuietWeek => "this is a quiet week (notify.quiet_weeks)".to_owned(),
        Why::Brake => "more are due than notify.max_mails_per_run".to_owned(),
        Why::Waived => "waived".to_owned(),
        Why::StaleData => "the last good pull is older than 7 days".to_owned(),
        Why::LeadersUnknown => "policy.leaders_file cannot be read".to_owned(),
        Why::Digest { because } => {
            let because = match because {
                OnlyIt::ItsRule => "the rule is IT's",
                OnlyIt::NoOwner => "there is no owner to tell",
                OnlyIt::NoLeader => "no leader is known",
                OnlyIt::Unreachable(Unreachable::NoAddress) => "the reader has no address",
                OnlyIt::Unreachable(Unreachable::Malformed) => "the reader's address is none",
                OnlyIt::Unreachable(Unreachable::ForeignDomain) => {
                    "the reader's address is outside mail.allowed_domains"
                }
                OnlyIt::Unreachable(Unreachable::Refused) => {
                    "the mail server refuses the reader's address"
                }
            };
            format!("by the digest: {because}")
        }
    }
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string()
}
