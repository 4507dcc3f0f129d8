//! `remind`: who would be told of what now, what is held back and why, and with
//! `--send` the queueing.

use std::fmt::Write as _;

use serde::Serialize;

use super::args::Remind;
use super::exit::Exit;
use super::forecast;
use super::output::{Output, draw, plain};
use super::table::{Here, Listing, Medium, column, or_blank};
use crate::jobs::{self, Context, RemindReport};
use crate::model::MailKind;
use crate::notify::recipients::OnlyIt;
use crate::notify::{Held, Why};
use crate::query::{self, FindingLabel, RunAhead};
use crate::text::runs::in_english;

/// `remind` in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RemindJson<'a> {
    #[serde(flatten)]
    report: &'a RemindReport,
    detail: &'a str,
    next_week: Vec<RunAhead>,
}

/// A finding that is held back, with what a person knows it by.
type Row = (Held, Option<FindingLabel>);

const HELD: Listing<Row> = Listing {
    none: "",
    columns: &[
        column("finding", |(held, _), _| held.finding.to_string()),
        column("rule", |(_, label), _| or_blank(label.as_ref().map(|label| label.rule.as_str()))),
        column("system", |(_, label), _| or_blank(label.as_ref().map(|label| &label.system_name))),
        column("reader", |(held, _), _| held.reader.clone().unwrap_or_else(|| "-".to_owned())),
        column("why", |(held, _), _| match held.kind {
            MailKind::Escalation => format!("escalation: {}", why(held)),
            _ => why(held),
        }),
        column("next", |(held, _), here| {
            held.next.map_or("-".to_owned(), |at| here.weekday_minute(at))
        }),
    ],
};

pub async fn run(context: Context, command: &Remind, output: &Output) -> anyhow::Result<Exit> {
    if let Some(days) = command.forecast {
        return forecast::run(&context, days, output).await;
    }
    let report = jobs::run(&context, jobs::Remind { send: command.send }).await?;
    let mode = context.config.mail.mode;
    let (next_week, labels) = context
        .ask(move |moment| Ok((query::next_week(moment, mode)?, query::labels(moment)?)))
        .await?;
    let here = Here::of(&context);
    let detail = &in_english(&report.did);
    let mut text = format!("{detail}\n");
    for mail in &report.mails {
        let not_before = format!("not before {}", here.weekday_minute(mail.not_before));
        let findings: Vec<String> = mail.findings.iter().map(i64::to_string).collect();
        let _ = writeln!(
            text,
            "\n{} to {}, {}\n  {}\n  findings: {}",
            mail.kind.as_str(),
            mail.to.join(", "),
            match mail.mail_id {
                Some(id) => format!("mail {id}, {not_before}"),
                None => not_before,
            },
            plain(&mail.subject),
            findings.join(", ")
        );
        for passed in &mail.passed_over {
            let _ = writeln!(text, "  instead of {}: {}", plain(&passed.name), passed.why);
        }
    }
    let _ = writeln!(text, "\n{}", query::ahead_in_words(&next_week, here.zone));
    if !report.held.is_empty() {
        let held = report.held.iter().cloned();
        let rows: Vec<Row> =
            held.map(|held| (held.clone(), labels.get(&held.finding).cloned())).collect();
        let _ = write!(text, "\nHeld back\n{}", draw(&HELD.table(&rows, Medium::Screen, here)));
    }
    output.one(&RemindJson { report: &report, detail, next_week }, text.trim_end())?;
    Ok(Exit::Done)
}

/// A reason in words.
fn why(held: &Held) -> String {
    match held.why {
        Why::Grace => "in its grace".to_owned(),
        Why::PolicyChange => {
            "opened by a change of the policy; the digest tells it first".to_owned()
        }
        Why::NotDue => "told; the next mail is not due".to_owned(),
        Why::Information => "comes with the reader's next mail".to_owned(),
        Why::MailedToday => "the reader has another mail that day".to_owned(),
        Why::AwaitsDeadline => "the last mail's deadline has not passed".to_owned(),
        Why::ToldRecently => "reminded within 7 days".to_owned(),
        Why::OftenEnough => "reminded three times within 28 days".to_owned(),
        Why::Together => "a mail to the reader and others is due first".to_owned(),
        Why::Promised => "a day is promised on which somebody further up is asked".to_owned(),
        Why::DayOff => "today is a day off".to_owned(),
        Why::QuietWeek => "this is a quiet week (notify.quiet_weeks)".to_owned(),
        Why::Brake => "more are due than notify.max_mails_per_run".to_owned(),
        Why::Waived => "waived".to_owned(),
        Why::Answered => "somebody answered; IT has something to do".to_owned(),
        Why::StaleData => "the last good pull is older than 7 days".to_owned(),
        Why::LeadersUnknown => "policy.leaders_file cannot be read".to_owned(),
        Why::Digest => match held.because {
            None => "by the digest".to_owned(),
            Some(OnlyIt::ItsRule) => "by the digest: the rule is IT's".to_owned(),
            Some(OnlyIt::NobodyKnown) => {
                "by the digest: no owner and no leader is known".to_owned()
            }
            Some(OnlyIt::NobodyReachable) => {
                "by the digest: nobody in the chain can be reached".to_owned()
            }
        },
    }
}
