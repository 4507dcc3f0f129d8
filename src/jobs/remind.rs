//! The remind job: what people should have been told by now, minus what they
//! were. A run that was skipped or comes twice changes nothing: due means due
//! until told.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::compose::Composer;
use super::error::Error;
use super::job::{Job, Report, Turn};
use super::recheck::withdraw_outdated;
use crate::mail::{self, Letter};
use crate::model::{Did, JobKind, MailKind, NewMail};
use crate::notify::draft::Draft;
use crate::notify::{self, Held};
use crate::query::{Inputs, Moment, PassedOver};
use crate::store::{Access, enqueue, name_systems, record_identities, record_notifications};

/// What the remind job did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemindReport {
    pub mails: Vec<Reminded>,
    /// Each finding that somebody is not told of now, with the reason.
    pub held: Vec<Held>,
    #[serde(skip)]
    pub did: Did,
}

/// One mail of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminded {
    pub kind: MailKind,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub subject: String,
    pub not_before: DateTime<Utc>,
    pub findings: Vec<i64>,
    /// Whose turn it would have been, each once.
    pub passed_over: Vec<PassedOver>,
    /// `None` when it was not asked for.
    pub mail_id: Option<i64>,
}

/// Plans reminders and escalations and, with `send`, puts them into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remind {
    pub send: bool,
}

impl Job for Remind {
    type Report = RemindReport;

    const KIND: JobKind = JobKind::Remind;

    fn trial(&self) -> Option<Access> {
        (!self.send).then_some(Access::Existing)
    }

    async fn work(&self, turn: &Turn<'_>) -> Result<RemindReport, Error> {
        let send = self.send;
        turn.transaction(move |tx, moment| {
            let Moment { config, now, .. } = *moment;
            let withdrawn = withdraw_outdated(moment)?;
            let inputs = Inputs::load(moment)?;
            let directory = inputs.directory();
            let plan = notify::plan(&inputs.situation(&directory));
            let composer = Composer::new(tx, config, now)?;
            let mode = config.mail.mode;
            if send {
                record_identities(tx, inputs.identities())?;
                record_notifications(tx, None, &plan.passed_on, mode, now)?;
            }
            let facts = inputs.facts()?;
            let mut mails = Vec::new();
            for draft in &plan.drafts {
                for (mail, told) in composer.of_draft(draft, &facts)? {
                    let mail_id = if send { enqueue(tx, &mail, now)? } else { None };
                    if let Some(id) = mail_id {
                        record_notifications(tx, mail_id, &told, mode, now)?;
                        name_systems(tx, id, &draft.about())?;
                    }
                    mails.push(Reminded::of(mail, draft, mail_id));
                }
            }
            let count = |kind| mails.iter().filter(|mail| mail.kind == kind).count();
            let did = Did::Reminded {
                // A first letter is the first reminder.
                reminders: count(MailKind::Letter) + count(MailKind::Reminder),
                escalations: count(MailKind::Escalation),
                reviews: count(MailKind::Review),
                held: plan.held.len(),
                withdrawn,
                queued: send,
            };
            Ok(RemindReport { mails, held: plan.held, did })
        })
        .await
    }
}

impl Reminded {
    fn of(mail: NewMail, draft: &Draft, mail_id: Option<i64>) -> Self {
        Self {
            kind: mail.kind,
            to: mail.to,
            cc: mail.cc,
            subject: mail.subject,
            not_before: mail.not_before,
            findings: draft.items.iter().map(|item| item.finding.id).collect(),
            passed_over: passed_over(draft),
            mail_id,
        }
    }
}

fn passed_over(draft: &Draft) -> Vec<PassedOver> {
    let mut all: Vec<PassedOver> = Vec::new();
    for passed in draft.items.iter().flat_map(|item| &item.passed_over) {
        let passed = PassedOver::from(passed);
        if !all.contains(&passed) {
            all.push(passed);
        }
    }
    all
}

impl Report for RemindReport {
    fn did(&self) -> Did {
        self.did.clone()
    }
}

/// The first mail of `kind` that would go out now or, if none would, in the next
/// weeks: for `mail preview`.
///
/// # Errors
/// When nothing was read from KITOS yet, or the database fails.
pub fn preview_told(
    moment: &Moment<'_>,
    kind: MailKind,
) -> Result<Option<(Vec<String>, Letter)>, Error> {
    /// Far enough for the third reminder and what follows it.
    const WEEKS: u32 = 12;
    let inputs = Inputs::load(moment)?;
    let directory = inputs.directory();
    let situation = inputs.situation(&directory);
    let today = notify::plan(&situation).drafts;
    let later = || notify::outlook(&situation, WEEKS * 7).into_iter().flat_map(|run| run.drafts);
    let facts = inputs.facts()?;
    for draft in today.into_iter().chain(std::iter::once_with(later).flatten()) {
        let letter = mail::of_draft(&draft, &facts)?;
        if letter.kind == kind {
            let to = draft.to.into_iter().map(|recipient| recipient.address);
            return Ok(Some((to.collect(), letter)));
        }
    }
    Ok(None)
}
